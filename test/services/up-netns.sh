#!/usr/bin/env bash
# up-netns.sh NAME: one network namespace NAME, address 10.77.0.1, joined to this host (10.77.0.254) by a
# pair of interfaces: NAME-host here, eth0 there. Needs root and iproute2 (installed if missing).
set -euo pipefail
name=${1:?name}
if ! command -v ip >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends iproute2 >/dev/null
fi
ip netns add "$name"
ip link add "$name-host" type veth peer name eth0 netns "$name"
ip addr add 10.77.0.254/24 dev "$name-host"
ip link set "$name-host" up
ip -n "$name" addr add 10.77.0.1/24 dev eth0
ip -n "$name" link set lo up
ip -n "$name" link set eth0 up

#!/usr/bin/env bash
# up-netns.sh NAME SUBNET: one network namespace NAME, address SUBNET.1, joined to this host (SUBNET.254) by a
# pair of interfaces: NAME-host here, eth0 there. What an interrupted run left of that name is removed first.
# The kernel takes at most 15 characters for an interface. Needs root and iproute2 (installed if missing).
set -euo pipefail
name=${1:?name}
subnet=${2:?subnet, such as 10.77.0}
if ! command -v ip >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends iproute2 >/dev/null
fi
bash "$(dirname "$0")/down-netns.sh" "$name"
ip netns add "$name"
ip link add "$name-host" type veth peer name eth0 netns "$name"
ip addr add "$subnet.254/24" dev "$name-host"
ip link set "$name-host" up
ip -n "$name" addr add "$subnet.1/24" dev eth0
ip -n "$name" link set lo up
ip -n "$name" link set eth0 up

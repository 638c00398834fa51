#!/usr/bin/env bash
# up-docker.sh DIRECTORY: a Docker daemon of our own on unix:DIRECTORY/docker.sock, for the tests.
# Installs Debian's docker.io and docker-compose if they are missing (as root). Prints DOCKER_HOST.
# Where no daemon can run, says why and exits with 1. Ended by down-docker.sh.
set -euo pipefail
mkdir -p "${1:?directory}"
directory=$(cd "$1" && pwd)
export PATH=/usr/sbin:/sbin:$PATH
socket=unix://$directory/docker.sock

install_packages() {
  local missing=()
  command -v dockerd >/dev/null || missing+=(docker.io)
  [ -x /usr/bin/docker-compose ] || missing+=(docker-compose)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || { echo "missing ${missing[*]}, and only root can install them" >&2; exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

is_running() {
  [ -f "$directory/dockerd.pid" ] && kill -0 "$(cat "$directory/dockerd.pid")" 2>/dev/null
}

install_packages
if ! is_running; then
  rm -f "$directory/dockerd.pid"
  # What the daemon changes on this host, to be put back by down-docker.sh.
  iptables -S FORWARD | head -n 1 >"$directory/forward.before"
  cat /proc/sys/net/ipv4/ip_forward >"$directory/ip_forward.before"
  setsid nohup dockerd --data-root "$directory/data" --exec-root "$directory/exec" \
    -H "$socket" -p "$directory/dockerd.pid" >"$directory/dockerd.log" 2>&1 </dev/null &
  for _ in $(seq 200); do
    /usr/bin/docker -H "$socket" version >/dev/null 2>&1 && break
    sleep 0.1
  done
fi
if ! /usr/bin/docker -H "$socket" version >/dev/null 2>&1; then
  echo "the Docker daemon did not start:" >&2
  tail -n 20 "$directory/dockerd.log" >&2
  exit 1
fi
echo "DOCKER_HOST=$socket"

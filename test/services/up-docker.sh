#!/usr/bin/env bash
# up-docker.sh DIRECTORY [OWNER]: a Docker daemon of our own on unix:DIRECTORY/docker.sock, for tests.
# Installs Debian's docker.io and docker-compose if they are missing (as root). Prints DOCKER_HOST.
# Where no daemon can run, or another one runs already, says so and exits with 1.
# Ended by down-docker.sh, which is called by itself when the process with the id OWNER is gone.
set -euo pipefail
services=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?directory}"
directory=$(cd "$1" && pwd)
owner=${2:-}
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

# The process id of a daemon that runs on DIRECTORY, or nothing.
daemon_of_directory() {
  local daemon
  daemon=$(cat "$directory/dockerd.pid" 2>/dev/null) || return 0
  [ "$(cat "/proc/$daemon/comm" 2>/dev/null)" = dockerd ] && echo "$daemon"
  return 0
}

start_daemon() {
  # Two daemons would fight over the bridge docker0 and the rules of iptables.
  if grep -qx dockerd /proc/[0-9]*/comm 2>/dev/null; then
    echo "another Docker daemon runs on this host: use that one" >&2
    exit 1
  fi
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
}

# In a session of its own, so that it outlives whatever ends the owner's.
watch_owner() {
  setsid nohup bash -c '
    while kill -0 "$1"; do
      sleep 1
      kill -0 "$2" || exit 0
    done
    exec "$3/down-docker.sh" "$4"
  ' watch-owner "$owner" "$(daemon_of_directory)" "$services" "$directory" >/dev/null 2>&1 </dev/null &
}

install_packages
[ -n "$(daemon_of_directory)" ] || start_daemon
if ! /usr/bin/docker -H "$socket" version >/dev/null 2>&1; then
  echo "the Docker daemon did not start:" >&2
  tail -n 20 "$directory/dockerd.log" >&2
  "$services/down-docker.sh" "$directory"
  exit 1
fi
[ -z "$owner" ] || watch_owner
echo "DOCKER_HOST=$socket"

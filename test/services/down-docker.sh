#!/usr/bin/env bash
# down-docker.sh DIRECTORY: ends the containers and the daemon that up-docker.sh started, and puts
# back what they changed on this host. Images stay in DIRECTORY for the next time.
set -uo pipefail
directory=$(cd "${1:?directory}" && pwd) || exit 1
export DOCKER_HOST=unix://$directory/docker.sock PATH=/usr/sbin:/sbin:$PATH

daemon=$(cat "$directory/dockerd.pid" 2>/dev/null)
is_running() {
  [ -n "$daemon" ] && [ "$(cat "/proc/$daemon/comm" 2>/dev/null)" = dockerd ]
}

if is_running; then
  containers=$(timeout 20 /usr/bin/docker ps -q 2>/dev/null)
  # shellcheck disable=SC2086
  [ -n "$containers" ] && timeout 30 /usr/bin/docker kill $containers >/dev/null
  for kind in container network volume; do
    timeout 20 /usr/bin/docker "$kind" prune -f >/dev/null 2>&1
  done
  kill "$daemon" 2>/dev/null
  for _ in $(seq 200); do
    is_running || break
    sleep 0.1
  done
  is_running && kill -9 "$daemon"
fi
rm -f "$directory/dockerd.pid"

# Only what a daemon of ours has left; another one's is not touched.
[ -f "$directory/forward.before" ] || exit 0
grep -qx dockerd /proc/[0-9]*/comm 2>/dev/null && exit 0
ip link del docker0 2>/dev/null
iptables-save 2>/dev/null | grep -vi docker | iptables-restore 2>/dev/null
cat "$directory/ip_forward.before" >/proc/sys/net/ipv4/ip_forward
# shellcheck disable=SC2046
[ -s "$directory/forward.before" ] && iptables $(cat "$directory/forward.before")
rm -f "$directory/forward.before" "$directory/ip_forward.before"
exit 0

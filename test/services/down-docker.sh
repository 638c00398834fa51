#!/usr/bin/env bash
# down-docker.sh DIRECTORY: ends the containers and the daemon that up-docker.sh started, and puts
# back what they changed on this host. Images stay in DIRECTORY for the next time.
set -uo pipefail
directory=$(cd "${1:?directory}" && pwd)
export DOCKER_HOST=unix://$directory/docker.sock PATH=/usr/sbin:/sbin:$PATH

containers=$(/usr/bin/docker ps -q 2>/dev/null)
# shellcheck disable=SC2086
[ -n "$containers" ] && /usr/bin/docker kill $containers >/dev/null
/usr/bin/docker container prune -f >/dev/null 2>&1
/usr/bin/docker network prune -f >/dev/null 2>&1
if [ -f "$directory/dockerd.pid" ]; then
  daemon=$(cat "$directory/dockerd.pid")
  kill "$daemon" 2>/dev/null
  for _ in $(seq 200); do
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
fi
ip link del docker0 2>/dev/null
iptables-save 2>/dev/null | grep -vi docker | iptables-restore 2>/dev/null
[ -f "$directory/ip_forward.before" ] && cat "$directory/ip_forward.before" >/proc/sys/net/ipv4/ip_forward
# shellcheck disable=SC2046
[ -s "$directory/forward.before" ] && iptables $(cat "$directory/forward.before")
exit 0

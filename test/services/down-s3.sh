#!/usr/bin/env bash
# down-s3.sh DIRECTORY [SIGNAL]: ends the server that up-s3.sh started there; with SIGNAL KILL at once, as a
# crash does. What it stored stays.
set -uo pipefail
directory=${1:?directory}
signal=${2:-TERM}
server=$(cat "$directory/server.pid" 2>/dev/null) || exit 0
is_running() {
  grep -qz versitygw "/proc/$server/cmdline" 2>/dev/null
}
is_running && kill "-$signal" "$server"
for _ in $(seq 100); do
  is_running || break
  sleep 0.05
done
is_running && kill -KILL "$server"
rm -f "$directory/server.pid"
exit 0

#!/usr/bin/env bash
# up-s3.sh DIRECTORY PORT [OWNER]: a server that speaks S3 (versitygw) on 127.0.0.1:PORT, for tests; its objects lie in
# DIRECTORY/buckets and outlive it. Access key `testkey`, secret key `testsecret`. Ended by down-s3.sh,
# or by itself when the process with the id OWNER is gone.
# Built once from source with Go: the module and all it is made of are compared with pinned checksums.
# Where it cannot be had, says so and exits with 1.
set -euo pipefail
mkdir -p "${1:?directory}/buckets"
directory=$(cd "$1" && pwd)
port=${2:?port}
owner=${3:-}
version=v1.8.0
checksum=h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=
cache=${XDG_CACHE_HOME:-$HOME/.cache}/millrace-test
server=$cache/versitygw-$version

build() {
  local module sum source
  command -v go >/dev/null || { echo "versitygw is built with Go 1.25 or later, which is missing" >&2; exit 1; }
  module=$(cd / && go mod download -json "github.com/versity/versitygw@$version")
  sum=$(sed -n 's/.*"Sum": "\(.*\)".*/\1/p' <<<"$module")
  [ "$sum" = "$checksum" ] || { echo "versitygw $version has the checksum $sum, not $checksum" >&2; exit 1; }
  source=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' <<<"$module")
  # The checksums of what it is made of are in its own go.sum, which the module's covers.
  (cd "$source" && CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -ldflags='-s -w' \
    -o "$server.new" ./cmd/versitygw)
  mv "$server.new" "$server"
}

mkdir -p "$cache"
# Others may need it at the same moment.
(flock 9 && { [ -x "$server" ] || build; }) 9>"$cache/versitygw.lock"

ROOT_ACCESS_KEY=testkey ROOT_SECRET_KEY=testsecret setsid nohup "$server" --port "127.0.0.1:$port" \
  posix "$directory/buckets" >>"$directory/server.log" 2>&1 </dev/null 9>&- &
echo $! >"$directory/server.pid"

# In a session of its own, so that it outlives whatever ends the owner's.
if [ -n "$owner" ]; then
  setsid nohup bash -c 'while kill -0 "$1" && kill -0 "$2"; do sleep 1; done; kill -9 "$2"' \
    watch-owner "$owner" "$(cat "$directory/server.pid")" >/dev/null 2>&1 </dev/null &
fi
for _ in $(seq 200); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && exit 0
  kill -0 "$(cat "$directory/server.pid")" 2>/dev/null || break
  sleep 0.05
done
echo "versitygw did not start:" >&2
tail -n 20 "$directory/server.log" >&2
exit 1

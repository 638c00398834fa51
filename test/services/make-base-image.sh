#!/usr/bin/env bash
# make-base-image.sh DIRECTORY NODE_BINARY: node:24-bookworm-slim for the daemon of up-docker.sh. Pulled,
# or where no image registry can be reached made of Debian's packages and the pinned Node under its
# public name, so that the Dockerfile builds unchanged. Does nothing if it is there.
set -euo pipefail
directory=$(cd "${1:?directory}" && pwd)
node_binary=$(readlink -f "${2:?node binary}")
export DOCKER_HOST=unix://$directory/docker.sock
docker=/usr/bin/docker
major=$("$node_binary" -p 'process.versions.node.split(".")[0]')
image=node:$major-bookworm-slim

"$docker" image inspect "$image" >/dev/null 2>&1 && exit 0
timeout 120 "$docker" pull --quiet "$image" >/dev/null 2>&1 && exit 0

if [ ! -d "$directory/rootfs/etc" ]; then
  mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
  rm -rf "$directory/rootfs.new"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$directory/rootfs.new" \
    ${mirror:+"$mirror"} >"$directory/debootstrap.log"
  mv "$directory/rootfs.new" "$directory/rootfs"
fi
tar -C "$directory/rootfs" --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' \
  --exclude='./var/cache/apt/archives/*.deb' --exclude='./var/lib/apt/lists/*' -cf - . |
  "$docker" import - debian:bookworm-slim >/dev/null

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$node_binary" "$context/node"
cp -rL "$(npm root --global)/npm" "$context/npm"
# Settings of this host's npm.
rm -f "$context/npm/npmrc"
cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
  && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
  && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
CMD ["node"]
DOCKERFILE
"$docker" build --quiet --tag "$image" "$context" >/dev/null

#!/usr/bin/env bash
# down-netns.sh NAME: removes what up-netns.sh made.
name=${1:?name}
ip link del "$name-host" 2>/dev/null
ip netns del "$name" 2>/dev/null
exit 0

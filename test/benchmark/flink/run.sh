#!/usr/bin/env bash
# run.sh <job> [options]  -> starts a real standalone Flink cluster, runs one job, prints one JSON line (also appended to results.jsonl).
#  jobs: passthrough keyed-count keyed-count-fail wordcount large-state big-state shuffle q0 q1 q2 q3 q5 q7 q8 q12 qgen
#  options: --p N --backend hashmap|rocksdb --ckpt '1 s'|off --warm S --secs S --max-secs S --foreign CORES --tms N --tm-mem 4g
#           --D flink.key=value --a jobarg=value --kill tm|fail --runs N --tag NAME
#  --foreign: how many cores other processes may use in a second that is still counted as clean (default 0.25).
cd "$(dirname "$0")"; exec python3 bench.py "$@"

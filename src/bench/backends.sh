#!/usr/bin/env bash
# A stage of the second proof function on a farm of stand-in vLLM backends, which sleep 10 ms a nonce, behind 8 worker processes on loopback; keys of three weights
# are served as those of an ML node. Prints a row: idle share of the backends, the smallest part of its fair share that a key had after a third of the stage, the
# head's cores, the latest first artifact of a key, init/generate one at a time (p50, p99) and of all keys at once (p99). Wants a machine that does nothing else.
# Usage: [WORKERS=8] src/bench/backends.sh [BACKENDS] [KEYS] [SECONDS]    (64 100 180 without arguments, as long as a stage; about seven minutes)
set -euo pipefail
cd "$(dirname "$0")/../.."
backends=${1:-64} keys=${2:-100} seconds=${3:-180}
echo '| backends | workers | keys | idle | early share | head, cores | first artifact | start p50 | start p99 | all at once, p99 |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |'
# The test fails where the figures are not what they have to be; the row is printed all the same.
output=$(mvn -q test -Pmeasured -Dtest=BackendScaleTest \
  "-Dnative.arguments=--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dbignode.workers=${WORKERS:-8} -Dbignode.backends=$backends -Dbignode.keys=$keys -Dbignode.seconds=$seconds" 2>&1) || true
grep "^| $backends " <<< "$output" || { echo 'no figures:' >&2; tail -20 <<< "$output" >&2; exit 1; }

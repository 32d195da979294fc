#!/usr/bin/env bash
# The opening of a stage: small nodes start within the same second, while simulated devices in 8 processes on loopback compute for another one. Prints a row: how
# long starts took (p50, p99), how long after its answer a session had its first lease (p50, p99), and the smallest part of its fair share that a session had after
# 25 s. Wants a machine that does nothing else.
# Usage: src/bench/opening.sh [DEVICES] [STARTS]    (256 100 without arguments; about two minutes)
set -euo pipefail
cd "$(dirname "$0")/../.."
devices=${1:-256} starts=${2:-100}
echo '| devices | starts | start p50 | start p99 | first lease p50 | first lease p99 | share |'
echo '| --- | --- | --- | --- | --- | --- | --- |'
# The test fails where the figures are not what they have to be; the row is printed all the same.
output=$(mvn -q test -Pmeasured -Dtest=OpeningTest \
  "-Dnative.arguments=--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dbignode.devices=$devices -Dbignode.starts=$starts" 2>&1) || true
grep "^| $devices " <<< "$output" || { echo 'no figures:' >&2; tail -20 <<< "$output" >&2; exit 1; }

#!/usr/bin/env bash
# How the head's cost grows with the farm: simulated devices in worker processes on loopback, 100 sessions a head, leases of a second.
# Prints the rows of docs/scale.md's table. Wants a machine that does nothing else.
# Usage: [VERIFY=0.02] [HEADS=1] [PROCESSES=8] src/bench/scale.sh [DEVICES...]    (64 256 1024 without arguments; about two minutes each)
# VERIFY is the share of results that is computed again. With several HEADS, every worker joins all of them, the row tells the cores of the
# busiest head, and the line below it what each head got of all that was computed.
set -euo pipefail
cd "$(dirname "$0")/../.."
[[ $# -gt 0 ]] || set -- 64 256 1024
echo '| devices | processes | sessions | devices idle | head, cores | furthest from fair | start p99 | poll p99 | 100 starts at once, p99 |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
for devices in "$@"; do
  # The test fails where the figures are not what they have to be; the row is printed all the same.
  output=$(mvn -q test -Pmeasured -Dtest=ScaleTest \
    "-Dnative.arguments=--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dbignode.devices=$devices -Dbignode.verify=${VERIFY:-0.02} -Dbignode.heads=${HEADS:-1} -Dbignode.processes=${PROCESSES:-8}" 2>&1) || true
  grep -e "^| $devices " -e '^shares of the heads' <<< "$output" || { echo "no figures for $devices devices:" >&2; tail -20 <<< "$output" >&2; }
done

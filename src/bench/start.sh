#!/usr/bin/env bash
# How long a killed head's clients wait for the next one, of this checkout and of others beside it: wall and processor time from the launcher's start to
# the first connection, to /health/live and to a poll of a session that the head before had; medians over so many starts, on a machine at rest and with
# so many busy loops. Each start is the launcher's, `bignode serve`, with its ahead-of-time cache where it has one.
# Usage: src/bench/start.sh [-n STARTS] [-l LOOPS] [OTHER CHECKOUT]...
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
starts=10 loops=4
while getopts n:l: option; do
  case $option in
    n) starts=$OPTARG ;;
    l) loops=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$java" --version | head -n 1 >&2
busy=()
trap '((${#busy[@]} == 0)) || kill "${busy[@]}" 2>/dev/null || true; wait' EXIT
for checkout in "$here" "$@"; do
  "$checkout/bignode" --version >&2                                  # builds when needed
  ! grep -q BIGNODE_AOT "$checkout/bignode" || BIGNODE_AOT="make" "$checkout/bignode" >/dev/null 2>&1
done
"$java" "$here/src/bench/java/StartTimes.java" "$starts" "at rest" "$here" "$@"
for ((i = 0; i < loops; i++)); do
  (while :; do :; done) &
  busy+=($!)
done
((loops == 0)) || "$java" "$here/src/bench/java/StartTimes.java" "$starts" "$loops busy loops" "$here" "$@"

#!/usr/bin/env bash
# What a head spends on leases alone, under the lock that all of its messages take: processor time of a message and of a tick, with simulated devices and
# without broker, store and HTTP; first while all devices compute, then while all of them wait for work. This checkout beside others, in turns.
# Needs JAVA_HOME to name a JDK 25 or newer.
# Usage: src/bench/lease-costs.sh [-n ROUNDS] [-w WORKERS] [-d DEVICES OF EACH] [-s SESSIONS] [OTHER CHECKOUT]...
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
rounds=3 workers=64 devices=4 sessions=200
while getopts n:w:d:s: option; do
  case $option in
    n) rounds=$OPTARG ;;
    w) workers=$OPTARG ;;
    d) devices=$OPTARG ;;
    s) sessions=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
java=${JAVA_HOME:?set it to a JDK 25}/bin/java
for checkout in "$here" "$@"; do "$checkout/bignode" --version >&2; done                                  # builds when needed
for ((round = 0; round < rounds; round++)); do
  for checkout in "$here" "$@"; do
    # The log tells of every worker that joins.
    "$java" -cp "$checkout/target/bignode.jar:$checkout/target/lib/*" "$here/src/bench/java/LeaseCosts.java" "$workers" "$devices" "$sessions" 40 2>/dev/null |
      sed "s|^|$checkout: |"
  done
done

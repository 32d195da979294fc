#!/usr/bin/env bash
# Stages of whole farms in virtual time, with the head's own classes: what a lease costs, idle and unfair shares, first leases. This checkout beside others.
# Prints rows of docs/scale.md. Needs JAVA_HOME to name a JDK 25 or newer.
# Usage: src/bench/farm.sh [-t SECONDS OF A STAGE] [-r SEED] [-c MICROSECONDS OF BROKER AND STORE A MESSAGE] [-f "DEVICESxSESSIONS ..."] [OTHER CHECKOUT]...
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
seconds=300 seed=$RANDOM carried=0 farms='64x10 256x100 1024x100 1024x1000 10000x100 10000x1000'
while getopts t:r:c:f: option; do
  case $option in
    t) seconds=$OPTARG ;;
    r) seed=$OPTARG ;;
    c) carried=$OPTARG ;;
    f) farms=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
java=${JAVA_HOME:?set it to a JDK 25}/bin/java
for checkout in "$here" "$@"; do "$checkout/bignode" --version >&2; done # builds when needed
for checkout in "$here" "$@"; do
  echo "$checkout:" >&2
  # shellcheck disable=SC2086 # the farms are words
  "$java" -Xmx4g -cp "$checkout/target/bignode.jar:$checkout/target/lib/*" "$here/src/bench/java/FarmSimulation.java" --seed "$seed" --seconds "$seconds" --carried "$carried" $farms
done

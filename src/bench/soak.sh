#!/usr/bin/env bash
# A real head, with simulated devices in 4 processes on loopback, serves epoch after epoch: small nodes start, poll for 40 seconds and stop, and the head rests for 15.
# Prints a row for each epoch, about a minute: heap after a collection, native memory, resident memory, threads, descriptors. Fails where the last third of the
# rows has 5 % more of any of them than the middle third.
# Usage: src/bench/soak.sh [-d DEVICES] [-r NONCES A SECOND OF EACH] [-s SESSIONS] [MINUTES]    (64 devices of 100 nonces a second, 50 sessions, 60 minutes)
set -euo pipefail
cd "$(dirname "$0")/../.."
devices=64 rate=100 sessions=50
while getopts d:r:s: option; do
  case $option in
    d) devices=$OPTARG ;;
    r) rate=$OPTARG ;;
    s) sessions=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
properties="-Dbignode.minutes=${1:-60} -Dbignode.devices=$devices -Dbignode.rate=$rate -Dbignode.sessions=$sessions"
mvn -q test -Pmeasured -Dtest=SoakTest "-Dnative.arguments=--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow $properties"

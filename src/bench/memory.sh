#!/usr/bin/env bash
# The heap that a head needs for what it serves, with its own classes, without store, broker and HTTP: bytes a session, a device, a lease, a found nonce, and
# all of it together. This checkout beside others. Prints the rows of docs/scale.md. Needs JAVA_HOME to name a JDK 25 or newer.
# Usage: src/bench/memory.sh [-s SESSIONS] [-d DEVICES] [OTHER CHECKOUT]...
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
sessions=1000 devices=10000
while getopts s:d: option; do
  case $option in
    s) sessions=$OPTARG ;;
    d) devices=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
java=${JAVA_HOME:?set it to a JDK 25}/bin/java
for checkout in "$here" "$@"; do "$checkout/bignode" --version >&2; done # builds when needed
for checkout in "$here" "$@"; do
  echo "$checkout:" >&2
  "$java" -Xmx1g -cp "$checkout/target/bignode.jar:$checkout/target/lib/*" "$here/src/bench/java/MemoryCosts.java" "$sessions" "$devices"
done

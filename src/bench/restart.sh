#!/usr/bin/env bash
# How long a head takes to be ready again over so many MiB of stored batches, with a heap of 1 GiB: the store alone, then a whole node
# until it answers /health/ready, beside one with an empty store. Needs JAVA_HOME to name a JDK 25 or newer, curl, and that much free space.
# Usage: src/bench/restart.sh [MIB]
set -euo pipefail
cd "$(dirname "$0")/../.."
mib=${1:-1024}
java=${JAVA_HOME:?set it to a JDK 25}/bin/java
./bignode --version >&2
folder=$(mktemp -d)
node=
trap '[ -z "$node" ] || kill "$node" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
flags=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Xmx1g -cp "target/bignode.jar:target/lib/*")
"$java" "${flags[@]}" src/bench/java/StoreRestart.java fill "$folder" "$mib"
"$java" "${flags[@]}" src/bench/java/StoreRestart.java restore "$folder"
ready() {
  local port=$(( 20000 + RANDOM % 20000 )) began
  began=$(date +%s%N)
  DELEGATION_HOST=127.0.0.1 DELEGATION_PORT=$port DELEGATION_DATA_DIR=$1 DELEGATION_AUTH_TOKEN=$(openssl rand -hex 32) \
    "$java" "${flags[@]}" io.bignode.Main serve 2>"$folder/log" &
  node=$!
  until curl -sf "http://127.0.0.1:$port/health/ready" >/dev/null; do
    kill -0 "$node" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.02
  done
  awk -v what="$2" -v ns=$(( $(date +%s%N) - began )) 'BEGIN { printf "a whole node with %s is ready after %.2f s\n", what, ns / 1e9 }'
  kill "$node"
  wait "$node" || true
  node=
}
ready "$folder/empty" "an empty store"
ready "$folder" "this store"

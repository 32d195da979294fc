#!/usr/bin/env bash
# How long a small node waits (p50, p99) while strangers without a token pipeline without a pause, are silent, stop half-way or never read.
# Usage: src/bench/strangers.sh [TIMES]     asks TIMES times of each kind; starts a node of its own on port 9192 and stops it again
# The node's only session is stopped before it is measured, so that the cores are the web server's and the load's.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=$(mktemp -d)
node=
trap '[ -z "$node" ] || kill "$node" 2>/dev/null || true; rm -rf "$data"' EXIT
export DELEGATION_DATA_DIR=$data DELEGATION_PORT=9192 DELEGATION_HOST=127.0.0.1 DELEGATION_CACHE_GIB=0 DELEGATION_DEVICES=cpu
DELEGATION_AUTH_TOKEN=$(openssl rand -hex 32)
export DELEGATION_AUTH_TOKEN
./bignode --version > /dev/null # builds when needed
./bignode serve 2> "$data/log" &
node=$!
until curl -sf "http://127.0.0.1:$DELEGATION_PORT/health" > /dev/null; do
  kill -0 "$node" 2> /dev/null || { cat "$data/log" >&2; exit 3; }
  sleep 0.1
done
# The launcher has become the Java it chose, and the load needs one as new.
"$(readlink -f "/proc/$node/exe")" src/test/java/io/bignode/http/StrangersBench.java "${1:-500}"

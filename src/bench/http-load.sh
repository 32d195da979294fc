#!/usr/bin/env bash
# 200 sessions on one node, each polled once a second while the devices compute: how long starts and polls take (p50, p99).
# Usage: src/bench/http-load.sh [SECONDS]     starts a node of its own on port 9191 with dev-net sessions and stops it again
set -euo pipefail
cd "$(dirname "$0")/../.."
data=$(mktemp -d)
node=
trap '[ -z "$node" ] || kill "$node" 2>/dev/null || true; rm -rf "$data"' EXIT
export DELEGATION_DATA_DIR=$data DELEGATION_PORT=9191 DELEGATION_HOST=127.0.0.1 DELEGATION_MAX_SESSIONS=200 DELEGATION_CACHE_GIB=0
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
"$(readlink -f "/proc/$node/exe")" src/bench/java/HttpLoad.java 200 "${1:-60}"

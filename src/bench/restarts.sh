#!/usr/bin/env bash
# What a small node of the field notices when its head is killed (kill -9) and restarted at once, by the launcher with its ahead-of-time cache: errors after
# each kill, nonces lost or sent again. First with a socket of the head's own, then with one that outlives it, as systemd's bignode.socket does.
# Usage: src/bench/restarts.sh [KILLS] [LOOPS]     20 kills beside 4 busy loops, unless told otherwise; starts nodes of its own on port 9193
set -euo pipefail
cd "$(dirname "$0")/../.."
kills=${1:-20} busy=()
data=$(mktemp -d)
trap '((${#busy[@]} == 0)) || kill "${busy[@]}" 2>/dev/null || true; pkill -9 -f "^[^ ]*java .*$data" 2>/dev/null || true; rm -rf "$data"' EXIT
export DELEGATION_PORT=9193 DELEGATION_HOST=127.0.0.1 DELEGATION_CACHE_GIB=0 DELEGATION_DEVICES=cpu BIGNODE_AOT="make"
DELEGATION_AUTH_TOKEN=$(openssl rand -hex 32)
export DELEGATION_AUTH_TOKEN
./bignode --version > /dev/null # builds when needed, and makes the cache
unset BIGNODE_AOT
for ((i = 0; i < ${2:-4}; i++)); do
  (while :; do :; done) &
  busy+=($!)
done
for socket in own inherited; do
  export DELEGATION_DATA_DIR=$data/$socket
  mkdir "$DELEGATION_DATA_DIR"
  python3 src/bench/restarts.py ./bignode "$kills" "$socket"
done

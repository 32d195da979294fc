# To be sourced by a benchmark at the repository's root: `start_node PORT` builds what is not built, starts a CPU node of its own on 127.0.0.1:PORT with a
# new token and data folder, waits until it is ready, and stops it when the benchmark ends. Sets DELEGATION_PORT, DELEGATION_AUTH_TOKEN and JAVA, the Java it runs on.
# shellcheck shell=bash
node='' data=$(mktemp -d)
trap '[ -z "$node" ] || kill "$node" 2>/dev/null || true; rm -rf "$data"' EXIT

start_node() {
  export DELEGATION_DATA_DIR=$data DELEGATION_PORT=$1 DELEGATION_HOST=127.0.0.1 DELEGATION_CACHE_GIB=0 DELEGATION_DEVICES=cpu
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
  # shellcheck disable=SC2034 # for the benchmark
  JAVA=$(readlink -f "/proc/$node/exe")
}

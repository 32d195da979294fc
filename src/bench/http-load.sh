#!/usr/bin/env bash
# 200 sessions on one node, each polled once a second while the devices compute: how long starts and polls take (p50, p99).
# Usage: src/bench/http-load.sh [SECONDS]     starts a node of its own on port 9191 with dev-net sessions and stops it again
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=node.sh
. src/bench/node.sh
export DELEGATION_MAX_SESSIONS=200
start_node 9191
"$JAVA" src/bench/java/HttpLoad.java 200 "${1:-60}"

#!/usr/bin/env bash
# How long a small node waits (p50, p99) while strangers without a token pipeline without a pause, are silent, stop half-way or never read.
# Usage: src/bench/strangers.sh [TIMES]     asks TIMES times of each kind; starts a node of its own on port 9192 and stops it again
# The node's only session is stopped before it is measured, so that the cores are the web server's and the load's.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=node.sh
. src/bench/node.sh
start_node 9192
"$JAVA" src/test/java/io/bignode/http/StrangersBench.java "${1:-500}"

#!/usr/bin/env bash
# The forward pass against OpenBLAS alone on the layer's own shapes, side by side in one run, for a batch of 8 nonces and for one.
# Usage: src/bench/forward.sh [main-net|test-net|dev-net|FILE]    (main-net takes about ten minutes on two cores)
set -euo pipefail
cd "$(dirname "$0")/../.."
params=${1:-main-net}
for batch in 8 1; do
  ./bignode bench --params "$params" --batch "$batch" --seconds 1 --json
done

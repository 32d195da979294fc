#!/usr/bin/env bash
# The host's part of a weight pool's way to a GPU, in one run: drawn, then copied (as before), and copied while it is drawn. No GPU is needed.
# Needs JAVA_HOME to name a JDK 25 or newer, and memory for two bytes a value. main-net's pool has 888156147 values.
# Usage: src/bench/pool-to-gpu.sh [VALUES [THREADS [ROUNDS]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
./bignode --version >&2                                            # builds when needed
java=${JAVA_HOME:?set it to a JDK 25}/bin/java
exec "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp "target/bignode.jar:target/lib/*" \
  src/bench/java/PoolToGpu.java "${1:-888156147}" "${2:-$(nproc)}" "${3:-3}"

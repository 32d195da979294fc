#!/usr/bin/env bash
# Normals as float16, ours beside NumPy's in one run:
#   pool    the main-net weight pool (888,156,147 values): ours on all cores, NumPy in chunks of 2^22 values as the executable statement draws it
#   inputs  one main-net nonce's input (458,752 values): one thread each
# Needs JAVA_HOME to name a JDK 25 or newer, and a Python with NumPy (Debian: python3-numpy); 5 GB of memory.
# Usage: src/bench/normals.sh [ROUNDS]     the best round counts
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-/usr/bin/python3}
rounds=${1:-2}
seed=9F2C6A1B7E3D50488C11D2A94B0E77F3C5A8D6E1902B3F4455667788AABBCCDD
count=888156147
digest=8ae227500e7aaf8562c79d34fb5c47aa7a17676add63acedb5e6f35799c9a35c
"$python" -c 'import numpy' 2>/dev/null || { echo "NumPy is missing: apt-get install python3-numpy" >&2; exit 3; }
./bignode --version >&2
java=${JAVA_HOME:?set it to a JDK 25}/bin/java
ours() {
  "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp "target/bignode.jar:target/lib/*" \
    src/bench/java/NormalsBench.java "$@"
}
best() { sort -g | head -1; }
row() { awk -v what="$1" -v o="$2" -v n="$3" -v c="$4" -v t="$5" 'BEGIN {
  printf "%-7s ours %.4f s (%.2f ns a value and thread), NumPy %.4f s (%.2f ns a value): %.1f x\n", what, o, o * t * 1e9 / c, n, n * 1e9 / c, n / o }'; }

o=$(for _ in $(seq "$rounds"); do ours pool "$seed" "$count" "$digest"; done | best)
n=$(for _ in $(seq "$rounds"); do "$python" src/bench/normals_numpy.py pool "$seed" "$count"; done | best)
row pool "$o" "$n" "$count" "$(nproc)"
o=$(ours inputs 458752 300)
n=$("$python" src/bench/normals_numpy.py inputs 458752 60)
row inputs "$o" "$n" 458752 1

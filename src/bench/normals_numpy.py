"""NumPy's side of normals.sh: `pool SEED COUNT` in chunks of 2^22 values, or `inputs COUNT RUNS`; prints seconds."""
import hashlib
import sys
import time

import numpy as np


def stream(seed, hashes=4):
    digests = b"".join(hashlib.sha256(f"{seed}_{i}".encode()).digest() for i in range(hashes))
    return np.random.default_rng(np.random.SeedSequence(np.frombuffer(digests, dtype="<u4")))


def pool(seed, count):
    rng, values, step = stream(seed), np.empty(count, np.float16), 1 << 22
    for at in range(0, count, step):
        n = min(step, count - at)
        values[at:at + n] = rng.normal(0.0, 0.02, size=n).astype(np.float32).astype(np.float16)


if sys.argv[1] == "pool":
    start = time.perf_counter()
    pool(sys.argv[2], int(sys.argv[3]))
    print(f"{time.perf_counter() - start:.4f}")
else:
    count, seconds = int(sys.argv[2]), []
    for run in range(int(sys.argv[3])):
        start = time.perf_counter()
        stream(f"input {run}").standard_normal(count).astype(np.float32).astype(np.float16)
        seconds.append(time.perf_counter() - start)
    print(f"{sorted(seconds)[len(seconds) // 2]:.6f}")

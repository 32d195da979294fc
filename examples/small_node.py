#!/usr/bin/env python3
"""A small node in 60 lines: starts a session on a big node, polls its proof batches and loses none of them.

Needs Python 3.9 and nothing else. Usage:

    BIGNODE_TOKEN=... python3 examples/small_node.py http://localhost:9090 examples/dev-net.json 20
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request


def call(method, url, token, body=None):
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def patiently(method, url, token, body=None):
    """Asks until the node answers: one that restarts refuses for some seconds, one that is busy says when to come back."""
    while True:
        try:
            return call(method, url, token, body)
        except urllib.error.HTTPError as refused:
            if refused.code not in (429, 503):
                raise SystemExit(f"{refused.code}: {json.load(refused)['detail']}")
            time.sleep(float(refused.headers.get("Retry-After", 2)))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(1)


def main(url, order_file, seconds):
    token = os.environ["BIGNODE_TOKEN"]
    api = url.rstrip("/") + "/api/v1/delegation"
    with open(order_file, encoding="utf-8") as file:
        order = json.load(file)
    session = patiently("POST", f"{api}/start", token, order)["session_id"]
    cursor, count = 0, 0
    until = time.monotonic() + seconds
    while True:
        stopping = time.monotonic() > until
        # Everything up to the cursor is ours: the node may forget it. What an answer lost on the way held comes again.
        answer = patiently("GET", f"{api}/batch/{session}?after={cursor}&wait={0 if stopping else 10}", token)
        for batch in answer["batches"]:
            count += len(batch["nonces"])
            print(json.dumps(batch), flush=True)  # here a small node signs it and hands it to the chain
        cursor = answer["cursor"]  # only once the batches above are safe
        if not answer["session_active"]:
            break
        if stopping:
            patiently("DELETE", f"{api}/session/{session}", token)
            until = float("inf")
    print(f"{count} nonces", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

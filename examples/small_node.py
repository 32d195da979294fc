#!/usr/bin/env python3
"""A small node in a hundred lines: starts a session on a big node, polls its proof batches and loses none of them.

Needs Python 3.9 and nothing else. Usage:

    BIGNODE_TOKEN=... python3 examples/small_node.py http://localhost:9090 examples/dev-net.json 20

BIGNODE_CA names a file of certificates to trust, for a node with https and an authority of its own.
Exit codes: 0 the session ran; 1 the node refused, or never answered; 2 wrong usage; 130 Ctrl-C.
"""

import json
import os
import random
import ssl
import sys
import time
import urllib.error
import urllib.request

LONGEST_PAUSE = 60  # seconds, whatever Retry-After says
PATIENCE = 120  # seconds a node that restarts is waited for


def say(text):
    print(text, file=sys.stderr, flush=True)


class BigNode:
    def __init__(self, url, token, authority):
        self.api = url.rstrip("/") + "/api/v1/delegation"
        self.token = token
        self.tls = ssl.create_default_context(cafile=authority)

    def once(self, method, path, body=None):
        request = urllib.request.Request(self.api + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60, context=self.tls) as answer:
            return json.load(answer)

    def patiently(self, method, path, body=None):
        """Asks until the node answers: one that is busy says when to come back, one that restarts refuses for some seconds."""
        silent_since = None
        while True:
            try:
                return self.once(method, path, body)
            except urllib.error.HTTPError as refused:
                if refused.code not in (429, 502, 503, 504):
                    raise SystemExit(f"the node refuses: {refused.code} {detail(refused)}") from None
                silent_since = None
                asked = refused.headers.get("Retry-After", "")
                pause = min(int(asked), LONGEST_PAUSE) if asked.isdecimal() else 2
                pause *= random.uniform(1, 1.25)  # so that small nodes that were refused together come back apart
                say(f"{refused.code} {detail(refused)}; asking again in {pause:.0f} s")
            except (OSError, ValueError) as broken:  # no connection, no TLS, no JSON
                if isinstance(getattr(broken, "reason", broken), ssl.SSLError):
                    raise SystemExit(f"no TLS with the node: {broken}; https or http in the URL, BIGNODE_CA for an authority of its own") from None
                silent_since = silent_since or time.monotonic()
                if time.monotonic() - silent_since > PATIENCE:
                    raise SystemExit(f"no answer from {self.api} for {PATIENCE} s: {broken}") from None
                pause = random.uniform(1, 2)
                say(f"no answer from {self.api}: {broken}; asking again")
            time.sleep(pause)


def detail(refused):
    try:
        return json.load(refused)["detail"]
    except (ValueError, KeyError, TypeError):
        return refused.reason  # a proxy's own page


def main(url, order_file, seconds):
    token = os.environ.get("BIGNODE_TOKEN") or sys.exit("set BIGNODE_TOKEN to the token that the big node's operator gave you")
    try:
        with open(order_file, encoding="utf-8") as file:
            order = json.load(file)
        node = BigNode(url, token, os.environ.get("BIGNODE_CA"))
    except (OSError, ValueError) as unusable:
        sys.exit(f"{order_file} or BIGNODE_CA cannot be used: {unusable}")
    started = node.patiently("POST", "/start", order)
    session = started["session_id"]
    say(f"session {session}: {started['status']} {started['message']}")
    try:
        say(f"{take_batches(node, session, seconds)} nonces")
    except KeyboardInterrupt:
        node.once("DELETE", f"/session/{session}")  # otherwise it keeps the devices busy for two minutes more
        sys.exit(130)


def take_batches(node, session, seconds):
    cursor, count = 0, 0
    until = time.monotonic() + seconds
    while True:
        stopping = time.monotonic() > until
        # Everything up to the cursor is ours: the node may forget it. What an answer lost on the way held comes again.
        answer = node.patiently("GET", f"/batch/{session}?after={cursor}&wait={0 if stopping else 10}")
        for batch in answer["batches"]:
            count += len(batch["nonces"])
            print(json.dumps(batch), flush=True)  # here a small node signs it and hands it to the chain
        cursor = answer["cursor"]  # only once the batches above are safe
        if not answer["session_active"]:
            return count
        if stopping:
            node.patiently("DELETE", f"/session/{session}")
            until = float("inf")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        say(__doc__)
        sys.exit(2)
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

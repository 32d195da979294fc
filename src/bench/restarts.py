"""Plays a small node of the field against a head that is killed and restarted; run by restarts.sh, which sets the environment and tells the numbers.

The small node keeps the field's rules: one start with the token in the body, one poll a second, 30 s for an answer, and any answer but a good one is an
error; ten errors in a row end it. Every nonce of this order counts, and the first index is 0, so that a nonce that was lost leaves a gap.
"""
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

LAUNCHER, KILLS, INHERITED = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "inherited"
PORT, TOKEN = os.environ["DELEGATION_PORT"], os.environ["DELEGATION_AUTH_TOKEN"]
API = "http://127.0.0.1:" + PORT + "/api/v1/delegation/"
TINY = dict(dim=64, n_layers=2, n_heads=4, n_kv_heads=4, vocab_size=512, ffn_dim_multiplier=1.3, multiple_of=64, norm_eps=1e-5, rope_theta=10000.0,
            use_scaled_rope=False, seq_len=8)
ORDER = dict(node_id=0, node_count=1, block_hash="restarts", block_height=1, public_key="restarts", batch_size=100, r_target=10, fraud_threshold=1e-7,
             params=TINY, auth_token=TOKEN)
SECONDS_BETWEEN_KILLS = 8

listening = socket.create_server(("127.0.0.1", int(PORT)), backlog=1024) if INHERITED else subprocess.DEVNULL
log = open(os.environ["DELEGATION_DATA_DIR"] + "/log", "w")


def head():
    return subprocess.Popen([LAUNCHER, "serve"], stdin=listening, stdout=log, stderr=log)


def ask(path, body=None):
    request = urllib.request.Request(API + path, data=json.dumps(body).encode() if body else None)
    return json.load(urllib.request.urlopen(request, timeout=30))


def start(before):
    """The first head of all is waited for; no small node is there yet."""
    while True:
        try:
            return ask("start", ORDER)
        except OSError:
            if time.time() - before > 60:
                raise
            time.sleep(0.1)


process = head()
session = start(time.time())["session_id"]
nonces, again, errors, row, slowest = set(), 0, [], 0, 0.0
kills, kill_at = 0, time.time() + SECONDS_BETWEEN_KILLS
while kills < KILLS or time.time() < kill_at:
    begun = time.time()
    if kills < KILLS and begun >= kill_at:
        process.kill()
        process.wait()
        process = head()
        kills, kill_at, killed = kills + 1, begun + SECONDS_BETWEEN_KILLS, time.time()
        errors.append(0)
    try:
        answer = ask("batches/%s?auth_token=%s" % (session, TOKEN))
        assert answer["session_active"] and answer["status"] in ("initializing", "generating"), answer["status"]
        for batch in answer["batches"]:
            again += sum(nonce in nonces for nonce in batch["nonces"])
            nonces.update(batch["nonces"])
        row = 0
    except (OSError, ValueError) as failure:
        row += 1
        errors[-1] += 1
        if row == 10:
            sys.exit("the small node gave up: " + str(failure))
    slowest = max(slowest, time.time() - begun)
    time.sleep(max(0.0, 1 - (time.time() - begun)))
ask("stop", dict(session_id=session, auth_token=TOKEN))
end = time.time() + 30
while ask("batches/%s?auth_token=%s" % (session, TOKEN))["session_active"] and time.time() < end:
    time.sleep(0.2)
process.terminate()
process.wait()
print("%s: %d kills, errors after each: %s; slowest answer %.1f s; %d nonces, %d came again, %d missing below nine tenths of the highest"
      % ("inherited socket" if INHERITED else "own socket", kills, " ".join(map(str, errors)), slowest, len(nonces), again,
         sum(nonce not in nonces for nonce in range(max(nonces) * 9 // 10))))

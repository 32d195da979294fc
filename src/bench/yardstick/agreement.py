#!/usr/bin/env python3
"""The yardstick's distances of any number of nonces.

  agreement.py CASE.json ... [--device cuda] [--batch N]

Prints {"device": ..., "distances": {NAME: [...]}}, NAME being the case's file name without its end. Cases that share
weights share one model. The forward pass is torch_gpu_baseline's, untouched: what a validator with a plain PyTorch
implementation on this GPU would find.
"""
import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

import poc_oracle as oracle
import torch_gpu_baseline as baseline

torch.set_grad_enabled(False)


class Yardstick:
    """A model on a device."""

    def __init__(self, block_hash, p, device):
        self.block_hash, self.p, self.device = block_hash, p, device
        cut = oracle.Weights(block_hash, p)
        self.weights = {n: cut[n].to(device) for n in cut.shapes if n != "tok_embeddings.weight"}
        self.table = oracle.rotary_table(p).to(device).float()
        self.target = oracle.target(block_hash, p)

    def distances(self, public_key, nonces, threads):
        p = self.p
        x = torch.cat(list(threads.map(lambda n: oracle.inputs(self.block_hash, public_key, [n], p), nonces)))
        perms = np.stack(list(threads.map(lambda n: oracle.permutation(self.block_hash, public_key, n, p), nonces)))
        out = baseline.forward(x.to(self.device), self.weights, p, self.table).cpu().numpy()
        out = out[np.arange(len(out))[:, None], perms]
        out = out / np.linalg.norm(out, axis=1, keepdims=True)
        return np.linalg.norm(out - self.target, axis=1).tolist()


def main():
    a = argparse.ArgumentParser()
    a.add_argument("cases", nargs="+", type=Path)
    a.add_argument("--device", default="cuda")
    a.add_argument("--batch", type=int, default=500)
    args = a.parse_args()
    cases = [(path.stem, json.loads(path.read_text())) for path in args.cases]
    # Neighbours share a model: one is held at a time.
    cases.sort(key=lambda case: (case[1]["block_hash"], json.dumps(case[1]["params"], sort_keys=True)))
    found, model, held = {}, None, None
    with ThreadPoolExecutor(24) as threads:
        for name, case in cases:
            key = (case["block_hash"], case["params"])
            if key != held:
                model = None
                model, held = Yardstick(*key, args.device), key
            nonces = case["nonces"]
            found[name] = []
            for at in range(0, len(nonces), args.batch):
                found[name] += model.distances(case["public_key"], nonces[at:at + args.batch], threads)
    device = torch.cuda.get_device_name() if args.device.startswith("cuda") else args.device
    print(json.dumps(dict(device=device, distances=found)))


if __name__ == "__main__":
    main()

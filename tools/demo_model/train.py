"""Trains the demo model on composed crops: python train.py RUN_DIR POOL_DIR [--minutes M] [--decay M].

Warm-up, then a constant rate, for as long as there is time: RUN_DIR/last.pt is written every five minutes and read on
start. --decay M continues a copy of it for M minutes with a rate that falls to zero and writes RUN_DIR/decayed.pt, from
which export.py makes the published model; the constant-rate run is not touched and can go on.
"""

import argparse
import concurrent.futures
import math
import os
import time

import cv2
import numpy as np
import torch

import compose
import network
import pool

BATCH = 64
CHUNKS = ((0, 18, 0), (36, 50, 1), (18, 36, 0), (50, 64, 1))  # first crop, last, expert: 36 people, 28 animals
PEOPLE = 36
WARM_UP = 300
RATE_MUON, RATE_ADAM = 2e-3, 1e-3
FULL_STRENGTH = 4000


class Crops(torch.utils.data.IterableDataset):
    """Endless batches: the first PEOPLE crops are people, the others animals."""

    def __init__(self, folder, seed, step):
        self.folder, self.seed, self.step = folder, seed, step

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, self.step.value, info.id if info else 0])
        pools = {kind: pool.Subjects(self.folder, kind) for kind in network.EXPERTS}
        scenery = pool.Backgrounds(self.folder)
        refreshed = time.time()
        while True:
            if time.time() - refreshed > 120:
                for p in pools.values():
                    p.refresh()
                scenery, refreshed = pool.Backgrounds(self.folder), time.time()
            strength = min(1.0, 0.4 + 0.6 * self.step.value / FULL_STRENGTH)
            batch = [compose.sample(rng, pools, scenery, "people" if i < PEOPLE else "animals", strength) for i in range(BATCH)]
            yield tuple(torch.from_numpy(np.stack(part)) for part in zip(*batch))


def targets(points, sigma=2.0):
    """Gaussians at sub-pixel places of the 64x48 maps (corner pixels on corner pixels)."""
    x = points[..., 0] * (47 / 191)
    y = points[..., 1] * (63 / 255)
    gx = torch.exp(-((torch.arange(48) - x[..., None]) ** 2) / (2 * sigma * sigma))
    gy = torch.exp(-((torch.arange(64) - y[..., None]) ** 2) / (2 * sigma * sigma))
    return gy[..., :, None] * gx[..., None, :]


def loss_of(maps, points, visible):
    """Squared error summed over a map: seen 1, hidden 0.7, not to be found: an empty map at 0.5."""
    wanted = targets(points) * (visible > 0)[..., None, None]
    weight = torch.tensor([0.5, 0.7, 1.0])[visible.long()]
    return (((maps.float() - wanted) ** 2).sum((2, 3)) * weight).sum() / weight.sum()


def optimisers(model):
    """Muon for the matrices inside the layers, AdamW for everything else."""
    inner = [p for n, p in model.named_parameters() if ".layer." in n and p.ndim == 2]
    ids = {id(p) for p in inner}
    outer = [p for p in model.parameters() if id(p) not in ids]
    return (torch.optim.Muon(inner, lr=RATE_MUON, weight_decay=0.03, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(outer, lr=RATE_ADAM, weight_decay=0.01, betas=(0.9, 0.98), fused=True))


class Run:
    """Model, averaged weights, optimisers and step, saved and restored together."""

    def __init__(self, path):
        self.path = path
        self.model = network.new_model()
        self.average = {n: p.detach().clone() for n, p in self.model.named_parameters()}
        self.optimisers = optimisers(self.model)
        self.step = 0
        self.hours = 0.0
        if os.path.exists(path):
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average = state["average"]
            for o, s in zip(self.optimisers, state["optimisers"]):
                o.load_state_dict(s)
            self.step, self.hours = state["step"], state["hours"]

    def save(self, path=None):
        path = path or self.path
        state = {"model": self.model.state_dict(), "average": self.average, "step": self.step, "hours": self.hours,
                 "optimisers": [o.state_dict() for o in self.optimisers]}
        torch.save(state, path + ".new")
        os.replace(path + ".new", path)

    def rates(self, factor):
        for o, rate in zip(self.optimisers, (RATE_MUON, RATE_ADAM)):
            for group in o.param_groups:
                group["lr"] = rate * factor

    def gradients(self, threads, pixels, points, visible):
        """Mean loss and its gradients in .grad; chunks of the batch run on threads of their own, which balances itself."""
        forward, parameters = network.FastForward(self.model), list(self.model.parameters())

        def work(chunk):
            first, last, expert = chunk
            loss = loss_of(forward(pixels[first:last], expert), points[first:last], visible[first:last]) * ((last - first) / BATCH)
            return loss.detach(), torch.autograd.grad(loss, parameters, allow_unused=True)

        results = list(threads.map(work, CHUNKS))
        for i, p in enumerate(parameters):
            p.grad = sum(g[i] for _, g in results if g[i] is not None)
        return sum(loss for loss, _ in results).item()

    def update(self):
        for o in self.optimisers:
            o.step()
        keep = min(0.999, 1 - 1 / (1 + self.step / 4))
        with torch.no_grad():
            names, values = zip(*self.model.named_parameters())
            torch._foreach_lerp_([self.average[n] for n in names], values, 1 - keep)
        self.step += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("pool")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--decay", type=float)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.run, exist_ok=True)
    torch.set_num_threads(1)
    threads = concurrent.futures.ThreadPoolExecutor(2)
    run = Run(os.path.join(args.run, "last.pt"))
    counter = torch.multiprocessing.Value("i", run.step)
    crops = Crops(args.pool, 1 if args.decay is None else 2, counter)
    batches = iter(torch.utils.data.DataLoader(crops, batch_size=None, num_workers=args.workers, prefetch_factor=6))
    log = open(os.path.join(args.run, "log.txt"), "a")
    minutes = args.minutes if args.decay is None else args.decay
    start = saved = marked = time.time()
    total, count = 0.0, 0
    while (gone := (time.time() - start) / 60) < minutes:
        factor = min(1.0, (run.step + 1) / WARM_UP) if args.decay is None else max(0.01, 1 - gone / minutes)
        run.rates(factor)
        pixels, points, visible = next(batches)
        loss = run.gradients(threads, pixels, points, visible)
        if not math.isfinite(loss):
            print(f"step {run.step}: loss is not finite, skipped", file=log, flush=True)
            continue
        run.update()
        counter.value = run.step
        total, count = total + loss, count + 1
        if count == 50:
            now = time.time()
            run.hours += (now - marked) / 3600
            print(f"step {run.step}  loss {total / count:.4f}  rate {factor:.3f}  {count * BATCH / (now - marked):.1f} crops/s  "
                  f"{run.hours:.3f} h", file=log, flush=True)
            total, count, marked = 0.0, 0, now
        if args.decay is None and time.time() - saved > 300:
            run.save()
            saved = time.time()
    run.save(os.path.join(args.run, "last.pt" if args.decay is None else "decayed.pt"))


if __name__ == "__main__":
    main()

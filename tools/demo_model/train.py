"""Trains the demo model on composed crops: python train.py RUN_DIR POOL_DIR [--minutes M] [--decay M].

Warm-up, then a constant rate, for as long as there is time: RUN_DIR/last.pt is written every five minutes and read on
start. --decay M continues a copy of it for M minutes with a rate that falls to zero and writes RUN_DIR/decayed.pt, from
which export.py makes the published model; the constant-rate run is not touched and can go on.
"""

import argparse
import concurrent.futures
import math
import os
import signal
import time

import cv2
import numpy as np
import torch

import compose
import network
import pool

CHUNK = 16
EXPERT_OF_CHUNK = (0, 1, 0, 1)  # a batch: chunks of one expert each
WARM_UP = 200
RATES = (5e-3, 1e-3, 2e-4)  # Muon; AdamW; AdamW for the patch embedding and the head
FULL_STRENGTH = 4000


class Crops(torch.utils.data.IterableDataset):
    """Endless batches, chunk by chunk of one kind."""

    def __init__(self, folder, seed, step, height):
        self.folder, self.seed, self.step, self.height = folder, seed, step, height

    def _crop(self, rng, pools, scenery, kind, strength):
        picture, points, visible = compose.sample(rng, pools, scenery, kind, strength)
        if self.height != compose.CROP_H:
            picture = cv2.resize(picture, (self.height * 3 // 4, self.height), interpolation=cv2.INTER_AREA)
        return picture, points, visible

    def __iter__(self):
        cv2.setNumThreads(1)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # meant for the training process, which then saves and ends it
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
            batch = [
                self._crop(rng, pools, scenery, network.EXPERTS[expert], strength)
                for expert in EXPERT_OF_CHUNK
                for _ in range(CHUNK)
            ]
            yield tuple(torch.from_numpy(np.stack(part)) for part in zip(*batch))


def targets(points, height, width):
    """Gaussians at sub-pixel places of the maps (corner pixels on corner pixels); sigma 2 on maps of 64x48."""
    sigma = 2.0 * (height / 64) ** 0.5
    x = points[..., 0] * ((width - 1) / 191)
    y = points[..., 1] * ((height - 1) / 255)
    gx = torch.exp(-((torch.arange(width) - x[..., None]) ** 2) / (2 * sigma * sigma))
    gy = torch.exp(-((torch.arange(height) - y[..., None]) ** 2) / (2 * sigma * sigma))
    return gy[..., :, None] * gx[..., None, :]


SHARPNESS = 12.0  # softmax(SHARPNESS * map) of a perfect map is a Gaussian of SIGMA / sqrt(SHARPNESS)
PLACE = 0.5  # weight of the place's cross-entropy


def place_loss(maps, points):
    """Cross-entropy of where a map's peak is, against the four pixels around the point: it tells places apart long
    before there are peaks, where squared error hardly does.
    """
    height, width = maps.shape[2:]
    x = (points[..., 0] * ((width - 1) / 191)).clamp(0, width - 1.001)
    y = (points[..., 1] * ((height - 1) / 255)).clamp(0, height - 1.001)
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    index = (top * width + left).long()
    logits = torch.log_softmax(SHARPNESS * maps.flatten(2), 2)
    corners = [(0, (1 - fy) * (1 - fx)), (1, (1 - fy) * fx), (width, fy * (1 - fx)), (width + 1, fy * fx)]
    return -sum(logits.gather(2, (index + step)[..., None])[..., 0] * part for step, part in corners)


def loss_of(maps, points, visible):
    """Squared error summed over a map, and the place's cross-entropy: seen 1, hidden 0.7, not to be found: an empty
    map at 0.5.
    """
    maps = maps.float()
    found = visible > 0
    wanted = targets(points, *maps.shape[2:]) * found[..., None, None]
    weight = torch.tensor([0.5, 0.7, 1.0])[visible.long()]
    error = ((maps - wanted) ** 2).sum((2, 3)) + PLACE * place_loss(maps, points) * found
    return (error * weight).sum() / weight.sum()


def optimisers(model):
    """Muon for the matrices inside the layers, AdamW for everything else."""
    inner = [p for n, p in model.named_parameters() if ".layer." in n and p.ndim == 2]
    ids = {id(p) for p in inner}
    wide = [
        model.backbone.embeddings.patch_embeddings.projection.weight,
        model.head.conv.weight,
    ]  # many inputs, few outputs
    ids |= {id(p) for p in wide}
    outer = [p for p in model.parameters() if id(p) not in ids]
    return (
        torch.optim.Muon(inner, lr=RATES[0], weight_decay=0.03, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outer, lr=RATES[1], weight_decay=0.01, betas=(0.9, 0.98), fused=True),
        torch.optim.AdamW(wide, lr=RATES[2], weight_decay=0.01, betas=(0.9, 0.98), fused=True),
    )


class Run:
    """Model, averaged weights, optimisers and step, saved and restored together."""

    def __init__(self, path):
        self.path = path
        self.model = network.new_model()
        self.average = {n: p.detach().clone() for n, p in self.model.named_parameters()}
        self.optimisers = optimisers(self.model)
        self.step = 0
        self.hours, self.crops = 0.0, 0
        if os.path.exists(path):
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average = state["average"]
            for o, s in zip(self.optimisers, state["optimisers"]):
                o.load_state_dict(s)
            self.step, self.hours, self.crops = state["step"], state["hours"], state["crops"]

    def save(self, path=None):
        path = path or self.path
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "step": self.step,
            "hours": self.hours,
            "crops": self.crops,
            "optimisers": [o.state_dict() for o in self.optimisers],
        }
        torch.save(state, path + ".new")
        os.replace(path + ".new", path)

    def rates(self, factor):
        for o, rate in zip(self.optimisers, RATES):
            for group in o.param_groups:
                group["lr"] = rate * factor

    def gradients(self, threads, forward, pixels, points, visible):
        """Mean loss and its gradients in .grad; chunks of the batch run on threads of their own, which balances
        itself.
        """
        parameters = list(self.model.parameters())
        chunk = len(pixels) // len(EXPERT_OF_CHUNK)

        def work(k):
            part = slice(k * chunk, (k + 1) * chunk)
            loss = loss_of(forward(pixels[part], EXPERT_OF_CHUNK[k]), points[part], visible[part]) / len(
                EXPERT_OF_CHUNK
            )
            return loss.detach(), torch.autograd.grad(loss, parameters, allow_unused=True)

        results = list(threads.map(work, range(len(EXPERT_OF_CHUNK))))
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
    parser.add_argument(
        "--height", type=int, default=256, choices=(128, 192, 256), help="of the crops; small ones to begin with"
    )
    args = parser.parse_args()
    os.makedirs(args.run, exist_ok=True)
    torch.set_num_threads(1)
    threads = concurrent.futures.ThreadPoolExecutor(2)
    run = Run(os.path.join(args.run, "last.pt"))
    counter = torch.multiprocessing.Value("i", run.step)
    crops = Crops(args.pool, 1 if args.decay is None else 2, counter, args.height)
    forward = network.FastForward(run.model, args.height)
    batches = iter(torch.utils.data.DataLoader(crops, batch_size=None, num_workers=args.workers, prefetch_factor=6))
    log = open(os.path.join(args.run, "log.txt"), "a")
    minutes = args.minutes if args.decay is None else args.decay
    start = saved = marked = time.time()
    total, count = 0.0, 0
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    while not stop and (gone := (time.time() - start) / 60) < minutes:
        factor = min(1.0, (run.step + 1) / WARM_UP) if args.decay is None else max(0.01, 1 - gone / minutes)
        run.rates(factor)
        pixels, points, visible = next(batches)
        loss = run.gradients(threads, forward, pixels, points, visible)
        if not math.isfinite(loss):
            print(f"step {run.step}: loss is not finite, skipped", file=log, flush=True)
            continue
        run.update()
        run.crops += len(pixels)
        counter.value = run.step
        total, count = total + loss, count + 1
        if count == 50:
            now = time.time()
            run.hours += (now - marked) / 3600
            print(
                f"step {run.step}  loss {total / count:.4f}  rate {factor:.3f}  "
                f"{count * len(pixels) / (now - marked):.1f} crops/s of {args.height}  "
                f"{run.crops} crops, {run.hours:.3f} h",
                file=log,
                flush=True,
            )
            total, count, marked = 0.0, 0, now
        if args.decay is None and time.time() - saved > 300:
            run.save()
            saved = time.time()
    run.save(os.path.join(args.run, "last.pt" if args.decay is None else "decayed.pt"))


if __name__ == "__main__":
    main()

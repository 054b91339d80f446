"""Trains the demo model on composed crops: python train.py RUN_DIR POOL_DIR [--minutes M] [--decay CROPS] [--rate R]
[--device cuda --batch 1024 --fillers 16].

Warm-up, then a constant rate, for as long as there is time: RUN_DIR/last.pt is written every five minutes and read on
start. --decay CROPS continues a copy of it for so many crops with a rate that falls to zero, and writes
RUN_DIR/decayed.pt, from which export.py makes the published model; the constant-rate run is not touched and can go on.
A falling rate that was stopped goes on where RUN_DIR/decayed.pt, copied to RUN_DIR/last.pt, left it, by --begun.
"""

import argparse
import concurrent.futures
import math
import os
import signal
import time

import numpy as np
import torch

import network
import optimisers
import ring
import step
import step_gpu

WARM_UP = 200  # steps
WARM_UP_AGAIN = 30  # before a falling rate: the optimisers' averages may have been lost
AVERAGED_OVER = 64000  # crops
WHOLE_AT_LAST = 0.12  # of a falling rate's crops


class Run:
    """Model, averaged weights, optimisers and step, saved and restored together."""

    def __init__(self, path, height, batch=128, device="cpu", weights=None):
        self.path, self.batch = path, batch
        self.model = network.new_model() if weights is None else network.load_model(weights)
        self.training = step.Step(self.model, height) if device == "cpu" else step_gpu.Step(self.model, height, device)
        self.average = {n: p.detach().clone() for n, p in self.model.named_parameters()}
        self.optimisers = optimisers.optimisers(self.model, self.training.library)
        self.step = 0
        self.hours, self.crops = 0.0, 0
        if os.path.exists(path):
            state = torch.load(path, weights_only=True, map_location=device)
            self.model.load_state_dict(state["model"])
            self.average = state["average"]
            for o, s in zip(self.optimisers, state["optimisers"]):
                o.load_state_dict(s)
            self.step, self.hours, self.crops = state["step"], state["hours"], state["crops"]

    def save(self, path):
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
        for o, rate in zip(self.optimisers, optimisers.RATES):
            for group in o.param_groups:
                group["lr"] = rate * factor

    def update(self):
        for o in self.optimisers:
            o.step()
        keep = min(1 - self.batch / AVERAGED_OVER, 1 - 1 / (1 + self.step / 4))
        with torch.no_grad():
            names, values = zip(*self.model.named_parameters())
            torch._foreach_lerp_([self.average[n] for n in names], values, 1 - keep)
        self.step += 1
        self.crops += self.batch


def rate_factor(args, step, crops_here):
    """Of the full rate: warm-up and then all of it, or falling to zero after a short warm-up."""
    if args.decay is None:
        return args.rate * min(1.0, (step + 1) / WARM_UP)
    warm = crops_here / args.batch + 1
    return args.rate * min(warm / WARM_UP_AGAIN, max(0.01, 1 - (args.begun + crops_here) / args.decay))


def share_whole(args, crops_here):
    """Of the crops; all of them at the end of a falling rate, because windows tell where a subject ends."""
    falling = args.decay is not None
    return 1.0 if falling and args.begun + crops_here >= (1 - WHOLE_AT_LAST) * args.decay else args.whole


def finished(args, crops_here, start):
    late = (time.time() - start) / 60 >= args.minutes
    return late or (args.decay is not None and args.begun + crops_here >= args.decay)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("pool")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--decay", type=int, metavar="CROPS", help="the rate falls to zero over so many")
    parser.add_argument("--begun", type=int, default=0, metavar="CROPS", help="of --decay's, used before a stop")
    parser.add_argument("--rate", type=float, default=1.0, help="of the full one; where --decay begins")
    parser.add_argument(
        "--height", type=int, default=256, choices=(128, 192, 256), help="of the crops; small ones to begin with"
    )
    parser.add_argument("--whole", type=float, default=1, help="share of the crops that are not cut (windows.py)")
    parser.add_argument("--weights", metavar="MODEL_DIR", help="to begin with where there is no RUN_DIR/last.pt")
    parser.add_argument("--device", default="cpu", help="what PyTorch calls it; the CPU uses network.c")
    parser.add_argument("--batch", type=int, default=128, help="crops")
    parser.add_argument("--people", type=float, default=0.5, help="share of the crops; the rest are animals")
    parser.add_argument("--seed", type=int, default=0, help="of the crops; a new one where a run begins with --weights")
    parser.add_argument("--fillers", type=int, default=1, help="processes that compose crops")
    args = parser.parse_args()
    os.makedirs(args.run, exist_ok=True)
    torch.set_num_threads(1)
    run = Run(os.path.join(args.run, "last.pt"), args.height, args.batch, args.device, args.weights)
    rng = np.random.default_rng([1 if args.decay is None else 2, run.step])
    crops = ring.start(args.run, args.pool, args.height, args.fillers, args.seed)
    ahead = concurrent.futures.ThreadPoolExecutor(1)
    people = round(args.batch * args.people)
    sizes = (people, args.batch - people)
    next_batch = ahead.submit(crops.draw, rng, sizes)
    log = open(os.path.join(args.run, "log.txt"), "a")
    target = os.path.join(args.run, "last.pt" if args.decay is None else "decayed.pt")
    start = saved = marked = time.time()
    total, count, first_crops = 0.0, 0, run.crops
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    while not stop and not finished(args, here := run.crops - first_crops, start):
        run.rates(factor := rate_factor(args, run.step, here))
        batch, next_batch = next_batch.result(), ahead.submit(crops.draw, rng, sizes)
        loss = run.training.gradients(batch, share_whole(args, here))
        if not math.isfinite(loss):
            print(f"step {run.step}: loss is not finite, skipped", file=log, flush=True)
            continue
        run.update()
        total, count = total + loss, count + 1
        if count == 50:
            now = time.time()
            run.hours += (now - marked) / 3600
            print(
                f"step {run.step}  loss {total / count:.4f}  rate {factor:.3f}  "
                f"{count * args.batch / (now - marked):.1f} crops/s of {args.height}  "
                f"{run.crops} crops, {run.hours:.3f} h",
                file=log,
                flush=True,
            )
            total, count, marked = 0.0, 0, now
        if time.time() - saved > 300:
            run.save(target)
            saved = time.time()
    run.save(target)


if __name__ == "__main__":
    main()

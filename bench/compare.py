#!/usr/bin/env python3
"""Times vitpose beside transformers (PyTorch), ONNX Runtime and OpenVINO on the same models, in one run.

    bench/compare.py                     ViTPose-B classic, batch 1, 2 threads, every precision: at most 6 minutes
    bench/compare.py --full              S, B, L; simple, classic, ++; batch 1 and 4; 1 and 2 threads: 80 minutes on a
                                         busy machine, since each table has at least three rounds

Prints Markdown, table by table, and writes a plot. Every runner is a process of its own that lives as long as its
table, a peer for all batches; rounds take turns, since absolute times of a shared machine mean little. Models are made
with random weights of the true shapes, exported to ONNX and quantised on first use, which takes some minutes more
(--full: a quarter of an hour) and 1.2 GB (20 GB) in --cache.

Needs vitpose, built as README says, and from pip: torch transformers scipy pillow numpy; for ONNX Runtime onnx
onnxruntime; for OpenVINO onnx openvino nncf. --peers takes fewer of them.
"""

import argparse
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench/comparison"))

import models  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
import runners  # noqa: E402

FULL_MODELS = [f"{size}-{decoder}" for size in ("s", "b", "l") for decoder in models.DECODERS] + [
    f"{size}+-classic" for size in ("s", "b", "l")]
OURS = [f"native-{dtype}" for dtype in models.DTYPES] + ["onednn-f32", "eigen-f32"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vitpose", default=str(ROOT / "build/release/tools/vitpose"))
    parser.add_argument("--cache", default=str(ROOT / "build/peers"), help="folder for models and exports")
    parser.add_argument("--full", action="store_true", help="the whole matrix")
    parser.add_argument("--models", nargs="*", help="s, b, l or h, '+' for six experts, -classic or -simple")
    parser.add_argument("--batch", nargs="*", type=int, help="crops per forward")
    parser.add_argument("--threads", nargs="*", type=int)
    parser.add_argument("--ours", nargs="*", default=OURS, metavar="BACKEND-DTYPE", help=f"of {' '.join(OURS)}")
    parser.add_argument("--peers", nargs="*", default=list(models.PEERS), choices=models.PEERS)
    parser.add_argument("--isa", default="", help="instruction set of our native backend")
    parser.add_argument("--minutes", type=float, help="to spend, at most (4; with --full 55)")
    parser.add_argument("--rounds", type=int, default=9, help="per table, at most")
    parser.add_argument("--plot", default=str(ROOT / "build/compare.svg"))
    parser.add_argument("--json", metavar="FILE", help="also every round, as JSON")
    options = parser.parse_args()
    options.models = options.models or (FULL_MODELS if options.full else ["b-classic"])
    options.batch = options.batch or ([1, 4] if options.full else [1])
    options.threads = options.threads or ([1, 2] if options.full else [2])
    options.round_seconds = 0.2 if options.full else 0.35
    options.minutes = options.minutes or (55 if options.full else 4)
    return options


def check(options):
    if not Path(options.vitpose).exists():
        raise SystemExit(f"--vitpose: expected the command line tool, found nothing at {options.vitpose}")
    for name in options.models:
        models.parts(name)
    missing = runners.missing_packages(options.peers)
    if missing:
        raise SystemExit(f"expected these Python packages: {' '.join(missing)} (pip install, or fewer --peers)")


def say(words):
    print(words, file=sys.stderr, flush=True)


def those_that_can(attempts):
    """The runners that start, and why others cannot run here."""
    able, left_out = [], []
    for attempt in attempts:
        try:
            able.append(attempt())
        except runners.Missing as reason:
            left_out.append(str(reason))
    return able, left_out


def announced(runner):
    say(f"  {runner.label} {runner.dtype}: first result after {runner.first_result_ms:.0f} ms")
    return runner


def take_turns(options, started, peaks, deadline):
    for number in range(options.rounds):
        peaks.round()
        turn = number % len(started)
        for runner in started[turn:] + started[:turn]:  # nobody always goes first
            runner.round()
        if number >= 2 and time.monotonic() > deadline:
            break


def measure(options, name, threads, shares):
    """The tables of a model on so many threads, one for each batch, each in its share of seconds. Peers, which take
    long to start, stay for all of them.
    """
    begun, repetitions = time.monotonic(), runners.Repetitions(options.round_seconds)
    peers, no_peers = those_that_can([lambda p=p: announced(runners.start_peer(options, p, name, threads))
                                      for p in options.peers])
    for batch, share in zip(options.batch, shares):
        ours, no_ours = those_that_can([
            lambda o=o: announced(runners.start_ours(options, *o.split("-"), name, batch, threads))
            for o in options.ours])
        started, left_out = ours + peers, no_ours + no_peers
        if not started:
            raise SystemExit("\n".join(["no runner started:", *left_out]))
        for runner in started:
            runner.take(batch)
            runner.repetitions = repetitions.of(runner)
        peaks = runners.Peaks(options, threads)
        take_turns(options, started, peaks, begun + share)
        yield report.Cell(name, batch, threads, [report.Row(runner) for runner in started], peaks, left_out), peaks
        begun += share
        for runner in ours:
            runner.finish()
    for peer in peers:
        peer.finish()


def keep(options, cells):
    """After each table, since a later one may fail."""
    Path(options.plot).write_text(plot.svg(cells))
    if options.json:
        Path(options.json).write_text(json.dumps(report.as_json(cells), indent=1))


def main():
    options = arguments()
    check(options)
    say("making what is not in the cache yet")
    runners.prepare(options.models, options.peers, options.cache)
    cost = {(name, threads): [5 + models.multiply_adds(name) / 1e9 * batch / threads for batch in options.batch]
            for name in options.models for threads in options.threads}
    end = time.monotonic() + options.minutes * 60
    cells = []
    for group in sorted(cost, key=lambda group: sum(cost[group])):  # what the small ones leave is the large ones' time
        unit = max(0, end - time.monotonic()) / sum(map(sum, cost.values()))
        shares = [unit * seconds for seconds in cost.pop(group)]
        say(f"{group[0]}, threads {group[1]}, batch {options.batch}: {sum(shares):.0f} s")
        for found, peaks in measure(options, *group, shares):
            cells.append(found)
            if len(cells) == 1:
                print(report.heading(cells, peaks.processor))
            print(report.markdown(found), flush=True)
            keep(options, cells)
    if len(cells) > 1:
        print(report.summary(cells))
    say(f"plot: {options.plot}")


if __name__ == "__main__":
    main()

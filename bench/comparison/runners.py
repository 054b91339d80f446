"""Long-lived processes that time one round whenever they are asked, ours and the peers'."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import models
from models import PEERS

HERE = Path(__file__).resolve().parent
LABELS = {"torch": "transformers", "ort": "ONNX Runtime", "ov": "OpenVINO"}


class Missing(SystemExit):
    """A runner cannot run here; the text says why, and is the program's last where nobody goes on without it."""


class Runner:
    """A process from its start on. `rounds` holds what each round told, medians in ms per crop. Only peers can take
    several batches, one after the other; the first result is of the first.
    """

    def __init__(self, label, dtype, command, file, batches, threads):
        self.label, self.dtype, self.rounds = label, dtype, []
        self.batch = self.first_batch = batches[0]
        self.version, self.file_mb = label, models.read_once(Path(file))
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
        self.complaints = tempfile.TemporaryFile("w+")  # not a pipe, which could fill up
        started = time.perf_counter()
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, text=True, bufsize=1,
                                        stdout=subprocess.PIPE, stderr=self.complaints, env=environment)
        told = self.until_ready()
        self.first_result_ms = (time.perf_counter() - started) * 1e3
        self.version, self.dtype = told.get("version", label), told.get("dtype", dtype)
        self.resident_mb = {self.batch: self.peak_resident_mb()}
        for batch in batches[1:]:  # now: before pipelines load what forwards do not need
            self.change(batch)
            self.resident_mb[batch] = self.peak_resident_mb()

    def until_ready(self):
        """What it tells with its first result."""
        for line in self.process.stdout:
            if line.startswith("ready"):
                return json.loads(line.removeprefix("ready").strip() or "{}")
        raise Missing(f"{self.label} {self.dtype}: {self.last_complaint()}")

    def change(self, batch):
        """With one forward, if the batch is new."""
        self.batch = batch
        print(f"batch {batch}", file=self.process.stdin, flush=True)
        self.until_ready()

    def take(self, batch):
        """Goes on with one of its batches, from no rounds."""
        self.rounds = []
        if batch != self.batch:
            self.change(batch)

    def last_complaint(self):
        self.process.wait()
        self.complaints.seek(0)
        return "".join(self.complaints.read().strip().splitlines()[-1:])

    def peak_resident_mb(self):
        """The most that it ever had resident, as Linux tells it of any process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+)", status)[1]) / 1e3

    def ask(self, repetitions):
        """What it tells of a round, times in ms per crop."""
        print(repetitions, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.label} {self.dtype} ended in the middle: {self.last_complaint()}")
        return json.loads(line)

    def round(self):
        self.rounds.append(self.ask(self.repetitions))

    def finish(self):
        self.process.stdin.close()
        self.process.wait()


def missing_packages(peers):
    """What the chosen peers need and Python cannot find."""
    needed = {"numpy", "torch", "transformers", "scipy", "PIL"} | {p for peer in peers for p in PEERS[peer][2]}
    return sorted(package for package in needed if importlib.util.find_spec(package) is None)


def prepare(names, peers, cache):
    """Makes the files of all models, in another process, which may need much memory."""
    kinds = sorted({"weights"} | {PEERS[peer][0] for peer in peers})
    for name in names:
        subprocess.run([sys.executable, HERE / "models.py", cache, name, *kinds], check=True)


def converted(vitpose, name, dtype, cache):
    """The model as `vitpose convert` writes it."""
    folder = models.checkpoint(name, cache)
    path = folder / f"converted-{dtype}.safetensors"
    if models.outdated(path, folder / "model.safetensors", folder / "config.json", Path(vitpose)):
        subprocess.run([vitpose, "convert", folder, path, "--dtype", dtype, "-q"], check=True)
    return path


def start_ours(options, backend, dtype, name, batch, threads):
    try:
        file = converted(options.vitpose, name, dtype, options.cache)
    except subprocess.CalledProcessError as error:
        raise Missing(f"vitpose {backend} {dtype}: {error}") from error
    command = [options.vitpose, "bench", file, "--serve", "--pipeline", "--backend", backend, "--dtype", dtype,
               "--threads", threads, "--batch", batch, "-q"]
    if backend == "native" and options.isa:
        command += ["--isa", options.isa]
    return Runner(f"vitpose {backend}", dtype, command, file, [batch], threads)


def start_peer(options, peer, name, threads):
    file = models.KINDS[PEERS[peer][0]](name, options.cache)
    command = [sys.executable, HERE / "peers.py", peer, name, options.batch[0], threads, options.cache]
    label = LABELS[peer.partition("-")[0]] + (" (its default)" if peer == "ov-default" else "")
    return Runner(label, PEERS[peer][1], command, file, options.batch, threads)


class Repetitions:
    """How often a runner repeats in a round, from what a crop took it with its first batch: ours, which start again for
    another, need not be asked again.
    """

    def __init__(self, round_seconds):
        self.round_seconds, self.crop_ms = round_seconds, {}

    def of(self, runner):
        name = runner.label, runner.dtype
        if name not in self.crop_ms:  # whatever is still set up now is not what is measured
            self.crop_ms[name] = runner.ask(1)["pipeline_ms_per_crop_median"]
        return max(1, min(20, round(self.round_seconds * 1e3 / (self.crop_ms[name] * runner.batch))))


class Peaks:
    """What the processor multiplies in registers, in GFLOP/s: the floor of every time."""

    def __init__(self, options, threads):
        self.command = [options.vitpose, "cpu", "--peak", "--threads", str(threads)]
        self.isa, self.samples = options.isa, {}

    def round(self):
        text = subprocess.run(self.command, check=True, capture_output=True, text=True).stdout
        self.processor = re.search(r"^processor +(.*)$", text, re.MULTILINE)[1]
        rates = {}
        for dtype, isa, rate in re.findall(r"^peak +(\w+) +(\w+) +(\d+) GFLOP/s", text, re.MULTILINE):
            rates.setdefault(dtype, {})[isa] = float(rate)
        for dtype, by_isa in rates.items():
            self.samples.setdefault(dtype, []).append(by_isa.get(self.isa, max(by_isa.values())))

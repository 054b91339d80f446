"""The command line under test, one method per subcommand."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np


class EngineFailed(Exception):
    def __init__(self, code, message):
        super().__init__(f"exit code {code}: {message.strip()}")
        self.code = code
        self.message = message


def box_flags(boxes):
    flags = []
    for box in boxes:
        flags.append("--box=" + ",".join(repr(float(v)) for v in box))
    return flags


def f32(values):
    return np.array([np.nan if v is None else v for v in np.ravel(np.array(values, dtype=object))], np.float64).astype(
        np.float32)


def pose_arrays(pose):
    """A pose of the JSON output as the arrays transformers returns."""
    return dict(keypoints=f32(pose["keypoints"]).reshape(-1, 2), scores=f32(pose["scores"]),
                labels=np.array(pose["labels"], np.int64), bbox=f32(pose["bbox"]))


class Engine:
    def __init__(self, binary, threads):
        self.binary = str(Path(binary).resolve())
        self.threads = threads
        self.scratch = tempfile.TemporaryDirectory(prefix="vitpose-parity-")
        self.count = 0

    def path(self, suffix):
        self.count += 1
        return str(Path(self.scratch.name) / f"{self.count}{suffix}")

    def call(self, *arguments, timeout=600):
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise EngineFailed(done.returncode, done.stderr)
        return done.stdout

    def code(self, *arguments):
        return subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True, timeout=600)

    def save(self, array):
        path = self.path(".npy")
        np.save(path, np.ascontiguousarray(array))
        return path

    def take(self, path):
        array = np.load(path)
        Path(path).unlink()
        return array

    def preprocess(self, image, boxes, *flags):
        out = self.path(".npy")
        self.call("preprocess", image, *box_flags(boxes), "-o", out, *flags)
        return self.take(out)

    def forward(self, model, pixel_values, experts=(), flags=(), threads=None, hidden_states=None):
        """Heatmaps; `flags` chooses backend, instruction set and so on."""
        source, out = self.save(pixel_values), self.path(".npy")
        extra = ["--expert", ",".join(map(str, experts))] if len(experts) else []
        if hidden_states:
            extra += ["--hidden-states", hidden_states]
        self.call("forward", model, source, *extra, "-o", out, "--threads", threads or self.threads, *flags)
        Path(source).unlink()
        return self.take(out)

    def decode(self, heatmaps, boxes, *flags):
        source, out = self.save(heatmaps), self.path(".json")
        try:
            self.call("decode", source, *box_flags(boxes), "-o", out, *flags)
            return [pose_arrays(pose) for image in self.images(out) for pose in image["poses"]]
        finally:
            Path(source).unlink()

    def run(self, model, images, boxes=(), entries=None, flags=()):
        """`boxes` are command line boxes; `entries` is the content of a --boxes file."""
        out = self.path(".json")
        extra = box_flags(boxes)
        if entries is not None:
            listing = self.path(".json")
            Path(listing).write_text(json.dumps(entries))
            extra += ["--boxes", listing]
        self.call("run", model, *images, *extra, "-o", out, "--threads", self.threads, *flags)
        return self.images(out)

    @staticmethod
    def images(path):
        return json.loads(Path(path).read_text())["images"]

    def convert(self, source, destination, *flags):
        self.call("convert", source, destination, *flags)

    def compare(self, a, b, *flags):
        """The finished process; its exit code is the verdict."""
        first, second = self.save(a), self.save(b)
        return self.code("compare", first, second, *flags)

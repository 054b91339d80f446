"""Pictures and boxes that the suite looks at.

The repository holds one public-domain photograph. More photographs, with annotated boxes, are used where a folder of
them exists (they are not ours to distribute); their absence is reported, never silent.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_DATA = ROOT.parent / "shared" / "data"
ASTRONAUT_BOX = [22.0, 14.0, 340.0, 498.0]

ANNOTATED = {
    "coco/000000000785.jpg": [[280.79, 44.73, 218.7, 346.68]],
    "coco/000000040083.jpg": [[38.08, 110.95, 174.71, 174.71], [257.76, 139.06, 140.05, 154.21],
                              [275.17, 126.5, 10.69, 68.26]],
    "coco/000000196141.jpg": [[247.76, 74.23, 169.67, 300.78], [555.57, 99.84, 48.32, 113.05],
                              [440.85, 73.13, 16.79, 32.45], [453.77, 206.81, 177.23, 210.87],
                              [36.12, 67.59, 30.41, 96.08]],
    "coco/000000197388.jpg": [[139.41, 102.25, 222.39, 241.57], [287.17, 61.52, 74.88, 165.61],
                              [540.04, 48.81, 99.96, 223.36], [372.58, 170.84, 266.63, 217.19],
                              [0.5, 43.74, 90.1, 220.09]],
    "aic/ff945ae2e729f24eea992814639d59b3bdec8bd8.jpg": [[681, 3, 267, 607], [484, 7, 162, 481], [33, 73, 493, 566]],
    "ap10k/000000037516.jpg": [[66, 192, 1092, 512]],
    "ochuman/003799.jpg": [[250, 112, 475, 751]],
    "crowdpose/103319.jpg": [[316.76, 157.3, 100.54, 247.56], [279.68, 102.17, 81.13, 255.49]],
}


@dataclass
class Photo:
    path: Path  # a PNG, so that JPEG decoders do not matter
    pixels: np.ndarray  # H x W x 3, uint8
    boxes: list
    jpeg: Path | None = None


class Photos:
    def __init__(self, data, cache):
        self.data = Path(data)
        self.cache = Path(cache) / "photos"
        self.cache.mkdir(parents=True, exist_ok=True)
        self.annotated = [self._png(name, boxes) for name, boxes in ANNOTATED.items() if (self.data / name).exists()]
        self.astronaut = self._astronaut()
        self.missing = len(ANNOTATED) - len(self.annotated)

    def _astronaut(self):
        for path in (ROOT / "data/images/astronaut.png", self.data / "public_domain/astronaut.png"):
            if path.exists():
                return Photo(path, np.asarray(Image.open(path).convert("RGB")), [ASTRONAUT_BOX])
        raise SystemExit("data/images/astronaut.png is missing from the checkout")

    def _png(self, name, boxes):
        source = self.data / name
        path = self.cache / (name.replace("/", "-").rsplit(".", 1)[0] + ".png")
        pixels = np.asarray(Image.open(source).convert("RGB"))
        if not path.exists():
            Image.fromarray(pixels).save(path)
        return Photo(path, pixels, [[float(v) for v in box] for box in boxes], source)

    def all(self):
        return [self.astronaut, *self.annotated]

    def crops(self):
        """Four (photo, box): the crops every model is fitted to and run on."""
        if self.missing == 0:
            a = self.annotated
            return [(a[0], a[0].boxes[0]), (a[1], a[1].boxes[1]), (a[3], a[3].boxes[3]), (self.astronaut, ASTRONAUT_BOX)]
        return [(self.astronaut, box) for box in
                (ASTRONAUT_BOX, [130.5, 40.25, 120.0, 160.0], [300.0, 20.0, 200.0, 260.0], [40.0, 250.0, 300.0, 260.0])]

    def made(self, name, pixels):
        """A picture of our own making as a PNG."""
        path = self.cache / f"{name}.png"
        Image.fromarray(pixels).save(path)
        return Photo(path, pixels, [])

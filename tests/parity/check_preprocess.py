"""Pixels: bit-exact against the real processors in every mode."""

import inspect
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from transformers.models.vitpose import image_processing_vitpose as hf

import reference
from engine import EngineFailed

MEAN = np.array([0.485, 0.456, 0.406], np.float32).reshape(3, 1, 1)
STD = np.array([0.229, 0.224, 0.225], np.float32).reshape(3, 1, 1)


def edge_boxes(width, height):
    below, above = np.nextafter(0.0, -1), np.nextafter(float(width - 1), 1e9)
    # A box whose crop spans exactly the pixels 0..len-1: 1.25 w = width - 1 about the centre.
    w, h = max(width - 1, 1) / 1.25, max(height - 1, 1) / 1.25
    exact = [(width - 1 - w) / 2, (height - 1 - h) / 2, w, h]
    boxes = [
        [10, 20, 75, 100], [0, 0, width, height], [-300.5, -200.25, 100, 120], [width + 50, height + 50, 60, 90],
        [-50, -60, 200, 200], [width - 40, height - 30, 120, 200], [30, 40, 0, 80], [30, 40, 80, 0],
        [30, 40, -60, 80], [30, 40, 60, -80], [200, 300, -60, -80], exact,
        [exact[0] + below, exact[1], w, h], [exact[0], exact[1], np.nextafter(w, 1e9), np.nextafter(h, 1e9)],
        [above - w, exact[1], w, h], [100.5, 100.5, 1e-3, 1e-3], [100, 100, 1e-30, 1e-30], [0, 0, 1e38, 1e20],
        [-1e5, -1e5, 2e5, 2e5], [0.1, 0.2, 0.3, 0.4], [3, 5, 7, 11], [-0.0, -0.0, 33, 44],
    ]
    # 1.25 w = 191/k pixels about half-pixel centres puts many samples exactly between pixels, where rounding shows.
    for k in (1, 2, 4, 8):
        w, h = 191 / k / 1.25, 255 / k / 1.25
        boxes.append([100.5 - w / 2, 120.5 - h / 2, w, h])
    return boxes


REFUSED = [[10, 10, 0, 0], [10, 10, -5, 0], [10, 10, 0, -5], [1e39, 0, 10, 10], [0, 0, 1e39, 10],
           [float("nan"), 0, 10, 10], [0, 0, float("inf"), 10], [10, 10, 1e-38, 1e-38]]


def made_pictures(photos, full):
    rng = np.random.default_rng(7)

    def noise(height, width):
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)

    rows, columns = np.indices((240, 320))
    checker = np.repeat((((rows + columns) % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)
    steps = np.repeat((((rows // 3 + columns) % 2) * 1 + 127).astype(np.uint8)[..., None], 3, axis=2)
    pictures = dict(noise=noise(300, 400), checker=checker, steps=steps, white=np.full((200, 200, 3), 255, np.uint8),
                    one=noise(1, 1), row=noise(1, 90), column=noise(70, 1), two=noise(2, 2), three=noise(50, 3),
                    three_rows=noise(3, 64), long=noise(4, 8200))
    if full:
        pictures["tall"] = noise(9001, 5)
    return {name: photos.made(f"made-{name}", pixels) for name, pixels in pictures.items()}


def random_boxes(photo, count, seed):
    rng = np.random.default_rng(seed)
    height, width = photo.pixels.shape[:2]
    return [[float(rng.uniform(-0.3, 1) * width), float(rng.uniform(-0.3, 1) * height),
             float(np.exp(rng.uniform(0, np.log(1.3 * width + 2)))), float(np.exp(rng.uniform(0, np.log(1.3 * height + 2))))]
            for _ in range(count)]


def fused(hf4_pixels):
    """hf5's normalisation (numerics of transformers 5) from the 8-bit crop that hf4's values determine."""
    levels = np.arange(256)
    scaled = (levels * (1.0 / 255)).astype(np.float32)
    out = np.empty_like(hf4_pixels)
    for channel in range(3):
        table4 = (scaled - MEAN[channel, 0, 0]) / STD[channel, 0, 0]
        level = np.searchsorted(table4, hf4_pixels[:, channel])
        mean, std = MEAN[channel, 0, 0] * np.float32(255), STD[channel, 0, 0] * np.float32(255)
        out[:, channel] = ((level.astype(np.float32) - mean) / std).astype(np.float32)
    return out


def other_python(python, script, pictures):
    """Runs a processor in another Python environment: [(png, boxes)] -> pixel values per picture."""
    with tempfile.TemporaryDirectory() as folder:
        request = dict(pictures=[(str(path), boxes) for path, boxes in pictures],
                       source="\n".join(inspect.getsource(f) for f in
                                        (hf.box_to_center_and_scale, hf.get_warp_matrix, hf.scipy_warp_affine)))
        (Path(folder) / "request.json").write_text(json.dumps(request))
        for index, (path, _) in enumerate(pictures):
            from PIL import Image
            np.save(Path(folder) / f"image{index}.npy", np.asarray(Image.open(path).convert("RGB")))
        subprocess.run([python, str(Path(__file__).parent / script), folder], check=True, timeout=600)
        return [np.load(Path(folder) / f"pixel_values{i}.npy") for i in range(len(pictures))]


def run(engine, photos, report, options):
    report.section("preprocess: pixel values, bit by bit")
    cases = [(photo, photo.boxes + random_boxes(photo, 4, seed)) for seed, photo in enumerate(photos.all())]
    made = made_pictures(photos, options.full)
    cases.append((photos.astronaut, edge_boxes(512, 512)))
    cases += [(photo, edge_boxes(photo.pixels.shape[1], photo.pixels.shape[0]) + random_boxes(photo, 6, 99))
              for photo in made.values()]
    expected = []
    for photo, boxes in cases:
        theirs = reference.pixel_values(photo.pixels, boxes)
        expected.append(theirs)
        report.same_bits(engine.preprocess(photo.path, boxes), theirs, f"hf4/numpy2 {photo.path.name}, {len(boxes)} boxes")
        report.same_bits(engine.preprocess(photo.path, boxes, "--numerics", "hf5"), fused(theirs),
                         f"hf5 {photo.path.name} against its formula")
    refused(engine, photos, report)
    other_environments(engine, report, options, cases)
    jpeg(engine, photos, report)
    return expected


def refused(engine, photos, report):
    for box in REFUSED:
        try:
            reference.pixel_values(photos.astronaut.pixels, [box])
            theirs = None
        except ValueError as error:
            theirs = error
        try:
            engine.preprocess(photos.astronaut.path, [box])
            ours = None
        except EngineFailed as error:
            ours = error
        report.check(theirs is not None and ours is not None and ours.code in (1, 2) and
                     len(ours.message.strip().splitlines()) == 1,
                     f"box {box} is refused in one line, as transformers refuses it", f"{ours} / {theirs}")


def other_environments(engine, report, options, cases):
    pictures = [(photo.path, boxes) for photo, boxes in cases]
    for python, script, flags, what in (
            (options.python_numpy1, "numpy1_worker.py", ["--warp-matrix", "numpy1"], "numpy1"),
            (options.python_hf5, "hf5_worker.py", ["--numerics", "hf5"], "transformers 5")):
        if not python:
            report.skip(f"preprocess against {what}: no Python environment given for it")
            continue
        for (photo, boxes), theirs in zip(cases, other_python(python, script, pictures)):
            report.same_bits(engine.preprocess(photo.path, boxes, *flags), theirs, f"{what} {photo.path.name}")
    if not options.python_numpy1:
        for photo, boxes in cases:
            theirs = numpy1_formula(photo.pixels, boxes)
            report.same_bits(engine.preprocess(photo.path, boxes, "--warp-matrix", "numpy1"), theirs,
                             f"numpy1 {photo.path.name} against its formula")


def numpy1_formula(pixels, boxes):
    """NumPy 1 promotes a Python float times an f32 scalar to f64, so that the translation is rounded once less."""
    crops = []
    for box in boxes:
        center, scale = hf.box_to_center_and_scale(box, image_width=192, image_height=256)
        target, twice = scale * np.float32(200), center * np.float32(2)
        matrix = np.zeros((2, 3), np.float32)
        for axis, last in ((0, 191.0), (1, 255.0)):
            factor = last / float(target[axis])
            matrix[axis, axis] = factor
            matrix[axis, 2] = factor * (-0.5 * float(twice[axis]) + 0.5 * float(target[axis]))
        crop = hf.scipy_warp_affine(pixels, matrix, (256, 192)).transpose(2, 0, 1)
        scaled = (crop * (1.0 / 255)).astype(np.float32)
        crops.append((scaled - MEAN) / STD)
    return np.stack(crops)


def jpeg(engine, photos, report):
    if not any(photo.jpeg for photo in photos.all()):
        report.skip("JPEG pixels against Pillow: no JPEG photographs here")
        return
    if "libjpeg-turbo" not in engine.call("--version") + engine.call("cpu"):
        report.skip("JPEG pixels against Pillow: this build decodes JPEG without libjpeg-turbo")
        return
    for photo in photos.all():
        if photo.jpeg:
            report.same_bits(engine.preprocess(photo.jpeg, photo.boxes), reference.pixel_values(photo.pixels, photo.boxes),
                             f"JPEG {photo.jpeg.name} decodes as with Pillow")

#!/usr/bin/env python3
"""What --dtype costs: heatmaps and keypoints of the same pictures in every arithmetic, against those in f32.

For each dtype: the error of the heatmaps of the first crops, as rms and at most, in units of their rms; how far
keypoints move, in pixels of the 256 x 192 crop (median, 99th percentile, share beyond 1 px); how much scores change;
and with --sigmas OKS AP by pycocotools, with the annotations' boxes.

    bench/accuracy.py MODEL PICTURES ANNOTATIONS.json --expert 0 --sigmas coco17

ANNOTATIONS is a COCO dataset; PICTURES the folder of its pictures. Needs NumPy, and pycocotools for AP. Without AP any
model will do, for instance one with random weights that bench/compare.py made.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools/demo_model"), str(ROOT / "bench/comparison")]

import oks  # noqa: E402
from models import DTYPES  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("pictures")
    parser.add_argument("annotations")
    parser.add_argument("--vitpose", default=str(ROOT / "build/release/tools/vitpose"))
    parser.add_argument("--expert", default=None)
    parser.add_argument("--sigmas", choices=oks.SIGMAS, help="of the keypoints: also tell OKS AP")
    parser.add_argument("--dtypes", nargs="*", default=DTYPES)
    parser.add_argument("--crops", type=int, default=32, help="whose heatmaps are compared")
    parser.add_argument("--count", type=int, default=None, help="pictures, from the first on")
    parser.add_argument("--float-parts", choices=["bf16", "f32"], help="of int8 and int4")
    parser.add_argument("--int4", help="a file of convert --dtype int4 --calibrate, in place of the model for int4")
    parser.add_argument("--flip-test", action="store_true", help="for keypoints and AP")
    parser.add_argument("--emulate", action="store_true")
    return parser.parse_args()


def subset(options, folder):
    """The first pictures' entries with keypoints, as a dataset of their own; the boxes go to a file for vitpose."""
    data = json.loads(Path(options.annotations).read_text())
    images = data["images"][:options.count]
    kept = {image["id"]: image for image in images}
    data["images"] = images
    data["annotations"] = [a for a in data["annotations"]
                           if a["image_id"] in kept and oks.has_keypoints(a)]
    boxes = [dict(file_name=kept[a["image_id"]]["file_name"], bbox=a["bbox"],
                  **({} if options.expert is None else dict(expert=int(options.expert)))) for a in data["annotations"]]
    (folder / "boxes.json").write_text(json.dumps(boxes))
    return data


def model_for(options, dtype):
    return options.int4 if options.int4 and dtype == "int4" else options.model


def estimate(options, data, folder, dtype):
    """Keypoints [N, K, 2] and scores [N, K] in the order of the annotations."""
    out = folder / f"{dtype}.jsonl"
    names = {image["id"]: image["file_name"] for image in data["images"]}
    used = sorted({a["image_id"] for a in data["annotations"]})
    pictures = [str(Path(options.pictures) / names[i]) for i in used]
    command = [options.vitpose, "run", model_for(options, dtype), *pictures,
               "--boxes", str(folder / "boxes.json"), "--dtype", dtype, "--format", "jsonl", "-o", str(out), "-q"]
    if options.float_parts and dtype.startswith("int"):
        command += ["--float-parts", options.float_parts]
    command += ["--flip-test"] if options.flip_test else []
    subprocess.run(command + (["--emulate"] if options.emulate else []), check=True)
    poses = {}
    for line in out.read_text().splitlines():
        image = json.loads(line)
        poses[Path(image["path"]).name] = iter(image["poses"])
    found = [next(poses[names[a["image_id"]]]) for a in data["annotations"]]
    return np.array([p["keypoints"] for p in found]), np.array([p["scores"] for p in found])


def pixel_values(options, data, folder):
    """The first crops, [N, 3, 256, 192], as a file."""
    names = {image["id"]: image["file_name"] for image in data["images"]}
    crops = []
    for a in data["annotations"][:options.crops]:
        picture, out = Path(options.pictures) / names[a["image_id"]], folder / "crop.npy"
        box = ",".join(map(str, a["bbox"]))
        subprocess.run([options.vitpose, "preprocess", picture, "--box", box, "-o", out], check=True)
        crops.append(np.load(out))
    np.save(folder / "crops.npy", np.concatenate(crops))
    return folder / "crops.npy"


def heatmaps(options, crops, folder, dtype):
    out = folder / "heatmaps.npy"
    command = [options.vitpose, "forward", model_for(options, dtype), crops, "--dtype", dtype, "-o", out, "-q"]
    command += [] if options.expert is None else ["--expert", options.expert]
    subprocess.run(command + (["--emulate"] if options.emulate else []), check=True)
    return np.load(out).astype(np.float64)


def average_precision(options, data, keypoints, scores):
    found = [oks.result(a, p, s) for a, p, s in zip(data["annotations"], keypoints, scores)]
    return oks.evaluate(data, found, oks.SIGMAS[options.sigmas])[0]


def crop_pixels_per_pixel(data):
    """Of each annotation: the box, widened to 3:4 and by a quarter, becomes a crop 192 pixels wide."""
    boxes = np.array([a["bbox"] for a in data["annotations"]], float)
    return 192 / (1.25 * np.maximum(boxes[:, 2], boxes[:, 3] * 0.75))


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = subset(options, folder)
        crops = pixel_values(options, data, folder)
        scale = crop_pixels_per_pixel(data)[:, None]
        exact = None
        print(f"{len(data['images'])} pictures, {len(data['annotations'])} subjects")
        columns = ["dtype", "heatmaps: rms error", "largest", "median shift, px", "99 %", "beyond 1 px",
                   "mean change of scores"] + (["AP"] if options.sigmas else [])
        print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
        for dtype in options.dtypes:
            maps = heatmaps(options, crops, folder, dtype)
            keypoints, scores = estimate(options, data, folder, dtype)
            exact = exact or (maps, keypoints, scores)
            unit = np.sqrt((exact[0] ** 2).mean())
            error = np.abs(maps - exact[0]) / unit
            shift = np.hypot(*np.moveaxis(keypoints - exact[1], 2, 0)) * scale
            cells = [dtype, f"{np.sqrt((error ** 2).mean()):.5f}", f"{error.max():.4f}", f"{np.median(shift):.4f}",
                     f"{np.percentile(shift, 99):.3f}", f"{(shift > 1).mean() * 100:.2f} %",
                     f"{np.abs(scores - exact[2]).mean():.5f}"]
            if options.sigmas:
                cells.append(f"{average_precision(options, data, keypoints, scores):.2f}")
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

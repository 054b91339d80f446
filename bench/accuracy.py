#!/usr/bin/env python3
"""What --dtype costs: keypoints of the same pictures in every arithmetic, against those in f32.

For each dtype: how far keypoints move, in pixels of the 256 x 192 crop (median, 99th percentile, share beyond 1 px), how
much scores change, and, given annotations with keypoints, OKS AP by pycocotools with their boxes.

    bench/accuracy.py MODEL PICTURES ANNOTATIONS.json --expert 0 --sigmas coco17

ANNOTATIONS is a COCO dataset; PICTURES the folder of its pictures. Needs NumPy and pycocotools.
"""

import argparse
import contextlib
import io
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SIGMAS = {
    "coco17": np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000,
    "ap10k17": np.array([25, 25, 26, 35, 35, 79, 72, 62, 79, 72, 62, 107, 87, 89, 107, 87, 89]) / 1000,
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("pictures")
    parser.add_argument("annotations")
    parser.add_argument("--vitpose", default=str(ROOT / "build/release/tools/vitpose"))
    parser.add_argument("--expert", default=None)
    parser.add_argument("--sigmas", choices=SIGMAS, default="coco17")
    parser.add_argument("--dtypes", nargs="*", default=["f32", "bf16", "int8"])
    parser.add_argument("--count", type=int, default=None, help="pictures, from the first on")
    parser.add_argument("--emulate", action="store_true")
    return parser.parse_args()


def subset(options, folder):
    """The first pictures' entries with keypoints, as a dataset of their own, and the boxes vitpose is given."""
    data = json.loads(Path(options.annotations).read_text())
    images = data["images"][:options.count]
    kept = {image["id"]: image for image in images}
    data["images"] = images
    data["annotations"] = [a for a in data["annotations"]
                           if a["image_id"] in kept and any(v > 0 for v in a["keypoints"][2::3])]
    boxes = [dict(file_name=kept[a["image_id"]]["file_name"], bbox=a["bbox"],
                  **({} if options.expert is None else dict(expert=int(options.expert)))) for a in data["annotations"]]
    (folder / "truth.json").write_text(json.dumps(data))
    (folder / "boxes.json").write_text(json.dumps(boxes))
    return data


def estimate(options, data, folder, dtype):
    """Keypoints [N, K, 2] and scores [N, K] in the order of the annotations."""
    out = folder / f"{dtype}.jsonl"
    names = {image["id"]: image["file_name"] for image in data["images"]}
    used = sorted({a["image_id"] for a in data["annotations"]})
    command = [options.vitpose, "run", options.model, *(str(Path(options.pictures) / names[i]) for i in used),
               "--boxes", str(folder / "boxes.json"), "--dtype", dtype, "--format", "jsonl", "-o", str(out), "-q"]
    subprocess.run(command + (["--emulate"] if options.emulate else []), check=True)
    poses = {}
    for line in out.read_text().splitlines():
        image = json.loads(line)
        poses[Path(image["path"]).name] = iter(image["poses"])
    found = [next(poses[names[a["image_id"]]]) for a in data["annotations"]]
    return np.array([p["keypoints"] for p in found]), np.array([p["scores"] for p in found])


def average_precision(data, folder, keypoints, scores, sigmas):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    results = [dict(image_id=a["image_id"], category_id=a["category_id"], score=float(s.mean()),
                    keypoints=np.hstack([p, s[:, None]]).ravel().tolist())
               for a, p, s in zip(data["annotations"], keypoints, scores)]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(folder / "truth.json"))
        run = COCOeval(truth, truth.loadRes(results), "keypoints")
        run.params.kpt_oks_sigmas = sigmas
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats[0] * 100


def crop_pixels_per_pixel(data):
    """Of each annotation: the box, widened to 3:4 and by a quarter, becomes a crop 192 pixels wide."""
    boxes = np.array([a["bbox"] for a in data["annotations"]], float)
    return 192 / (1.25 * np.maximum(boxes[:, 2], boxes[:, 3] * 0.75))


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = subset(options, folder)
        scale = crop_pixels_per_pixel(data)[:, None]
        exact = None
        print(f"{len(data['images'])} pictures, {len(data['annotations'])} subjects")
        print("| dtype | median shift, px | 99 % | beyond 1 px | mean change of scores | AP |\n|---|---|---|---|---|---|")
        for dtype in options.dtypes:
            keypoints, scores = estimate(options, data, folder, dtype)
            exact = exact or (keypoints, scores)
            shift = np.hypot(*np.moveaxis(keypoints - exact[0], 2, 0)) * scale
            precision = average_precision(data, folder, keypoints, scores, SIGMAS[options.sigmas])
            print(f"| {dtype} | {np.median(shift):.4f} | {np.percentile(shift, 99):.3f} | {(shift > 1).mean() * 100:.2f} %"
                  f" | {np.abs(scores - exact[1]).mean():.5f} | {precision:.2f} |", flush=True)


if __name__ == "__main__":
    main()

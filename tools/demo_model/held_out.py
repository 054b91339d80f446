"""Whole pictures with annotations in COCO's form: python held_out.py DIR [COUNT] [--training-families].

Textures, backgrounds and postures are those that training never draws. One to three subjects of one kind a picture;
pictures 0..COUNT-1 are people, the next COUNT animals. Files: DIR/{people,animals}.json and DIR/*.png.
"""

import json
import os
import sys

import cv2
import numpy as np

import backgrounds
import compose
import subjects

NAMES = ("people", "animals")


def _placed(rng, kind, held_out, width, height):
    """A subject and the matrix that puts it into the picture; a cut side touches the picture's border."""
    s = subjects.draw(rng, kind, held_out)
    h, w = s["rgba"].shape[:2]
    scale = rng.uniform(0.75, 1.35)
    x = rng.uniform(-0.05, 1.05) * (width - w * scale)
    y = rng.uniform(0.0, 1.0) * (height - h * scale)
    left, top, right, bottom = s["cut"]
    x = 0.0 if left else width - w * scale if right else x
    y = 0.0 if top else height - h * scale if bottom else y
    matrix = np.array([[scale, 0, x], [0, scale, y]])
    return s, matrix


def _layer(s, matrix, width, height):
    rgba = s["rgba"].astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return cv2.warpAffine(rgba, matrix, (width, height), flags=cv2.INTER_LINEAR)


def picture(rng, kind, held_out=True):
    """uint8 RGB and its annotations (keypoints, bbox, area), back to front."""
    width, height = int(rng.integers(300, 520)), int(rng.integers(280, 420))
    canvas = backgrounds.draw(rng, height, width, held_out).astype(np.float32)
    annotations, layers = [], []
    for _ in range(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])):
        s, matrix = _placed(rng, kind, held_out, width, height)
        layer = _layer(s, matrix, width, height)
        solid = layer[..., 3] > 76
        if solid.sum() < 400:
            continue
        if any((solid & other).sum() > 0.35 * other.sum() for other in layers):
            continue
        compose.over(canvas, layer)
        points = s["keypoints"].copy()
        points[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        inside = (points[:, 0] >= 0) & (points[:, 1] >= 0) & (points[:, 0] <= width - 1) & (points[:, 1] <= height - 1)
        points[~inside, 2] = 0
        for a in annotations:
            u = np.clip(np.round(a["points"][:, :2]).astype(int), 0, [width - 1, height - 1])
            covered = solid[u[:, 1], u[:, 0]] & (a["points"][:, 2] > 0)
            a["points"][covered, 2] = 1
        ys, xs = np.nonzero(solid)
        box = [int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1]
        annotations.append({"points": points, "bbox": box, "area": float(solid.sum())})
        layers.append(solid)
    return compose.degrade(rng, canvas, 0.8), annotations


def make(folder, kind, count, seed=2026, held_out=True):
    """Writes `count` pictures of one kind and their annotations."""
    os.makedirs(folder, exist_ok=True)
    images, rows = [], []
    for i in range(count):
        rng = np.random.default_rng([seed, i, NAMES.index(kind)])
        image, annotations = picture(rng, kind, held_out)
        while not annotations:
            image, annotations = picture(rng, kind, held_out)
        name = f"{kind}_{i:04d}.png"
        cv2.imwrite(os.path.join(folder, name), image[..., ::-1])
        images.append({"id": i, "file_name": name, "width": image.shape[1], "height": image.shape[0]})
        for a in annotations:
            points = a["points"].copy()
            points[points[:, 2] == 0] = 0
            rows.append(
                {
                    "id": len(rows) + 1,
                    "image_id": i,
                    "category_id": 1,
                    "iscrowd": 0,
                    "bbox": a["bbox"],
                    "area": a["area"],
                    "num_keypoints": int((points[:, 2] > 0).sum()),
                    "keypoints": np.round(points, 2).ravel().tolist(),
                }
            )
    with open(os.path.join(folder, f"{kind}.json"), "w") as f:
        json.dump({"images": images, "annotations": rows, "categories": [{"id": 1, "name": kind}]}, f)


def main():
    folder = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2].isdigit() else 500
    for kind in NAMES:
        make(folder, kind, count, held_out="--training-families" not in sys.argv)


if __name__ == "__main__":
    main()

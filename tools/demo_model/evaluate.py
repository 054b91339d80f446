"""OKS of a model by transformers: python evaluate.py MODEL_DIR held-out DIR [COUNT] | photos SHARED_DATA_DIR.

held-out: pycocotools' AP with ground-truth boxes on held_out.py's pictures. photos: OKS of each annotated subject of
the real photographs that are there; none of them is used for training.
"""

import json
import os
import sys

import numpy as np
import torch
from PIL import Image
from transformers import VitPoseForPoseEstimation, VitPoseImageProcessor

from oks import SIGMAS, evaluate, has_keypoints, oks, result

EXPERT = {"people": 0, "animals": 1}
SIGMAS_OF = {"people": SIGMAS["coco17"], "animals": SIGMAS["ap10k17"]}


class Estimator:
    """transformers' model and processor in float32."""

    def __init__(self, folder):
        self.model = VitPoseForPoseEstimation.from_pretrained(folder, torch_dtype=torch.float32).eval()
        self.processor = VitPoseImageProcessor.from_pretrained(folder)

    def __call__(self, image, boxes, kind):
        """[(keypoints [17,2], scores [17])] for the boxes of one picture."""
        inputs = self.processor(image, boxes=[boxes], return_tensors="pt")
        with torch.no_grad():
            out = self.model(**inputs, dataset_index=torch.full((len(boxes),), EXPERT[kind]))
        poses = self.processor.post_process_pose_estimation(out, boxes=[np.array(boxes, np.float64)])[0]
        return [(p["keypoints"].numpy(), p["scores"].numpy()) for p in poses]


def by_picture(path):
    with open(path) as f:
        data = json.load(f)
    groups = {im["id"]: (im, []) for im in data["images"]}
    for a in data["annotations"]:
        if has_keypoints(a):
            groups[a["image_id"]][1].append(a)
    return data, [g for g in groups.values() if g[1]]


def held_out(estimator, folder, kind, count):
    """AP, AP50, AP75, AR and mean OKS on the first `count` held-out pictures of one kind."""
    data, groups = by_picture(os.path.join(folder, f"{kind}.json"))
    groups = groups[:count]
    results, similar = [], []
    for image, annotations in groups:
        picture = Image.open(os.path.join(folder, image["file_name"])).convert("RGB")
        for a, (points, scores) in zip(annotations, estimator(picture, [a["bbox"] for a in annotations], kind)):
            results.append(result(a, points, scores))
            similar.append(oks(points, a, SIGMAS_OF[kind]))
    chosen = {image["id"] for image, _ in groups}
    data["images"] = [image for image in data["images"] if image["id"] in chosen]
    data["annotations"] = [a for a in data["annotations"] if a["image_id"] in chosen]
    s = evaluate(data, results, SIGMAS_OF[kind])
    print(
        f"{kind}: {len(groups)} pictures, {len(results)} subjects: AP {s[0]:.1f}  AP50 {s[1]:.1f}  AP75 {s[2]:.1f}  "
        f"AR {s[5]:.1f}  mean OKS {np.mean(similar):.3f}",
        flush=True,
    )


def photos(estimator, shared):
    """OKS of real photographs against their annotations."""
    sets = (
        ("coco", "test_coco.json", "people"),
        ("ochuman", "test_ochuman.json", "people"),
        ("ap10k", "test_ap10k.json", "animals"),
    )
    for name, file, kind in sets:
        path = os.path.join(shared, name, file)
        if not os.path.exists(path):
            print(f"{name}: not there, skipped")
            continue
        values = []
        for image, annotations in by_picture(path)[1]:
            picture = Image.open(os.path.join(shared, name, image["file_name"])).convert("RGB")
            for a, (points, scores) in zip(annotations, estimator(picture, [a["bbox"] for a in annotations], kind)):
                values.append(oks(points, a, SIGMAS_OF[kind]))
                print(
                    f"  {name} {image['file_name']} {[round(v) for v in a['bbox']]}: OKS {values[-1]:.3f}, "
                    f"mean score {scores.mean():.2f}"
                )
        print(
            f"{name}: {len(values)} subjects, mean OKS {np.mean(values):.3f}, "
            f"{np.mean(np.array(values) > 0.5) * 100:.0f} % above 0.5"
        )


def main():
    torch.set_num_threads(2)
    estimator = Estimator(sys.argv[1])
    if sys.argv[2] == "photos":
        photos(estimator, sys.argv[3])
    else:
        for kind in EXPERT:
            held_out(estimator, sys.argv[3], kind, int(sys.argv[4]) if len(sys.argv) > 4 else None)


if __name__ == "__main__":
    main()

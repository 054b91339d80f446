"""Object keypoint similarity: the constants of each keypoint set, of one pose, and pycocotools' average precision."""

import contextlib
import io
import json
import tempfile

import numpy as np

SIGMAS = {
    "coco17": np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000,
    "ap10k17": np.array([25, 25, 26, 35, 35, 79, 72, 62, 79, 72, 62, 107, 87, 89, 107, 87, 89]) / 1000,
}


def oks(keypoints, annotation, sigmas):
    """COCO's similarity of one pose [K, 2] to one annotation."""
    truth = np.array(annotation["keypoints"], float).reshape(-1, 3)
    seen = truth[:, 2] > 0
    d = ((keypoints - truth[:, :2]) ** 2).sum(1)
    return float(np.exp(-d[seen] / (2 * (2 * sigmas[seen]) ** 2 * (annotation["area"] + np.spacing(1)))).mean())


def has_keypoints(annotation):
    return any(visibility > 0 for visibility in annotation["keypoints"][2::3])


def result(annotation, keypoints, scores):
    """A pose [K, 2] with scores [K], found in an annotation's box, in COCO's form. Its score is that of ViTPose's
    evaluation: the mean of the keypoints' scores above 0.2."""
    kept = scores[scores > 0.2]
    return {
        "image_id": annotation["image_id"],
        "category_id": annotation["category_id"],
        "score": float(kept.mean()) if len(kept) else 0.0,
        "keypoints": np.hstack([keypoints, scores[:, None]]).ravel().tolist(),
    }


def evaluate(dataset, results, sigmas):
    """COCOeval's ten figures, in per cent, of results on all pictures of a dataset (a dictionary in COCO's form)."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with tempfile.NamedTemporaryFile("w", suffix=".json") as file, contextlib.redirect_stdout(io.StringIO()):
        json.dump(dataset, file)
        file.flush()
        truth = COCO(file.name)
        run = COCOeval(truth, truth.loadRes(results), "keypoints")
        run.params.kpt_oks_sigmas = sigmas
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats * 100

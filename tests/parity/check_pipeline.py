"""`vitpose run` from PNG to keypoints, wherever transformers in f32 and in f64 agree about the keypoint."""

import numpy as np

import reference

AGREE = 1e-3  # px: transformers' f32 and f64 results within this of each other
LIMIT = 1e-3  # px: ours from the f64 result
SCORE_AIM, SCORE_LIMIT = 1e-5, 1e-4
QUALIFY = 0.95


def run_on_crops(engine, shape, model, crops, flags=()):
    """One call for all pictures, people and experts, in the crops' order."""
    entries = []
    for (photo, box), expert in zip(crops, shape.experts_for(len(crops)) or [None] * len(crops)):
        entry = dict(file_name=photo.path.name, bbox=box)
        entries.append(entry if expert is None else entry | dict(expert=expert))
    paths = list(dict.fromkeys(photo.path for photo, _ in crops))
    images = {image["path"]: list(image["poses"]) for image in engine.run(model, paths, entries=entries, flags=flags)}
    poses = [images[str(photo.path)].pop(0) for photo, _ in crops]
    return np.array([p["keypoints"] for p in poses]), np.array([p["scores"] for p in poses]), poses


def agreed_points(truth, single_precision, boxes):
    """([N,K] booleans, keypoints and scores of the truth)."""
    points, scores = reference.decode_heatmaps(truth, boxes)
    apart = np.abs(points - reference.decode_heatmaps(single_precision, boxes)[0]).max(-1)
    return apart <= AGREE, points, scores


def run(engine, shape, directory, crops, theirs, report):
    boxes = [box for _, box in crops]
    agreed, k64, s64 = agreed_points(theirs["truth"], theirs["sdpa"], boxes)
    share = agreed.mean()
    report.check(share >= QUALIFY, f"{shape.name}: transformers' f32 and f64 agree on {QUALIFY:.0%} of the points",
                 f"{share:.1%}")
    ours, scores, poses = run_on_crops(engine, shape, directory, crops)
    if not report.check(ours.shape == k64.shape, f"{shape.name}: run returns every keypoint", ours.shape):
        return {}
    apart = np.abs(ours - k64).max(-1)
    worst = apart[agreed].max()
    report.check(worst <= LIMIT, f"{shape.name}: keypoints where f32 and f64 agree within {LIMIT} px",
                 f"{(apart[agreed] > LIMIT).sum()} of {agreed.sum()} are not, the worst {worst:.2e} px")
    score = np.abs(scores - s64).max()
    report.check(score <= SCORE_LIMIT, f"{shape.name}: scores within {SCORE_LIMIT}", f"{score:.2e}")
    if score > SCORE_AIM:
        report.note(f"{shape.name}: scores differ by {score:.2e} (aim {SCORE_AIM})")
    if shape.keypoints > 1:
        expected = reference.decode(theirs["sdpa"], boxes)
        report.same_bits(np.array([p["bbox"] for p in poses], np.float32), np.array([p["bbox"] for p in expected]),
                         f"{shape.name}: bbox")
    report.check(all(p["labels"] == list(range(shape.keypoints)) for p in poses), f"{shape.name}: labels")
    return dict(agreed=f"{share:.1%}", keypoint_px=f"{worst:.1e}", score=f"{score:.1e}")

"""`vitpose run` from PNG to keypoints, where the point is clear: transformers agrees with itself about it.

Agreement of one f32 run with f64 may be luck on a point that noise moves a lot. So two circles are drawn: where the
default f32 run and f64 agree, the keypoint must be within the limit, and how many are beyond the aim is reported; where
the f32 runs by either attention implementation agree, and heatmaps with added noise of a few times transformers' own f32
error as well, it must be within the aim.
"""

import numpy as np

import reference

CLEAR = 1e-3  # px: transformers' results within this of each other
NOISE, DRAWS = 3.0, 6  # standard deviations in units of transformers' own rms error
AIM, LIMIT = 1e-3, 1e-2  # px
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


def clear_points(truth, single_precision, boxes):
    """([N,K] booleans, keypoints and scores of the truth)."""
    points, scores = reference.decode_heatmaps(truth, boxes)
    rng = np.random.default_rng(0)
    error = max(np.sqrt(np.mean((maps - truth) ** 2)) for maps in single_precision)
    noisy = [truth + rng.normal(0, NOISE * error, truth.shape) for _ in range(DRAWS)]
    others = [reference.decode_heatmaps(maps, boxes)[0] for maps in [*single_precision, *noisy]]
    return np.all([np.abs(points - other).max(-1) <= CLEAR for other in others], axis=0), points, scores


def run(engine, shape, directory, crops, theirs, report):
    boxes = [box for _, box in crops]
    clear, k64, s64 = clear_points(theirs["truth"], [theirs["sdpa"], theirs["eager"]], boxes)
    share = clear.mean()
    report.check(share >= QUALIFY, f"{shape.name}: at least {QUALIFY:.0%} of the points are clear", f"{share:.1%}")
    agreed = np.abs(k64 - reference.decode_heatmaps(theirs["sdpa"], boxes)[0]).max(-1) <= CLEAR
    report.check(agreed.mean() >= QUALIFY, f"{shape.name}: transformers' f32 and f64 agree on {QUALIFY:.0%} of the points",
                 f"{agreed.mean():.1%}")
    ours, scores, poses = run_on_crops(engine, shape, directory, crops)
    if not report.check(ours.shape == k64.shape, f"{shape.name}: run returns every keypoint", ours.shape):
        return {}
    apart = np.abs(ours - k64).max(-1)
    worst = apart[clear].max()
    report.check(worst <= AIM, f"{shape.name}: clear keypoints within {AIM} px", f"{worst:.2e} px")
    report.check(apart[agreed].max() <= LIMIT, f"{shape.name}: keypoints where f32 and f64 agree within {LIMIT} px",
                 f"{apart[agreed].max():.2e} px")
    beyond = int((apart[agreed] > AIM).sum())
    if beyond:
        report.note(f"{shape.name}: {beyond} of {agreed.sum()} keypoints where transformers' f32 and f64 agree differ by "
                    f"more than {AIM} px, at most {apart[agreed].max():.2e} px")
    score = np.abs(scores - s64).max()
    report.check(score <= SCORE_LIMIT, f"{shape.name}: scores within {SCORE_LIMIT}", f"{score:.2e}")
    if score > SCORE_AIM:
        report.note(f"{shape.name}: scores differ by {score:.2e} (aim {SCORE_AIM})")
    if shape.keypoints > 1:
        expected = reference.decode(theirs["sdpa"], boxes)
        report.same_bits(np.array([p["bbox"] for p in poses], np.float32), np.array([p["bbox"] for p in expected]),
                         f"{shape.name}: bbox")
    report.check(all(p["labels"] == list(range(shape.keypoints)) for p in poses), f"{shape.name}: labels")
    return dict(clear=f"{share:.1%}", keypoint_px=f"{worst:.1e}", agreed_px=f"{apart[agreed].max():.1e}",
                beyond=f"{beyond}/{agreed.sum()}", score=f"{score:.1e}")

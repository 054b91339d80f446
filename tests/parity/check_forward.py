"""Heatmaps: our f32 error and transformers' own f32 error, both against a float64 forward of the same weights."""

import tempfile
from pathlib import Path

import numpy as np

import reference
from check_pipeline import LIMIT, QUALIFY, agreed_points

SINGLE_PRECISION = ("sdpa", "eager", "sdpa_1thread", "eager_1thread")  # their worst error is transformers' own
HEATMAP_LIMIT = 1.0  # times transformers' own error
ONE_RUN_LIMIT = 3.0  # the same where transformers' error is taken from one of them


def errors(values, truth):
    difference = np.abs(values.astype(np.float64) - truth)
    return float(difference.max()), float(np.sqrt(np.mean(difference**2)))


def ratio_check(report, what, ours, theirs, limit):
    """`ours`, `theirs`: (max, rms)."""
    for kind, mine, other in zip(("largest", "rms"), ours, theirs):
        report.check(mine <= limit * max(other, 1e-30), f"{what}: {kind} error at most {limit} x transformers' own",
                     f"ours {mine:.2e}, transformers {other:.2e}")


def worst(*pairs):
    return tuple(max(values) for values in zip(*pairs))


def run(engine, shape, directory, values, theirs, report):
    """Returns our heatmaps and the row's columns."""
    experts = shape.experts_for(len(values))
    ours = engine.forward(directory, values, experts)
    truth = theirs["truth"]
    if not report.check(ours.shape == truth.shape and ours.dtype == np.float32, f"{shape.name}: shape of the heatmaps",
                        f"{ours.dtype}{ours.shape}"):
        return None, {}
    mine = errors(ours, truth)
    their_own = worst(*(errors(theirs[key], truth) for key in SINGLE_PRECISION))
    ratio_check(report, f"{shape.name} heatmaps", mine, their_own, HEATMAP_LIMIT)
    if shape.flip_pairs:
        flags = ["--flip-pairs", ",".join(f"{left}-{right}" for left, right in shape.flip_pairs)]
        report.same_bits(engine.forward(directory, values, experts, flags), reference.flip_back(shape, ours),
                         f"{shape.name}: heatmaps with flip_pairs")
    if "hidden_truth" in theirs:
        hidden_states(engine, shape, directory, values, experts, theirs, report)
    row = dict(std=f"{truth.std():.3f}", ours_max=f"{mine[0]:.2e}", hf_max=f"{their_own[0]:.2e}",
               max_ratio=f"{mine[0] / their_own[0]:.2f}", ours_rms=f"{mine[1]:.2e}",
               hf_rms=f"{their_own[1]:.2e}", rms_ratio=f"{mine[1] / their_own[1]:.2f}")
    return ours, row


def hidden_states(engine, shape, directory, values, experts, theirs, report):
    """Every layer's output, so that a wrong layer is named and not only seen at the end."""
    with tempfile.TemporaryDirectory() as folder:
        engine.forward(directory, values, experts, hidden_states=folder)
        files = sorted(Path(folder).glob("*.npy"))
        arrays = [np.load(f) for f in files]
    ours = arrays[0] if len(arrays) == 1 else np.stack(arrays) if arrays else np.zeros(0, np.float32)
    truth = theirs["hidden_truth"]
    if report.check(ours.shape == truth.shape, f"{shape.name}: shape of the hidden states", ours.shape):
        for layer in range(len(truth)):
            ratio_check(report, f"{shape.name} hidden state {layer}", errors(ours[layer], truth[layer]),
                        errors(theirs["hidden_sdpa"][layer], truth[layer]), ONE_RUN_LIMIT)


def flip_test(engine, shape, directory, crops, theirs, report):
    """The averaged heatmaps show only through their keypoints and scores."""
    for n, (photo, box) in enumerate(crops):
        agreed, k64, s64 = agreed_points(theirs["flip_truth"][n:n + 1], theirs["flip_sdpa"][n:n + 1], [box])
        expert = (shape.experts_for(len(crops)) or [None] * len(crops))[n]
        flags = ["--flip-test"] + ([] if expert is None else ["--expert", expert])
        pose = engine.run(directory, [photo.path], [box], flags=flags)[0]["poses"][0]
        apart = np.abs(np.array(pose["keypoints"]) - k64[0]).max(-1)
        report.check(agreed.mean() >= QUALIFY and apart[agreed[0]].max() <= LIMIT,
                     f"{shape.name}: flip test keypoints in {photo.path.name}", f"{agreed.sum()} agreed, {apart}")
        report.check(np.abs(np.array(pose["scores"]) - s64[0]).max() <= 1e-5,
                     f"{shape.name}: flip test scores in {photo.path.name}")

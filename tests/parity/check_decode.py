"""Keypoints from identical heatmaps: every bit, with transformers' known bugs (--hf-exact) and without (default)."""

import numpy as np

import nasty_maps
import reference
from engine import EngineFailed

NOT_POSITIVE = ("negative", "zero")


def same_poses(report, ours, theirs, what):
    if not report.check(len(ours) == len(theirs), f"{what}: number of poses", f"{len(ours)} instead of {len(theirs)}"):
        return
    for key in ("keypoints", "scores", "labels", "bbox"):
        mine, other = [np.atleast_1d(p[key]) for p in ours], [np.atleast_1d(p[key]) for p in theirs]
        if [a.shape for a in mine] != [b.shape for b in other]:
            report.check(False, f"{what}: {key}", "other shapes")
        elif mine:
            # JSON has one null for everything that is not finite.
            other = np.concatenate([np.ravel(b) for b in other])
            if other.dtype.kind == "f":
                other = np.where(np.isfinite(other), other, np.nan).astype(np.float32)
            report.same_bits(np.concatenate([np.ravel(a) for a in mine]), other, f"{what}: {key}")


def both_modes(engine, report, maps, boxes, what, kernel_size=11, threshold=None):
    flags = [] if kernel_size == 11 else ["--kernel-size", kernel_size]
    flags += [] if threshold is None else ["--threshold", repr(float(threshold))]
    same_poses(report, engine.decode(maps, boxes, *flags),
               reference.decode_independently(maps, boxes, kernel_size, threshold), f"default, {what}")
    try:
        theirs = reference.decode(maps, boxes, kernel_size, threshold)
    except (np.linalg.LinAlgError, ValueError) as error:
        must_fail(engine, report, maps, boxes, [*flags, "--hf-exact"], f"hf-exact, {what}: {type(error).__name__}")
        return
    same_poses(report, engine.decode(maps, boxes, *flags, "--hf-exact"), theirs, f"hf-exact, {what}")


def must_fail(engine, report, maps, boxes, flags, what):
    try:
        engine.decode(maps, boxes, *flags)
    except EngineFailed as error:
        report.check(error.code == 1 and len(error.message.strip().splitlines()) == 1, f"{what} is an error in one line",
                     error)
    else:
        report.check(False, f"{what} is an error", "it was accepted")


def run(engine, report, options):
    report.section("decode: keypoints from given heatmaps, bit by bit")
    for keypoints, people in ((17, 5), (2, 14), (133, 2), (17, 1), (1, 1)):
        maps = nasty_maps.batch(people, keypoints, seed=keypoints + people)
        both_modes(engine, report, maps, nasty_maps.boxes(people, 3), f"{people} x {keypoints} maps of every kind")
    # transformers cannot decode K = 1 with several people; the default must.
    maps = nasty_maps.batch(20, 1, seed=5)
    both_modes(engine, report, maps, nasty_maps.boxes(20, 5), "20 x 1 maps")
    maps = nasty_maps.batch(3, 17, seed=1)
    boxes = nasty_maps.boxes(3, 1)
    for kernel_size in (1, 2, 3, 10, 17, 35, 200):
        both_modes(engine, report, maps, boxes, f"kernel size {kernel_size}", kernel_size)
    must_fail(engine, report, maps, boxes, ["--kernel-size", 0], "kernel size 0")
    thresholds(engine, report, maps, boxes)
    degenerate_boxes(engine, report)
    both_modes(engine, report, nasty_maps.broken(None)[None], nasty_maps.boxes(1, 2), "maps with NaN and infinities")
    for wrong in (2, 4):
        must_fail(engine, report, maps, nasty_maps.boxes(wrong, 1), [], f"{wrong} boxes for 3 people")
    wrong_neighbours(engine, report)


def thresholds(engine, report, maps, boxes):
    maps = maps.copy()
    maps[0, 3] *= np.float32(0.1) / maps[0, 3].max()  # so that one score is about f32(0.1)
    maps[0, 4] = nasty_maps.single(7, 9, np.float32(0.1))
    equal = float(maps[1, 2].max())
    for threshold in (0.0, 0.1, 0.3, equal, 1e9):
        both_modes(engine, report, maps, boxes, f"threshold {threshold}", threshold=threshold)
    one = nasty_maps.batch(2, 1, seed=8, without=NOT_POSITIVE)
    same_poses(report, engine.decode(one, boxes[:2], "--threshold", "1e9"),
               reference.decode_independently(one, boxes[:2], threshold=1e9), "default, K = 1, nothing passes")


def degenerate_boxes(engine, report):
    boxes = [[10, 20, 0, 0], [10, 20, 30, 0], [10, 20, 0, 30], [10, 20, -30, 40], [-5e4, 1e5, 3e4, 1e-6], [1, 2, 1e38, 5],
             [float("nan"), 20, 30, 40], [10, 20, 75, 100]]
    both_modes(engine, report, nasty_maps.batch(len(boxes), 17, 11, NOT_POSITIVE), boxes, "degenerate boxes")


def wrong_neighbours(engine, report):
    """Beyond map 5083 transformers' f32 index points at other maps' values; the default must not follow."""
    for people, keypoints in ((300, 17), (40, 133)):
        maps = nasty_maps.batch(people, keypoints, seed=people, without=NOT_POSITIVE)
        boxes = nasty_maps.boxes(people, people)
        what = f"{people} x {keypoints} maps"
        wrong = reference.decode(maps, boxes)
        right = reference.decode_independently(maps, boxes)
        affected = sum(np.any(a["keypoints"] != b["keypoints"]) for a, b in zip(wrong, right))
        report.check(affected > 0, f"{what}: transformers' wrong neighbours show", "the case tests nothing")
        same_poses(report, engine.decode(maps, boxes), right, f"default, {what}")
        same_poses(report, engine.decode(maps, boxes, "--hf-exact"), wrong, f"hf-exact, {what}")


def run_on_model(engine, shape, theirs, boxes, report):
    """A model's own heatmaps."""
    maps = theirs["sdpa"]
    same_poses(report, engine.decode(maps, boxes), reference.decode_independently(maps, boxes),
               f"{shape.name}: decode of transformers' heatmaps")

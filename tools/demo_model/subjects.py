"""One labelled subject as a cut-out: colours with alpha, keypoints with visibility, tight box, silhouette area.

The cut-out is scaled so that its box fills Hugging Face's crop at about the crop's own resolution. A subject may be cut
by the picture's border; `cut` says on which sides (left, top, right, bottom).
"""

import numpy as np

import animal
import human
import postures
import render

CROP = (256, 192)
FILL = 1.25


def _view(rng, centre, kind):
    """A camera around the subject, and its distance."""
    if kind == "people":
        azimuth = rng.normal(0, 0.9) if rng.random() < 0.65 else rng.uniform(-np.pi, np.pi)
        elevation = rng.normal(0.08, 0.13) if rng.random() < 0.8 else rng.uniform(-0.4, 1.1)
        distance = rng.uniform(2.0, 8.0)
    else:
        azimuth = rng.choice([-1, 1]) * rng.normal(1.35, 0.45) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi)
        elevation = rng.normal(0.12, 0.15) if rng.random() < 0.8 else rng.uniform(-0.2, 1.2)
        distance = rng.uniform(2.5, 9.0)
    roll = rng.normal(0, 0.05)
    return render.look_at(centre, azimuth, elevation, roll, distance)


def _frame(rng, points, extent, kind):
    """The part of the picture that is kept: x0, y0, x1, y1 in pixels; cuts people at hips or chest, anybody at a side."""
    x0, y0, x1, y1 = extent
    w, h = x1 - x0, y1 - y0
    cut = [False] * 4
    if kind == "people" and rng.random() < 0.36:
        upper, hips, knees = points[5:7, 1].mean(), points[11:13, 1].mean(), points[13:15, 1].mean()
        if hips > upper + 0.15 * h:
            level = rng.uniform(upper + 0.35 * (hips - upper), hips + 0.9 * max(0, knees - hips))
            if y0 + 0.2 * h < level < y1:
                y1, cut[3] = level, True
    if rng.random() < 0.10:
        side = rng.integers(4 if kind == "animals" else 3)
        part = rng.uniform(0.1, 0.4)
        if side == 0:
            x0, cut[0] = x0 + part * w, True
        elif side == 1:
            y0, cut[1] = y0 + part * 0.6 * h, True
        elif side == 2:
            x1, cut[2] = x1 - part * w, True
        else:
            y1, cut[3] = y1 - part * h, True
    return (x0, y0, x1, y1), cut


def draw(rng, kind, held_out=False):
    """A random subject of `kind` ("people" or "animals"); a dict of rgba, keypoints, box, area, cut, depth order aside."""
    while True:
        if kind == "people":
            body = human.Person(rng).pose(postures.sample(rng, held_out))
            parts, materials = human.build(rng, body, held_out)
        else:
            body = animal.Animal(rng, held_out)
            parts, materials = animal.build(rng, body, held_out)
        result = _cut_out(rng, kind, body, parts, materials)
        if result is not None:
            return result


def _cut_out(rng, kind, body, parts, materials):
    points, slack = body.keypoints()
    ends = np.array([r[0] for r in parts.rows] + [r[1] for r in parts.rows])
    radius = np.array([max(r[3], r[4]) * max(r[6]) for r in parts.rows] * 2)
    view = _view(rng, (ends.min(0) + ends.max(0)) / 2, kind)
    seen = render.project(ends, view, 1.0, 0.0, 0.0)
    spread = radius / seen[:, 2]
    extent = [(seen[:, 0] - spread).min(), (seen[:, 1] - spread).min(), (seen[:, 0] + spread).max(), (seen[:, 1] + spread).max()]
    flat = render.project(points, view, 1.0, 0.0, 0.0)
    (x0, y0, x1, y1), cut = _frame(rng, flat, extent, kind)
    w, h = x1 - x0, y1 - y0
    focal = min(CROP[0] / FILL / h, CROP[1] / FILL / w) * 1.05
    size = (int(np.ceil(h * focal)) + 2, int(np.ceil(w * focal)) + 2)
    centre = (-x0 * focal + 1, -y0 * focal + 1)
    rgba, depth, ident = render.draw(rng, parts, materials, view, focal, size, centre)
    return _label(rgba, depth, render.project(points, view, focal, *centre), slack, cut, kind)


def _label(rgba, depth, pixels, slack, cut, kind, oversample=2):
    """Keypoints with visibility: 2 seen, 1 hidden by the body itself, 0 outside the picture or a feature turned away."""
    solid = rgba[..., 3] > 0.3
    if solid.sum() < 600:
        return None
    ys, xs = np.nonzero(solid)
    box = np.array([xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()], np.float32)
    height, width = depth.shape
    keypoints = np.zeros((17, 3), np.float32)
    face = 5 if kind == "people" else 3
    for k, (x, y, z) in enumerate(pixels):
        u, v = int(x * oversample), int(y * oversample)
        keypoints[k, :2] = x - 0.5, y - 0.5
        if not (0 <= u < width and 0 <= v < height):
            continue
        patch = depth[max(0, v - 2):v + 3, max(0, u - 2):u + 3]
        hidden = patch.max() < z - slack[k] if k >= face else np.median(patch) < z - slack[k]
        keypoints[k, 2] = 2 if not hidden else (0 if k < face else 1)
    if (keypoints[:, 2] > 0).sum() < 4:
        return None
    return {"rgba": (np.clip(rgba, 0, 1) * 255 + 0.5).astype(np.uint8), "keypoints": keypoints, "box": box,
            "area": float(solid.sum()), "cut": np.array(cut)}

"""One labelled subject as a cut-out: colours with alpha, keypoints with visibility, tight box, silhouette area.

The cut-out is scaled so that its box fills Hugging Face's crop at about the crop's own resolution. A subject may be cut
by the picture's border; `cut` says on which sides (left, top, right, bottom). Props (chairs, things held) are drawn,
but belong neither to the box nor to the area.
"""

import cv2
import numpy as np

import animal
import animal_flesh
import backgrounds
import held_out_postures
import human
import postures
import render

CROP = (256, 192)
FILL = 1.25
SAMPLES = 2


def _view(rng, centre, kind):
    """A camera around the subject."""
    if kind == "people":
        azimuth = rng.normal(0, 0.9) if rng.random() < 0.65 else rng.uniform(-np.pi, np.pi)
        elevation = rng.normal(0.08, 0.13) if rng.random() < 0.8 else rng.uniform(-0.4, 1.1)
        distance = rng.uniform(2.0, 8.0)
    else:
        azimuth = rng.choice([-1, 1]) * rng.normal(1.35, 0.45) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi)
        elevation = rng.normal(0.12, 0.15) if rng.random() < 0.8 else rng.uniform(-0.2, 1.2)
        distance = rng.uniform(2.5, 9.0)
    return render.look_at(centre, azimuth, elevation, rng.normal(0, 0.05), distance)


def _frame(rng, points, extent, kind):
    """The part of the picture that is kept: x0, y0, x1, y1; cuts people between chest and knees, anybody at a side."""
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
    """A random subject of `kind` ("people" or "animals"): a dict of rgba, keypoints, box, area, cut."""
    while True:
        if kind == "people":
            families = held_out_postures.FAMILIES if held_out else postures.TRAINING
            body = human.Person(rng).pose(postures.sample(rng, families))
            built = human.build(rng, body, held_out)
        else:
            body = animal.Animal(rng, held_out)
            built = animal_flesh.build(rng, body, held_out)
        result = _cut_out(rng, kind, body, *built)
        if result is not None:
            return result


def _cut_out(rng, kind, body, parts, materials, props):
    points, slack = body.keypoints()
    rows = [r for r in parts.rows if r[7] not in props]
    ends = np.array([r[0] for r in rows] + [r[1] for r in rows])
    radius = np.array([max(r[3], r[4]) * max(r[6]) for r in rows] * 2)
    view = _view(rng, (ends.min(0) + ends.max(0)) / 2, kind)
    seen = render.project(ends, view, 1.0, 0.0, 0.0)
    spread = radius / seen[:, 2]
    low, high = seen[:, :2] - spread[:, None], seen[:, :2] + spread[:, None]
    flat = render.project(points, view, 1.0, 0.0, 0.0)
    (x0, y0, x1, y1), cut = _frame(rng, flat, (*low.min(0), *high.max(0)), kind)
    focal = min(CROP[0] / FILL / (y1 - y0), CROP[1] / FILL / (x1 - x0)) * 1.05
    room = 24 if props else 3
    pad = [0 if c else room for c in cut]
    size = (int(np.ceil((y1 - y0) * focal)) + pad[1] + pad[3], int(np.ceil((x1 - x0) * focal)) + pad[0] + pad[2])
    centre = (-x0 * focal + pad[0], -y0 * focal + pad[1])
    rgba, depth, material = render.draw(rng, parts, materials, view, focal, size, centre, SAMPLES)
    own = (material >= 0) & ~np.isin(material, props)
    own = own.reshape(size[0], SAMPLES, size[1], SAMPLES).mean((1, 3)) > 0.3
    pixels = render.project(points, view, focal, *centre)
    seen = _visibility(depth, pixels, slack, 5 if kind == "people" else 3)
    return _finish(rng, kind, rgba, own, pixels[:, :2], seen, cut)


def _visibility(depth, pixels, slack, face):
    """2 seen, 1 hidden by the body itself, 0 outside the picture or a feature of the face that is turned away."""
    height, width = depth.shape
    seen = np.zeros(17, np.float32)
    for k, (x, y, z) in enumerate(pixels):
        u, v = int(x * SAMPLES), int(y * SAMPLES)
        if not (0 <= u < width and 0 <= v < height):
            continue
        patch = depth[max(0, v - 2) : v + 3, max(0, u - 2) : u + 3]
        hidden = patch.max() < z - slack[k] if k >= face else np.median(patch) < z - slack[k]
        seen[k] = 2 if not hidden else (0 if k < face else 1)
    return seen


def _uneven(rng, kind, height, width):
    """A small displacement field that takes the geometric perfection from outlines: folds, and fur of animals."""
    field = np.zeros((height, width, 2), np.float32)
    for axis in range(2):
        field[..., axis] = backgrounds.noise(rng, height, width, rng.uniform(4, 14), 1) * rng.uniform(0, 1.6)
        if kind == "animals" and rng.random() < 0.6:
            field[..., axis] += backgrounds.noise(rng, height, width, height / 3, 1) * rng.uniform(0, 0.9)
    return field


def _finish(rng, kind, rgba, own, points, seen, cut):
    """Outlines made uneven, labels measured on the result."""
    if own.sum() < 600 or (seen > 0).sum() < 4:
        return None
    height, width = own.shape
    field = _uneven(rng, kind, height, width)
    grid = np.stack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)), -1) + field
    rgba[..., :3] *= rgba[..., 3:]
    rgba = cv2.remap(rgba.astype(np.float32), grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    own = cv2.remap(own.astype(np.float32), grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) > 0.5
    rgba[..., :3] /= np.maximum(rgba[..., 3:], 1e-3)
    ys, xs = np.nonzero(own)
    box = np.array([xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()], np.float32)
    keypoints = np.zeros((17, 3), np.float32)
    keypoints[:, :2] = points - 0.5
    u = np.clip(np.round(keypoints[:, :2]).astype(int), 0, [width - 1, height - 1])
    keypoints[:, :2] -= field[u[:, 1], u[:, 0]]
    keypoints[:, 2] = seen
    return {
        "rgba": (np.clip(rgba, 0, 1) * 255 + 0.5).astype(np.uint8),
        "keypoints": keypoints,
        "box": box,
        "area": float(own.sum()),
        "cut": np.array(cut),
    }

"""Training crops: cut-outs over backgrounds, with other subjects, things in front, picture borders and camera faults.

The geometry is Hugging Face's: a box, padded by 1.25 and brought to 3:4, maps corner pixels to corner pixels of
256x192.
"""

import cv2
import numba as nb
import numpy as np

from backgrounds import hue

CROP_H, CROP_W = 256, 192
FLIPS = {
    "people": [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15],
    "animals": [1, 0, 2, 3, 4, 8, 9, 10, 5, 6, 7, 14, 15, 16, 11, 12, 13],
}


def crop_matrix(box, zoom=1.0, angle=0.0, shift=(0.0, 0.0)):
    """Picture to crop, 2x3; without zoom, angle and shift it is Hugging Face's for this box."""
    x, y, w, h = (float(v) for v in box)
    cx, cy = x + w * 0.5, y + h * 0.5
    if w > 0.75 * h:
        h = w / 0.75
    else:
        w = h * 0.75
    w, h = w * 1.25 * zoom, h * 1.25 * zoom
    cx, cy = cx + shift[0] * w, cy + shift[1] * h
    a, b = (CROP_W - 1) / w, (CROP_H - 1) / h
    c, s = np.cos(angle), np.sin(angle)
    m = np.array([[a * c, -a * s], [b * s, b * c]])
    return np.hstack([m, np.array([[(CROP_W - 1) / 2], [(CROP_H - 1) / 2]]) - m @ np.array([[cx], [cy]])])


def mirrored(matrix, width):
    """The same crop of the mirrored picture."""
    m = matrix.copy()
    m[:, 2] += m[:, 0] * (width - 1)
    m[:, 0] *= -1
    return m


@nb.njit(cache=True, fastmath=True)
def over(picture, layer, gain=np.ones(3, np.float32)):
    """Puts a premultiplied RGBA layer (0..255), its colours times `gain`, over a float picture, in place."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            alpha = np.float32(layer[y, x, 3])
            if alpha > 0:
                keep = 1 - alpha * np.float32(1 / 255)
                for c in range(3):
                    picture[y, x, c] = picture[y, x, c] * keep + min(layer[y, x, c] * gain[c], alpha)


@nb.njit(cache=True, fastmath=True)
def _expose(picture, contrast, offset, gain, colourful):
    """Contrast around mid grey, brightness, channel gains and saturation, in place."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            r = ((picture[y, x, 0] - 128) * contrast + offset) * gain[0]
            g = ((picture[y, x, 1] - 128) * contrast + offset) * gain[1]
            b = ((picture[y, x, 2] - 128) * contrast + offset) * gain[2]
            grey = (r + g + b) * np.float32(1 / 3)
            picture[y, x, 0] = grey + (r - grey) * colourful
            picture[y, x, 1] = grey + (g - grey) * colourful
            picture[y, x, 2] = grey + (b - grey) * colourful


def warp(rgba, matrix):
    return cv2.warpAffine(rgba, matrix, (CROP_W, CROP_H), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _tint(rng, strength):
    """Brightness and colour of one layer, so that subjects and backgrounds do not always fit each other."""
    return (np.exp(rng.normal(0, 0.18 * strength)) * np.exp(rng.normal(0, 0.06 * strength, 3))).astype(np.float32)


@nb.njit(cache=True, fastmath=True)
def _print_on(layer, texture, share):
    """Multiplies a premultiplied RGBA layer by a texture around mid grey, in place."""
    for y in range(layer.shape[0]):
        for x in range(layer.shape[1]):
            alpha = layer[y, x, 3]
            if alpha > 0:
                for c in range(3):
                    gain = 1 - share + share * texture[y, x, c] * np.float32(1 / 110)
                    layer[y, x, c] = np.uint8(min(layer[y, x, c] * gain, np.float32(alpha)))


def _disguise(rng, layer, scenery):
    """A background's pattern all over a subject, so that no texture stands for a part of the body."""
    scale = np.exp(rng.normal(-0.3, 0.4))
    place = np.array([[scale, 0, rng.uniform(-60, 0)], [0, scale, rng.uniform(-60, 0)]])
    texture = cv2.warpAffine(scenery.pick(rng), place, (CROP_W, CROP_H), borderMode=cv2.BORDER_REFLECT)
    _print_on(layer, texture, np.float32(rng.uniform(0.3, 1.0)))


def _thing(rng, backdrop):
    """A premultiplied RGBA layer with one object: a panel, table, pole, bush or ball, plain or textured."""
    mask = np.zeros((CROP_H, CROP_W), np.uint8)
    kind = rng.integers(5)
    c = (int(rng.integers(CROP_W)), int(rng.integers(CROP_H)))
    if kind == 0:
        size = (rng.uniform(15, 110), rng.uniform(15, 110))
        box = cv2.boxPoints((c, size, float(rng.choice([0.0, rng.uniform(-30, 30)]))))
        cv2.fillPoly(mask, [box.astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == 1:  # table, wall, desk from below
        y = int(rng.uniform(0.55, 0.95) * CROP_H)
        cv2.fillPoly(
            mask,
            [np.array([[0, y], [CROP_W, y + int(rng.normal(0, 10))], [CROP_W, CROP_H], [0, CROP_H]])],
            255,
            cv2.LINE_AA,
        )
    elif kind == 2:
        end = (
            (int(rng.integers(CROP_W)), int(rng.integers(CROP_H)))
            if rng.random() < 0.5
            else (c[0] + int(rng.normal(0, 8)), CROP_H)
        )
        start = c if rng.random() < 0.5 else (c[0], 0)
        cv2.line(mask, start, end, 255, int(rng.integers(2, 16)), cv2.LINE_AA)
    elif kind == 3:
        for _ in range(int(rng.integers(3, 16))):
            p = (int(c[0] + rng.normal(0, 16)), int(c[1] + rng.normal(0, 16)))
            cv2.ellipse(
                mask,
                p,
                (int(rng.integers(4, 16)), int(rng.integers(3, 12))),
                float(rng.uniform(0, 180)),
                0,
                360,
                255,
                -1,
                cv2.LINE_AA,
            )
    else:
        cv2.circle(mask, c, int(rng.integers(5, 35)), 255, -1, cv2.LINE_AA)
    if rng.random() < 0.5:
        texture = backdrop[:CROP_H, :CROP_W].astype(np.float32)
    else:
        texture = (
            np.broadcast_to(hue(rng), (CROP_H, CROP_W, 3))
            * np.linspace(rng.uniform(0.6, 1), rng.uniform(0.6, 1), CROP_W)[None, :, None]
        )
    return np.dstack([texture * (mask[..., None] / 255.0), mask]).astype(np.float32)


_GRAIN = np.random.default_rng(0).normal(size=1 << 20).astype(np.float32)


def _grain(rng, shape):
    """Noise of unit deviation, cut from a table."""
    size = int(np.prod(shape))
    if size > len(_GRAIN) // 2:
        return rng.normal(size=shape).astype(np.float32)
    start = int(rng.integers(len(_GRAIN) - size))
    return _GRAIN[start : start + size].reshape(shape)


def degrade(rng, picture, strength=1.0):
    """What cameras and files do to a picture: exposure, colour, blur, low resolution, noise, JPEG, grey. Returns
    uint8.
    """
    p = np.ascontiguousarray(picture, np.float32)
    contrast, offset, gain, colourful = 1.0, 128.0, np.ones(3), 1.0
    if rng.random() < 0.8 * strength:
        gain = np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.07, 3))
        contrast, offset = np.exp(rng.normal(0, 0.2)), 128 + rng.normal(0, 15)
    if rng.random() < 0.1 * strength:
        colourful = 0.0
    elif rng.random() < 0.3:
        colourful = rng.uniform(0.3, 1.5)
    _expose(p, np.float32(contrast), np.float32(offset), gain.astype(np.float32), np.float32(colourful))
    kind = rng.random()
    if kind < 0.25 * strength:
        f = rng.uniform(0.25, 0.8)
        small = cv2.resize(p, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)
        p = cv2.resize(small, p.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    elif kind < 0.42 * strength:
        p = cv2.GaussianBlur(p, (0, 0), rng.uniform(0.4, 1.8))
    elif kind < 0.47 * strength:
        n = int(rng.integers(3, 9))
        kernel = np.zeros((n, n), np.float32)
        cv2.line(kernel, (0, int(rng.integers(n))), (n - 1, int(rng.integers(n))), 1.0)
        p = cv2.filter2D(p, -1, kernel / max(kernel.sum(), 1))
    if rng.random() < 0.45 * strength:
        p = p + _grain(rng, p.shape) * np.float32(rng.uniform(1, 14))
    p = cv2.convertScaleAbs(np.maximum(p, 0))
    if rng.random() < 0.3 * strength:
        _, data = cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 90))])
        p = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return p


def _neighbour(rng, pools, kind, box, matrix):
    """Another subject beside the first: its layer in the crop."""
    other = kind if rng.random() < 0.8 else ("animals" if kind == "people" else "people")
    rgba, _, own, _ = pools[other].pick(rng)
    scale = np.sqrt(box[2] * box[3] / (own[2] * own[3])) * rng.uniform(0.6, 1.4)
    side = rng.choice([-1, 1])
    cx = box[0] + box[2] / 2 + side * (box[2] * rng.uniform(0.15, 0.6) + own[2] * scale * 0.45)
    cy = box[1] + box[3] / 2 + box[3] * rng.normal(0, 0.15)
    place = np.array([[scale, 0, cx - scale * own[2] / 2], [0, scale, cy - scale * own[3] / 2], [0, 0, 1]])
    if rng.random() < 0.5:
        place = place @ np.array([[-1, 0, rgba.shape[1] - 1], [0, 1, 0], [0, 0, 1]])
    return warp(rgba, (np.vstack([matrix, [0, 0, 1]]) @ place)[:2])


def _borders(rng, box, cut, matrix, picture, strength):
    """Blackens what lies outside the photograph, as a crop that leaves it shows it."""
    x0, y0, x1, y1 = box[0], box[1], box[0] + box[2], box[1] + box[3]
    room = [(rng.uniform(0, 0.25) if rng.random() < 0.18 * strength else 9.0) for _ in range(4)]
    window = [
        x0 - (0 if cut[0] else room[0] * box[2]),
        y0 - (0 if cut[1] else room[1] * box[3]),
        x1 + (0 if cut[2] else room[2] * box[2]),
        y1 + (0 if cut[3] else room[3] * box[3]),
    ]
    corners = (
        np.array([[window[0], window[1]], [window[2], window[1]], [window[2], window[3]], [window[0], window[3]]]) - 0.5
    )
    mapped = corners @ matrix[:, :2].T + matrix[:, 2]
    mask = np.zeros((CROP_H, CROP_W), np.uint8)
    cv2.fillConvexPoly(mask, np.round(np.clip(mapped, -20000, 20000)).astype(np.int32), 1)
    if not mask.all():
        picture *= mask[..., None]


def sample(rng, pools, scenery, kind, strength=1.0):
    """One crop (uint8 RGB), keypoints in crop pixels with visibility 2, 1 or 0 (not to be found)."""
    rgba, keypoints, box, cut = pools[kind].pick(rng)
    zoom = np.exp(rng.normal(0, 0.1 * strength))
    angle = rng.normal(0, 0.15) * strength if rng.random() < 0.5 else 0.0
    shift = rng.normal(0, 0.025 * strength, 2)
    flip = rng.random() < 0.5
    matrix = crop_matrix(box, zoom, angle, shift)
    if flip:
        x, y, w, h = box
        width = rgba.shape[1]
        matrix = mirrored(crop_matrix((width - x - w, y, w, h), zoom, angle, shift), width)
    scale = np.exp(rng.normal(-0.1, 0.4))
    place = np.array([[scale * rng.choice([-1, 1]), 0, 96 + rng.normal(0, 40)], [0, scale, 128 + rng.normal(0, 40)]])
    place[:, 2] -= place[:, :2] @ [160, 160]
    backdrop = scenery.pick(rng)
    picture = cv2.warpAffine(backdrop, place, (CROP_W, CROP_H), borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    picture *= np.exp(rng.normal(0, 0.25 * strength, 1)).astype(np.float32)
    if rng.random() < 0.3 * strength:
        over(picture, _neighbour(rng, pools, kind, box, matrix))
    layer = warp(rgba, matrix)
    if rng.random() < 0.15 * strength:
        _disguise(rng, layer, scenery)
    over(picture, layer, _tint(rng, strength))
    points = keypoints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    visible = keypoints[:, 2].copy()
    front = []
    if rng.random() < 0.16 * strength:
        front.append(_neighbour(rng, pools, kind, box, matrix))
    if rng.random() < 0.22 * strength:
        front.append(_thing(rng, backdrop))
    for layer in front:
        hidden = _covered(layer, points) & (visible > 0)
        if hidden.sum() <= 0.5 * (visible > 0).sum():
            over(picture, layer)
            visible[hidden] = 1
    picture = degrade(rng, picture, strength)
    _borders(rng, box, cut, matrix, picture, strength)
    outside = (points < 0).any(1) | (points[:, 0] > CROP_W - 1) | (points[:, 1] > CROP_H - 1)
    visible[outside] = 0
    if flip:
        points, visible = points[FLIPS[kind]], visible[FLIPS[kind]]
    return picture, points.astype(np.float32), visible.astype(np.float32)


def _covered(layer, points):
    """Which points lie under a layer."""
    u = np.clip(np.round(points).astype(int), 0, [CROP_W - 1, CROP_H - 1])
    return layer[u[:, 1], u[:, 0], 3] > 127

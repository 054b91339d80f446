"""Procedural backgrounds: walls, floors, skies, grass, foliage, bricks, boxes, limb-like clutter. Held-out families
apart.
"""

import colorsys

import cv2
import numpy as np


def hue(rng, calm=0.5):
    """A colour as uint8-range floats; calm ones are greyish."""
    s = rng.beta(1.2, 4) if rng.random() < calm else rng.beta(2, 2)
    return np.array(colorsys.hsv_to_rgb(rng.random(), s, rng.uniform(0.05, 1.0)), np.float32) * 255


def noise(rng, h, w, cells, octaves=3):
    """Smooth noise around 0, unit deviation roughly."""
    out = np.zeros((h, w), np.float32)
    for k in range(octaves):
        n = max(2, int(cells * 2**k))
        grid = rng.normal(size=(n, max(2, int(n * w / h)))).astype(np.float32)
        out += cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC) * 0.6**k
    return out


def _fill(h, w, colour):
    return np.broadcast_to(colour, (h, w, 3)).astype(np.float32).copy()


def gradient(rng, h, w):
    a, b = hue(rng), hue(rng)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    t = np.cos(angle) * x / w + np.sin(angle) * y / h
    t = ((t - t.min()) / (np.ptp(t) + 1e-6))[..., None]
    return a * (1 - t) + b * t


def noisy(rng, h, w):
    image = _fill(h, w, hue(rng)) + noise(rng, h, w, rng.uniform(2, 40))[..., None] * rng.uniform(5, 45)
    if rng.random() < 0.6:
        t = np.clip(noise(rng, h, w, rng.uniform(2, 12))[..., None] * rng.uniform(0.5, 3) + 0.5, 0, 1)
        image = image * (1 - t) + (hue(rng) + noise(rng, h, w, 30)[..., None] * 20) * t
    return image


def bricks(rng, h, w):
    image = _fill(h, w, hue(rng, 0.8))
    bh, bw = rng.integers(6, 40), rng.integers(10, 80)
    tone, shift = hue(rng), rng.random()
    gap = rng.integers(1, 4)
    for r, y in enumerate(range(0, h, bh)):
        for x in range(-bw, w, bw):
            x0 = int(x + (r % 2) * bw * shift)
            cv2.rectangle(image, (x0, y), (x0 + bw - gap, y + bh - gap), (tone * rng.uniform(0.75, 1.2)).tolist(), -1)
    return image + noise(rng, h, w, 40, 1)[..., None] * rng.uniform(0, 12)


def streaks(rng, h, w):
    """Grass, planks, curtains: noise drawn out in one direction."""
    n = rng.normal(size=(h, w)).astype(np.float32)
    k = int(rng.integers(5, 60))
    n = cv2.blur(n, (1, k) if rng.random() < 0.6 else (k, 1)) * np.sqrt(k)
    t = np.clip(n * 0.4 + 0.5, 0, 1)[..., None]
    return hue(rng) * (1 - t) + hue(rng) * t


def foliage(rng, h, w):
    green = np.array(colorsys.hsv_to_rgb(rng.uniform(0.18, 0.42), rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8))) * 255
    image = _fill(h, w, green * 0.4)
    for _ in range(rng.integers(60, 260)):
        c = (int(rng.integers(w)), int(rng.integers(h)))
        cv2.ellipse(
            image,
            c,
            (int(rng.integers(2, 18)), int(rng.integers(2, 9))),
            float(rng.uniform(0, 180)),
            0,
            360,
            np.clip(green * rng.uniform(0.3, 1.8), 0, 255).tolist(),
            -1,
        )
    return image


GROUNDS = (gradient, noisy, bricks, streaks, foliage, noisy, gradient)


def horizon(rng, h, w):
    """A wall or sky above a ground."""
    top, low = (GROUNDS[rng.integers(len(GROUNDS))](rng, h, w) for _ in range(2))
    line = int(h * rng.uniform(0.2, 0.85))
    edge = (
        line
        + (noise(rng, 2, w, 6)[0] * rng.uniform(0, 12) if rng.random() < 0.5 else np.zeros(w))
        + np.linspace(-1, 1, w) * rng.normal(0, 6)
    )
    mask = (np.arange(h)[:, None] > edge[None])[..., None]
    return np.where(mask, low, top)


def clutter(rng, image, amount):
    """Shapes over a background: boxes, blobs, lines, poles, limbs and heads that belong to nobody."""
    h, w = image.shape[:2]
    for _ in range(amount):
        c = (int(rng.integers(-20, w + 20)), int(rng.integers(-20, h + 20)))
        tone = np.clip(hue(rng), 0, 255)
        kind, size = rng.integers(7), rng.uniform(0.03, 0.35) * h
        layer = image.copy() if rng.random() < 0.3 else image
        if kind == 0:
            box = cv2.boxPoints((c, (size * rng.uniform(0.2, 2), size), float(rng.choice([0, 0, rng.uniform(0, 90)]))))
            cv2.fillPoly(layer, [box.astype(np.int32)], tone.tolist(), cv2.LINE_AA)
            if rng.random() < 0.5:
                cv2.polylines(
                    layer, [box.astype(np.int32)], True, (tone * 0.5).tolist(), int(rng.integers(1, 4)), cv2.LINE_AA
                )
        elif kind == 1:
            cv2.ellipse(
                layer,
                c,
                (int(size * 0.5), int(size * rng.uniform(0.2, 0.6))),
                float(rng.uniform(0, 180)),
                0,
                360,
                tone.tolist(),
                -1,
                cv2.LINE_AA,
            )
        elif kind == 2:
            end = (int(rng.integers(w)), int(rng.integers(h)))
            cv2.line(layer, c, end, tone.tolist(), int(rng.integers(1, 10)), cv2.LINE_AA)
        elif kind == 3:
            points = (np.array(c) + rng.normal(0, size * 0.6, (rng.integers(3, 8), 2))).astype(np.int32)
            cv2.fillPoly(layer, [cv2.convexHull(points)], tone.tolist(), cv2.LINE_AA)
        elif kind == 4:
            skin = (
                np.array([230, 180, 150]) * rng.uniform(0.3, 1.1) * rng.uniform(0.9, 1.1, 3)
                if rng.random() < 0.5
                else tone
            )
            joint = (np.array(c) + rng.normal(0, size * 0.6, 2)).astype(int)
            hand = (joint + rng.normal(0, size * 0.5, 2)).astype(int)
            thick = max(2, int(size * 0.18))
            cv2.line(layer, c, tuple(joint.tolist()), tone.tolist(), thick, cv2.LINE_AA)
            cv2.line(
                layer, tuple(joint.tolist()), tuple(hand.tolist()), skin.tolist(), max(2, int(thick * 0.8)), cv2.LINE_AA
            )
        elif kind == 5:
            n, step = int(rng.integers(3, 9)), int(rng.integers(4, 20))
            for k in range(n):
                x = c[0] + k * step
                cv2.line(layer, (x, c[1]), (x, c[1] + int(size)), tone.tolist(), int(rng.integers(1, 4)), cv2.LINE_AA)
        else:
            skin = np.array([230, 180, 150]) * rng.uniform(0.3, 1.1)
            r = max(2, int(size * 0.2))
            cv2.ellipse(layer, c, (r, int(r * 1.3)), 0, 0, 360, skin.tolist(), -1, cv2.LINE_AA)
            cv2.ellipse(layer, (c[0], c[1] - r // 2), (r, r), 0, 180, 360, (tone * 0.4).tolist(), -1, cv2.LINE_AA)
        if layer is not image:
            t = rng.uniform(0.3, 0.8)
            image[:] = image * (1 - t) + layer * t
    return image


def _mosaic(rng, h, w):
    n = int(rng.integers(30, 120))
    points = rng.uniform(0, 1, (n, 2)) * [w, h]
    y, x = np.mgrid[0:h:2, 0:w:2]
    near = ((x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2).argmin(-1)
    image = np.array([hue(rng) for _ in range(n)])[near].astype(np.float32)
    return cv2.resize(image, (w, h), interpolation=cv2.INTER_NEAREST)


def _waves(rng, h, w):
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    t = np.zeros((h, w), np.float32)
    for _ in range(rng.integers(2, 5)):
        k = rng.normal(0, 0.12, 2)
        t += np.sin(k[0] * x + k[1] * y + rng.uniform(0, 6))
    t = (np.tanh(t) * 0.5 + 0.5)[..., None]
    return hue(rng) * (1 - t) + hue(rng) * t


def _rings(rng, h, w):
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    d = np.hypot(x - rng.uniform(0, w), y - rng.uniform(0, h))
    t = (((d / rng.uniform(8, 40)) % 2) < 1).astype(np.float32)[..., None]
    return hue(rng) * (1 - t) + hue(rng) * t + noise(rng, h, w, 8)[..., None] * 12


def _stairs(rng, h, w):
    image = _fill(h, w, hue(rng))
    a, b, n = hue(rng), hue(rng), int(rng.integers(5, 16))
    for k in range(n):
        y = int(h * (k / n) ** rng.uniform(0.8, 1.4))
        cv2.fillPoly(
            image, [np.array([[0, y], [w, y + int(rng.normal(0, 15))], [w, h], [0, h]])], (a if k % 2 else b).tolist()
        )
    return image


HELD_OUT = (_mosaic, _waves, _rings, _stairs)


def draw(rng, h, w, held_out=False):
    """One background as uint8."""
    if held_out:
        image = HELD_OUT[rng.integers(len(HELD_OUT))](rng, h, w)
    else:
        kind = rng.random()
        image = horizon(rng, h, w) if kind < 0.5 else GROUNDS[rng.integers(len(GROUNDS))](rng, h, w)
        image = clutter(rng, np.ascontiguousarray(image, np.float32), int(rng.integers(0, 30)))
    if rng.random() < 0.5:
        image = image * (1 + 0.15 * noise(rng, h, w, 2)[..., None])
    if rng.random() < 0.45:
        image = cv2.GaussianBlur(np.ascontiguousarray(image, np.float32), (0, 0), rng.uniform(0.5, 5))
    return np.clip(image, 0, 255).astype(np.uint8)

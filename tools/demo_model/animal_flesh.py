"""Flesh and coat of a posed animal: trunk, legs, head, ears, horns, tail and mane."""

import colorsys

import numpy as np

import textures
from render import Parts
from textures import material
from turns import deg, rx, ry, rz


class Coat:
    """Materials of one animal."""

    def __init__(self, rng, held_out):
        kinds = textures.HELD_OUT_COAT if held_out else textures.TRAINING_COAT
        kind = kinds[rng.integers(len(kinds))]
        tone = rng.random()
        if tone < 0.55:
            a = np.array(colorsys.hsv_to_rgb(rng.uniform(0.04, 0.12), rng.uniform(0.2, 0.75), rng.uniform(0.15, 0.9)))
        elif tone < 0.92:
            a = np.full(3, rng.uniform(0.04, 0.95)) * rng.uniform(0.95, 1, 3)
        else:
            a = rng.uniform(0.1, 0.9, 3)
        b = (
            np.full(3, rng.uniform(0.02, 0.95)) * rng.uniform(0.8, 1, 3)
            if rng.random() < 0.6
            else np.clip(a * rng.uniform(0.3, 1.6), 0, 1)
        )
        look = dict(
            scale=rng.uniform(6, 26),
            seed=rng.random() * 9,
            wrinkle=rng.uniform(0.2, 1.2),
            gloss=rng.random() ** 3,
            blend=rng.uniform(0.5, 1),
        )
        spare = np.clip(b * rng.uniform(0.2, 1.2), 0, 1)
        belly = np.clip(a * rng.uniform(0.8, 1.6) + 0.1, 0, 1) if rng.random() < 0.5 else a
        light = np.full(3, rng.uniform(0.02, 0.3)) if rng.random() < 0.7 else np.full(3, 0.9)
        legs = (a, spare, np.full(3, rng.uniform(0.03, 0.95)))[rng.integers(3)]
        rows = [
            material(kind, a, b, spare, **look),
            material(kind, belly, b, spare, **look),
            (
                material(textures.SPECKLES, legs, legs * 0.8, scale=12, wrinkle=0.5)
                if rng.random() < 0.4
                else material(kind, a, b, spare, **look)
            ),
            material(textures.PLAIN, light * 0.6, gloss=0.5),
            material(textures.PLAIN, rng.uniform(0, 0.12, 3), gloss=1.0),
            material(textures.SPECKLES, spare, spare * 0.7, scale=20, wrinkle=1.0),
            material(textures.SPECKLES, rng.uniform(0.2, 0.85) * np.array([1, 0.95, 0.85]), scale=20),
        ]
        self.body, self.belly, self.legs, self.nose, self.eye, self.mane, self.horn = range(7)
        self.rows = np.array(rows, np.float32)


def build(rng, q, held_out=False):
    """Parts and materials of an animal."""
    parts, coat = Parts(), Coat(rng, held_out)
    j, f = q.j, q.f
    r, tuck = q.deep * 0.5, rng.uniform(0.82, 1.08)
    squash = (q.wide / q.deep, 1.0)
    turned = np.stack([f["chest"][:, 0], f["chest"][:, 2], -f["chest"][:, 1]], 1)
    parts.cone(j["rump"], j["chest"], r * 0.97 * tuck, r * 1.04, coat.body, turned, squash)
    middle = (j["rump"] + j["chest"]) / 2
    parts.ellipsoid(
        middle + f["chest"] @ [0, -0.06 * q.deep, 0],
        f["chest"],
        (q.wide * 0.54 * tuck, r * 1.08 * tuck, 0.62),
        coat.belly,
    )
    parts.ellipsoid(
        j["chest"] + f["chest"] @ [0, -0.02, 0.05], f["chest"], (q.wide * 0.52, r * 1.08, r * 1.05), coat.body
    )
    parts.ellipsoid(j["rump"] + f["rump"] @ [0, 0.02, -0.02], f["rump"], (q.wide * 0.52, r * 0.95, r * 0.95), coat.body)
    low = j["chest"] + f["chest"] @ [0, -0.12 * q.deep, 0.25 * q.deep]
    parts.cone(low, j["poll"], min(q.neck_r * 1.6, r * 0.9), q.neck_r * 0.85, coat.body, f["neck"], (0.8, 1))
    parts.cone(j["withers"], j["poll"], q.neck_r * 1.05, q.neck_r * 0.8, coat.body, f["neck"], (0.8, 1))
    for side in range(2):
        _legs(parts, q, coat, side)
    _head(rng, parts, q, coat)
    _tail_and_mane(rng, parts, q, coat)
    return parts, coat.rows, []


def _legs(parts, q, coat, side):
    j, t = q.j, q.thin
    parts.cone(j["scapula", side], j["shoulder", side], q.deep * 0.25, t * 1.45, coat.body)
    parts.cone(j["shoulder", side], j["elbow", side], t * 1.4, t * 0.95, coat.legs)
    parts.cone(j["elbow", side], j["fore paw", side], t * 0.9, t * 0.75, coat.legs)
    parts.cone(j["joint", side], j["hip", side], q.deep * 0.31, t * 1.9, coat.body)
    parts.cone(j["hip", side], j["knee", side], t * 1.8, t * 0.9, coat.legs)
    parts.cone(j["knee", side], j["hind paw", side], t * 0.9, t * 0.75, coat.legs)
    for end in ("fore paw", "hind paw"):
        frame = q.f["fore foot" if end == "fore paw" else "hind foot", side]
        a = j[end, side] + frame @ [0, -t * 0.6, 0]
        parts.cone(
            a, a + frame @ [0, -t * 0.25, t * 1.2], t * 0.95, t * 0.8, coat.legs if side or q.leg < 0.8 else coat.nose
        )


def _head(rng, parts, q, coat):
    h, turn = q.head, q.f["head"]
    blob = lambda x, y, z, a, b, c, m, frame=turn: parts.ellipsoid(q.at_head(x, y, z), frame, (a * h, b * h, c * h), m)
    nose = 0.42 + 0.48 * q.muzzle
    blob(0, 0.02, 0.14, 0.30, 0.32, 0.38, coat.body)
    thick = 0.20 + 0.05 * rng.random()
    parts.cone(
        q.at_head(0, -0.06, 0.30),
        q.at_head(0, -0.13, nose - 0.10),
        thick * 1.15 * h,
        thick * 0.72 * h,
        coat.body if rng.random() < 0.6 else coat.belly,
        turn,
    )
    blob(0, -0.09, nose - 0.02, 0.09, 0.065, 0.06, coat.nose)
    blob(0, -0.24, nose - 0.2, 0.10, 0.03, 0.14, coat.nose)
    for s in (1, -1):
        blob(s * 0.235, 0.12, 0.34, 0.055, 0.06, 0.06, coat.eye)
        if rng.random() < 0.5:
            blob(s * 0.22, 0.12, 0.33, 0.085, 0.09, 0.08, coat.horn)
    droop = rng.random() < 0.35
    ear = turn @ rz(0)
    for s in (1, -1):
        tilt = ear @ rz(-s * (2.2 if droop else rng.uniform(0.1, 0.7)))
        if q.name == "cow" or q.name == "elephant":
            tilt = ear @ rz(-s * rng.uniform(1.2, 1.9))
        at = q.at_head(s * 0.22, 0.24, 0.02)
        big = q.ear * (1.5 if q.name == "elephant" else 1.0)
        parts.ellipsoid(
            at + tilt @ [0, big * 0.6, 0],
            tilt,
            (big * (0.75 if q.name == "elephant" else 0.42), big * 0.75, 0.035),
            coat.body,
        )
        if q.horns and (q.horns < 2 or not q.young):
            _horn(rng, parts, q, coat, s)
    if q.name == "elephant":
        low = q.at_head(0, -0.9, nose + 0.1)
        parts.cone(q.at_head(0, -0.1, nose - 0.1), low, 0.16 * h, 0.11 * h, coat.body, turn)
        parts.cone(low, low + turn @ [0, -0.5 * h, rng.uniform(-0.3, 0.5) * h], 0.11 * h, 0.06 * h, coat.body, turn)
    if q.name == "rhinoceros":
        parts.cone(q.at_head(0, 0.08, nose - 0.1), q.at_head(0, 0.55, nose), 0.12 * h, 0.02 * h, coat.horn, turn)


def _horn(rng, parts, q, coat, s):
    reach = rng.uniform(0.3, 0.6) if q.horns < 2 else rng.uniform(0.6, 1.3)
    a = q.at_head(s * 0.16, 0.27, 0.05)
    b = q.at_head(s * (0.2 + 0.4 * reach), 0.3 + 0.5 * reach, -0.1)
    c = q.at_head(s * (0.2 + 0.3 * reach), 0.35 + reach, 0.05)
    parts.cone(a, b, 0.06 * q.head, 0.05 * q.head, coat.horn)
    parts.cone(b, c, 0.05 * q.head, 0.015 * q.head, coat.horn)
    if q.horns >= 2 and rng.random() < 0.5:
        parts.cone(b, b + (c - b) * 0.5 + q.f["head"] @ [0, 0.05, 0.2], 0.035 * q.head, 0.015 * q.head, coat.horn)


def _tail_and_mane(rng, parts, q, coat):
    root = q.j["rump"] + q.f["rump"] @ [0, q.deep * 0.26, -q.deep * 0.38]
    angle, curl = deg(q.tail_lift - 55), rng.normal(0, 0.35)
    thick = rng.uniform(0.02, 0.035) * (2.2 if rng.random() < 0.25 else 1.0)
    sway = ry(rng.normal(0, 0.35))
    for k in range(4):
        step = q.f["rump"] @ sway @ rx(angle) @ [0, 0, -q.tail / 4]
        parts.cone(root, root + step, thick, thick * 0.9, coat.mane if k == 3 and q.tail > 0.4 else coat.body)
        root, angle = root + step, angle + curl
    if q.name == "horse" and rng.random() < 0.85:
        for k in np.linspace(0, 1, 7):
            a = q.j["withers"] * (1 - k) + q.j["poll"] * k + q.f["neck"] @ [0, q.neck_r * 0.8, 0]
            parts.cone(a, a + q.f["neck"] @ [rng.normal(0.05, 0.06), -0.12, -0.05], 0.04, 0.03, coat.mane)
    if q.name == "big cat" and rng.random() < 0.25:
        parts.ellipsoid(
            q.j["poll"] + q.f["head"] @ [0, -0.05, -0.08],
            q.f["head"],
            (q.head * 0.75, q.head * 0.8, q.head * 0.45),
            coat.mane,
        )

"""A person's head, hair and hat, and things carried or sat on."""

import numpy as np

import textures
from textures import material
from turns import rx, rz
from wardrobe import colour


def head(rng, parts, person, w):
    """Skull, face, ears, hair and hat."""
    h, turn, centre = person.head, person.f["head"], person.j["head"]
    at = lambda x, y, z: centre + turn @ (np.array([x, y, z]) * h)
    blob = lambda x, y, z, rx_, ry_, rz_, m, frame=turn: parts.ellipsoid(
        at(x, y, z), frame, (rx_ * h, ry_ * h, rz_ * h), m
    )
    rod = lambda a, b, r1, r2, m: parts.cone(at(*a), at(*b), r1 * h, r2 * h, m, turn)
    narrow = rng.uniform(0.92, 1.05)
    blob(0, 0.10, -0.03, 0.345 * narrow, 0.40, 0.42, w.skin)
    blob(0, -0.16, 0.10, 0.27 * narrow, 0.335, 0.315, w.skin)
    blob(0, -0.37, 0.22, 0.12, 0.11, 0.15, w.skin)
    rod((0, 0.04, 0.37), (0, -0.12, 0.46), 0.04, 0.062, w.skin)
    lip = w.plain(w.tone * [0.85, 0.55, 0.55] if rng.random() < 0.7 else [0.7, 0.12, 0.18])
    rod((-0.085, -0.25, 0.375), (0.085, -0.25, 0.375), 0.028, 0.028, lip)
    if rng.random() < 0.2:
        blob(0, -0.25, 0.395, 0.08, 0.022, 0.02, w.plain([0.95, 0.94, 0.9]))
    brow = w.plain(w.hair_tone * 0.8)
    shut, iris = rng.random() < 0.12, w.plain(rng.uniform(0.02, 0.25, 3))
    white = w.plain([0.93, 0.92, 0.9], 0.5)
    socket = w.plain(w.tone * 0.8)
    for s in (1, -1):
        blob(s * 0.14, 0.03, 0.345, 0.085, 0.06, 0.05, socket)
        if shut:
            rod((s * 0.20, 0.02, 0.35), (s * 0.08, 0.02, 0.39), 0.014, 0.014, brow)
        else:
            blob(s * 0.14, 0.03, 0.36, 0.066, 0.036, 0.045, white)
            blob(s * 0.14, 0.03, 0.385, 0.032, 0.033, 0.028, iris)
        rod((s * 0.23, 0.10, 0.32), (s * 0.07, 0.115, 0.40), 0.018, 0.02, brow)
        blob(s * 0.35 * narrow, -0.05, -0.03, 0.045, 0.13, 0.085, w.skin)
    _hair(rng, person, w, blob, rod)
    _glasses_and_beard(rng, person, w, blob, rod)
    _hat(rng, w, blob, rod, turn)


def _hair(rng, person, w, blob, rod):
    style = rng.choice(
        6, p=[0.06, 0.34, 0.26, 0.16, 0.1, 0.08] if person.female else [0.16, 0.66, 0.06, 0.03, 0.06, 0.03]
    )
    if style == 0:
        return
    m = w.hair
    line = rng.uniform(0.10, 0.22)
    blob(0, 0.10 + line, -0.06, 0.37, 0.30 + rng.uniform(0, 0.06), 0.40, m)
    blob(0, 0.05, -0.16, 0.36, 0.36, 0.33, m)
    if style == 1 and rng.random() < 0.5:
        for s in (1, -1):
            rod((s * 0.34, 0.12, 0.05), (s * 0.34, -0.05, 0.06), 0.04, 0.02, m)
    if style in (2, 3):
        reach = -0.35 - (0.3 if style == 2 else 0.9) * rng.random()
        for x in np.linspace(-1, 1, 5):
            rod(
                (x * 0.32, 0.15, -0.12 - 0.16 * (1 - x * x)),
                (x * 0.38, reach, -0.10 - 0.2 * (1 - x * x)),
                0.13,
                0.10,
                m,
            )
        if rng.random() < 0.5:
            for s in (1, -1):
                rod((s * 0.34, 0.2, 0.1), (s * 0.37, reach * 0.8, 0.14), 0.09, 0.06, m)
    if style == 4:
        if rng.random() < 0.5:
            rod((0, 0.2, -0.45), (0, -0.4 - 0.3 * rng.random(), -0.55), 0.12, 0.05, m)
        else:
            blob(0, 0.42 * rng.random() + 0.1, -0.42, 0.17, 0.17, 0.17, m)
    if style == 5:
        r = rng.uniform(0.45, 0.62)
        blob(0, 0.22, -0.12, r, r * 0.95, r * 0.9, m)
    if rng.random() < 0.35:
        for x in np.linspace(-1, 1, 4):
            rod((x * 0.22, 0.36, 0.24), (x * 0.25 + 0.05, 0.17, 0.37 - 0.1 * x * x), 0.07, 0.035, m)


def _glasses_and_beard(rng, person, w, blob, rod):
    kind = rng.random()
    if kind < 0.16:
        dark = kind < 0.10
        frame = w.plain(rng.uniform(0, 0.5, 3), 0.5)
        for s in (1, -1):
            if dark:
                blob(s * 0.145, 0.02, 0.38, 0.11, 0.085, 0.05, frame)
            else:
                rod((s * 0.05, 0.085, 0.43), (s * 0.24, 0.085, 0.37), 0.012, 0.012, frame)
                rod((s * 0.06, -0.04, 0.43), (s * 0.23, -0.04, 0.38), 0.012, 0.012, frame)
            rod((s * 0.24, 0.05, 0.37), (s * 0.37, 0.02, -0.02), 0.012, 0.012, frame)
        rod((-0.05, 0.05, 0.44), (0.05, 0.05, 0.44), 0.014, 0.014, frame)
    if not person.female and person.head < 0.135 and rng.random() < 0.25:
        m = w.plain(w.hair_tone * rng.uniform(0.8, 1.3))
        blob(0, -0.33, 0.15, 0.25, 0.2, 0.27, m)
        rod((-0.1, -0.19, 0.40), (0.1, -0.19, 0.40), 0.03, 0.03, m)
    elif rng.random() < 0.02:
        blob(0, -0.26, 0.28, 0.2, 0.16, 0.16, w.cloth())


def _hat(rng, w, blob, rod, turn):
    kind = rng.random()
    if kind > 0.30:
        return
    m = w.cloth(plain=0.6)
    tilt = turn @ rx(rng.uniform(-0.2, 0.15))
    if kind < 0.11:  # cap
        blob(0, 0.28, -0.03, 0.39, 0.28, 0.43, m)
        s = 1 if rng.random() < 0.85 else -1
        blob(0, 0.24, s * 0.45, 0.27, 0.035, 0.24, m, tilt)
    elif kind < 0.17:  # knitted
        blob(0, 0.26, -0.05, 0.40, 0.36 + rng.uniform(0, 0.12), 0.45, m)
        if rng.random() < 0.4:
            blob(0, 0.72, -0.05, 0.12, 0.12, 0.12, m)
    elif kind < 0.21:  # wide brim
        blob(0, 0.30, -0.03, 0.38, 0.34, 0.42, m)
        r = rng.uniform(0.55, 0.9)
        blob(0, 0.26, -0.03, r, 0.04, r, m, tilt)
    elif kind < 0.26:  # helmet
        blob(0, 0.22, -0.03, 0.44, 0.38, 0.50, m)
        for s in (1, -1):
            rod((s * 0.36, 0.1, 0.05), (s * 0.12, -0.42, 0.22), 0.02, 0.02, m)
    else:  # hood or head scarf
        blob(0, 0.10, -0.12, 0.44, 0.50, 0.44, m)
        for s in (1, -1):
            rod((s * 0.33, 0.2, 0.12), (s * 0.25, -0.4, 0.12), 0.12, 0.14, m)


def extras(rng, parts, person, w):
    """Bags, belts, scarves and things in the hands."""
    j, f, t = person.j, person.f, person.thick
    chest = f["chest"]
    if rng.random() < 0.08:
        m = w.cloth(plain=0.6)
        parts.ellipsoid(j["chest"] + chest @ [0, 0.02, -0.11 * t], chest, (0.085 * t, 0.14 * t, 0.06 * t), m)
        for s in (1, -1):
            parts.cone(
                j["neck"] + chest @ [s * 0.07, -0.01, 0.01],
                j["chest"] + chest @ [s * 0.075, -0.03, 0.07 * t],
                0.013,
                0.013,
                m,
                chest,
            )
    if rng.random() < 0.07:
        m = w.cloth()
        parts.cone(
            j["neck"] + chest @ [-0.03, 0, 0.02], j["neck"] + chest @ [0.03, 0, 0.02], 0.05 * t, 0.05 * t, m, chest
        )
        parts.cone(j["neck"] + chest @ [0.02, 0, 0.05], j["chest"] + chest @ [0.03, 0, 0.08 * t], 0.03, 0.03, m, chest)
    if rng.random() < 0.15:
        belt = w.plain(rng.uniform(0, 0.4, 3), 0.5)
        parts.cone(
            j["waist"] + f["pelvis"] @ [0, -0.015, 0],
            j["waist"] + f["pelvis"] @ [0, 0.0, 0],
            0.088 * t,
            0.086 * t,
            belt,
            f["pelvis"],
            (1, 0.72),
        )
    if not w.held_out and rng.random() < 0.05:  # number plate or tie
        parts.cone(
            j["neck"] + chest @ [0, -0.02, 0.055 * t],
            j["chest"] + chest @ [0, 0.0, 0.068 * t],
            0.010,
            0.016,
            w.cloth(),
            chest,
        )
    if person.seated and rng.random() < 0.6:
        _chair(rng, parts, person, w)
    if rng.random() < 0.025:
        m = w.prop(material(textures.STRIPES, colour(rng), colour(rng), gloss=0.5))
        for side in range(2):
            foot = f["foot", side]
            parts.ellipsoid(j["ankle", side] + foot @ [0, -0.06, 0.1], foot, (0.03, 0.012, rng.uniform(0.25, 0.55)), m)
    for side in range(2):
        if rng.random() < 0.16:
            _held_thing(
                rng, parts, j["wrist", side] + f["fore", side] @ [0, -0.6 * person.hand, 0.01], f["fore", side], w
            )


def _held_thing(rng, parts, hand, frame, w):
    m = w.prop(material(textures.PLAIN, colour(rng), gloss=rng.uniform(0, 0.8)))
    kind = rng.integers(5)
    way = frame @ rz(rng.uniform(-1.2, 1.2)) @ rx(rng.uniform(-2, 2))
    if kind == 0:  # stick, club, pole
        reach = rng.uniform(0.15, 0.9)
        parts.cone(
            hand - way @ [0, 0.05, 0],
            hand + way @ [0, reach, 0],
            rng.uniform(0.005, 0.012),
            rng.uniform(0.005, 0.025),
            m,
        )
    elif kind == 1:  # racket
        parts.cone(hand, hand + way @ [0, 0.2, 0], 0.01, 0.008, m)
        parts.ellipsoid(hand + way @ [0, 0.3, 0], way, (0.07, 0.1, 0.008), m)
    elif kind == 2:  # ball
        r = rng.uniform(0.02, 0.08)
        parts.ellipsoid(hand + frame @ [0, -r, 0], frame, (r, r, r), m)
    elif kind == 3:  # bag
        parts.ellipsoid(hand - np.array([0, 0.14, 0]), np.eye(3), (rng.uniform(0.03, 0.1), 0.09, 0.05), m)
    else:  # telephone, cup, book
        parts.ellipsoid(hand, way, (0.022, rng.uniform(0.03, 0.07), rng.uniform(0.008, 0.025)), m)


def _chair(rng, parts, person, w):
    """Seat, back and legs of a chair, stool or saddle under a seated person."""
    j, f = person.j, person.f
    m = w.prop(
        material(
            textures.STREAKS if rng.random() < 0.4 else textures.PLAIN,
            colour(rng),
            colour(rng),
            gloss=rng.uniform(0, 0.5),
        )
    )
    turn = f["pelvis"]
    seat = (j["hip", 0] + j["hip", 1]) / 2 * 0.6 + (j["knee", 0] + j["knee", 1]) / 2 * 0.4
    seat = np.array([seat[0], min(j["hip", 0][1], j["hip", 1][1]) - 0.085, seat[2]])
    level = np.eye(3)
    half = rng.uniform(0.09, 0.16)
    parts.ellipsoid(seat, level, (half, 0.022, half), m)
    if rng.random() < 0.65:
        back = j["waist"] + turn @ [0, 0.02, -0.11]
        parts.ellipsoid(back, turn, (half * 0.95, rng.uniform(0.1, 0.26), 0.018), m)
    for x in (-0.8, 0.8):
        for z in (-0.8, 0.8):
            foot = seat + np.array([x * half, 0, z * half])
            parts.cone(foot, foot - [0, 0.27, 0], 0.009, 0.009, m)

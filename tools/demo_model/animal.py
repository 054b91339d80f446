"""A four-legged animal: kinds, gaits, flesh, coat, and the AP-10K-17 keypoints. Unit: shoulder to hip about 1.

As in AP-10K's annotations, "shoulder" and "hip" lie where a leg leaves the body, "elbow" and "knee" at the middle joint
of the visible leg (carpus, hock), "paw" just above the ground, "neck" at its base and "root of tail" on the surface.
"""

import colorsys

import numpy as np

import textures
from render import Parts
from textures import material
from turns import deg, rx, ry, rz

# trunk depth, width, leg (share of the trunk's length), leg radius, neck, neck radius, neck angle, head, muzzle, ear, tail, horns
KINDS = {
    "cat": (0.30, 0.24, 0.62, 0.060, 0.28, 0.13, 35, 0.26, 0.35, 0.14, 0.95, 0),
    "big cat": (0.36, 0.28, 0.68, 0.085, 0.36, 0.19, 25, 0.34, 0.55, 0.10, 0.85, 0),
    "dog": (0.36, 0.26, 0.80, 0.062, 0.38, 0.14, 50, 0.34, 0.85, 0.17, 0.60, 0),
    "short dog": (0.34, 0.30, 0.45, 0.065, 0.30, 0.15, 45, 0.34, 0.55, 0.20, 0.40, 0),
    "fox": (0.30, 0.24, 0.66, 0.050, 0.30, 0.13, 40, 0.30, 0.95, 0.18, 0.80, 0),
    "horse": (0.44, 0.34, 1.05, 0.062, 0.62, 0.17, 48, 0.50, 1.25, 0.13, 0.75, 0),
    "cow": (0.52, 0.42, 0.80, 0.070, 0.42, 0.20, 18, 0.46, 1.05, 0.17, 0.70, 1),
    "deer": (0.38, 0.28, 1.05, 0.045, 0.52, 0.12, 52, 0.34, 1.10, 0.19, 0.18, 2),
    "sheep": (0.50, 0.44, 0.62, 0.050, 0.34, 0.17, 35, 0.32, 0.95, 0.14, 0.20, 1),
    "giraffe": (0.52, 0.38, 1.75, 0.070, 1.65, 0.17, 62, 0.46, 1.15, 0.14, 0.60, 0),
    "elephant": (0.66, 0.56, 0.85, 0.135, 0.30, 0.30, 10, 0.56, 0.55, 0.40, 0.45, 0),
    "rhinoceros": (0.56, 0.48, 0.60, 0.110, 0.38, 0.26, 0, 0.54, 1.05, 0.13, 0.35, 0),
    "bear": (0.50, 0.42, 0.62, 0.115, 0.36, 0.24, 18, 0.38, 0.70, 0.11, 0.10, 0),
    "pig": (0.44, 0.38, 0.46, 0.065, 0.24, 0.24, 12, 0.40, 0.90, 0.16, 0.25, 0),
    "rabbit": (0.36, 0.30, 0.40, 0.055, 0.18, 0.14, 45, 0.30, 0.55, 0.36, 0.10, 0),
}


def _stand(rng):
    return {"fore": [[rng.normal(0, 6), abs(rng.normal(3, 4)), 0] for _ in range(2)],
            "hind": [[rng.normal(22, 6), rng.normal(52, 6), rng.normal(38, 6)] for _ in range(2)],
            "neck": rng.normal(0, 14), "head": rng.normal(0, 14), "turn": rng.normal(0, 25), "pitch": rng.normal(0, 3),
            "arch": rng.normal(0, 5), "bend": rng.normal(0, 8), "tail": rng.normal(0, 30)}


def _gait(rng, stride, lift, pitch=0.0):
    p = _stand(rng)
    phase, lag = rng.uniform(0, 2 * np.pi), rng.choice([0.5, 0.25, 0.1])
    for k in range(2):
        a = phase + np.pi * k
        p["fore"][k] = [stride * np.sin(a), 4 + lift * max(0, np.cos(a)) + abs(rng.normal(0, 4)), rng.normal(0, 3)]
        b = a + 2 * np.pi * lag
        raised = max(0.0, np.cos(b))
        p["hind"][k] = [22 + stride * np.sin(b) + 0.3 * lift * raised, 52 + 0.5 * lift * raised, 38 + 0.2 * lift * raised]
    p["pitch"] = rng.normal(pitch, 4)
    return p


def _graze(rng):
    p = _stand(rng)
    p["neck"], p["head"] = rng.uniform(-110, -55), rng.uniform(-35, 10)
    return p


def _sit(rng):
    p = _stand(rng)
    p["pitch"] = rng.uniform(30, 55)
    lean = p["pitch"]
    p["fore"] = [[-lean + rng.normal(8, 6), abs(rng.normal(4, 4)), 0] for _ in range(2)]
    p["hind"] = [[lean * 0.2 + rng.normal(60, 8), rng.normal(120, 8), rng.normal(75, 8)] for _ in range(2)]
    p["neck"] = rng.normal(-lean * 0.6, 10)
    return p


def _lie(rng):
    p = _stand(rng)
    p["fore"] = [[rng.normal(65, 15), rng.normal(25, 25), 0] for _ in range(2)]
    p["hind"] = [[rng.normal(75, 10), rng.normal(135, 10), rng.normal(75, 12)] for _ in range(2)]
    return p


def _rear(rng):
    """Held out: on the hind legs."""
    p = _stand(rng)
    p["pitch"] = rng.uniform(40, 65)
    p["fore"] = [[rng.normal(40, 15), rng.normal(70, 20), 0] for _ in range(2)]
    p["hind"] = [[-p["pitch"] * 0.7 + rng.normal(22, 6), rng.normal(45, 8), rng.normal(35, 6)] for _ in range(2)]
    return p


def _bow(rng):
    """Held out: forehand on the ground, hindquarters up."""
    p = _stand(rng)
    p["pitch"] = rng.uniform(-35, -22)
    p["fore"] = [[rng.normal(80, 8), abs(rng.normal(8, 6)), 0] for _ in range(2)]
    p["hind"] = [[-p["pitch"] * 0.9 + rng.normal(15, 6), rng.normal(45, 6), rng.normal(35, 6)] for _ in range(2)]
    return p


def _leap(rng):
    """Held out: all four stretched, in the air."""
    p = _stand(rng)
    p["pitch"] = rng.uniform(-15, 30)
    p["fore"] = [[rng.normal(65, 10), rng.normal(15, 10), 0] for _ in range(2)]
    p["hind"] = [[rng.normal(-35, 8), rng.normal(22, 8), rng.normal(15, 8)] for _ in range(2)]
    return p


TRAINING = ((_stand, 0.28), (lambda r: _gait(r, r.uniform(10, 25), 35), 0.28), (lambda r: _gait(r, r.uniform(25, 50), 75), 0.16),
            (_graze, 0.10), (_sit, 0.09), (_lie, 0.09))
HELD_OUT = ((_rear, 0.3), (_bow, 0.3), (_leap, 0.4))


class Animal:
    """One posed animal; joints `j` and frames `f` in world space."""

    def __init__(self, rng, held_out=False):
        self.name = list(KINDS)[rng.integers(len(KINDS))]
        row = np.array(KINDS[self.name], float)
        other = np.array(KINDS[list(KINDS)[rng.integers(len(KINDS))]], float)
        blend = rng.uniform(0, 0.3) if rng.random() < 0.4 else 0.0
        row[:11] = row[:11] * (1 - blend) + other[:11] * blend
        row[:11] *= np.clip(rng.normal(1, 0.09, 11), 0.75, 1.3)
        (self.deep, self.wide, self.leg, self.thin, self.neck, self.neck_r, self.neck_angle, self.head, self.muzzle, self.ear,
         self.tail, self.horns) = row
        self.young = rng.random() < 0.2
        if self.young:
            self.head, self.neck, self.leg = self.head * 1.2, self.neck * 0.85, self.leg * 1.08
        families = HELD_OUT if held_out else TRAINING
        weights = np.array([w for _, w in families])
        self._pose(rng, families[rng.choice(len(families), p=weights / weights.sum())][0](rng))

    def _pose(self, rng, p):
        j, f = {}, {}
        trunk = rx(-deg(p["pitch"]))
        f["rump"] = trunk @ ry(-deg(p["bend"])) @ rx(deg(p["arch"]))
        f["chest"] = trunk @ ry(deg(p["bend"])) @ rx(-deg(p["arch"]))
        j["rump"], j["chest"] = f["rump"] @ [0, 0, -0.5], f["chest"] @ [0, 0, 0.5]
        half = self.wide * 0.62
        for side, sign in ((0, 1.0), (1, -1.0)):
            a = f["chest"]
            upper = a @ rx(-deg(p["fore"][side][0]) * 0.5)
            j["scapula", side] = j["chest"] + a @ [sign * half * 0.6, 0.10 * self.deep, 0.0]
            j["shoulder", side] = j["scapula", side] + upper @ [sign * half * 0.25, -self.deep * 0.95, 0.0]
            b = a @ rx(-deg(p["fore"][side][0])) @ rz(sign * deg(p["fore"][side][2]))
            j["elbow", side] = j["shoulder", side] + b @ [0, -self.leg * 0.40, 0]
            c = b @ rx(deg(p["fore"][side][1]))
            j["fore paw", side] = j["elbow", side] + c @ [0, -self.leg * 0.36, 0]
            a = f["rump"] @ rx(-deg(p["hind"][side][0]))
            j["joint", side] = j["rump"] + f["rump"] @ [sign * half * 0.65, -self.deep * 0.10, 0.0]
            j["hip", side] = j["joint", side] + a @ [sign * half * 0.25, -self.deep * 0.55 - self.leg * 0.17, 0]
            b = a @ rx(deg(p["hind"][side][1]))
            j["knee", side] = j["hip", side] + b @ [0, -self.leg * 0.40, 0]
            c = b @ rx(-deg(p["hind"][side][2]))
            j["hind paw", side] = j["knee", side] + c @ [0, -self.leg * 0.38, 0]
            f["fore foot", side], f["hind foot", side] = f["chest"] @ rx(-deg(p["fore"][side][0] - p["fore"][side][1]) * 0.5), f["rump"]
        j["withers"] = j["chest"] + f["chest"] @ [0, 0.12 * self.deep, 0.30 * self.deep]
        lift = deg(self.neck_angle + p["neck"])
        lift = max(lift, -1.25)
        aim = f["chest"] @ ry(deg(p["turn"]) * 0.5) @ rx(-lift)
        j["poll"] = j["withers"] + aim @ [0, 0, self.neck]
        f["neck"] = aim
        droop = deg(-12 + p["head"]) if p["neck"] > -50 else deg(-55 + p["head"])
        f["head"] = f["chest"] @ ry(deg(p["turn"])) @ rx(-droop)
        self.tail_lift = p["tail"]
        self.j, self.f = j, f

    def at_head(self, x, y, z):
        return self.j["poll"] + self.f["head"] @ (np.array([x, y, z]) * self.head)

    def keypoints(self):
        """AP-10K-17 in world space and the depth below the surface at which a point still counts as seen."""
        j = self.j
        nose = 0.42 + 0.48 * self.muzzle
        root = j["rump"] + self.f["rump"] @ [0, self.deep * 0.30, -self.deep * 0.42]
        neck = j["withers"] + (j["poll"] - j["withers"]) * 0.22
        points = [self.at_head(0.24, 0.13, 0.36), self.at_head(-0.24, 0.13, 0.36), self.at_head(0, -0.10, nose), neck, root]
        slack = [0.05, 0.05, 0.05, self.neck_r * 1.6, 0.12]
        for front, mid, paw in (("shoulder", "elbow", "fore paw"), ("hip", "knee", "hind paw")):
            for side in range(2):
                points += [j[front, side], j[mid, side], j[paw, side]]
                slack += [self.thin * 3.0, self.thin * 1.8, self.thin * 1.8]
        return np.array(points), np.array(slack)


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
        b = np.full(3, rng.uniform(0.02, 0.95)) * rng.uniform(0.8, 1, 3) if rng.random() < 0.6 else np.clip(a * rng.uniform(0.3, 1.6), 0, 1)
        look = dict(scale=rng.uniform(6, 26), seed=rng.random() * 9, wrinkle=rng.uniform(0.2, 1.2), gloss=rng.random() ** 3, blend=rng.uniform(0.5, 1))
        spare = np.clip(b * rng.uniform(0.2, 1.2), 0, 1)
        belly = np.clip(a * rng.uniform(0.8, 1.6) + 0.1, 0, 1) if rng.random() < 0.5 else a
        light = np.full(3, rng.uniform(0.02, 0.3)) if rng.random() < 0.7 else np.full(3, 0.9)
        legs = (a, spare, np.full(3, rng.uniform(0.03, 0.95)))[rng.integers(3)]
        rows = [material(kind, a, b, spare, **look), material(kind, belly, b, spare, **look),
                material(textures.SPECKLES, legs, legs * 0.8, scale=12, wrinkle=0.5) if rng.random() < 0.4 else material(kind, a, b, spare, **look),
                material(textures.PLAIN, light * 0.6, gloss=0.5), material(textures.PLAIN, rng.uniform(0, 0.12, 3), gloss=1.0),
                material(textures.SPECKLES, spare, spare * 0.7, scale=20, wrinkle=1.0),
                material(textures.SPECKLES, rng.uniform(0.2, 0.85) * np.array([1, 0.95, 0.85]), scale=20)]
        self.body, self.belly, self.legs, self.nose, self.eye, self.mane, self.horn = range(7)
        self.rows = np.array(rows, np.float32)


def build(rng, q, held_out=False):
    """Parts and materials of an animal."""
    parts, coat = Parts(), Coat(rng, held_out)
    j, f = q.j, q.f
    r, tuck = q.deep * 0.5, rng.uniform(0.82, 1.08)
    squash = (q.wide / q.deep, 1.0)
    turned = np.stack([f["chest"][:, 0], f["chest"][:, 2], -f["chest"][:, 1]], 1)
    parts.cone(j["rump"], j["chest"], r * 0.92 * tuck, r, coat.body, turned, squash)
    middle = (j["rump"] + j["chest"]) / 2
    parts.ellipsoid(middle + f["chest"] @ [0, -0.06 * q.deep, 0], f["chest"], (q.wide * 0.54 * tuck, r * 1.08 * tuck, 0.62), coat.belly)
    parts.ellipsoid(j["chest"] + f["chest"] @ [0, -0.02, 0.05], f["chest"], (q.wide * 0.52, r * 1.08, r * 1.05), coat.body)
    parts.ellipsoid(j["rump"] + f["rump"] @ [0, 0.02, -0.02], f["rump"], (q.wide * 0.52, r * 0.95, r * 0.95), coat.body)
    low = j["chest"] + f["chest"] @ [0, -0.12 * q.deep, 0.25 * q.deep]
    parts.cone(low, j["poll"], min(q.neck_r * 1.6, r * 0.9), q.neck_r * 0.85, coat.body, f["neck"], (0.8, 1))
    parts.cone(j["withers"], j["poll"], q.neck_r * 1.05, q.neck_r * 0.8, coat.body, f["neck"], (0.8, 1))
    for side in range(2):
        _legs(parts, q, coat, side)
    _head(rng, parts, q, coat)
    _tail_and_mane(rng, parts, q, coat)
    return parts, coat.rows


def _legs(parts, q, coat, side):
    j, t = q.j, q.thin
    parts.cone(j["scapula", side], j["shoulder", side], q.deep * 0.30, t * 1.45, coat.body, None, (1, 1))
    parts.cone(j["shoulder", side], j["elbow", side], t * 1.4, t * 0.95, coat.legs)
    parts.cone(j["elbow", side], j["fore paw", side], t * 0.9, t * 0.75, coat.legs)
    parts.cone(j["joint", side], j["hip", side], q.deep * 0.36, t * 1.9, coat.body)
    parts.cone(j["hip", side], j["knee", side], t * 1.8, t * 0.9, coat.legs)
    parts.cone(j["knee", side], j["hind paw", side], t * 0.9, t * 0.75, coat.legs)
    for end in ("fore paw", "hind paw"):
        frame = q.f["fore foot" if end == "fore paw" else "hind foot", side]
        a = j[end, side] + frame @ [0, -t * 0.6, 0]
        parts.cone(a, a + frame @ [0, -t * 0.25, t * 1.2], t * 0.95, t * 0.8, coat.legs if side or q.leg < 0.8 else coat.nose)


def _head(rng, parts, q, coat):
    h, turn = q.head, q.f["head"]
    blob = lambda x, y, z, a, b, c, m, frame=turn: parts.ellipsoid(q.at_head(x, y, z), frame, (a * h, b * h, c * h), m)
    nose = 0.42 + 0.48 * q.muzzle
    blob(0, 0.02, 0.14, 0.30, 0.32, 0.38, coat.body)
    thick = 0.20 + 0.05 * rng.random()
    parts.cone(q.at_head(0, -0.06, 0.30), q.at_head(0, -0.13, nose - 0.10), thick * 1.15 * h, thick * 0.72 * h, coat.body if rng.random() < 0.6 else coat.belly, turn)
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
        parts.ellipsoid(at + tilt @ [0, big * 0.6, 0], tilt, (big * (0.75 if q.name == "elephant" else 0.42), big * 0.75, 0.035), coat.body)
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
        parts.ellipsoid(q.j["poll"] + q.f["head"] @ [0, -0.05, -0.08], q.f["head"], (q.head * 0.75, q.head * 0.8, q.head * 0.45), coat.mane)

"""A person: proportions, skeleton, flesh, and the COCO-17 keypoints. Lengths are fractions of an adult's height."""

import numpy as np

import looks
import wardrobe
from render import Parts
from turns import deg, rx, ry, rz


class Person:
    """Proportions of one person and, once `pose` was called, its joints in world space."""

    def __init__(self, rng):
        child = float(np.clip(rng.beta(0.6, 2.2), 0, 1)) if rng.random() < 0.35 else 0.0
        self.female = rng.random() < 0.5
        self.fat = float(np.clip(rng.normal(1.0, 0.13), 0.78, 1.5))
        vary = lambda s=0.05: float(np.clip(rng.normal(1, s), 1 - 2.5 * s, 1 + 2.5 * s))
        size = 1.0 - 0.42 * child
        self.head = 0.132 * (1 - 0.22 * child) * vary(0.04)
        self.hip_half = (0.055 if self.female else 0.051) * size * vary()
        self.shoulder_half = (0.098 if self.female else 0.110) * size * vary()
        self.spine = np.array([0.075, 0.09, 0.125]) * size * (1 + 0.1 * child) * vary(0.04)
        self.neck = 0.055 * size * vary(0.12)
        self.thigh, self.shin = 0.245 * size * (1 - 0.12 * child) * vary(), 0.235 * size * (1 - 0.12 * child) * vary()
        self.upper, self.fore = 0.168 * size * vary(), 0.148 * size * vary()
        self.hand, self.foot = 0.088 * size * vary(), 0.145 * size * vary()
        self.thick = size * (0.5 + 0.5 * self.fat) * (1 + 0.12 * child)

    def pose(self, p):
        """Forward kinematics of a posture (postures.py), the pelvis at the origin."""
        self.seated = p.get("seated", False)
        turn = rx(deg(p["pelvis"][0])) @ rz(deg(p["pelvis"][1]))
        if "lying" in p:
            turn = ry(deg(p["lying"][1])) @ rx(deg(p["lying"][0])) @ turn
        j, f = {}, {}
        j["pelvis"], f["pelvis"] = np.zeros(3), turn
        s = [deg(v) / 2 for v in p["spine"]]
        bend = ry(s[2]) @ rz(-s[1]) @ rx(s[0])
        up = np.array([0.0, 1, 0])
        j["waist"] = turn @ (up * self.spine[0])
        f["waist"] = turn @ bend
        j["chest"] = j["waist"] + f["waist"] @ (up * self.spine[1])
        f["chest"] = f["waist"] @ bend
        j["neck"] = j["chest"] + f["chest"] @ (up * self.spine[2])
        n = [deg(v) for v in p["neck"]]
        f["neck"] = f["chest"] @ rx(n[0] * 0.5 + 0.25)
        j["skull"] = j["neck"] + f["neck"] @ (up * self.neck)
        f["head"] = f["chest"] @ ry(np.clip(n[2], -1.2, 1.2)) @ rz(-n[1]) @ rx(n[0])
        j["head"] = j["skull"] + f["head"] @ np.array([0, 0.36, 0.10]) * self.head
        for side, sign in ((0, 1.0), (1, -1.0)):
            self._arm(p["arms"][side], side, sign, j, f)
            self._leg(p["legs"][side], side, sign, j, f)
        self.j, self.f = j, f
        return self

    def _arm(self, angles, side, sign, j, f):
        forward, out, twist, elbow = (deg(v) for v in angles)
        lift = np.clip((out + max(0.0, forward)) / 3.0, 0, 0.9)
        j["shoulder", side] = j["chest"] + f["chest"] @ np.array(
            [sign * self.shoulder_half * (1 - 0.10 * lift), self.spine[2] * (0.78 + 0.22 * lift), 0.0]
        )
        a = f["chest"] @ rx(-forward) @ rz(sign * out) @ ry(sign * twist)
        j["elbow", side] = j["shoulder", side] + a @ np.array([0, -self.upper, 0])
        b = a @ rx(-np.clip(elbow, 0, 2.5))
        j["wrist", side] = j["elbow", side] + b @ np.array([0, -self.fore, 0])
        f["upper", side], f["fore", side] = a, b

    def _leg(self, angles, side, sign, j, f):
        forward, out, twist, knee, ankle = (deg(v) for v in angles)
        j["hip", side] = f["pelvis"] @ np.array([sign * self.hip_half, 0.0, 0.0])
        a = f["pelvis"] @ rx(-forward) @ rz(sign * out) @ ry(sign * twist)
        j["knee", side] = j["hip", side] + a @ np.array([0, -self.thigh, 0])
        b = a @ rx(np.clip(knee, 0, 2.6))
        j["ankle", side] = j["knee", side] + b @ np.array([0, -self.shin, 0])
        f["thigh", side], f["shin", side], f["foot", side] = a, b, b @ rx(-ankle)

    def keypoints(self):
        """COCO-17 in world space, and for each how far below the visible surface it may lie."""
        h, head, turn = self.head, self.j["head"], self.f["head"]
        at = lambda x, y, z: head + turn @ (np.array([x, y, z]) * h)
        points = [
            at(0, -0.13, 0.50),
            at(0.14, 0.03, 0.39),
            at(-0.14, 0.03, 0.39),
            at(0.35, -0.05, -0.03),
            at(-0.35, -0.05, -0.03),
        ]
        slack = [0.02, 0.018, 0.018, 0.025, 0.025]
        for name, room in (
            ("shoulder", 0.075),
            ("elbow", 0.055),
            ("wrist", 0.05),
            ("hip", 0.11),
            ("knee", 0.075),
            ("ankle", 0.06),
        ):
            for side in range(2):
                points.append(self.j[name, side])
                slack.append(room * self.fat)
        return np.array(points), np.array(slack)


def build(rng, person, held_out=False):
    """Parts and materials of a posed person, dressed at random."""
    parts = Parts()
    clothes = wardrobe.Wardrobe(rng, person, held_out)
    _torso(parts, person, clothes)
    for side in range(2):
        _arm(parts, person, clothes, side)
        _leg(parts, person, clothes, side)
    _skirt(parts, person, clothes)
    looks.head(rng, parts, person, clothes)
    looks.extras(rng, parts, person, clothes)
    return parts, clothes.table(), clothes.props


def _torso(parts, q, w):
    j, f, t = q.j, q.f, q.thick
    top, low = w.top, w.bottom
    loose = w.top_loose
    deep = 0.62 + 0.12 * (q.fat - 1)
    waist = (0.072 if q.female else 0.080) * t * (0.3 + 0.7 * q.fat)
    chest = (0.082 if q.female else 0.092) * t
    wide = q.hip_half / 0.053
    parts.cone(
        j["pelvis"] + f["pelvis"] @ [0, -0.015, 0],
        j["waist"],
        0.088 * wide * t**0.3,
        waist * loose,
        low,
        f["pelvis"],
        (1, deep + 0.08),
    )
    parts.cone(
        j["waist"] + f["pelvis"] @ [0, -0.02, 0],
        j["chest"],
        waist * loose * 1.02,
        chest * loose,
        top,
        f["waist"],
        (1, deep),
    )
    above = j["chest"] + f["chest"] @ [0, q.spine[2] * 0.55, 0]
    parts.cone(j["chest"], above, chest * loose, chest * 0.98 * loose, top, f["chest"], (1, deep))
    for side, sign in ((0, 1), (1, -1)):
        parts.ellipsoid(
            j["hip", side] + f["pelvis"] @ [0, -0.01, -0.03 * t], f["pelvis"], (0.056 * t, 0.065 * t, 0.06 * t), low
        )
        start = j["neck"] + f["chest"] @ [0, 0.0, -0.008]
        parts.cone(
            start,
            j["shoulder", side] + f["chest"] @ [0, 0.005, 0],
            0.030 * t,
            0.040 * t * loose**0.5,
            top,
            f["chest"],
            (1, 0.9),
        )
        parts.cone(above, j["shoulder", side], chest * 0.55, 0.036 * t, top, f["chest"], (1, 0.9))
        if q.female and q.thick > 0.8:
            parts.ellipsoid(
                j["chest"] + f["chest"] @ [sign * 0.042, 0.045 * t, chest * deep * 0.75],
                f["chest"],
                (0.036 * t * q.fat, 0.038 * t, 0.034 * t * q.fat),
                w.plain_top,
            )
    if q.fat > 1.08:
        belly = (q.fat - 1) * 0.16
        parts.ellipsoid(
            j["waist"] + f["waist"] @ [0, 0.01, 0.03 * t], f["waist"], (waist * 1.02, 0.08 * t, 0.045 + belly), top
        )
    if w.collar is not None:
        parts.cone(
            j["neck"] + f["chest"] @ [0, -0.004, 0],
            j["neck"] + f["neck"] @ [0, 0.018, 0.004],
            0.041 * t,
            0.038 * t,
            w.collar,
            f["chest"],
        )
    parts.cone(j["neck"], j["skull"], 0.033 * t, 0.030 * t, w.skin, f["neck"])


def _limb(parts, a, b, r1, r2, frame, skin, cloth, cover, loose, flare=1.0, squash=(1, 1)):
    """A limb segment of skin with cloth over the first `cover` of its length."""
    if cover < 1:
        parts.cone(a, b, r1, r2, skin, frame, squash)
    if cover > 0:
        end = a + (b - a) * min(1.0, cover)
        tip = (r1 + (r2 - r1) * min(1.0, cover)) * loose * flare + 0.002
        parts.cone(a, end, r1 * loose, tip, cloth, frame, squash)


def _arm(parts, q, w, side):
    j, f, t = q.j, q.f, q.thick
    upper, fore = f["upper", side], f["fore", side]
    a, b, c = j["shoulder", side], j["elbow", side], j["wrist", side]
    loose = w.sleeve_loose
    _limb(parts, a, b, 0.036 * t, 0.027 * t, upper, w.skin, w.sleeve, min(1, w.sleeve_cover * 2), loose)
    _limb(
        parts,
        b,
        b + (c - b) * 0.4,
        0.027 * t,
        0.028 * t,
        fore,
        w.skin,
        w.sleeve,
        np.clip((w.sleeve_cover * 2 - 1) * 2.5, 0, 1),
        loose,
    )
    _limb(
        parts,
        b + (c - b) * 0.4,
        c,
        0.028 * t,
        0.018 * t,
        fore,
        w.skin,
        w.sleeve,
        np.clip((w.sleeve_cover - 0.7) / 0.3, 0, 1),
        loose,
    )
    hand = w.glove if w.glove is not None else w.skin
    palm = c + fore @ [0, -0.42 * q.hand, 0.0]
    parts.ellipsoid(palm, fore, (0.012 * t, 0.52 * q.hand, 0.026 * t), hand)
    curl = fore @ rx(-w.curl[side])
    for k in range(4):
        root = c + fore @ [0, -0.75 * q.hand, (k - 1.5) * 0.0105 * t]
        parts.cone(root, root + curl @ [0, -0.42 * q.hand, 0.0], 0.0065 * t, 0.0055 * t, hand, fore)
    thumb = c + fore @ [0, -0.25 * q.hand, 0.02 * t]
    parts.cone(thumb, thumb + fore @ [0, -0.3 * q.hand, 0.022 * t], 0.008 * t, 0.006 * t, hand, fore)


def _leg(parts, q, w, side):
    j, f, t = q.j, q.f, q.thick
    thigh, shin = f["thigh", side], f["shin", side]
    a, b, c = j["hip", side], j["knee", side], j["ankle", side]
    loose = w.leg_loose
    _limb(parts, a, b, 0.059 * t, 0.038 * t, thigh, w.skin, w.leg, min(1, w.leg_cover * 2), loose)
    calf = b + (c - b) * 0.35 + shin @ [0, 0, -0.008]
    lower = np.clip(w.leg_cover * 2 - 1, 0, 1)
    _limb(parts, b, calf, 0.037 * t, 0.036 * t, shin, w.skin, w.leg, np.clip(lower * 2.8, 0, 1), loose)
    _limb(
        parts,
        calf,
        c,
        0.036 * t,
        0.021 * t,
        shin,
        w.stocking,
        w.leg,
        np.clip((lower - 0.35) / 0.6, 0, 1),
        loose,
        w.leg_flare,
    )
    foot = f["foot", side]
    shoe = w.shoe
    heel, toe = c + foot @ [0, -0.022 * t, -0.016], c + foot @ [0, -0.030 * t, 0.70 * q.foot]
    parts.cone(heel, toe, 0.026 * t, 0.018 * t, shoe, foot, (1, 0.9))
    parts.cone(c, c + foot @ [0, -0.02 * t, 0.4 * q.foot], 0.024 * t, 0.017 * t, shoe, foot)
    if w.sole is not None:
        parts.ellipsoid(c + foot @ [0, -0.046 * t, 0.3 * q.foot], foot, (0.026 * t, 0.009, 0.62 * q.foot), w.sole)
    if w.boot > 0:
        parts.cone(c, c + (b - c) * w.boot, 0.026 * t, 0.036 * t, shoe, shin)


def _skirt(parts, q, w):
    if w.skirt <= 0:
        return
    j, f, t = q.j, q.f, q.thick
    reach = [
        j["hip", s]
        + (j["knee", s] - j["hip", s]) * min(1, w.skirt)
        + (j["ankle", s] - j["knee", s]) * max(0, w.skirt - 1)
        for s in range(2)
    ]
    hips = [j["hip", 0], j["hip", 1]]
    for k in np.linspace(0.0, 1.0, 6):
        ends = [hips[s] * (1 - k) + reach[s] * k for s in range(2)]
        radius = (0.058 + 0.04 * k * w.skirt_flare) * t
        parts.cone(ends[0], ends[1], radius, radius, w.leg, f["pelvis"])
    for s in range(2):
        parts.cone(hips[s], reach[s], 0.06 * t, (0.058 + 0.04 * w.skirt_flare) * t, w.leg, f["pelvis"])

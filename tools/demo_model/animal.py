"""A four-legged animal: kinds, skeleton and the AP-10K-17 keypoints. Unit: shoulder to hip about 1.

As in AP-10K's annotations, "shoulder" and "hip" lie where a leg leaves the body, "elbow" and "knee" at the middle joint
of the visible leg (carpus, hock), "paw" just above the ground, "neck" at its base and "root of tail" on the surface.
"""

import numpy as np

import gaits
from turns import deg, rx, ry, rz

# trunk depth, width, leg (share of the trunk's length), leg radius, neck, neck radius, neck angle, head, muzzle, ear,
# tail, horns
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


class Animal:
    """One posed animal; joints `j` and frames `f` in world space."""

    def __init__(self, rng, held_out=False):
        self.name = list(KINDS)[rng.integers(len(KINDS))]
        row = np.array(KINDS[self.name], float)
        other = np.array(KINDS[list(KINDS)[rng.integers(len(KINDS))]], float)
        blend = rng.uniform(0, 0.3) if rng.random() < 0.4 else 0.0
        row[:11] = row[:11] * (1 - blend) + other[:11] * blend
        row[:11] *= np.clip(rng.normal(1, 0.09, 11), 0.75, 1.3)
        (
            self.deep,
            self.wide,
            self.leg,
            self.thin,
            self.neck,
            self.neck_r,
            self.neck_angle,
            self.head,
            self.muzzle,
            self.ear,
            self.tail,
            self.horns,
        ) = row
        self.young = rng.random() < 0.2
        if self.young:
            self.head, self.neck, self.leg = self.head * 1.2, self.neck * 0.85, self.leg * 1.08
        families = gaits.HELD_OUT if held_out else gaits.TRAINING
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
            f["fore foot", side], f["hind foot", side] = (
                f["chest"] @ rx(-deg(p["fore"][side][0] - p["fore"][side][1]) * 0.5),
                f["rump"],
            )
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
        points = [
            self.at_head(0.24, 0.13, 0.36),
            self.at_head(-0.24, 0.13, 0.36),
            self.at_head(0, -0.10, nose),
            neck,
            root,
        ]
        slack = [0.05, 0.05, 0.05, self.neck_r * 1.6, 0.12]
        for front, mid, paw in (("shoulder", "elbow", "fore paw"), ("hip", "knee", "hind paw")):
            for side in range(2):
                points += [j[front, side], j[mid, side], j[paw, side]]
                slack += [self.thin * 3.0, self.thin * 1.8, self.thin * 1.8]
        return np.array(points), np.array(slack)

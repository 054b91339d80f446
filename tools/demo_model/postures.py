"""Postures of people as joint angles in degrees, in families.

A posture is a dict: pelvis (pitch forward, roll to the left, height rule), spine (forward, to the left, twist),
neck (forward, to the left, turn to the left), and per side: arm (forward, outward, twist, elbow), leg (forward,
outward, twist outward, knee, ankle).
"""

import numpy as np


def _n(rng, mean, spread):
    return rng.normal(mean, spread)


def _u(rng, low, high):
    return rng.uniform(low, high)


def base(rng):
    """Relaxed standing, everything else starts from it."""
    return {
        "pelvis": [_n(rng, 0, 4), _n(rng, 0, 3)],
        "spine": [_n(rng, 3, 6), _n(rng, 0, 5), _n(rng, 0, 8)],
        "neck": [_n(rng, 5, 12), _n(rng, 0, 8), _n(rng, 0, 28)],
        "arms": [[_n(rng, 5, 12), abs(_n(rng, 9, 7)), _n(rng, 0, 25), abs(_n(rng, 15, 14))] for _ in range(2)],
        "legs": [[_n(rng, 3, 6), _n(rng, 5, 4), _n(rng, 10, 10), abs(_n(rng, 5, 6)), _n(rng, 0, 5)] for _ in range(2)],
    }


def random_arm(rng):
    """An arm anywhere within its reach."""
    return [
        _u(rng, -45, 170),
        _u(rng, -15, 110),
        _u(rng, -90, 80),
        _u(rng, 0, 140) if rng.random() < 0.75 else _u(rng, 0, 25),
    ]


def typical_arm(rng):
    """Arms as they are mostly seen: hanging, bent, on the hip, held in front, raised, to the face."""
    kind = rng.integers(9)
    if kind == 0:
        return [_n(rng, 5, 12), abs(_n(rng, 8, 8)), _n(rng, 0, 30), abs(_n(rng, 12, 15))]
    if kind == 1:  # forearm forward
        return [_n(rng, 10, 15), abs(_n(rng, 10, 8)), _n(rng, -30, 25), _n(rng, 90, 20)]
    if kind == 2:  # hand on the hip
        return [_n(rng, -15, 10), _n(rng, 40, 8), _n(rng, -75, 12), _n(rng, 95, 12)]
    if kind == 3:  # crossed, or holding something in front of the chest
        return [_n(rng, 28, 10), _n(rng, 2, 8), _n(rng, -65, 15), _n(rng, 105, 15)]
    if kind == 4:  # straight up
        return [_n(rng, 165, 15), _n(rng, 10, 15), _n(rng, 0, 40), abs(_n(rng, 10, 20))]
    if kind == 5:  # to the face or an ear
        return [_n(rng, 50, 20), _n(rng, 20, 15), _n(rng, -35, 25), _n(rng, 135, 10)]
    if kind == 6:  # sideways
        return [_n(rng, 5, 20), _n(rng, 85, 18), _n(rng, 0, 50), abs(_n(rng, 15, 25))]
    if kind == 7:  # forward
        return [_n(rng, 80, 15), _n(rng, 5, 12), _n(rng, 0, 40), abs(_n(rng, 15, 25))]
    return random_arm(rng)


def stand(rng):
    p = base(rng)
    p["arms"] = [typical_arm(rng), typical_arm(rng)]
    if rng.random() < 0.4:
        p["arms"][1] = [a + _n(rng, 0, 6) for a in p["arms"][0]]
    if rng.random() < 0.3:
        p["legs"][rng.integers(2)] = [_n(rng, 20, 8), _n(rng, 8, 5), _n(rng, 15, 10), _n(rng, 35, 10), 0]
    return p


def stand_still(rng):
    return base(rng)


def gait(rng, stride, knee, elbow, lean):
    p = base(rng)
    phase = _u(rng, 0, 2 * np.pi)
    for side in range(2):
        s = np.sin(phase + np.pi * side)
        back = max(0.0, np.cos(phase + np.pi * side))
        p["legs"][side] = [
            stride * s + _n(rng, 8, 4),
            _n(rng, 3, 3),
            _n(rng, 5, 6),
            8 + knee * back + abs(_n(rng, 5, 4)),
            _n(rng, 0, 10),
        ]
        p["arms"][side] = [
            -stride * 0.9 * s + _n(rng, 0, 8),
            abs(_n(rng, 10, 6)),
            _n(rng, -10, 15),
            max(0, elbow + _n(rng, 0, 15)),
        ]
    p["spine"][0] = lean + _n(rng, 0, 4)
    p["spine"][2] = 12 * np.sin(phase)
    return p


def walk(rng):
    return gait(rng, _u(rng, 15, 32), 45, 20, 4)


def run(rng):
    return gait(rng, _u(rng, 35, 60), 95, 90, 12)


def sit(rng):
    p = base(rng)
    flex = _u(rng, 70, 105)
    p["pelvis"][0] = _n(rng, -8, 8)
    p["spine"][0] = _n(rng, 12, 14)
    spread = abs(_n(rng, 10, 8))
    p["seated"] = True
    for side in range(2):
        p["legs"][side] = [flex + _n(rng, 0, 6), spread + _n(rng, 0, 4), _n(rng, 0, 10), _n(rng, 85, 20), _n(rng, 0, 8)]
        p["arms"][side] = [_n(rng, 25, 15), abs(_n(rng, 10, 8)), _n(rng, -25, 25), _n(rng, 60, 30)]
    if rng.random() < 0.4:
        p["arms"] = [typical_arm(rng), typical_arm(rng)]
    return p


def sit_on_ground(rng):
    p = sit(rng)
    p["seated"] = False
    bend = _u(rng, 5, 130)
    for side in range(2):
        p["legs"][side] = [80 + bend * 0.4 + _n(rng, 0, 8), _n(rng, 12, 10), _n(rng, 10, 12), bend + _n(rng, 0, 12), 0]
    return p


def crouch(rng):
    p = base(rng)
    bend = _u(rng, 60, 145)
    for side in range(2):
        p["legs"][side] = [bend * 0.8 + _n(rng, 0, 8), _n(rng, 15, 10), _n(rng, 10, 8), bend + _n(rng, 0, 8), 0]
        p["arms"][side] = typical_arm(rng)
    p["pelvis"][0] = _u(rng, 5, 40)
    return p


def kneel(rng):
    p = stand(rng)
    p["legs"][0] = [_n(rng, 5, 8), _n(rng, 5, 5), 0, _n(rng, 95, 12), -40]
    p["legs"][1] = list(p["legs"][0]) if rng.random() < 0.5 else [_n(rng, 90, 8), _n(rng, 8, 6), 5, _n(rng, 90, 10), 0]
    return p


def jump(rng):
    p = base(rng)
    for side in range(2):
        p["legs"][side] = [_u(rng, -30, 80), _u(rng, 0, 40), _n(rng, 5, 10), _u(rng, 10, 120), _n(rng, -25, 15)]
        p["arms"][side] = random_arm(rng)
    return p


def bend_over(rng):
    p = base(rng)
    p["pelvis"][0] = _u(rng, 20, 70)
    p["spine"][0] = _u(rng, 10, 50)
    for side in range(2):
        p["legs"][side][0] = p["pelvis"][0] + _n(rng, 5, 8)
        p["legs"][side][3] = abs(_n(rng, 15, 15))
        p["arms"][side] = [_u(rng, 40, 120), abs(_n(rng, 10, 10)), _n(rng, 0, 30), abs(_n(rng, 20, 25))]
    p["neck"][0] = _n(rng, -15, 15)
    return p


def kick(rng):
    p = stand(rng)
    p["legs"][rng.integers(2)] = [_u(rng, -45, 90), _u(rng, 0, 35), _n(rng, 10, 15), _u(rng, 0, 110), _n(rng, -15, 15)]
    p["arms"] = [random_arm(rng), random_arm(rng)]
    p["spine"] = [_n(rng, 0, 12), _n(rng, 0, 12), _n(rng, 0, 20)]
    return p


def swing(rng):
    """Both hands together on one side: racket, bat, club, tool."""
    p = stand(rng)
    forward, out = _u(rng, 30, 130), _u(rng, -5, 30)
    p["arms"] = [
        [forward, out, _n(rng, -40, 20), _n(rng, 40, 30)],
        [forward + _n(rng, 0, 12), out, _n(rng, -40, 20), _n(rng, 60, 30)],
    ]
    p["spine"] = [_n(rng, 15, 12), _n(rng, 0, 12), _n(rng, 0, 35)]
    for side in range(2):
        p["legs"][side] = [_n(rng, 15, 15), _n(rng, 15, 8), _n(rng, 15, 12), abs(_n(rng, 25, 18)), 0]
    return p


def ride(rng):
    """Seated astride, hands forward: bicycle, motorcycle, horse; also skiing and surfing crouches."""
    p = sit(rng)
    p["pelvis"][0] = _u(rng, 0, 35)
    for side in range(2):
        p["legs"][side] = [_u(rng, 40, 100), _n(rng, 15, 10), _n(rng, 10, 8), _u(rng, 40, 110), 0]
        p["arms"][side] = [_n(rng, 55, 18), _n(rng, 15, 12), _n(rng, -20, 25), _n(rng, 40, 25)]
    p["neck"][0] = _n(rng, -10, 12)
    return p


def lie(rng):
    p = stand(rng) if rng.random() < 0.6 else crouch(rng)
    p["lying"] = [(-90, 90)[rng.integers(2)] + _n(rng, 0, 12), _n(rng, 0, 40)]
    return p


def _held_out(p):
    """Whether a posture of `anything` happens to be one of held_out_postures.py."""
    forward, out, _, knee, _ = zip(*p["legs"])
    arms = [a[0] for a in p["arms"]]
    straight = [abs(forward[k]) < 12 and knee[k] < 12 for k in range(2)]
    dancing = min(arms) > 90 and any(straight[k] and (forward[1 - k] < -25 or out[1 - k] > 45) for k in range(2))
    climbing = min(arms) > 80 and any(forward[k] > 65 and out[k] > 20 and knee[k] > 65 for k in range(2))
    lunging = any(
        50 < forward[k] and 50 < knee[k] < 100 and forward[1 - k] < -20 and knee[1 - k] < 35 for k in range(2)
    )
    cross_legged = min(forward) > 65 and min(out) > 30 and min(knee) > 100
    return dancing or climbing or lunging or cross_legged


def anything(rng):
    """Joints anywhere within their reach, short of the held-out families."""
    p = base(rng)
    p["spine"] = [_u(rng, -20, 50), _n(rng, 0, 15), _n(rng, 0, 25)]
    p["arms"] = [random_arm(rng), random_arm(rng)]
    p["legs"] = [
        [_u(rng, -60, 120), _u(rng, -5, 70), _n(rng, 12, 20), _u(rng, 0, 140), _n(rng, -10, 18)] for _ in range(2)
    ]
    return p if not _held_out(p) else anything(rng)


TRAINING = (
    (stand, 0.20),
    (stand_still, 0.04),
    (walk, 0.08),
    (run, 0.06),
    (sit, 0.09),
    (sit_on_ground, 0.03),
    (crouch, 0.06),
    (kneel, 0.03),
    (jump, 0.04),
    (bend_over, 0.04),
    (kick, 0.05),
    (swing, 0.05),
    (ride, 0.05),
    (lie, 0.02),
    (anything, 0.20),
)


def sample(rng, families=TRAINING):
    """One posture, mirrored at random."""
    weights = np.array([w for _, w in families])
    posture = families[rng.choice(len(families), p=weights / weights.sum())][0](rng)
    if rng.random() < 0.5:
        posture["arms"] = posture["arms"][::-1]
        posture["legs"] = posture["legs"][::-1]
        posture["spine"][1:] = [-v for v in posture["spine"][1:]]
    return posture

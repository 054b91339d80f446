"""Postures and gaits of four-legged animals, in degrees. The held-out families are never drawn for training.

fore: forward swing, bend of the carpus, outward; hind: swing of the thigh, bend of the stifle, bend of the hock.
"""

import numpy as np


def _stand(rng):
    return {
        "fore": [[rng.normal(0, 6), abs(rng.normal(3, 4)), 0] for _ in range(2)],
        "hind": [[rng.normal(22, 6), rng.normal(52, 6), rng.normal(38, 6)] for _ in range(2)],
        "neck": rng.normal(0, 14),
        "head": rng.normal(0, 14),
        "turn": rng.normal(0, 25),
        "pitch": rng.normal(0, 3),
        "arch": rng.normal(0, 5),
        "bend": rng.normal(0, 8),
        "tail": rng.normal(0, 30),
    }


def _gait(rng, stride, lift, pitch=0.0):
    p = _stand(rng)
    phase, lag = rng.uniform(0, 2 * np.pi), rng.choice([0.5, 0.25, 0.1])
    for k in range(2):
        a = phase + np.pi * k
        p["fore"][k] = [stride * np.sin(a), 4 + lift * max(0, np.cos(a)) + abs(rng.normal(0, 4)), rng.normal(0, 3)]
        b = a + 2 * np.pi * lag
        raised = max(0.0, np.cos(b))
        p["hind"][k] = [
            22 + stride * np.sin(b) + 0.3 * lift * raised,
            52 + 0.5 * lift * raised,
            38 + 0.2 * lift * raised,
        ]
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


def _held_out(p):
    """Whether a posture of _anything happens to be one of the held-out families."""
    fore, hind = zip(*((f[0], h[0]) for f, h in zip(p["fore"], p["hind"])))
    rearing = p["pitch"] > 35 and all(abs(h + 0.7 * p["pitch"] - 22) < 18 for h in hind)
    bowing = p["pitch"] < -15 and min(fore) > 55
    leaping = min(fore) > 40 and max(hind) < -10
    return rearing or bowing or leaping


def _anything(rng):
    """Joints anywhere within their reach, legs in pairs or each by itself, short of the held-out families."""
    p = _stand(rng)
    p["pitch"] = rng.uniform(-40, 65)
    fore, hind = rng.uniform([-45, 0], [90, 90], (2, 2)), rng.uniform([-50, 10, 5], [90, 140, 85], (2, 3))
    if rng.random() < 0.5:
        fore[1], hind[1] = rng.normal(fore[0], 10), rng.normal(hind[0], 10)
    p["fore"] = [[swing, max(0, bend), rng.normal(0, 6)] for swing, bend in fore]
    p["hind"] = [[thigh, max(5, stifle), max(0, hock)] for thigh, stifle, hock in hind]
    p["neck"], p["head"], p["turn"] = rng.uniform(-100, 40), rng.normal(0, 20), rng.normal(0, 35)
    p["arch"], p["bend"] = rng.normal(0, 10), rng.normal(0, 14)
    return p if not _held_out(p) else _anything(rng)


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


TRAINING = (
    (_stand, 0.16),
    (lambda r: _gait(r, r.uniform(10, 25), 35), 0.16),
    (lambda r: _gait(r, r.uniform(25, 50), 75), 0.12),
    (_graze, 0.06),
    (_sit, 0.06),
    (_lie, 0.06),
    (_anything, 0.38),
)
HELD_OUT = ((_rear, 0.3), (_bow, 0.3), (_leap, 0.4))

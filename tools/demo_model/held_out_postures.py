"""Postures of people that training never draws."""

import postures


def dance(rng):
    """On one leg, the other raised straight behind or beside, arms in a curve."""
    p = postures.base(rng)
    out = rng.random() < 0.5
    back, aside = (0, rng.uniform(50, 80)) if out else (rng.uniform(-65, -35), 5)
    p["legs"] = [[back, aside, 25, rng.normal(12, 8), -40], [0, 3, 20, 4, 0]]
    p["spine"] = [rng.normal(10, 8), rng.normal(8 if out else 0, 6), rng.normal(0, 10)]
    p["arms"] = [[rng.normal(120, 12), rng.normal(35, 10), rng.normal(-30, 10), rng.normal(45, 12)] for _ in range(2)]
    return p


def climb(rng):
    """One hand high, the other lower, one knee drawn up."""
    p = postures.base(rng)
    p["arms"] = [
        [rng.normal(160, 8), rng.normal(20, 8), 0, rng.normal(20, 10)],
        [rng.normal(110, 10), rng.normal(45, 10), -20, rng.normal(80, 12)],
    ]
    p["legs"] = [
        [rng.normal(15, 8), rng.normal(15, 6), 30, rng.normal(30, 10), -20],
        [rng.normal(85, 8), rng.normal(40, 8), 40, rng.normal(95, 10), 0],
    ]
    p["neck"] = [rng.normal(-25, 8), 0, rng.normal(0, 15)]
    return p


def lunge(rng):
    """Fencing or bowling lunge, one arm thrust forward, one back."""
    p = postures.base(rng)
    p["legs"] = [
        [rng.normal(70, 8), rng.normal(8, 5), 5, rng.normal(75, 8), 0],
        [rng.normal(-35, 6), rng.normal(12, 5), 25, rng.normal(12, 8), -20],
    ]
    p["arms"] = [
        [rng.normal(85, 8), rng.normal(5, 6), 0, rng.normal(8, 6)],
        [rng.normal(-35, 8), rng.normal(35, 10), 0, rng.normal(30, 12)],
    ]
    p["spine"] = [rng.normal(12, 6), 0, rng.normal(-20, 8)]
    return p


def cross_legged(rng):
    """Cross-legged on the ground, hands on the knees."""
    p = postures.base(rng)
    p["legs"] = [[rng.normal(85, 5), rng.normal(45, 6), rng.normal(45, 6), rng.normal(125, 6), -20] for _ in range(2)]
    p["arms"] = [[rng.normal(30, 8), rng.normal(25, 8), rng.normal(-5, 8), rng.normal(50, 12)] for _ in range(2)]
    return p


FAMILIES = ((dance, 0.25), (climb, 0.25), (lunge, 0.25), (cross_legged, 0.25))

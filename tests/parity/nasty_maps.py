"""Heatmaps that a decoder could get wrong."""

import numpy as np

H, W = 64, 48
ROWS, COLUMNS = np.arange(H).reshape(H, 1), np.arange(W).reshape(1, W)


def gaussian(x, y, height=1.0, sigma=2.0):
    return (height * np.exp(-((COLUMNS - x) ** 2 + (ROWS - y) ** 2) / (2 * sigma**2))).astype(np.float32)


def single(x, y, value=1.0):
    out = np.zeros((H, W), np.float32)
    out[y, x] = value
    return out


def kinds(rng):
    """name -> one map; every call draws new random numbers."""
    noise = rng.standard_normal((H, W)).astype(np.float32)
    x, y = rng.uniform(0, W - 1), rng.uniform(0, H - 1)
    plateau = np.zeros((H, W), np.float32)
    plateau[20:30, 10:25] = 0.7
    ridge = np.broadcast_to(np.exp(-((COLUMNS - x) ** 2) / 8), (H, W)).astype(np.float32)
    return {
        "peak": gaussian(x, y), "noisy": gaussian(x, y) + 0.05 * noise, "wide": gaussian(x, y, 0.6, 9.0),
        "narrow": gaussian(x, y, 0.9, 0.4), "random": noise, "uniform": rng.random((H, W), np.float32),
        "negative": -np.abs(noise) - 0.1, "zero": np.zeros((H, W), np.float32), "faint": gaussian(x, y, 5e-4),
        "loud": gaussian(x, y, 300.0), "deep": gaussian(x, y) - 0.5, "constant": np.full((H, W), 0.3, np.float32),
        "quantised": (np.round(gaussian(x, y, 1.0, 4.0) * 8) / 8).astype(np.float32), "plateau": plateau, "ridge": ridge,
        "two": np.maximum(gaussian(10, 12), gaussian(30, 50)), "ramp_x": (COLUMNS + 0 * ROWS).astype(np.float32) / 48,
        "ramp_y": (ROWS + 0 * COLUMNS).astype(np.float32) / 64, "saddle": ((COLUMNS - 20) * (ROWS - 30) / 600).astype(np.float32),
        "corner": gaussian(0, 0), "far_corner": gaussian(W - 1, H - 1), "edge": gaussian(W - 1, y), "outside": gaussian(-2, y),
        "single": single(int(x), int(y)), "single_corner": single(W - 1, 0), "tiny": gaussian(x, y, 1e-38),
        "denormal": single(5, 6, 1e-42), "huge": gaussian(x, y, 1e30),
    }


def broken(rng):
    """Maps with values that no model should give."""
    maps = [gaussian(20.3, 30.7) for _ in range(5)]
    maps[0][40, 10] = np.nan
    maps[1][31, 21] = np.nan
    maps[2][5, 5] = np.inf
    maps[3][30, 20] = -np.inf
    maps[4][:] = np.nan
    return np.stack(maps)


def batch(people, keypoints, seed, without=()):
    """[people, keypoints, 64, 48] of the kinds in turn, in an order that the seed chooses."""
    rng = np.random.default_rng(seed)
    out = np.empty((people, keypoints, H, W), np.float32)
    flat = out.reshape(-1, H, W)
    pool = []
    for index in range(len(flat)):
        if not pool:
            pool = [m for name, m in kinds(rng).items() if name not in without]
            rng.shuffle(pool)
        flat[index] = pool.pop()
    return out


def boxes(people, seed):
    rng = np.random.default_rng(seed)
    return [[float(v) for v in (rng.uniform(-50, 600), rng.uniform(-50, 400), np.exp(rng.uniform(1, 6)),
                                np.exp(rng.uniform(1, 6)))] for _ in range(people)]

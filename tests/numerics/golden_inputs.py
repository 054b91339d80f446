"""Images, heatmaps and boxes for the goldens, the same bits here and in golden_inputs.cpp.

Everything comes from one integer hash and from IEEE operations that every machine rounds alike; no exp, no random
module, no stored data.
"""

import pathlib

import numpy as np

GOLDEN_RATIO = np.uint64(0x9E3779B97F4A7C15)
DATA = pathlib.Path(__file__).resolve().parents[2] / "data"


def mix(z):
    """The finaliser of splitmix64, on an array of uint64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def words(seed, count):
    indices = np.arange(count, dtype=np.uint64) + (np.uint64(seed) << np.uint64(40))
    return mix(indices * GOLDEN_RATIO)


def uniform(seed, count):
    """Doubles in [0, 1)."""
    return (words(seed, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def digest(values):
    """Order-sensitive hash of f32 or int64 values; zeros lose their sign and NaNs their payload."""
    if values.dtype == np.float32:
        values = values + np.float32(0)
        bits = np.where(np.isnan(values), np.uint32(0x7FC00000), values.view(np.uint32)).astype(np.uint64)
    else:
        bits = values.astype(np.int64).view(np.uint64)
    bits = bits.reshape(-1)
    positions = np.arange(1, bits.size + 1, dtype=np.uint64) * GOLDEN_RATIO
    return f"{int(np.add.reduce(mix(bits + positions), dtype=np.uint64)):016x}"


def image(name):
    """"noise:7:640x480" and the like, or "astronaut"."""
    if name == "astronaut":
        from PIL import Image

        return np.ascontiguousarray(np.array(Image.open(DATA / "images" / "astronaut.png").convert("RGB")))
    kind, seed, size = name.split(":")
    width, height = map(int, size.split("x"))
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    if kind == "noise":
        values = (words(int(seed), height * width * 3) >> np.uint64(56)).reshape(height, width, 3)
    elif kind == "checker":  # neighbours whose mean is a tie: 0/255, 0/1, 128/201
        values = np.where((x + y) % 2 == 0, np.array([0, 0, 128]), np.array([255, 1, 201]))
    elif kind == "ramp":
        values = (3 * x + 5 * y + 7 * c) % 256
    elif kind == "step":
        values = (x + y + 0 * c) * int(seed) % 256
    elif kind == "level":  # the seed everywhere
        values = np.full((height, width, 3), int(seed))
    return values.astype(np.uint8)


def boxes(seed, count):
    """Two decimals, in an image of about 600 pixels; seed 0 gives degenerate ones."""
    if seed == 0:
        odd = [[10, 20, 0, 0], [np.nan, 0, 5, 5], [5, 5, np.inf, 3], [1e39, 0, 4, 4], [50, 60, -30, -40], [1, 2, 0, 9]]
        return np.array([odd[i % len(odd)] for i in range(count)], dtype=np.float64)
    u = uniform(seed, 4 * count).reshape(count, 4)
    return np.floor(u * np.array([30000.0, 30000.0, 20000.0, 30000.0])) / 100.0


def bumps(seed, n, k, h, w):
    """Smooth peaks, some just outside the map."""
    u = uniform(seed, 4 * n * k).reshape(n, k, 4, 1, 1)
    cx = u[:, :, 0] * (w + 1) - 1.0
    cy = u[:, :, 1] * (h + 1) - 1.0
    scale = 2.0 + 4.0 * u[:, :, 2]
    y, x = np.meshgrid(np.arange(h, dtype=np.float64), np.arange(w, dtype=np.float64), indexing="ij")
    t = 1.0 + ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (scale * scale)
    return (0.25 + 0.75 * u[:, :, 3]) / ((t * t) * (t * t))


def singular(h, w):
    """Without a blur the Hessian at the peak is exactly singular: the logarithms of 5 and of the f32 before it differ
    by 2^-23, the epsilon that transformers adds to the second differences."""
    values = np.zeros((h, w))
    y, x = h // 2, w // 2
    values[y - 1 : y + 2, x - 1 : x + 2] = 5.0 - 2.0**-21
    values[y, x] = values[y, x + 1] = values[y + 1, x] = 5.0
    return values


def heatmaps(kind, seed, n, k, h, w):
    noise = uniform(seed + 1000, n * k * h * w).reshape(n, k, h, w)
    spot = (words(seed + 2000, n * k) % np.uint64(h * w)).astype(np.int64)
    flat = np.zeros((n * k, h * w))
    maps = np.arange(n * k)
    if kind == "bump":
        values = bumps(seed, n, k, h, w)
    elif kind == "noisy":
        values = bumps(seed, n, k, h, w) + (noise - 0.5) * 0.05
    elif kind == "random":
        values = noise * 2.0 - 1.0
    elif kind == "negative":
        values = noise * -0.5 - 0.001
    elif kind == "holes":  # maps without a positive value: the first, the last and some between
        values = bumps(seed, n, k, h, w).reshape(n * k, h * w)
        values[maps % 4 == 2] = 0.0
        values[0] = 0.0
        values[-1] = -values[-1]
    elif kind == "wrap":  # taps of the even maps run into bright corners of their neighbours, or of the last map
        values = np.where(maps.reshape(n * k, 1) % 2 == 0, -1.0, 1.0) * (noise.reshape(n * k, h * w) + 0.25)
    elif kind == "faint":
        values = bumps(seed, n, k, h, w) * 0.0009
    elif kind == "loud":
        values = bumps(seed, n, k, h, w) * 200.0
    elif kind == "quantised":
        values = np.floor(bumps(seed, n, k, h, w) * 8.0) / 8.0
    elif kind == "tied":
        values = np.floor(noise * 3.0)
    elif kind == "pixel":
        flat[maps, spot] = 0.9
        values = flat
    elif kind == "border":  # corners and edges in turn
        values = (noise * 0.01).reshape(n * k, h, w)
        for m in maps:
            row = [0, 0, 0, h // 2, h - 1, h - 1, h - 1, h // 2][m % 8]
            column = [0, w // 2, w - 1, w - 1, w - 1, w // 2, 0, 0][m % 8]
            values[m, row, column] = 1.0
    elif kind == "constant":
        values = np.full((n, k, h, w), 0.5)
    elif kind == "ramp":
        values = np.arange(h).reshape(h, 1) * 0.015625 + np.arange(w) * 0.0078125 + np.zeros((n, k, h, w))
    elif kind == "nan":
        values = bumps(seed, n, k, h, w).reshape(n * k, h * w)
        values[maps[maps % 3 == 0], spot[maps % 3 == 0]] = np.nan
    elif kind == "infinite":
        values = (noise * 2.0 - 1.0).reshape(n * k, h * w)
        values[maps[maps % 3 == 0], spot[maps % 3 == 0]] = np.inf
        values[maps[maps % 3 == 1], spot[maps % 3 == 1]] = -np.inf
    elif kind == "singular":
        values = np.broadcast_to(singular(h, w), (n, k, h, w))
    else:
        raise ValueError(kind)
    return np.ascontiguousarray(values.reshape(n, k, h, w).astype(np.float32))

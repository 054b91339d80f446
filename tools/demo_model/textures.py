"""Surface patterns, evaluated per pixel in a body part's own coordinates (units: the subject's height).

Kinds below HELD_OUT_KIND are drawn for training; the others only for the held-out pictures.
"""

import numba as nb
import numpy as np

PLAIN, RINGS, STRIPES, CHECKS, CLOUDS, SPECKLES, DOTS, GRADIENT, PRINT, OPEN_FRONT, PATCHES, STREAKS = range(12)
HELD_OUT_KIND = 12
ZIGZAG, DIAMONDS, CELLS, SPIRAL = range(HELD_OUT_KIND, HELD_OUT_KIND + 4)

TRAINING_CLOTH = (
    PLAIN,
    PLAIN,
    PLAIN,
    RINGS,
    STRIPES,
    CHECKS,
    CLOUDS,
    SPECKLES,
    DOTS,
    GRADIENT,
    PRINT,
    PRINT,
    OPEN_FRONT,
    OPEN_FRONT,
)
HELD_OUT_CLOTH = (ZIGZAG, DIAMONDS, CELLS, SPIRAL)
TRAINING_COAT = (PLAIN, PLAIN, GRADIENT, RINGS, STREAKS, CLOUDS, SPECKLES, DOTS, PATCHES, PATCHES)
HELD_OUT_COAT = (ZIGZAG, CELLS, DIAMONDS, SPIRAL)

# Columns of a material row.
KIND, SCALE, SEED, WRINKLE, GLOSS, BLEND = range(6)
COLOUR_A, COLOUR_B, COLOUR_C = 6, 9, 12
MATERIAL_COLUMNS = 15


def material(kind, colour_a, colour_b=None, colour_c=None, scale=30.0, seed=0.0, wrinkle=0.0, gloss=0.0, blend=1.0):
    """One row of the material table."""
    colour_b = colour_a if colour_b is None else colour_b
    colour_c = colour_b if colour_c is None else colour_c
    return np.concatenate([[kind, scale, seed, wrinkle, gloss, blend], colour_a, colour_b, colour_c]).astype(np.float32)


@nb.njit(cache=True, inline="always")
def _hash(ix, iy, iz):
    h = (ix * 374761393 + iy * 668265263 + iz * 2147483647) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFF) / 65535.0


@nb.njit(cache=True, fastmath=True)
def value_noise(x, y, z):
    """Smooth noise in 0..1 with unit cells."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    ix, iy, iz = int(fx), int(fy), int(fz)
    x, y, z = x - fx, y - fy, z - fz
    x, y, z = x * x * (3 - 2 * x), y * y * (3 - 2 * y), z * z * (3 - 2 * z)
    a = _hash(ix, iy, iz) * (1 - x) + _hash(ix + 1, iy, iz) * x
    b = _hash(ix, iy + 1, iz) * (1 - x) + _hash(ix + 1, iy + 1, iz) * x
    c = _hash(ix, iy, iz + 1) * (1 - x) + _hash(ix + 1, iy, iz + 1) * x
    d = _hash(ix, iy + 1, iz + 1) * (1 - x) + _hash(ix + 1, iy + 1, iz + 1) * x
    return (a * (1 - y) + b * y) * (1 - z) + (c * (1 - y) + d * y) * z


@nb.njit(cache=True, fastmath=True)
def _cell_distance(x, y, z):
    """Distance to the nearest and the second nearest of one random point per unit cell."""
    ix, iy, iz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    first, second = 9.0, 9.0
    for dz in range(-1, 2):
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                jx, jy, jz = ix + dx, iy + dy, iz + dz
                px = jx + _hash(jx, jy, jz) - x
                py = jy + _hash(jx + 57, jy, jz) - y
                pz = jz + _hash(jx, jy + 57, jz) - z
                d = px * px + py * py + pz * pz
                if d < first:
                    first, second = d, first
                elif d < second:
                    second = d
    return np.sqrt(first), np.sqrt(second)


@nb.njit(cache=True, fastmath=True)
def pattern(kind, x, y, z, scale, seed):
    """How much of colour B (and of colour C) covers colour A at a point of a part. y runs along the bone."""
    u, v, w = x * scale, y * scale, z * scale
    b, c = 0.0, 0.0
    if kind == RINGS:
        b = 1.0 if (v + seed) % 2.0 < 0.9 else 0.0
    elif kind == STRIPES:
        b = 1.0 if (u + seed) % 2.0 < 0.8 else 0.0
    elif kind == CHECKS:
        p, q = (u + seed) % 2.0 < 1.0, v % 2.0 < 1.0
        b = 0.5 if p != q else (1.0 if p else 0.0)
    elif kind == CLOUDS:
        n = value_noise(u * 0.6 + seed, v * 0.6, w * 0.6)
        b = 1.0 if n > 0.52 else 0.0
        c = 1.0 if value_noise(u + 17.0, v + seed, w) > 0.64 else 0.0
    elif kind == SPECKLES:
        b = value_noise(u * 4 + seed, v * 4, w * 4)
    elif kind == DOTS:
        first, _ = _cell_distance(u * 0.7 + seed, v * 0.7, w * 0.7)
        b = 1.0 if first < 0.42 else 0.0
        c = 1.0 if first < 0.2 else 0.0
    elif kind == GRADIENT:
        b = min(1.0, max(0.0, 0.5 + 4.0 * y + 0.3 * seed - 0.5))
    elif kind == PRINT:
        if z > 0.0 and abs(x) < 0.055 and 0.0 < y < 0.16:
            n = value_noise(u * 0.9 + seed, v * 0.9, seed * 3)
            b = 1.0 if n > 0.5 else 0.0
            c = 1.0 if value_noise(u * 2 + 5, v * 2 + seed, 0.0) > 0.6 else 0.0
    elif kind == OPEN_FRONT:
        if z > 0.0:
            half = 0.008 + 0.035 * (seed % 1.0) + 0.1 * max(0.0, y - 0.05)
            b = 1.0 if abs(x) < half else 0.0
            c = 1.0 if abs(x) < 0.006 and seed > 0.5 else 0.0
    elif kind == PATCHES:
        n = value_noise(u * 0.25 + seed, v * 0.25, w * 0.25) + 0.25 * value_noise(u, v, w)
        b = 1.0 if n > 0.62 else 0.0
        c = 1.0 if n > 0.78 else 0.0
    elif kind == STREAKS:
        n = value_noise(u * 0.4 + seed, v * 0.4, w * 0.4)
        b = 1.0 if (v * 1.3 + 2.5 * n) % 1.5 < 0.5 else 0.0
    elif kind == ZIGZAG:
        b = 1.0 if (v + 1.2 * abs((u + seed) % 2.0 - 1.0)) % 1.6 < 0.7 else 0.0
    elif kind == DIAMONDS:
        d = abs((u + seed) % 2.0 - 1.0) + abs(v % 3.0 - 1.5) * 0.66
        b = 1.0 if d < 0.8 else 0.0
        c = 1.0 if abs(d - 0.9) < 0.1 else 0.0
    elif kind == CELLS:
        first, second = _cell_distance(u * 0.5 + seed, v * 0.5, w * 0.5)
        b = 1.0 if second - first < 0.12 else 0.0
        c = 0.6 if first > 0.5 else 0.0
    elif kind == SPIRAL:
        b = 1.0 if (v * 1.2 + np.arctan2(x, z) / np.pi + seed) % 2.0 < 0.8 else 0.0
    return b, c

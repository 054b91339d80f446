"""Draws shaded bodies built of rounded cones and ellipsoids: rays against primitives, one depth buffer.

A primitive is a rounded cone along its local y axis (0..length, radii r1 and r2) in a frame whose axes are stretched by
`stretch`; with length 0 it is an ellipsoid. Everything is in camera space: x right, y up, z towards the viewer.
"""

import math

import numba as nb

from textures import BLEND, COLOUR_A, COLOUR_B, COLOUR_C, GLOSS, KIND, SCALE, SEED, WRINKLE, pattern, value_noise


@nb.njit(cache=True, fastmath=True, inline="always")
def _hit(ox, oy, oz, dx, dy, dz, length, r1, r2):
    """Nearest hit of a unit ray with a rounded cone from the origin to (0, length, 0): t and the normal, t < 0:
    none.
    """
    rr = r1 - r2
    d2 = length * length - rr * rr
    m3 = dx * ox + dy * oy + dz * oz
    m5 = ox * ox + oy * oy + oz * oz
    if d2 > 1e-12:
        m0 = length * length
        m1 = length * oy
        m2 = length * dy
        k2 = d2 - m2 * m2
        k1 = d2 * m3 - m1 * m2 + m2 * rr * r1
        k0 = d2 * m5 - m1 * m1 + m1 * rr * r1 * 2.0 - m0 * r1 * r1
        h = k1 * k1 - k0 * k2
        if h < 0.0:
            return -1.0, 0.0, 0.0, 0.0
        t = (-math.sqrt(h) - k1) / k2
        y = m1 - r1 * rr + t * m2
        if 0.0 < y < d2:
            nx, ny, nz = d2 * (ox + t * dx), d2 * (oy + t * dy) - length * y, d2 * (oz + t * dz)
            s = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
            return t, nx * s, ny * s, nz * s
    best, nx, ny, nz = -1.0, 0.0, 0.0, 0.0
    h1 = m3 * m3 - m5 + r1 * r1
    if h1 > 0.0:
        best = -m3 - math.sqrt(h1)
        nx, ny, nz = (ox + best * dx) / r1, (oy + best * dy) / r1, (oz + best * dz) / r1
    if r2 > 0.0 and length > 0.0:
        py = oy - length
        m6 = dx * ox + dy * py + dz * oz
        h2 = m6 * m6 - (ox * ox + py * py + oz * oz) + r2 * r2
        if h2 > 0.0:
            t = -m6 - math.sqrt(h2)
            if best < 0.0 or t < best:
                best, nx, ny, nz = t, (ox + t * dx) / r2, (py + t * dy) / r2, (oz + t * dz) / r2
    return best, nx, ny, nz


@nb.njit(cache=True, fastmath=True)
def trace(base, to_local, length, r1, r2, reach, focal, cx, cy, depth, ident, normal):
    """Fills depth (distance along -z), the primitive's index (-1: none) and the normal, for a pinhole at the origin."""
    height, width = depth.shape
    depth[:] = 1e9
    ident[:] = -1
    for i in range(base.shape[0]):
        m = to_local[i]
        near = 1e9
        x0, x1, y0, y1 = 1e9, -1e9, 1e9, -1e9
        for e in range(2):
            px, py, pz = base[i, e, 0], base[i, e, 1], -base[i, e, 2]
            near = min(near, pz - reach[i])
            q = focal / max(pz, 1e-3)
            rad = focal * reach[i] / max(pz - reach[i], 1e-3) * 1.05 + 1.0
            u, v = cx + px * q, cy - py * q
            x0, x1, y0, y1 = min(x0, u - rad), max(x1, u + rad), min(y0, v - rad), max(y1, v + rad)
        if near < 0.01:
            continue
        ox = -(m[0, 0] * base[i, 0, 0] + m[0, 1] * base[i, 0, 1] + m[0, 2] * base[i, 0, 2])
        oy = -(m[1, 0] * base[i, 0, 0] + m[1, 1] * base[i, 0, 1] + m[1, 2] * base[i, 0, 2])
        oz = -(m[2, 0] * base[i, 0, 0] + m[2, 1] * base[i, 0, 1] + m[2, 2] * base[i, 0, 2])
        for v in range(max(0, int(y0)), min(height, int(y1) + 1)):
            gy = -(v + 0.5 - cy) / focal
            for u in range(max(0, int(x0)), min(width, int(x1) + 1)):
                if depth[v, u] < near:
                    continue
                gx = (u + 0.5 - cx) / focal
                dx = m[0, 0] * gx + m[0, 1] * gy - m[0, 2]
                dy = m[1, 0] * gx + m[1, 1] * gy - m[1, 2]
                dz = m[2, 0] * gx + m[2, 1] * gy - m[2, 2]
                s = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz)
                t, nx, ny, nz = _hit(ox, oy, oz, dx * s, dy * s, dz * s, length[i], r1[i], r2[i])
                if t < 0.0 or t * s >= depth[v, u]:
                    continue
                depth[v, u] = t * s
                ident[v, u] = i
                ax = m[0, 0] * nx + m[1, 0] * ny + m[2, 0] * nz
                ay = m[0, 1] * nx + m[1, 1] * ny + m[2, 1] * nz
                az = m[0, 2] * nx + m[1, 2] * ny + m[2, 2] * nz
                s = 1.0 / math.sqrt(ax * ax + ay * ay + az * az)
                normal[v, u, 0], normal[v, u, 1], normal[v, u, 2] = ax * s, ay * s, az * s


@nb.njit(cache=True, fastmath=True)
def smooth_normals(depth, ident, material_of, normal, out, radius, reach):
    """Averages normals over neighbours of the same material and depth, which hides the seams between primitives."""
    height, width = depth.shape
    for v in range(height):
        for u in range(width):
            i = ident[v, u]
            if i < 0:
                continue
            sx, sy, sz = 0.0, 0.0, 0.0
            for q in range(max(0, v - radius), min(height, v + radius + 1)):
                for p in range(max(0, u - radius), min(width, u + radius + 1)):
                    j = ident[q, p]
                    if j >= 0 and material_of[j] == material_of[i] and abs(depth[q, p] - depth[v, u]) < reach:
                        sx += normal[q, p, 0]
                        sy += normal[q, p, 1]
                        sz += normal[q, p, 2]
            s = 1.0 / math.sqrt(sx * sx + sy * sy + sz * sz + 1e-12)
            out[v, u, 0], out[v, u, 1], out[v, u, 2] = sx * s, sy * s, sz * s


@nb.njit(cache=True, fastmath=True)
def shade(
    depth,
    ident,
    normal,
    base,
    to_local,
    stretch,
    material_of,
    materials,
    focal,
    cx,
    cy,
    light,
    shadow_turn,
    shadow_depth,
    shadow_frame,
    rgb,
):
    """Colours each hit: pattern, folds, ambient from above, one lamp with a hard shadow, gloss.

    light: direction (3), lamp colour (3), ambient colour (3). shadow_frame: pixels per unit, centre u, v of the
    shadow map (0 pixels per unit: no shadow).
    """
    height, width = depth.shape
    for v in range(height):
        for u in range(width):
            i = ident[v, u]
            if i < 0:
                continue
            z = depth[v, u]
            px, py, pz = (u + 0.5 - cx) / focal * z, -(v + 0.5 - cy) / focal * z, -z
            m = to_local[i]
            qx, qy, qz = px - base[i, 0, 0], py - base[i, 0, 1], pz - base[i, 0, 2]
            lx = (m[0, 0] * qx + m[0, 1] * qy + m[0, 2] * qz) * stretch[i, 0]
            ly = (m[1, 0] * qx + m[1, 1] * qy + m[1, 2] * qz) * stretch[i, 1]
            lz = (m[2, 0] * qx + m[2, 1] * qy + m[2, 2] * qz) * stretch[i, 2]
            t = materials[material_of[i]]
            b, c = pattern(int(t[KIND]), lx, ly, lz, t[SCALE], t[SEED])
            b *= t[BLEND]
            c *= t[BLEND]
            nx, ny, nz = normal[v, u, 0], normal[v, u, 1], normal[v, u, 2]
            grain = 1.0
            if t[WRINKLE] > 0.0:
                k = 14.0 + 3.0 * t[SEED]
                n0 = value_noise(lx * k + t[SEED], ly * k * 1.4 + lx * k, lz * k)
                n1 = value_noise(lx * k * 2.3 + 9.0, ly * k * 1.5, lz * k * 2.3)
                nx += t[WRINKLE] * (0.7 * n1 + 0.6 * value_noise(lx * k + 5.0, ly * k * 0.5, lz * k) - 0.65)
                ny += t[WRINKLE] * (0.8 * n0 + 0.4 * n1 - 0.6)
                grain = 1.0 + min(0.5, t[WRINKLE] * 0.25) * (n0 + n1 - 1.0)
                s = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
                nx, ny, nz = nx * s, ny * s, nz * s
            facing = nx * light[0] + ny * light[1] + nz * light[2]
            lamp = max(0.0, facing)
            if shadow_frame[0] > 0.0 and lamp > 0.0:
                sx = shadow_turn[0, 0] * px + shadow_turn[0, 1] * py + shadow_turn[0, 2] * pz
                sy = shadow_turn[1, 0] * px + shadow_turn[1, 1] * py + shadow_turn[1, 2] * pz
                sz = shadow_turn[2, 0] * px + shadow_turn[2, 1] * py + shadow_turn[2, 2] * pz
                su, sv = int(sx * shadow_frame[0] + shadow_frame[1]), int(-sy * shadow_frame[0] + shadow_frame[2])
                if 0 <= su < shadow_depth.shape[1] and 0 <= sv < shadow_depth.shape[0]:
                    if -sz > shadow_depth[sv, su] + 0.03:
                        lamp *= 0.15
            ambient = 0.65 + 0.35 * ny
            edge = 0.75 + 0.25 * max(0.0, nz)
            half = max(0.0, facing * 1.2 + nz * 0.5 - 0.7)
            gloss = t[GLOSS] * half * half * half
            for k in range(3):
                albedo = t[COLOUR_A + k] * (1 - b) + t[COLOUR_B + k] * b
                albedo = (albedo * (1 - c) + t[COLOUR_C + k] * c) * grain
                rgb[v, u, k] = albedo * edge * (light[6 + k] * ambient + light[3 + k] * lamp) + gloss * light[3 + k]

"""From a posed body (parts, materials, keypoints) and a camera to a cut-out picture with labels."""

import numpy as np

import raycast


class Parts:
    """Collects the primitives of one subject in world space (units: metres or the subject's height, up = y)."""

    def __init__(self):
        self.rows = []

    def cone(self, a, b, r1, r2, mat, frame=None, squash=(1.0, 1.0)):
        """A rounded cone from a to b; `squash` stretches it sideways (x) and in depth (z) of `frame`."""
        a, b = np.asarray(a, float), np.asarray(b, float)
        axis = b - a
        length = np.linalg.norm(axis)
        y = axis / length if length > 1e-9 else np.array([0.0, 1.0, 0.0])
        hint = np.array([0.0, 0.0, 1.0]) if frame is None else frame[:, 2]
        x = np.cross(y, hint)
        if np.linalg.norm(x) < 1e-3:
            x = np.cross(y, np.array([1.0, 0.1, 0.0]) if frame is None else frame[:, 0])
        x /= np.linalg.norm(x)
        turn = np.stack([x, y, np.cross(x, y)], 1)
        self.rows.append((a, b, length, r1, r2, turn, (squash[0], 1.0, squash[1]), mat))

    def ellipsoid(self, centre, frame, radii, mat):
        """An ellipsoid with the given radii along the columns of `frame`."""
        r = max(radii)
        centre = np.asarray(centre, float)
        self.rows.append((centre, centre, 0.0, r, r, frame, tuple(q / r for q in radii), mat))

    def arrays(self):
        rows = self.rows
        base = np.array([[r[0], r[1]] for r in rows])
        length, r1, r2 = (np.array([r[k] for r in rows], float) for k in (2, 3, 4))
        turn = np.array([r[5] for r in rows])
        stretch = np.array([r[6] for r in rows], float)
        mats = np.array([r[7] for r in rows], np.int32)
        return base, length, r1, r2, turn, stretch, mats


def look_at(target, azimuth, elevation, roll, distance):
    """World-to-camera rotation and translation for a camera that looks at `target`; azimuth 0 sees the front (+z)."""
    ca, sa, ce, se = np.cos(azimuth), np.sin(azimuth), np.cos(elevation), np.sin(elevation)
    back = np.array([sa * ce, se, ca * ce])
    right = np.array([ca, 0.0, -sa])
    up = np.cross(back, right)
    turn = np.stack([right, up, back])
    cr, sr = np.cos(roll), np.sin(roll)
    turn = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ turn
    return turn, -turn @ (np.asarray(target) + back * distance)


def random_light(rng):
    """Direction, lamp colour, ambient colour."""
    direction = rng.normal(size=3) * [1.0, 0.6, 0.7] + [0, 0.8, 0.5]
    direction /= np.linalg.norm(direction)
    warm = rng.normal(0, 0.12)
    tint = np.array([1 + warm, 1.0, 1 - warm])
    lamp = rng.uniform(0.2, 1.0)
    return np.concatenate([direction, tint * lamp, (2.0 - tint) * rng.uniform(0.35, 0.85)])


def _shadow_map(base, length, r1, r2, turn, stretch, reach, direction, size=144):
    """Depth as the lamp sees it: the tracer with a far away pinhole."""
    z = direction
    x = np.cross([0.0, 1.0, 0.1], z)
    x /= np.linalg.norm(x)
    rotate = np.stack([x, np.cross(z, x), z])
    points = base @ rotate.T
    low, high = points.reshape(-1, 3).min(0), points.reshape(-1, 3).max(0)
    far, extent = 200.0, (high - low)[:2].max() + 2 * reach.max()
    middle = (low + high) / 2
    shift = np.array([-middle[0], -middle[1], -middle[2] - far])
    scale = size / extent
    to_local = (turn / stretch[:, None, :]).transpose(0, 2, 1) @ rotate.T
    depth = np.empty((size, size), np.float64)
    ident = np.empty((size, size), np.int32)
    normal = np.empty((size, size, 3), np.float32)
    raycast.trace(
        points + shift, to_local, length, r1, r2, reach, scale * far, size / 2, size / 2, depth, ident, normal
    )
    frame = np.array([scale, size / 2 - middle[0] * scale, size / 2 + middle[1] * scale])
    return rotate, depth - far - middle[2], frame


def project(points, view, focal, cx, cy):
    """World points to pixels and depth."""
    camera = np.asarray(points) @ view[0].T + view[1]
    z = np.maximum(-camera[..., 2], 1e-3)
    return np.stack([cx + focal * camera[..., 0] / z, cy - focal * camera[..., 1] / z, z], -1)


def draw(rng, parts, materials, view, focal, size, centre, oversample=2, shadows=True):
    """Draws the parts. Returns RGBA float (0..1, not premultiplied), and depth and material at full sampling."""
    base, length, r1, r2, turn, stretch, mats = parts.arrays()
    reach = np.maximum(r1, r2) * stretch.max(1)
    base = base @ view[0].T + view[1]
    turn = view[0] @ turn
    to_local = np.ascontiguousarray((turn / stretch[:, None, :]).transpose(0, 2, 1))
    height, width = int(size[0] * oversample), int(size[1] * oversample)
    focal, cx, cy = focal * oversample, centre[0] * oversample, centre[1] * oversample
    depth = np.empty((height, width), np.float64)
    ident = np.empty((height, width), np.int32)
    normal = np.zeros((height, width, 3), np.float32)
    raycast.trace(base, to_local, length, r1, r2, reach, focal, cx, cy, depth, ident, normal)
    smooth = np.zeros_like(normal)
    raycast.smooth_normals(depth, ident, mats, normal, smooth, 2, 0.05)
    light = random_light(rng)
    if shadows and rng.random() < 0.7:
        shadow = _shadow_map(base, length, r1, r2, turn, stretch, reach, light[:3])
    else:
        shadow = (np.eye(3), np.empty((1, 1)), np.zeros(3))
    rgb = np.zeros((height, width, 3), np.float32)
    raycast.shade(depth, ident, smooth, base, to_local, stretch, mats, materials, focal, cx, cy, light, *shadow, rgb)
    alpha = (ident >= 0).astype(np.float32)
    boxes = (size[0], oversample, size[1], oversample)
    cover = alpha.reshape(boxes).mean((1, 3))
    colour = rgb.reshape(*boxes, 3).sum((1, 3)) / np.maximum(alpha.reshape(boxes).sum((1, 3)), 1)[..., None]
    return np.dstack([np.clip(colour, 0, 1) ** (1 / 1.6), cover]), depth, np.where(ident >= 0, mats[ident], -1)

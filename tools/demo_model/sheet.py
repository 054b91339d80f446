"""Contact sheets of drawn subjects with their keypoints, for looking at them: python sheet.py OUT.png
[people|animals].
"""

import sys

import cv2
import numpy as np

import subjects


def draw_points(picture, points):
    for x, y, v in points:
        if v > 0:
            colour = (0, 255, 0) if v == 2 else (0, 0, 255)
            cv2.circle(picture, (int(x), int(y)), 2, colour, -1)
    return picture


def main():
    out, kind = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "people"
    held_out, seed = "held" in sys.argv, 1
    tiles = []
    for i in range(28):
        rng = np.random.default_rng([seed, i])
        s = subjects.draw(rng, kind, held_out)
        rgba = s["rgba"].astype(np.float32)
        alpha = rgba[..., 3:] / 255
        picture = rgba[..., :3] * alpha + (1 - alpha) * 150
        tile = np.full((290, 290, 3), 255, np.uint8)
        h, w = picture.shape[:2]
        draw_points(picture, s["keypoints"])
        h, w = min(h, 290), min(w, 290)
        tile[:h, :w] = picture[:h, :w]
        tiles.append(tile)
    rows = [np.hstack(tiles[r : r + 7]) for r in range(0, 28, 7)]
    cv2.imwrite(out, np.vstack(rows)[..., ::-1])


if __name__ == "__main__":
    main()

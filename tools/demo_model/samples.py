"""The drawn sample pictures of the repository and their boxes: python samples.py FOLDER.

A meadow with subjects that training never drew (their seeds are these pictures' own), of its families of postures and
textures. FOLDER/NAME.jpg and FOLDER/NAME.jpg.boxes.json, as `vitpose run --boxes` takes them.
"""

import json
import os
import sys

import cv2
import numpy as np

import backgrounds
import compose
import subjects

SEED = 4242
EXPERTS = {"people": 0, "animals": 1}
# Name, size, and subjects from back to front: kind, seed, middle of the feet and height in pixels.
SCENES = (
    (
        "people",
        (760, 340),
        (
            ("people", 23, (80, 296), 250),
            ("people", 41, (220, 270), 235),
            ("people", 108, (385, 312), 255),
            ("people", 112, (545, 306), 255),
            ("people", 117, (664, 300), 250),
        ),
    ),
    (
        "animals",
        (760, 340),
        (
            ("animals", 28, (95, 286), 262),
            ("animals", 31, (264, 282), 160),
            ("animals", 76, (452, 308), 140),
            ("animals", 60, (650, 298), 150),
        ),
    ),
    (
        "together",
        (560, 340),
        (
            ("people", 27, (110, 306), 270),
            ("animals", 49, (285, 312), 170),
            ("people", 80, (450, 304), 262),
        ),
    ),
)


def meadow(rng, width, height, horizon=0.52):
    """Sky, a line of hills and grass, float RGB."""
    level = int(horizon * height)
    sky = np.linspace(0, 1, level)[:, None, None] * np.array([62.0, 34, 8]) + np.array([148.0, 190, 228])
    grass = np.linspace(0, 1, height - level)[:, None, None] * np.array([-38.0, -22, -30]) + np.array([150.0, 172, 104])
    picture = np.broadcast_to(np.concatenate([sky, grass]), (height, width, 3)).astype(np.float32)
    picture[level:] += 13 * (backgrounds.noise(rng, height - level, width, 90, 3)[..., None] - 0.5)
    x = np.arange(width)
    for k, colour in enumerate(((150, 176, 178), (122, 156, 124))):
        rise = sum(np.sin(x / width * np.pi * rng.uniform(1.5, 5) + rng.uniform(0, 6)) for _ in range(3))
        top = level - (0.10 - 0.05 * k) * height - 0.025 * height * rise
        rows = np.arange(height)[:, None]
        hill = np.clip(rows - top, 0, 1) * (rows < level)
        picture += hill[..., None] * (np.array(colour, np.float32) - picture)
    return picture


def cast_shadow(picture, feet, width):
    """A soft dark ellipse on the ground."""
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(mask, (int(feet[0]), int(feet[1])), (int(width * 0.45), max(4, int(width * 0.07))), 0, 0, 360, 0.45, -1)
    picture *= 1 - cv2.GaussianBlur(mask, (0, 0), 5)[..., None]


def place(picture, kind, seed, feet, height):
    """Draws one subject into the picture; returns its entry of the boxes file."""
    drawn = subjects.draw(np.random.default_rng([SEED, seed]), kind)
    x, y, w, h = drawn["box"]
    scale = height / h
    move = np.array([[scale, 0, feet[0] - scale * (x + w / 2)], [0, scale, feet[1] - scale * (y + h)]])
    rgba = drawn["rgba"].astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    cast_shadow(picture, feet, w * scale)
    compose.over(picture, cv2.warpAffine(rgba, move, picture.shape[1::-1], flags=cv2.INTER_AREA))
    corner = move[:, :2] @ [x, y] + move[:, 2]
    box = [round(float(v), 1) for v in (*corner, w * scale, h * scale)]
    return {"bbox": box, "expert": EXPERTS[kind]}


def main():
    folder = sys.argv[1]
    subjects.CROP = (512, 384)  # larger than training needs
    for number, (name, size, scene) in enumerate(SCENES):
        picture = meadow(np.random.default_rng([SEED, number]), *size)
        entries = [{"file_name": f"{name}.jpg"} | place(picture, *subject) for subject in scene]
        path = os.path.join(folder, f"{name}.jpg")
        cv2.imwrite(path, np.clip(picture, 0, 255).astype(np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
        with open(path + ".boxes.json", "w") as f:
            f.write("[" + ",\n ".join(json.dumps(e) for e in entries) + "]\n")


if __name__ == "__main__":
    main()

"""Run by the suite inside an environment with NumPy 1: transformers' own functions, whose text the suite hands over,
because NumPy 1 environments need not have a transformers that still supports them."""

import json
import math
import sys
from pathlib import Path
from typing import Union

import numpy as np
from scipy.linalg import inv
from scipy.ndimage import affine_transform

folder = Path(sys.argv[1])
request = json.loads((folder / "request.json").read_text())
assert np.__version__.startswith("1."), np.__version__
scope = dict(np=np, math=math, inv=inv, affine_transform=affine_transform, Union=Union)
exec(request["source"], scope)

MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
for index, (_, boxes) in enumerate(request["pictures"]):
    image = np.load(folder / f"image{index}.npy")
    crops = []
    for box in boxes:
        center, scale = scope["box_to_center_and_scale"](box, image_width=192, image_height=256)
        matrix = scope["get_warp_matrix"](0, center * 2.0, np.array((192, 256)) - 1.0, scale * 200.0)
        crop = scope["scipy_warp_affine"](src=image, M=matrix, size=(256, 192))
        scaled = (crop.astype(np.float64) * (1 / 255)).astype(np.float32)
        crops.append(((scaled - MEAN) / STD).transpose(2, 0, 1))
    np.save(folder / f"pixel_values{index}.npy", np.stack(crops).astype(np.float32))

"""Run by the suite inside an environment with transformers 5: its default processor."""

import json
import sys
from pathlib import Path

import numpy as np
import torch

# A torchvision built for another torch cannot register its compiled operators, which the processor does not use; its
# Python part only wants these to be declared.
library = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, name):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from transformers import VitPoseImageProcessor, __version__  # noqa: E402

assert __version__.startswith("5."), __version__
folder = Path(sys.argv[1])
request = json.loads((folder / "request.json").read_text())
processor = VitPoseImageProcessor()
for index, (_, boxes) in enumerate(request["pictures"]):
    image = torch.from_numpy(np.load(folder / f"image{index}.npy")).permute(2, 0, 1)
    values = processor(image, boxes=[boxes], return_tensors="pt", input_data_format="channels_first")["pixel_values"]
    np.save(folder / f"pixel_values{index}.npy", values.numpy())

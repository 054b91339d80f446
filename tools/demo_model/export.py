"""Writes the published model: python export.py CHECKPOINT OUT_DIR [MODEL_DIR]. Averaged weights, stored as bfloat16; with
MODEL_DIR, a model that an earlier falling rate ended in, the mean of its weights and these.
"""

import json
import os
import sys

import torch
from transformers import VitPoseImageProcessor

import network


def main():
    checkpoint, out = sys.argv[1], sys.argv[2]
    model = network.new_model()
    state = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["average"], strict=False)
    if len(sys.argv) > 3:
        earlier = network.load_model(sys.argv[3])
        with torch.no_grad():
            for ours, theirs in zip(model.parameters(), earlier.parameters()):
                ours.copy_(0.5 * ours + 0.5 * theirs)
    model.to(torch.bfloat16).save_pretrained(out)
    VitPoseImageProcessor().save_pretrained(out)
    with open(os.path.join(out, "config.json")) as f:
        config = json.load(f)
    config["vitpose_keypoint_sets"] = network.KEYPOINT_SETS
    with open(os.path.join(out, "config.json"), "w") as f:
        json.dump(config, f, indent=2, sort_keys=True)
        f.write("\n")
    size = os.path.getsize(os.path.join(out, "model.safetensors"))
    print(f"{out}: step {state['step']}, {state['hours']:.2f} h of training, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

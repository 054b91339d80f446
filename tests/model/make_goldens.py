#!/usr/bin/env python3
"""Makes tests/model/goldens: heatmaps of tiny models, computed by transformers 4.56.2 in float64.

Nothing large is stored: weights and inputs follow from a formula (values() below, formula_values() in
golden_model.cpp), and of the results a sample. Usage: make_goldens.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation

HEATMAP_SAMPLES, HIDDEN_SAMPLES = 400, 24
MARGIN = 3.0  # tolerance in units of transformers' own f32 error

MODELS = {
    "classic": (dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=1), dict(num_labels=17, use_simple_decoder=False)),
    "simple": (dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=3, qkv_bias=False, mlp_ratio=3),
               dict(num_labels=5, use_simple_decoder=True)),
    "experts": (dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=2, num_experts=3, part_features=16),
                dict(num_labels=3, use_simple_decoder=True)),
    "early-stage": (dict(hidden_size=80, num_hidden_layers=3, num_attention_heads=1, out_indices=[-2], layer_norm_eps=1e-3),
                    dict(num_labels=4, use_simple_decoder=True, scale_factor=2)),
}
EXPERTS = {"experts": [2, 0, 2]}


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def values(name, shape, scale, offset):
    """Element i of a tensor: 24 bits of splitmix64(hash of its name, i), as a number in [-1, 1), scaled and shifted."""
    count = int(np.prod(shape))
    z = np.uint64(fnv1a(name)) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    unit = ((z >> np.uint64(40)).astype(np.float64) - 2.0**23) / 2.0**23
    return (unit * scale + offset).astype(np.float32).reshape(shape)


def scale_and_offset(name, shape):
    """Powers of two, near what keeps activations around one."""
    if name.endswith("running_var") or ("norm" in name and name.endswith("weight")):
        return 0.5, 1.0
    if name.endswith(("bias", "running_mean")):
        return 0.125, 0.0
    if "position" in name:
        return 0.5, 0.0
    fan_in = shape[0] * 4 if "deconv" in name else int(np.prod(shape[1:]))
    gain = 2.2 if "query" in name or "key" in name else 1.7
    return 2.0 ** round(np.log2(gain / np.sqrt(fan_in))), 0.0


def sample(rng, array, count):
    """`count` places with their values, the largest value of each leading slice among them."""
    chosen = {int(i) for i in rng.integers(0, array.size, count)}
    flat = array.reshape(array.shape[0] * array.shape[1], -1)
    if array.ndim == 4:
        chosen |= {int(k * flat.shape[1] + i) for k, i in enumerate(flat.argmax(1))}
    return [(np.unravel_index(i, array.shape), array.reshape(-1)[i]) for i in sorted(chosen)]


def error(ours, truth):
    return float(np.abs(ours.double() - truth).max())


def write(folder, name, backbone, head):
    keys = dict(out_indices=[backbone["num_hidden_layers"]]) | backbone
    config = VitPoseConfig(backbone_config=VitPoseBackboneConfig(**keys), **head)
    model = VitPoseForPoseEstimation(config).eval()
    lines = [f"# Made by make_goldens.py with transformers {transformers.__version__}, torch {torch.__version__}",
             "config " + " ".join(config.to_json_string().split())]
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if key.endswith("num_batches_tracked"):
                continue
            scale, offset = scale_and_offset(key, tensor.shape)
            tensor.copy_(torch.from_numpy(values(key, tuple(tensor.shape), scale, offset)))
            lines.append(f"tensor {key} {scale!r} {offset!r} {' '.join(map(str, tensor.shape))}")
    experts = EXPERTS.get(name, [])
    crops = len(experts) or 2
    lines.append(f"input {crops} {' '.join(map(str, experts))}".rstrip())
    pixels = torch.from_numpy(values("pixel_values", (crops, 3, 256, 192), 2.0, 0.0))
    options = dict(output_hidden_states=True)
    if experts:
        options["dataset_index"] = torch.tensor(experts)
    model.backbone.config._attn_implementation = "sdpa"
    with torch.inference_mode():
        single = model(pixels, **options)
        truth = model.double()(pixels.double(), **options)
    rng = np.random.default_rng(1)
    lines.append(f"heatmaps {MARGIN * error(single.heatmaps, truth.heatmaps):.3e} "
                 + " ".join(map(str, truth.heatmaps.shape)))
    for place, value in sample(rng, truth.heatmaps.numpy(), HEATMAP_SAMPLES):
        lines.append(f"heatmap {' '.join(map(str, place))} {value:.17g}")
    for layer, (one, two) in enumerate(zip(single.hidden_states, truth.hidden_states)):
        lines.append(f"layer {layer} {MARGIN * error(one, two):.3e}")
        for place, value in sample(rng, two.numpy(), HIDDEN_SAMPLES):
            lines.append(f"hidden {layer} {' '.join(map(str, place))} {value:.17g}")
    (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    print(f"{name}: heatmaps of standard deviation {truth.heatmaps.std():.3f}, f32 error "
          f"{error(single.heatmaps, truth.heatmaps):.2e}")


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "goldens")
    folder.mkdir(exist_ok=True)
    for name, (backbone, head) in MODELS.items():
        write(folder, name, backbone, head)


if __name__ == "__main__":
    main()

"""Builds transformers models with random weights on which every part of the network matters.

Plain initialisation would not do: with weights of standard deviation 0.02 attention is nearly uniform and the
heatmaps are flat, so that hardly any keypoint is well defined. Here every tensor is random at a scale that keeps
activations near one, and the last convolution is then fitted by least squares to Gaussian peaks on the very crops the
suite runs, as training would.
"""

import hashlib
import math
import os
import shutil
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import transformers
transformers.logging.set_verbosity_error()
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessor

FIT_STEPS = 60
TARGET_SIGMA = 2.0  # heatmap pixels


def configuration(shape):
    keys = dict(out_indices=[shape.layers]) | shape.backbone
    backbone = VitPoseBackboneConfig(
        hidden_size=shape.hidden, num_hidden_layers=shape.layers, num_attention_heads=shape.heads,
        num_experts=shape.experts, part_features=shape.part, **keys)
    return VitPoseConfig(backbone_config=backbone, num_labels=shape.keypoints,
                         use_simple_decoder=shape.decoder == "simple", **shape.head)


def randomise(model, shape, seed):
    """Random weights of a scale that keeps activations near 1 and attention far from uniform."""
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor, std, mean=0.0):
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * std + mean)

    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                tensor.fill_(1234)
            elif "position_embeddings" in name:
                normal(tensor, 0.5)
            elif "norm" in name and name.endswith(("weight", "running_var")):
                tensor.copy_(torch.exp(0.3 * torch.randn(tensor.shape, generator=generator)))
            elif name.endswith(("bias", "running_mean")):
                normal(tensor, 0.1)
            elif "query" in name or "key" in name:
                normal(tensor, 1.3 / math.sqrt(shape.hidden))
            elif "deconv" in name:
                normal(tensor, 1 / math.sqrt(4 * tensor.shape[0] * (0.5 if "deconv2" in name else 1)))
            else:
                fan_in = tensor[0].numel()
                normal(tensor, 0.8 / math.sqrt(fan_in))


def penultimate(model, pixel_values, experts):
    """The input of head.conv."""
    caught = []
    hook = model.head.conv.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
    run(model, pixel_values, experts)
    hook.remove()
    return caught[0]


def run(model, pixel_values, experts, hidden_states=False):
    index = torch.tensor(experts, dtype=torch.long) if len(experts) else None
    values = torch.as_tensor(pixel_values).to(next(model.parameters()).dtype)
    with torch.inference_mode():
        return model(values, dataset_index=index, output_hidden_states=hidden_states)


def gaussian_targets(count, keypoints, height, width, seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(4, width - 5, (count, keypoints, 1, 1))
    y = rng.uniform(4, height - 5, (count, keypoints, 1, 1))
    rows, columns = np.arange(height).reshape(1, 1, -1, 1), np.arange(width).reshape(1, 1, 1, -1)
    return torch.from_numpy(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * TARGET_SIGMA**2))).float()


def fit_last_convolution(model, pixel_values, experts, seed):
    """Least squares by conjugate gradients; stopping early is the regularisation."""
    conv = model.head.conv
    features = penultimate(model, pixel_values, experts).float().clone()
    targets = gaussian_targets(features.shape[0], conv.out_channels, features.shape[2], features.shape[3], seed)
    pad = conv.padding[0]
    # Centred features make the problem well conditioned; the bias then takes the mean's part. Zero padding, which the
    # 3x3 convolution has, would break that identity at the border, and there it is not needed.
    mean = features.mean((0, 2, 3), keepdim=True) if pad == 0 else torch.zeros(1, features.shape[1], 1, 1)
    features -= mean
    with torch.no_grad():
        weight = torch.zeros(conv.weight.shape)
        residual = targets - conv.bias.float().view(1, -1, 1, 1)
        gradient = torch.nn.grad.conv2d_weight(features, weight.shape, residual, padding=pad)
        direction = gradient.clone()
        energy = gradient.square().sum()
        for _ in range(FIT_STEPS):
            step = F.conv2d(features, direction, padding=pad)
            alpha = energy / step.square().sum()
            weight += alpha * direction
            residual -= alpha * step
            gradient = torch.nn.grad.conv2d_weight(features, weight.shape, residual, padding=pad)
            next_energy = gradient.square().sum()
            direction = gradient + (next_energy / energy) * direction
            energy = next_energy
        peaks = F.conv2d(features, weight, padding=pad).amax((2, 3))
        weight *= 0.9 / peaks.median()  # confident scores, as a trained model gives
        conv.weight.copy_(weight)
        conv.bias -= (weight * mean).sum((1, 2, 3))


def fingerprint(shape, pixel_values):
    source = "".join((Path(__file__).parent / name).read_text() for name in ("models.py", "reference.py"))
    parts = [source, repr(shape), transformers.__version__, torch.__version__, np.__version__]
    digest = hashlib.sha256("\n".join(parts).encode())
    digest.update(np.ascontiguousarray(pixel_values).tobytes())
    return digest.hexdigest()


def save(model, shape, directory):
    state = model.state_dict()
    kept = {k: v.contiguous() for k, v in state.items() if not k.endswith(shape.drop_keys or ("\0",))}
    options = dict(max_shard_size=shape.shard) if shape.shard else {}
    model.save_pretrained(directory, state_dict=kept, **options)
    VitPoseImageProcessor().save_pretrained(directory)


def build(shape, cache, pixel_values):
    """The model's directory; made on the first call, then found again as long as nothing it depends on changes."""
    directory = Path(cache) / "models" / shape.name
    stamp = directory / "fingerprint"
    wanted = fingerprint(shape, pixel_values)
    if stamp.exists() and stamp.read_text() == wanted:
        return directory
    partial = directory.with_name(f"{directory.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)
    seed = int.from_bytes(hashlib.sha256(shape.name.encode()).digest()[:4], "little")
    torch.manual_seed(seed)
    model = VitPoseForPoseEstimation(configuration(shape)).eval()
    randomise(model, shape, seed)
    fit_last_convolution(model, pixel_values, shape.experts_for(len(pixel_values)), seed)
    save(model.to(getattr(torch, shape.stored)), shape, partial)
    (partial / "fingerprint").write_text(wanted)
    partial.rename(directory)
    return directory


def load(directory, attention="sdpa", dtype=torch.float32):
    model = VitPoseForPoseEstimation.from_pretrained(directory, dtype=torch.float32).eval()
    model.backbone.config._attn_implementation = attention
    return model.to(dtype)


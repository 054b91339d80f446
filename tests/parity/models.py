"""Builds transformers models with random weights on which every part of the network matters.

Plain initialisation would not do: with weights of standard deviation 0.02 attention is nearly uniform and the
heatmaps are flat, so that hardly any keypoint is well defined. Here every tensor is random at a scale that keeps
activations near one, and the last convolution is then fitted to peaks on the very crops the suite runs (fit.py).
"""

import hashlib
import math
import os
import shutil
from pathlib import Path

import numpy as np
import torch
import transformers
transformers.logging.set_verbosity_error()
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessor

import fit


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


def fingerprint(shape, pixel_values):
    source = "".join((Path(__file__).parent / name).read_text() for name in ("models.py", "fit.py", "reference.py"))
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
    stored = getattr(torch, shape.stored)
    model.to(stored).float()  # fitted with the weights that will be read
    views, experts = pixel_values, shape.experts_for(len(pixel_values))
    if shape.flip_pairs:
        views, experts = np.concatenate([views, views[..., ::-1]]), experts * 2
    flat = fit.fit_last_convolution(model.head.conv, penultimate(model, views, experts).float().clone(), seed, stored,
                                    shape.flip_pairs)
    if flat:
        print(f"{shape.name}: {flat} keypoints keep a peak that noise can move", flush=True)
    save(model.to(stored), shape, partial)
    (partial / "fingerprint").write_text(wanted)
    partial.rename(directory)
    return directory


def load(directory, attention="sdpa", dtype=torch.float32):
    model = VitPoseForPoseEstimation.from_pretrained(directory, dtype=torch.float32).eval()
    model.backbone.config._attn_implementation = attention
    return model.to(dtype)


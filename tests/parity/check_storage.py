"""Converted files: f32 changes no bit; bf16 rounds the matrices and nothing else."""

from pathlib import Path

import numpy as np
import torch

import models
from check_forward import ONE_RUN_LIMIT, errors, ratio_check


def round_matrices(model):
    """What --dtype bf16 does to the weights: batch norm is folded first, then every matrix is rounded."""
    with torch.no_grad():
        head = model.head
        if hasattr(head, "deconv1"):
            for deconv, norm in ((head.deconv1, head.batchnorm1), (head.deconv2, head.batchnorm2)):
                scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
                shift = norm.bias.double() - norm.running_mean.double() * scale
                deconv.weight.copy_(deconv.weight.double() * scale.view(1, -1, 1, 1))
                norm.weight.fill_(1.0)
                norm.running_mean.zero_()
                norm.running_var.fill_(1.0)
                norm.eps = 0.0
                norm.bias.copy_(shift)
        for module in model.modules():
            if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
                module.weight.copy_(module.weight.to(torch.bfloat16).float())
    return model


def run(engine, shape, directory, values, heatmaps, report):
    experts = shape.experts_for(len(values))
    cache = Path(engine.scratch.name)
    converted = cache / f"{shape.name}.f32.safetensors"
    engine.convert(directory, converted)
    report.same_bits(engine.forward(converted, values, experts), heatmaps, f"{shape.name}: converted f32 file, heatmaps")
    report.same_bits(engine.forward(converted, values, experts, ["--no-mmap"]), heatmaps,
                     f"{shape.name}: converted f32 file without mmap, heatmaps")
    converted.unlink()
    if shape.experts > 1:
        keep_one_expert(engine, shape, directory, values, report)
    if shape.stored != "float32":
        return
    rounded = cache / f"{shape.name}.bf16.safetensors"
    engine.convert(directory, rounded, "--dtype", "bf16")
    ours = engine.forward(rounded, values, experts)
    rounded.unlink()
    model = round_matrices(models.load(directory))
    theirs = models.run(model, values, experts).heatmaps.numpy()
    truth = models.run(model.double(), values, experts).heatmaps.numpy()
    report.check(np.abs(truth - heatmaps).max() > 1e-4, f"{shape.name}: rounding to bf16 shows at all")
    ratio_check(report, f"{shape.name}: converted bf16 file", errors(ours, truth), errors(theirs, truth), ONE_RUN_LIMIT)


def keep_one_expert(engine, shape, directory, values, report):
    expert = shape.experts - 1
    alone = Path(engine.scratch.name) / f"{shape.name}.expert.safetensors"
    engine.convert(directory, alone, "--expert", expert)
    report.same_bits(engine.forward(alone, values), engine.forward(directory, values, [expert]),
                     f"{shape.name}: a file with one expert kept equals choosing that expert")
    alone.unlink()

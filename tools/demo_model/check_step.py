"""step.py's and step_gpu.py's losses and gradients, and step.py's maps, against transformers and autograd in float32:
python check_step.py [DEVICE of step_gpu.py]
"""

import copy
import sys

import torch

import network
import step
import step_gpu
from loss import loss_of


def compare(name, value, wanted_value, found, wanted, worst_allowed):
    print(f"{name}: loss {value:.3f}, transformers {wanted_value:.3f}")
    largest = max(w.norm() for w in wanted.values())
    worst = max(
        ((found[n].cpu() - w).norm() / w.norm(), n) for n, w in wanted.items() if w.norm() > 1e-6 * largest
    )
    print(f"{name}: gradients at most {worst[0]:.4f} of their norm off ({worst[1]})")
    assert worst[0] < worst_allowed


def gradients(model):
    return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


def main():
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    model = network.new_model().eval()
    torch.nn.init.normal_(model.head.conv.weight, std=0.05)
    training = step.Step(model)
    generator = torch.Generator().manual_seed(0)
    crops = torch.randint(0, 256, (8, 256, 192, 3), dtype=torch.uint8, generator=generator)
    points = torch.rand(8, 17, 2, generator=generator) * torch.tensor([191.0, 255.0])
    visible = torch.randint(0, 3, (8, 17), generator=generator).float()
    pixels = ((crops / 255.0 - torch.tensor(network.MEAN)) / torch.tensor(network.STD)).permute(0, 3, 1, 2)
    maps = model(pixels, dataset_index=torch.tensor([0] * 4 + [1] * 4)).heatmaps
    value = loss_of(maps, points, visible)
    value.backward()
    wanted = {n: g.clone() for n, g in gradients(model).items()}

    ours = torch.cat([training.maps(crops[:4], 0), training.maps(crops[4:], 1)])
    print(f"maps: at most {(ours - maps).abs().max():.4f} off, of {maps.abs().max():.2f}")
    batch = [(crops[part], points[part], visible[part], k) for k, part in enumerate((slice(4), slice(4, 8)))]
    compare("step", training.gradients(batch), value.item(), gradients(model), wanted, 0.03)
    on_gpu = step_gpu.Step(copy.deepcopy(model), device=device)
    compare("step_gpu", on_gpu.gradients(batch), value.item(), gradients(on_gpu.model), wanted, 0.06)


if __name__ == "__main__":
    main()

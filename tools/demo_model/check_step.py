"""step.py's and step_gpu.py's losses and gradients, and step.py's maps, against transformers and autograd in float32:
python check_step.py [DEVICE of step_gpu.py]
"""

import copy
import sys

import torch

import network
import step
import step_gpu
import windows
from loss import loss_of


def heatmaps_of(model, pixels, experts, seen):
    """transformers' arithmetic on windows [B, 4] of tokens; features of the others are zeros."""
    backbone = model.backbone
    places = torch.arange(16 * 12).view(16, 12)
    tokens = backbone.embeddings(pixels)
    features = torch.zeros_like(tokens)
    for i, (y, x, h, w) in enumerate(seen.tolist()):
        own = places[y : y + h, x : x + w].flatten()
        encoded = backbone.encoder(tokens[i : i + 1, own], dataset_index=experts[i : i + 1]).last_hidden_state
        features[i, own] = backbone.layernorm(encoded)[0]
    return model.head(features.permute(0, 2, 1).unflatten(2, (16, 12)))


def distance(found, wanted):
    """The worst parameter's, of its gradient's norm, and its name."""
    largest = max(w.norm() for w in wanted.values())
    return max(((found[n].cpu() - w).norm() / w.norm(), n) for n, w in wanted.items() if w.norm() > 1e-6 * largest)


def compare(name, value, wanted_value, found, wanted, worst_allowed):
    print(f"{name}: loss {value:.3f}, transformers {wanted_value:.3f}")
    worst = distance(found, wanted)
    print(f"{name}: gradients at most {worst[0]:.4f} of their norm off ({worst[1]}), allowed {worst_allowed:.4f}")
    assert abs(value - wanted_value) < 1e-2 * wanted_value
    assert worst[0] < worst_allowed


def gradients(model):
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def backward(model, value):
    """Its gradients."""
    model.zero_grad(set_to_none=True)
    value.backward()
    return gradients(model)


def main():
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    model = network.new_model().eval()
    torch.nn.init.normal_(model.head.conv.weight, std=0.05)
    training = step.Step(model)
    generator = torch.Generator().manual_seed(0)
    crops = torch.randint(0, 256, (8, 256, 192, 3), dtype=torch.uint8, generator=generator)
    middle, spread = torch.tensor([95.0, 127.0]), torch.rand(8, 1, 2, generator=generator)
    points = middle + (torch.rand(8, 17, 2, generator=generator) * 2 - 1) * spread * middle
    visible = torch.randint(0, 3, (8, 17), generator=generator).float()
    experts = torch.tensor([0] * 4 + [1] * 4)
    pixels = ((crops / 255.0 - torch.tensor(network.MEAN)) / torch.tensor(network.STD)).permute(0, 3, 1, 2)
    batch = [(crops[part], points[part], visible[part], k) for k, part in enumerate((slice(4), slice(4, 8)))]

    maps = model(pixels, dataset_index=experts).heatmaps
    ours = torch.cat([training.maps(crops[:4], 0), training.maps(crops[4:], 1)])
    print(f"maps: at most {(ours - maps).abs().max():.4f} off, of {maps.abs().max():.2f}")
    assert (ours - maps).abs().max() < 0.01 * maps.abs().max()
    value = loss_of(maps, points, visible, experts)
    wanted = backward(model, value)
    compare("step", training.gradients(batch), value.item(), gradients(model), wanted, 0.03)
    on_gpu = step_gpu.Step(copy.deepcopy(model), device=device)
    compare("step_gpu", on_gpu.gradients(batch), value.item(), gradients(on_gpu.model), wanted, 0.06)

    same = generator.get_state()
    seen = torch.cat([windows.around(p, v, (16, 12), 0.25, generator) for _, p, v, _ in batch])
    print(f"windows: {seen.tolist()}")

    def loss_in_windows():
        return loss_of(heatmaps_of(model, pixels, experts, seen).float(), points, visible, experts)

    value = loss_in_windows()
    wanted = backward(model, value)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = distance(backward(model, loss_in_windows()), wanted)[0]
    print(f"PyTorch in bfloat16, in windows: {rounded:.4f}")
    in_windows = training.gradients(batch, 0.25, generator.set_state(same))
    compare("step in windows", in_windows, value.item(), gradients(model), wanted, max(0.03, 1.25 * rounded.item()))


if __name__ == "__main__":
    main()

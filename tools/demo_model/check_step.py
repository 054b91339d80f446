"""step.py's maps, loss and gradients against transformers and autograd in float32: python check_step.py"""

import torch

import network
import step


def targets(points, height, width):
    """Gaussians at sub-pixel places of the maps (corner pixels on corner pixels); sigma 2 on maps of 64x48."""
    sigma = 2.0 * (height / 64) ** 0.5
    x = points[..., 0] * ((width - 1) / 191)
    y = points[..., 1] * ((height - 1) / 255)
    gx = torch.exp(-((torch.arange(width) - x[..., None]) ** 2) / (2 * sigma * sigma))
    gy = torch.exp(-((torch.arange(height) - y[..., None]) ** 2) / (2 * sigma * sigma))
    return gy[..., :, None] * gx[..., None, :]


def place_loss(maps, points):
    """Cross-entropy of where a map's peak is, against the four pixels around the point."""
    height, width = maps.shape[2:]
    x = (points[..., 0] * ((width - 1) / 191)).clamp(0, width - 1.001)
    y = (points[..., 1] * ((height - 1) / 255)).clamp(0, height - 1.001)
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    index = (top * width + left).long()
    logits = torch.log_softmax(12.0 * maps.flatten(2), 2)
    corners = [(0, (1 - fy) * (1 - fx)), (1, (1 - fy) * fx), (width, fy * (1 - fx)), (width + 1, fy * fx)]
    return -sum(logits.gather(2, (index + at)[..., None])[..., 0] * part for at, part in corners)


def loss_of(maps, points, visible):
    found = visible > 0
    weight = step.WEIGHTS.abs()[visible.long()]
    squares = ((maps - targets(points, *maps.shape[2:]) * found[..., None, None]) ** 2).sum((2, 3))
    return ((squares + 0.5 * place_loss(maps, points) * found) * weight).sum() / weight.sum()


def main():
    model = network.new_model().eval()
    torch.nn.init.normal_(model.head.conv.weight, std=0.05)
    training = step.Step(model)
    generator = torch.Generator().manual_seed(0)
    crops = torch.randint(0, 256, (8, 256, 192, 3), dtype=torch.uint8, generator=generator)
    points = torch.rand(8, 17, 2, generator=generator) * torch.tensor([191.0, 255.0])
    visible = torch.randint(0, 3, (8, 17), generator=generator).float()
    pixels = ((crops / 255.0 - torch.tensor(network.MEAN)) / torch.tensor(network.STD)).permute(0, 3, 1, 2)
    maps = model(pixels, dataset_index=torch.tensor([0] * 4 + [1] * 4)).heatmaps
    loss = loss_of(maps, points, visible)
    names, parameters = zip(*model.named_parameters())
    wanted = torch.autograd.grad(loss, parameters)

    ours = torch.cat([training.maps(crops[:4], 0), training.maps(crops[4:], 1)])
    print(f"maps: at most {(ours - maps).abs().max():.4f} off, of {maps.abs().max():.2f}")
    batch = [(crops[part], points[part], visible[part], k) for k, part in enumerate((slice(4), slice(4, 8)))]
    print(f"loss: {training.gradients(batch):.3f}, transformers {loss.item():.3f}")
    largest = max(w.norm() for w in wanted)
    worst = max(
        ((p.grad - w).norm() / w.norm(), n) for n, p, w in zip(names, parameters, wanted) if w.norm() > 1e-6 * largest
    )
    print(f"gradients: at most {worst[0]:.4f} of their norm off ({worst[1]})")
    assert worst[0] < 0.03


if __name__ == "__main__":
    main()

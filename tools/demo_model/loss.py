"""The loss of heatmaps in PyTorch: what network.c computes, for the check of it and for training on a GPU."""

import torch

# Of a map whose point is not to be found (an empty map is wanted, hence the sign), of one whose point is hidden, seen.
WEIGHTS = torch.tensor([-0.5, 1.0, 1.0])
SHARPNESS = 12.0  # softmax(SHARPNESS * map) of a perfect map is a Gaussian of sigma / sqrt(SHARPNESS)
PLACE = 0.5  # weight of the place's cross-entropy


def targets(points, height, width):
    """Gaussians at sub-pixel places of the maps (corner pixels on corner pixels); sigma 2 on maps of 64x48."""
    sigma = 2.0 * (height / 64) ** 0.5
    x = points[..., 0] * ((width - 1) / 191)
    y = points[..., 1] * ((height - 1) / 255)
    gx = torch.exp(-((torch.arange(width, device=x.device) - x[..., None]) ** 2) / (2 * sigma * sigma))
    gy = torch.exp(-((torch.arange(height, device=x.device) - y[..., None]) ** 2) / (2 * sigma * sigma))
    return gy[..., :, None] * gx[..., None, :]


def place_loss(maps, points):
    """Cross-entropy of where a map's peak is, against the four pixels around the point."""
    height, width = maps.shape[2:]
    x = (points[..., 0] * ((width - 1) / 191)).clamp(0, width - 1.001)
    y = (points[..., 1] * ((height - 1) / 255)).clamp(0, height - 1.001)
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    index = (top * width + left).long()
    logits = torch.log_softmax(SHARPNESS * maps.flatten(2), 2)
    corners = [(0, (1 - fy) * (1 - fx)), (1, (1 - fy) * fx), (width, fy * (1 - fx)), (width + 1, fy * fx)]
    return -sum(logits.gather(2, (index + at)[..., None])[..., 0] * part for at, part in corners)


def loss_of(maps, points, visible):
    """Of maps [B, 17, h, w], points [B, 17, 2] in pixels of 256 x 192, visibilities [B, 17]."""
    found = visible > 0
    weight = WEIGHTS.to(maps.device).abs()[visible.long()]
    squares = ((maps - targets(points, *maps.shape[2:]) * found[..., None, None]) ** 2).sum((2, 3))
    return ((squares + PLACE * place_loss(maps, points) * found) * weight).sum() / weight.sum()

"""The loss of heatmaps in PyTorch: what network.c computes, for the check of it and for training on a GPU."""

import torch

import network
import oks

# Of a map whose point is not to be found (an empty map is wanted, hence the sign), of one whose point is hidden, seen.
WEIGHTS = torch.tensor([-0.5, 1.0, 1.0])
SHARPNESS = 12.0  # softmax(SHARPNESS * map) of a perfect map is a Gaussian of sigma / sqrt(SHARPNESS)
PLACE = 0.2  # weight of the place's cross-entropy
USUAL_SIGMA = 2.0  # squares of maps with this one count once

# Of the targets' Gaussians [experts, 17], in pixels of maps of 64x48: how far OKS lets a keypoint of a subject of the
# usual size be off, so that what squared error makes of a map is the OKS that is to be expected at each place, its
# peak the best place to answer and its score that answer's. Not less than tokens of 4 pixels can show.
USUAL_SIZE = 23.0  # square root of a subject's area: 21 to 24 on average, with a deviation of 4
SIGMAS = torch.tensor([list(oks.SIGMAS[s]) for s in network.KEYPOINT_SETS]).mul(2 * USUAL_SIZE).clamp(min=1.5).float()


def _gaussians(place, variance, count):
    """exp(-(i - place)^2 / (2 variance)), [..., count]."""
    i = torch.arange(count, device=place.device)
    return torch.exp(-((i - place[..., None]) ** 2) / (2 * variance[..., None]))


def _places(points, height, width):
    """In pixels of the maps, corner pixels on corner pixels."""
    return points[..., 0] * ((width - 1) / 191), points[..., 1] * ((height - 1) / 255)


def targets(points, variance, height, width):
    """Gaussians at sub-pixel places of the maps."""
    x, y = _places(points, height, width)
    return _gaussians(y, variance, height)[..., :, None] * _gaussians(x, variance, width)[..., None, :]


def place_loss(maps, points, variance):
    """Cross-entropy of where a map's peak is, against the Gaussian that a perfect map gives."""
    height, width = maps.shape[2:]
    x, y = _places(points, height, width)
    across = _gaussians(x.clamp(0, width - 1), variance / SHARPNESS, width)
    down = _gaussians(y.clamp(0, height - 1), variance / SHARPNESS, height)
    across, down = across / across.sum(-1, keepdim=True), down / down.sum(-1, keepdim=True)
    wanted = (down[..., :, None] * across[..., None, :]).flatten(2)
    return -(wanted * torch.log_softmax(SHARPNESS * maps.flatten(2), 2)).sum(2)


def loss_of(maps, points, visible, experts):
    """Of maps [B, 17, h, w], points [B, 17, 2] in pixels of 256 x 192, visibilities [B, 17], experts [B]."""
    found = visible > 0
    weight = WEIGHTS.to(maps.device).abs()[visible.long()]
    sigmas = SIGMAS.to(maps.device)[experts]
    variance = sigmas**2 * (maps.shape[2] / 64)
    wanted = targets(points, variance, *maps.shape[2:]) * found[..., None, None]
    squares = ((maps - wanted) ** 2).sum((2, 3)) * (USUAL_SIGMA / sigmas) ** 2
    return ((squares + PLACE * place_loss(maps, points, variance) * found) * weight).sum() / weight.sum()

"""Fits a model's last convolution to Gaussian peaks on the crops the suite runs, as training would.

Random weights alone give flat heatmaps, whose keypoints are noise: two correct programs need not agree on them. So the
peaks' positions are drawn at random and the convolution solved for by least squares; a keypoint for which some crop
still shows a peak that noise can move is drawn again.
"""

import numpy as np
import torch
import torch.nn.functional as F
from transformers.models.vitpose import image_processing_vitpose as hf

SIGMA = 2.0  # heatmap pixels
STEPS = 60  # of conjugate gradients; stopping early is the regularisation
ATTEMPTS = 20
PEAK = 0.9  # confident scores, as a trained model gives
WEAKEST = 0.2  # heatmaps whose peak is lower missed their target
NOISE, DRAWS = 3e-6, 4  # standard deviation: about ten times the rms error of a forward in f32
STEADY = 1e-4  # heatmap pixels that noise may move a peak: below 1e-3 px in the photographs


def gaussian_targets(count, keypoints, height, width, rng):
    x = rng.uniform(4, width - 5, (count, keypoints, 1, 1))
    y = rng.uniform(4, height - 5, (count, keypoints, 1, 1))
    rows, columns = np.arange(height).reshape(1, 1, -1, 1), np.arange(width).reshape(1, 1, 1, -1)
    return torch.from_numpy(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * SIGMA**2))).float()


def least_squares(features, targets, kernel, pad):
    """The weights [K,C,kernel,kernel] of the convolution that is nearest to `targets`, by conjugate gradients."""
    weight = torch.zeros(targets.shape[1], features.shape[1], kernel, kernel)
    residual = targets.clone()
    gradient = torch.nn.grad.conv2d_weight(features, weight.shape, residual, padding=pad)
    direction = gradient.clone()
    energy = gradient.square().sum()
    for _ in range(STEPS):
        step = F.conv2d(features, direction, padding=pad)
        alpha = energy / step.square().sum()
        weight += alpha * direction
        residual -= alpha * step
        gradient = torch.nn.grad.conv2d_weight(features, weight.shape, residual, padding=pad)
        next_energy = gradient.square().sum()
        direction = gradient + (next_energy / energy) * direction
        energy = next_energy
    return weight


def refined_peak(heatmap):
    """transformers' sub-pixel position; NaN where there is none."""
    peak, _ = hf.get_keypoint_predictions(heatmap[None, None])
    try:
        with np.errstate(all="ignore"):
            return hf.post_dark_unbiased_data_processing(peak, heatmap[None, None], kernel=11)[0, 0]
    except np.linalg.LinAlgError:
        return np.full(2, np.nan)


def is_steady(heatmap, rng):
    if heatmap.max() < WEAKEST:
        return False
    peak = refined_peak(heatmap)
    noisy = (heatmap + rng.normal(0, NOISE, heatmap.shape).astype(np.float32) for _ in range(DRAWS))
    return all(np.abs(refined_peak(other) - peak).max() <= STEADY for other in noisy)


def unsteady_channels(maps, rng):
    """The channels, ascending, whose peak is not steady in every one of `maps` [N,K,h,w]."""
    maps = maps.numpy()
    return [k for k in range(maps.shape[1]) if not all(is_steady(one, rng) for one in maps[:, k])]


def partners(keypoints, flip_pairs):
    """For each keypoint the one that shows its place in a mirrored picture."""
    partner = list(range(keypoints))
    for left, right in flip_pairs:
        partner[left], partner[right] = right, left
    return partner


def with_mirrored(targets, partner):
    return torch.cat([targets, targets.flip(-1)[:, partner]])


def flip_averaged(maps, partner):
    plain, mirrored = maps.chunk(2)
    return 0.5 * (plain + mirrored.flip(-1)[:, partner])


def fit_last_convolution(conv, features, seed, stored=torch.float32, flip_pairs=()):
    """Sets `conv` so that every crop's heatmaps have steady peaks, with weights that `stored` represents.

    features: the input of `conv`, [N,C,h,w]; with flip_pairs those of N/2 crops and then of their mirror images.
    """
    rng = np.random.default_rng(seed)
    keypoints, kernel, pad = conv.out_channels, conv.kernel_size[0], conv.padding[0]
    partner = partners(keypoints, flip_pairs)
    count = len(features) // 2 if flip_pairs else len(features)
    # Centred features make the problem well conditioned; the bias then takes the mean's part. Zero padding, which the
    # 3x3 convolution has, would break that identity at the border, and there it is not needed.
    bias = conv.bias.detach().clone() if pad else torch.zeros(keypoints)
    mean = torch.zeros(1, features.shape[1], 1, 1) if pad else features.mean((0, 2, 3), keepdim=True)
    centred = features - mean
    pending = list(range(keypoints))
    with torch.no_grad():
        for _ in range(ATTEMPTS):
            targets = gaussian_targets(count, keypoints, *features.shape[2:], rng)
            if flip_pairs:
                targets = with_mirrored(targets, partner)
            weight = least_squares(centred, targets[:, pending] - bias[pending].view(1, -1, 1, 1), kernel, pad)
            weight *= (PEAK / F.conv2d(centred, weight, padding=pad).amax((2, 3)).median(0).values).view(-1, 1, 1, 1)
            conv.weight[pending] = weight.to(stored).float()
            conv.bias[pending] = (bias[pending] - (weight * mean).sum((1, 2, 3))).to(stored).float()
            maps = F.conv2d(features, conv.weight, conv.bias, padding=pad)
            views = torch.cat([maps, flip_averaged(maps, partner)]) if flip_pairs else maps
            redrawn = set(unsteady_channels(views[:, pending], rng))
            pending = [k for n, k in enumerate(pending) if n in redrawn]
            pending = sorted({*pending, *(partner[k] for k in pending)})
            if not pending:
                break
    return len(pending)

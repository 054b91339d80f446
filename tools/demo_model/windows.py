"""Which part of a crop training looks at: a rectangle of tokens that holds the subject, since what lies beside a narrow
or a low one costs as much to compute and teaches little.
"""

import torch

MARGIN = 16.0  # around the keypoints, in pixels of 256 x 192


def whole(count, grid):
    """[count, 4]: y, x, height and width in tokens."""
    return torch.tensor([0, 0, *grid]).repeat(count, 1)


def around(points, visible, grid, share_whole, generator=None):
    """The smallest windows [B, 4] of tokens around points [B, 17, 2] in pixels of 256 x 192; a share of the crops stays
    whole.
    """
    size = torch.tensor(grid)
    unit = torch.tensor([256.0, 192.0]) / size
    found = (visible > 0)[..., None]
    places = points.flip(2)  # y, x
    low = torch.where(found, places, torch.inf).amin(1) - MARGIN
    high = torch.where(found, places, -torch.inf).amax(1) + MARGIN
    first = (low / unit).floor().clamp(min=0)
    last = torch.minimum((high / unit).ceil(), size)
    windows = torch.cat([first, last - first], 1)
    kept = (torch.rand(len(points), generator=generator) < share_whole) | ~found.any(1)[:, 0]
    return torch.where(kept[:, None], whole(len(points), grid), windows).long()

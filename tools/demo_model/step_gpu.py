"""Gradients of the demo model by PyTorch on a GPU: the interface of step.py, transformers' model under autocast."""

import torch

import loss
import network


class Step:
    """Of one model and one size of crops. The model lies on the device afterwards."""

    library = None  # no code of network.c

    def __init__(self, model, height=256, device="cuda"):
        if height != 256:
            raise SystemExit(f"--height: expected 256 on a GPU, where the model is transformers', found {height}")
        self.model, self.device = model.to(device), device
        self.mean = torch.tensor(network.MEAN, device=device)
        self.std = torch.tensor(network.STD, device=device)

    def _maps(self, pixels, experts):
        pixels = (pixels.to(self.device, non_blocking=True) / 255.0 - self.mean) / self.std
        with torch.autocast(torch.device(self.device).type, torch.bfloat16):
            return self.model(pixels.permute(0, 3, 1, 2), dataset_index=experts).heatmaps.float()

    def gradients(self, batch, share_whole=1.0):
        """Mean loss of [(pixels, points, visible, expert)], and its gradients in .grad."""
        if share_whole != 1:
            raise SystemExit(f"--whole: expected 1 on a GPU, where no part is left out, found {share_whole}")
        pixels, points, visible = (torch.cat([part[i] for part in batch]) for i in range(3))
        experts = torch.cat([torch.full((len(part[0]),), part[3], device=self.device) for part in batch])
        value = loss.loss_of(self._maps(pixels, experts), points.to(self.device), visible.to(self.device), experts)
        self.model.zero_grad(set_to_none=True)
        value.backward()
        return value.item()

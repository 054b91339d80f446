"""Muon for the matrices inside the layers, AdamW for everything else."""

import concurrent.futures
import ctypes
import threading

import torch

RATES = (5e-3, 1e-3, 2e-4)  # Muon; AdamW; AdamW for the patch embedding and the head


class Muon(torch.optim.Muon):
    """torch.optim.Muon with match_rms_adamw; the orthogonalisation is network.c's, matrices shared between threads."""

    def __init__(self, params, library, threads=2, **options):
        super().__init__(params, adjust_lr_fn="match_rms_adamw", **options)
        self.library = library
        self.threads = concurrent.futures.ThreadPoolExecutor(threads)
        self.local = threading.local()

    def _orthogonalise(self, update):
        if not hasattr(self.local, "scratch"):
            self.local.scratch = torch.empty(self.library.muon_bytes(), dtype=torch.uint8)
        pointers = (ctypes.c_void_p(t.data_ptr()) for t in (update, self.local.scratch))
        x, scratch = pointers
        self.library.orthogonalise(x, *(ctypes.c_int64(n) for n in update.shape), scratch)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            params = group["params"]
            grads = [p.grad for p in params]
            for p in params:
                if "momentum_buffer" not in self.state[p]:
                    self.state[p]["momentum_buffer"] = torch.zeros_like(p)
            buffers = [self.state[p]["momentum_buffer"] for p in params]
            momentum = group["momentum"]
            torch._foreach_lerp_(buffers, grads, 1 - momentum)
            updates = torch._foreach_lerp(grads, buffers, momentum)  # Nesterov's
            list(self.threads.map(self._orthogonalise, sorted(updates, key=lambda u: -u.numel())))
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
            rates = [-group["lr"] * 0.2 * max(p.shape) ** 0.5 for p in params]
            torch._foreach_mul_(updates, rates)
            torch._foreach_add_(params, updates)


def optimisers(model, library):
    inner = [p for n, p in model.named_parameters() if ".layer." in n and p.ndim == 2]
    wide = [
        model.backbone.embeddings.patch_embeddings.projection.weight,
        model.head.conv.weight,
    ]  # many inputs, few outputs
    ids = {id(p) for p in inner + wide}
    outer = [p for p in model.parameters() if id(p) not in ids]
    muon = dict(lr=RATES[0], weight_decay=0.03)
    return (
        Muon(inner, library, **muon) if library else torch.optim.Muon(inner, adjust_lr_fn="match_rms_adamw", **muon),
        torch.optim.AdamW(outer, lr=RATES[1], weight_decay=0.01, betas=(0.9, 0.98), fused=True),
        torch.optim.AdamW(wide, lr=RATES[2], weight_decay=0.01, betas=(0.9, 0.98), fused=True),
    )

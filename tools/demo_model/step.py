"""Heatmaps and gradients of the demo model by network.c, which is compiled on first use into a temporary folder.

transformers' arithmetic with less work: products of 16-bit numbers, one matrix for q, k and v, one for fc2 and the
crop's expert, the head's upsampling and 3x3 convolution folded into small products. Check: python check_step.py
"""

import concurrent.futures
import ctypes
import os
import queue
import subprocess
import tempfile

import torch
import torch.nn.functional as F

import network
import windows
from loss import SIGMAS, WEIGHTS

FLAGS = "-O3 -march=native -ffast-math -fno-strict-aliasing -mprefer-vector-width=512 -shared -fPIC".split()
CHUNK = 16  # crops of half the size that a thread works on at a time; fewer of larger ones
SCALE = 0.5  # of every map's loss: large enough for half precision not to lose its gradients, or to overflow


class _Grid(ctypes.Structure):
    _fields_ = [
        ("height", ctypes.c_int64),
        ("width", ctypes.c_int64),
        ("rows", ctypes.c_void_p),
        ("columns", ctypes.c_void_p),
    ]


def _library():
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(tempfile.mkdtemp(prefix="demo_model_"), "network.so")
    subprocess.run(["cc", *FLAGS, "-o", path, os.path.join(here, "network.c"), "-lm"], check=True)
    library = ctypes.CDLL(path)
    library.packed_bytes.restype = library.workspace_bytes.restype = ctypes.c_int64
    library.gradients.restype = ctypes.c_double
    if library.allow_tiles() != 0:
        raise OSError("the operating system does not allow AMX")
    return library


def _upsampling(n, scale=4):
    """Bilinear upsampling of n samples as matrices [3, n * scale, n]: its rows shifted by -1, 0, 1, zeros outside."""
    up = F.interpolate(torch.eye(n)[None], scale_factor=scale, mode="linear", align_corners=False)[0].T
    padded = F.pad(up, (0, 0, 1, 1))
    return torch.stack([padded[k : k + n * scale] for k in range(3)])


def _address(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


def _addresses(tensors):
    return (ctypes.c_void_p * len(tensors))(*(t.data_ptr() for t in tensors))


def parameters_in_order(model):
    """As network.c wants them."""
    backbone = model.backbone
    patch, conv = backbone.embeddings.patch_embeddings.projection, model.head.conv
    modules = [patch, backbone.layernorm, conv]
    for layer in backbone.encoder.layer:
        a = layer.attention.attention
        modules += [layer.layernorm_before, a.query, a.key, a.value, layer.attention.output.dense]
        modules += [layer.layernorm_after, layer.mlp.fc1, layer.mlp.fc2, *layer.mlp.experts]
    return [p for m in modules for p in (m.weight, m.bias)]


class Step:
    """Of one model and one size of crops."""

    def __init__(self, model, height=256, threads=2):
        self.model, self.library = model, _library()
        h, w = self.grid = (height // 16, height * 3 // 64)
        rows, columns = _upsampling(h), _upsampling(w)
        self.rows = rows.permute(1, 0, 2).reshape(4 * h, 3 * h).contiguous()
        self.columns = columns.permute(0, 2, 1).reshape(3 * w, 4 * w).contiguous()
        self.c_grid = _Grid(h, w, self.rows.data_ptr(), self.columns.data_ptr())
        self.chunk = max(4, CHUNK * 48 // (h * w))
        self.parameters = parameters_in_order(model)
        self.packed = self._buffer(self.library.packed_bytes())
        self.threads = concurrent.futures.ThreadPoolExecutor(threads)
        self.workers = queue.SimpleQueue()
        self.sums = [self._sums() for _ in range(threads)]
        for s in self.sums:
            self.workers.put((s, self._buffer(self.library.workspace_bytes((self.chunk * h * w + 31) // 32 * 32))))

    def _buffer(self, size):
        buffer = torch.empty(size + (2 << 20), dtype=torch.uint8)
        skipped = -buffer.data_ptr() % (2 << 20)
        self.library.in_huge_pages(_address(buffer), ctypes.c_int64(len(buffer)))
        return buffer[skipped : skipped + size]

    def _sums(self):
        """Gradients of one thread: of every parameter, and of the positions; and the memory that holds them all."""
        shapes = [p.shape for p in self.parameters] + [torch.Size((self.grid[0] * self.grid[1], 192))]
        memory = self._buffer(4 * sum(s.numel() for s in shapes)).view(torch.float32)
        *tensors, places = (t.view(s) for t, s in zip(memory.split([s.numel() for s in shapes]), shapes))
        return tensors, places, memory

    def _positions(self):
        table = self.model.backbone.embeddings.position_embeddings
        places = table[:, 1:] + table[:, :1]
        if self.grid == (16, 12):
            return places[0]
        places = places.view(1, 16, 12, -1).permute(0, 3, 1, 2)
        return F.interpolate(places, size=self.grid, mode="area").flatten(2)[0].T

    def _pack(self):
        self.addresses = _addresses(self.parameters)
        self.library.pack_weights(self.addresses, _address(self.packed))

    def _inputs(self, pixels, seen, positions, expert):
        """The arguments that both calls begin with; `seen`: windows [B, 4]."""
        return (
            self.addresses,
            _address(self.packed),
            ctypes.byref(self.c_grid),
            ctypes.c_int64(len(pixels)),
            _address(seen),
            _address(pixels),
            _address(positions),
            ctypes.c_int(expert),
        )

    def maps(self, pixels, expert):
        """uint8 [B, H, W, 3] to [B, 17, H / 4, W / 4]."""
        self._pack()
        positions = self._positions().detach().contiguous()
        out = torch.empty(len(pixels), 17, 4 * self.grid[0], 4 * self.grid[1])
        sums, memory = self.workers.get()
        for i in range(0, len(pixels), self.chunk):
            part = pixels[i : i + self.chunk].contiguous()
            seen = windows.whole(len(part), self.grid)
            inputs = self._inputs(part, seen, positions, expert)
            self.library.heatmaps(*inputs, _address(out[i : i + self.chunk]), _address(memory))
        self.workers.put((sums, memory))
        return out

    def gradients(self, batch, share_whole=1.0, generator=None):
        """Mean loss of [(pixels, points, visible, expert)], and its gradients in .grad. A share of the crops is looked
        at as a whole, windows.around the subject of the others. Chunks of the batch run on threads of their own, which
        balances itself.
        """
        self._pack()
        positions = self._positions()
        values = positions.detach().contiguous()
        weights = [WEIGHTS[visible.long()] for _, _, visible, _ in batch]
        norm = sum(w.abs().sum() for w in weights)
        for *_, memory in self.sums:
            memory.zero_()

        def work(task):
            pixels, seen, points, weight, expert = (t.contiguous() if torch.is_tensor(t) else t for t in task)
            (tensors, places, _), memory = worker = self.workers.get()
            inputs = self._inputs(pixels, seen, values, expert)
            wanted = (_address(points), _address(weight), _address(SIGMAS[expert]))
            sums = (_addresses(tensors), _address(places))
            loss = self.library.gradients(*inputs, *wanted, *sums, _address(memory))
            self.workers.put(worker)
            return loss

        tasks = [
            (*(t[i : i + self.chunk] for t in (pixels, seen, points, weight * SCALE)), expert)
            for (pixels, points, visible, expert), weight in zip(batch, weights)
            for seen in [windows.around(points, visible, self.grid, share_whole, generator)]
            for i in range(0, len(pixels), self.chunk)
        ]
        loss = sum(self.threads.map(work, tasks))
        (tensors, places, memory), *others = self.sums
        for *_, more in others:
            memory += more
        memory /= SCALE * norm
        for p, g in zip(self.parameters, tensors):
            p.grad = g
        table = self.model.backbone.embeddings.position_embeddings
        (table.grad,) = torch.autograd.grad(positions, table, places)
        return loss / (SCALE * norm.item())

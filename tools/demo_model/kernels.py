"""GELU and attention as autograd functions over kernels.c, which is compiled on first use into a temporary folder."""

import ctypes
import os
import subprocess
import tempfile

import torch


def _library():
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernels.c")
    folder = tempfile.mkdtemp(prefix="demo_model_kernels_")
    path = os.path.join(folder, "kernels.so")
    subprocess.run(
        [
            "cc",
            "-O3",
            "-march=native",
            "-ffast-math",
            "-mprefer-vector-width=512",
            "-shared",
            "-fPIC",
            "-o",
            path,
            source,
            "-lm",
        ],
        check=True,
    )
    return ctypes.CDLL(path)


_LIB = _library()


def _call(name, *tensors, sizes):
    getattr(_LIB, name)(*(ctypes.c_void_p(t.data_ptr()) for t in tensors), *(ctypes.c_int64(s) for s in sizes))


class Gelu(torch.autograd.Function):
    """x * Phi(x) on contiguous bfloat16."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        y = torch.empty_like(x)
        _call("gelu", x, y, sizes=(x.numel(),))
        return y

    @staticmethod
    def backward(ctx, gy):
        (x,) = ctx.saved_tensors
        gy = gy.contiguous()
        gx = torch.empty_like(x)
        _call("gelu_backward", x, gy, gx, sizes=(x.numel(),))
        return gx


class Attention(torch.autograd.Function):
    """softmax(q k^T) v for packed [B, T, 3 * heads * d] bfloat16; q is already scaled."""

    @staticmethod
    def forward(ctx, qkv, heads):
        b, t, c = qkv.shape
        q, k, v = qkv.view(b, t, 3, heads, -1).permute(2, 0, 3, 1, 4).reshape(3, b * heads, t, -1)
        p = torch.bmm(q, k.transpose(1, 2))
        _call("softmax", p, sizes=(b * heads * t, t))
        ctx.save_for_backward(q, k, v, p)
        ctx.heads = heads
        return torch.bmm(p, v).view(b, heads, t, -1).transpose(1, 2).reshape(b, t, c // 3)

    @staticmethod
    def backward(ctx, gy):
        q, k, v, p = ctx.saved_tensors
        b, t, c = gy.shape
        gy = gy.view(b, t, ctx.heads, -1).transpose(1, 2).reshape(b * ctx.heads, t, -1)
        g = torch.empty((3, *q.shape), dtype=q.dtype)
        torch.bmm(p.transpose(1, 2), gy, out=g[2])
        s = torch.bmm(gy, v.transpose(1, 2))
        _call("softmax_backward", p, s, sizes=(s.shape[0] * t, t))
        torch.bmm(s, k, out=g[0])
        torch.bmm(s.transpose(1, 2), q, out=g[1])
        return g.view(3, b, ctx.heads, t, -1).permute(1, 3, 0, 2, 4).reshape(b, t, 3 * c), None

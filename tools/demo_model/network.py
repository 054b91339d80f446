"""The demo model: a Hugging Face VitPose with two experts, and a forward of the same weights that trains fast on CPUs.

The forward here computes what transformers computes (check: python network.py) with less work: one matrix for q, k
and v, one for fc2 and the crop's expert, and the head's upsampling and 3x3 convolution folded into two small matrix
products.
"""

import numpy as np
import torch
import torch.nn.functional as F
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation

import kernels

EXPERTS = ("people", "animals")
KEYPOINT_SETS = ["coco17", "ap10k17"]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
COCO_LABELS = (
    "Nose L_Eye R_Eye L_Ear R_Ear L_Shoulder R_Shoulder L_Elbow R_Elbow L_Wrist R_Wrist L_Hip R_Hip L_Knee R_Knee "
    "L_Ankle R_Ankle"
).split()
COCO_EDGES = [
    [15, 13],
    [13, 11],
    [16, 14],
    [14, 12],
    [11, 12],
    [5, 11],
    [6, 12],
    [5, 6],
    [5, 7],
    [6, 8],
    [7, 9],
    [8, 10],
    [1, 2],
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [4, 6],
]


def configuration():
    """D 192, 8 layers, 3 heads, 2 experts of 48 features, the simple decoder."""
    backbone = VitPoseBackboneConfig(
        hidden_size=192,
        num_hidden_layers=8,
        num_attention_heads=3,
        mlp_ratio=4,
        num_experts=2,
        part_features=48,
        out_indices=[8],
        image_size=[256, 192],
        patch_size=[16, 16],
    )
    labels = dict(enumerate(COCO_LABELS))
    return VitPoseConfig(
        backbone_config=backbone,
        use_simple_decoder=True,
        scale_factor=4,
        id2label=labels,
        label2id={v: k for k, v in labels.items()},
        edges=COCO_EDGES,
        vitpose_keypoint_sets=KEYPOINT_SETS,
    )


def _cosine_patches(width):
    """The lowest `width` functions of a 16x16 cosine basis on luma and two colour differences, as convolution
    weights.
    """
    t = (np.arange(16) + 0.5) / 16
    basis = [np.cos(np.pi * k * t) * (1.0 if k else 0.5**0.5) for k in range(16)]
    axes = np.array([[1, 1, 1], [1, 0, -1], [-0.5, 1, -0.5]]) / np.array([[3.0], [2.0], [2.0]]) ** 0.5
    order = sorted(
        ((i * i + j * j) ** 0.5 + (5.5 if c else 0.0), c, i, j) for c in range(3) for i in range(16) for j in range(16)
    )
    return np.array([axes[c][:, None, None] * np.outer(basis[i], basis[j]) for _, c, i, j in order[:width]]) / 8


def _positions(height, width, channels):
    """Sines and cosines of the token's row and column."""
    quarter = channels // 4
    rate = 1.0 / 100 ** (np.arange(quarter) / quarter)
    y, x = np.mgrid[0:height, 0:width]
    rows, cols = y.ravel()[:, None] * rate, x.ravel()[:, None] * rate
    return np.concatenate([np.sin(rows), np.cos(rows), np.sin(cols), np.cos(cols)], 1) * 0.3


def new_model(seed=0):
    """Random weights, with a start that helps: cosine patches, sine positions, small residual branches."""
    torch.manual_seed(seed)
    model = VitPoseForPoseEstimation(configuration())
    with torch.no_grad():
        e = model.backbone.embeddings
        weight = _cosine_patches(192)
        e.patch_embeddings.projection.weight.copy_(
            torch.from_numpy(weight + np.random.default_rng(seed).normal(0, 0.005, weight.shape))
        )
        e.position_embeddings[0, 1:].copy_(torch.from_numpy(_positions(16, 12, 192)))
        for layer in model.backbone.encoder.layer:
            for linear in (
                layer.attention.attention.query,
                layer.attention.attention.key,
                layer.attention.attention.value,
                layer.mlp.fc1,
            ):
                torch.nn.init.normal_(linear.weight, std=0.05)
            for linear in (layer.attention.output.dense, layer.mlp.fc2, *layer.mlp.experts):
                torch.nn.init.normal_(linear.weight, std=0.012)
        torch.nn.init.normal_(model.head.conv.weight, std=0.005)
    return model


def _upsampling(n, scale=4):
    """Bilinear upsampling of n samples as a matrix, and its rows shifted by -1, 0, 1 with zeros outside (for 3x3
    taps).
    """
    up = F.interpolate(torch.eye(n)[None], scale_factor=scale, mode="linear", align_corners=False)[0].T
    padded = F.pad(up, (0, 0, 1, 1))
    return torch.stack([padded[k : k + n * scale] for k in range(3)])


class FastForward:
    """Heatmaps of crops that all use the same expert. Crops of half or three quarters of the size are for early
    training:
    the same patches and layers, fewer tokens, positions interpolated."""

    def __init__(self, model, height=256):
        self.model = model
        self.grid = (height // 16, height * 3 // 64)
        self.rows, self.cols = (_upsampling(n) for n in self.grid)
        mean, std = torch.tensor(MEAN), torch.tensor(STD)
        self.scale, self.offset = 1 / (255 * std), -mean / std

    def _positions(self):
        table = self.model.backbone.embeddings.position_embeddings
        places = table[:, 1:] + table[:, :1]
        if self.grid == (16, 12):
            return places
        places = places.view(1, 16, 12, -1).permute(0, 3, 1, 2)
        return F.interpolate(places, size=self.grid, mode="area").flatten(2).transpose(1, 2)

    def _embed(self, crops):
        """uint8 [B,H,W,3] to tokens; the two rows and columns of padding are zeros after normalisation."""
        projection, (rows, cols) = self.model.backbone.embeddings.patch_embeddings.projection, self.grid
        x = crops.float() * self.scale + self.offset
        x = F.pad(x[:, : rows * 16 - 2, : cols * 16 - 2], (0, 0, 2, 0, 2, 0))
        x = x.view(-1, rows, 16, cols, 16, 3).permute(0, 1, 3, 5, 2, 4).reshape(-1, rows * cols, 768)
        x = F.linear(x.bfloat16(), projection.weight.flatten(1).bfloat16(), projection.bias.bfloat16())
        return x + self._positions().bfloat16()

    @staticmethod
    def _layer(layer, x, expert):
        low = lambda *p: torch.cat(p).bfloat16() if len(p) > 1 else p[0].bfloat16()
        a, m = layer.attention.attention, layer.mlp
        norm = layer.layernorm_before
        h = F.layer_norm(x, (192,), low(norm.weight), low(norm.bias), norm.eps)
        qkv = F.linear(
            h, low(a.query.weight / 8, a.key.weight, a.value.weight), low(a.query.bias / 8, a.key.bias, a.value.bias)
        )
        h = kernels.Attention.apply(qkv, 3)
        x = x + F.linear(h, low(layer.attention.output.dense.weight), low(layer.attention.output.dense.bias))
        norm = layer.layernorm_after
        h = F.layer_norm(x, (192,), low(norm.weight), low(norm.bias), norm.eps)
        h = kernels.Gelu.apply(F.linear(h, low(m.fc1.weight), low(m.fc1.bias)))
        part = m.experts[expert]
        return x + F.linear(h, low(m.fc2.weight, part.weight), low(m.fc2.bias, part.bias))

    def __call__(self, crops, expert):
        x = self._embed(crops)
        for layer in self.model.backbone.encoder.layer:
            x = self._layer(layer, x, expert)
        norm, conv = self.model.backbone.layernorm, self.model.head.conv
        x = F.relu(F.layer_norm(x, (192,), norm.weight.bfloat16(), norm.bias.bfloat16(), norm.eps))
        taps = conv.weight.permute(2, 3, 0, 1).reshape(-1, 192).bfloat16()
        (h, w), rows, cols = self.grid, self.rows.bfloat16(), self.cols.bfloat16()
        g = F.linear(x, taps).view(-1, h, w, 3, 3, 17)
        g = g.permute(0, 5, 3, 1, 4, 2).reshape(-1, 17, 3 * h, 3 * w)
        g = g @ cols.permute(0, 2, 1).reshape(3 * w, 4 * w)
        g = rows.permute(1, 0, 2).reshape(4 * h, 3 * h) @ g
        return g + conv.bias.bfloat16()[:, None, None]


def check():
    """The fast forward against transformers in float32."""
    model = new_model().eval()
    crops = torch.randint(0, 256, (4, 256, 192, 3), dtype=torch.uint8)
    pixels = ((crops / 255.0 - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2)
    with torch.no_grad():
        torch.nn.init.normal_(model.head.conv.weight, std=0.05)
        ours = torch.cat([FastForward(model)(crops[:2], 0), FastForward(model)(crops[2:], 1)]).float()
        theirs = model(pixels, dataset_index=torch.tensor([0, 0, 1, 1])).heatmaps
    print(f"fast forward against transformers: max |d| {(ours - theirs).abs().max():.4f} of {theirs.abs().max():.2f}")


if __name__ == "__main__":
    check()

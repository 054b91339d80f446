"""The demo model: a Hugging Face VitPose with two experts, and the weights that training starts from."""

import numpy as np
import torch
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation

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


def load_model(folder):
    """An exported one's weights, in float32."""
    return VitPoseForPoseEstimation.from_pretrained(folder, torch_dtype=torch.float32)


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

"""The models that are compared, with random weights of the true shapes, and what each runtime reads of them.

Everything is made on first use in a cache folder, and made again when what it was made from is newer. As a program it
makes the given files, so that whoever times runtimes need not hold PyTorch in memory:

    models.py CACHE MODEL KIND...
"""

import sys
from pathlib import Path

DTYPES = ("f32", "bf16", "int8", "int4")  # of vitpose's --dtype that are measured
SIZES = {"s": (384, 12, 12), "b": (768, 12, 12), "l": (1024, 24, 16), "h": (1280, 32, 16)}  # width, layers, heads
DECODERS = ("simple", "classic")
EXPERTS = 6
HEIGHT, WIDTH, PATCH, KEYPOINTS = 256, 192, 16, 17
TOKENS = (HEIGHT // PATCH) * (WIDTH // PATCH)

# name: the file it reads (KINDS), what it computes in, the packages it needs
PEERS = {
    "torch-f32": ("weights", "f32", ("torch",)),
    "torch-bf16": ("weights", "bf16", ("torch",)),
    "ort-f32": ("onnx", "f32", ("onnx", "onnxruntime")),
    "ort-int8": ("onnxruntime_int8", "int8", ("onnx", "onnxruntime")),
    "ov-f32": ("onnx", "f32", ("onnx", "openvino")),
    "ov-default": ("onnx", None, ("onnx", "openvino")),  # bf16 where the processor has it
    "ov-int8": ("openvino_int8", "int8", ("onnx", "openvino", "nncf")),
}


def parts(name):
    """(size, has experts, decoder) of a name such as b-classic or l+-simple."""
    size, _, decoder = name.partition("-")
    if size.rstrip("+") not in SIZES or decoder not in DECODERS:
        raise SystemExit(f"model: expected s, b, l or h, '+' for six experts, then -classic or -simple; found {name!r}")
    return size.rstrip("+"), size.endswith("+"), decoder


def multiply_adds(name):
    """Of one crop's forward, as the checkpoint is defined; of several experts the chosen one."""
    size, _, decoder = parts(name)
    width, layers, _ = SIZES[size]
    layer = TOKENS * 12 * width * width + 2 * TOKENS * TOKENS * width
    heatmap = 16 * TOKENS  # pixels
    simple = heatmap * KEYPOINTS * 9 * width
    classic = 4 * TOKENS * 256 * 4 * width + 16 * TOKENS * 256 * 4 * 256 + heatmap * KEYPOINTS * 256
    return TOKENS * 3 * PATCH * PATCH * width + layers * layer + (simple if decoder == "simple" else classic)


def outdated(made, *sources):
    """Must it be made, or made again?"""
    return not made.exists() or any(source.stat().st_mtime > made.stat().st_mtime for source in sources)


def checkpoint(name, cache):
    """A folder as transformers saves it."""
    folder = Path(cache) / "models" / name
    if (folder / "config.json").exists():
        return folder
    import torch
    from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessor
    size, has_experts, decoder = parts(name)
    width, layers, heads = SIZES[size]
    experts = dict(num_experts=EXPERTS, part_features=width // 4) if has_experts else {}
    backbone = VitPoseBackboneConfig(hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads,
                                     out_indices=[layers], **experts)
    torch.manual_seed(0)
    model = VitPoseForPoseEstimation(
        VitPoseConfig(backbone_config=backbone, num_labels=KEYPOINTS, use_simple_decoder=decoder == "simple"))
    VitPoseImageProcessor().save_pretrained(folder)
    model.eval().save_pretrained(folder)
    return folder


def weights(name, cache):
    return checkpoint(name, cache) / "model.safetensors"


def onnx(name, cache):
    """The same model with a free batch dimension; of several experts ONNX computes all."""
    path = Path(cache) / "onnx" / f"{name}.onnx"
    folder = checkpoint(name, cache)
    if not outdated(path, weights(name, cache), folder / "config.json"):
        return path
    import torch
    from transformers import VitPoseForPoseEstimation
    path.parent.mkdir(parents=True, exist_ok=True)
    model = VitPoseForPoseEstimation.from_pretrained(folder).eval()
    has_experts = parts(name)[1]

    class Heatmaps(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixel_values):
            index = torch.zeros(pixel_values.shape[0], dtype=torch.long) if has_experts else None
            return self.model(pixel_values, dataset_index=index).heatmaps

    partial = path.with_suffix(".partial")
    torch.onnx.export(Heatmaps(), (torch.zeros(2, 3, HEIGHT, WIDTH),), str(partial), dynamo=False, opset_version=17,
                      input_names=["pixel_values"], output_names=["heatmaps"],
                      dynamic_axes={"pixel_values": {0: "batch"}, "heatmaps": {0: "batch"}})
    partial.rename(path)
    return path


def onnxruntime_int8(name, cache):
    """Dynamic quantisation of the linear layers, weights per channel."""
    source = onnx(name, cache)
    path = source.with_suffix(".int8.onnx")
    if outdated(path, source):
        from onnxruntime.quantization import QuantType, quantize_dynamic
        partial = path.with_suffix(".partial")
        quantize_dynamic(source, partial, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"],
                         per_channel=True)
        partial.rename(path)
    return path


def openvino_int8(name, cache):
    """Post-training quantisation by NNCF, as it is meant for transformers."""
    source = onnx(name, cache)
    path = source.with_suffix(".int8.xml")
    if outdated(path, source):
        import nncf
        import numpy as np
        import openvino
        pictures = [np.random.default_rng(i).standard_normal((1, 3, HEIGHT, WIDTH)).astype(np.float32)
                    for i in range(16)]
        model = nncf.quantize(openvino.Core().read_model(source), nncf.Dataset(pictures), subset_size=16,
                              model_type=nncf.ModelType.TRANSFORMER, preset=nncf.QuantizationPreset.MIXED)
        openvino.save_model(model, path)
    return path


KINDS = {function.__name__: function for function in (weights, onnx, onnxruntime_int8, openvino_int8)}


def read_once(path):
    """Into the page cache: a model's file, with the .bin that belongs to an .xml. Returns megabytes."""
    files = [path, path.with_suffix(".bin")] if path.suffix == ".xml" else [path]
    return sum(len(file.read_bytes()) for file in files) / 1e6


if __name__ == "__main__":
    for kind in sys.argv[3:]:
        KINDS[kind](sys.argv[2], sys.argv[1])

"""Writes the goldens beside this file from the real transformers. One environment per run:

  hf4      transformers 4.56.2, NumPy 2.4, SciPy 1.17, torch 2.13:   preprocess-hf4.txt, levels-hf4.txt, decode.txt,
                                                                     weights.txt, log.txt (on a CPU with AVX2)
  numpy1   transformers 4.56.2, NumPy 1.26, SciPy 1.11:              preprocess-numpy1.txt
  hf5      transformers 5.23.0, NumPy 2.4, SciPy 1.17, torch 2.13:   preprocess-hf5.txt, levels-hf5.txt;
                                                                     checks decode.txt against this version

  python make_goldens.py hf4

Each line of a golden file is one case: the inputs by name (golden_inputs.py), then the digest of the result or `error`.
"""

import pathlib
import sys
import types
import warnings

import numpy as np

import golden_inputs as inputs

HERE = pathlib.Path(__file__).resolve().parent / "goldens"
CUSTOM = {"rescale_factor": 0.01, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.7]}
ENVIRONMENT = sys.argv[1]


def load_processor():
    """The slow processor of 4.x, or the torchvision-backed class of 5.x."""
    if ENVIRONMENT == "hf5":
        import torch

        # Only torchvision's Python functions are needed; let it load although its compiled operators do not
        # (they are built for CUDA).
        register = torch.library.register_fake
        torch.library.register_fake = lambda name, *a, **k: (
            (lambda function: function) if name.startswith("torchvision::") else register(name, *a, **k)
        )
    from transformers.models.vitpose.image_processing_vitpose import VitPoseImageProcessor

    return VitPoseImageProcessor()


def crop(processor, image, box, size, flags, config):
    """pixel_values as f32 [3, H, W]; None when transformers refuses the box."""
    try:
        result = processor.preprocess(
            image,
            boxes=[[list(box)]],
            size={"height": size[0], "width": size[1]},
            do_rescale="r" in flags,
            do_normalize="n" in flags,
            input_data_format="channels_last",
            return_tensors="np",
            **(CUSTOM if config == "custom" else {}),
        )["pixel_values"]
    except (ValueError, np.linalg.LinAlgError):
        return None
    return np.asarray(result)[0].astype(np.float32)


def preprocess_cases():
    """(image, crop height, crop width, flags, config, box)"""
    photo, noise = "astronaut", "noise:1:320x240"
    yield from ((photo, 256, 192, flags, "plain", [22.0, 14.0, 340.0, 498.0]) for flags in ("rn", "r", "n", "-"))
    yield from ((photo, 256, 192, flags, "custom", [22.0, 14.0, 340.0, 498.0]) for flags in ("rn", "r", "n"))
    # a square crop of the whole image at scale 1: its edges lie exactly on the image's, or one ulp of f32 outside
    ulp = 2.0**-19
    for name in ("noise:2:49x49", "ramp:0:49x49", "checker:0:49x49", "level:255:49x49"):
        for shift in (0.0, ulp, -ulp, 0.5, -0.5, 0.25):
            yield name, 49, 49, "-", "plain", [4.8 + shift, 4.8 + shift, 38.4, 38.4]
    # scales of 1, 1/2, 1/3 ... along x, along y or both, and centres on halves: exact ties everywhere
    for divisor in (1, 2, 3, 5, 7):
        w, h, side = 152.8 / divisor, 204.0 / divisor, 38.4 / divisor
        for x, y in ((80.0, 90.0), (80.5, 90.0), (80.0, 90.5), (81.5, 92.25)):
            for name in ("checker:0:192x256", "noise:4:192x256"):
                yield name, 256, 192, "-", "plain", [x - w / 2, y - 5, w, 10.0]
                yield name, 256, 192, "-", "plain", [x - 5, y - h / 2, 10.0, h]
                yield name, 49, 49, "-", "plain", [x - side / 2, y - side / 2, side, side]
    # below half a pixel, the upper weight 1 - (1 - fraction) is not the fraction: 5 * 0.1 shows it
    for divisor, step in ((10, 5), (10, 15), (5, 30), (9, 90), (11, 234)):
        for shift in (0.0, 0.25):
            corner = 24 / divisor - 19.2 / divisor + shift
            yield f"step:{step}:49x49", 49, 49, "-", "plain", [corner, corner, 38.4 / divisor, 38.4 / divisor]
    degenerate = [
        [30, 30, 0, 0], [30, 30, 0, 50], [30, 30, 50, 0], [30, 30, 60, 80], [30, 30, -60, 80], [200, 30, -60, -80],
        [30, 30, -60, 0], [30, 30, 0, -80], [0, 0, 320, 240], [-500, -500, 100, 100], [5000, 0, 100, 100],
        [-50, -50, 150, 150], [300, 220, 100, 100], [100, 100, 1e-3, 1e-3], [100, 100, 1e38, 1e38],
        [100, 100, 1e39, 1], [1e39, 1, 10, 10], [100, 100, 1e-30, 1e-30], [100, 100, 1e-36, 1e-36],
        [100, 100, 1e-38, 1e-38], [100, 100, 1e5, 1e5], [1e20, 1e20, 10, 10], [10, 10, 1e300, 1],
        [np.nan, 1, 10, 10], [1, np.nan, 10, 10], [1, 1, np.nan, 10], [1, 1, 10, np.nan], [np.inf, 1, 10, 10],
        [1, 1, np.inf, 10], [1, 1, 10, -np.inf], [1, 1, np.inf, np.inf], [0, 0, 3e38, 4e38],
    ]
    yield from ((noise, 256, 192, "rn", "plain", list(map(float, box))) for box in degenerate)
    for size in ("1x1", "1x40", "40x1", "2x2", "3x50", "50x3", "9000x2", "3x9000"):
        w, h = map(int, size.split("x"))
        yield f"noise:3:{size}", 256, 192, "-", "plain", [0.0, 0.0, float(w), float(h)]
        yield f"noise:3:{size}", 256, 192, "rn", "plain", [w * 0.25, h * 0.25, w * 0.3, h * 0.3]
    for i, box in enumerate(inputs.boxes(11, 60)):
        yield (photo if i % 3 == 0 else noise), 256, 192, "rn", "plain", [float(v) for v in box * 0.8]
    for height, width in ((64, 48), (48, 64), (30, 600), (2, 2), (1, 7), (7, 1)):
        yield noise, height, width, "rn", "plain", [33.3, 44.4, 120.5, 99.9]


def preprocess_lines(processor):
    for name, height, width, flags, config, box in preprocess_cases():
        values = crop(processor, inputs.image(name), box, (height, width), flags, config)
        result = "error" if values is None else inputs.digest(values)
        yield f"{name} {height} {width} {flags} {config} {' '.join(float(v).hex() for v in box)} {result}"


def level_lines(processor):
    """The bits of all 256 levels of red, green and blue, after rescaling and normalisation."""
    for level in range(256):
        image = inputs.image(f"level:{level}:64x64")
        values = crop(processor, image, [10.0, 10.0, 30.0, 40.0], (8, 6), "rn", "plain")
        assert (values == values[:, :1, :1]).all()
        yield f"{level} " + " ".join(f"{bits:08x}" for bits in values[:, 0, 0].view(np.uint32))


def decode_cases():
    """(kind, seed, N, K, h, w, kernel size, threshold, seed of the boxes)"""
    kinds = "bump noisy random negative holes wrap faint loud quantised tied pixel border constant ramp nan infinite".split()
    for i, kind in enumerate(kinds):
        for kernel in (11, 1, 3, 17):
            yield kind, 10 + i, 3, 17, 64, 48, kernel, None, 21
    for kernel in (1, 2, 3, 4, 10, 11, 12, 17, 33, 200):
        yield "noisy", 30, 1, 5, 64, 48, kernel, None, 22
        yield "infinite", 31, 1, 5, 64, 48, kernel, None, 22
    for height, width in ((7, 5), (3, 3), (2, 9), (1, 4), (4, 1), (1, 1), (32, 24), (96, 72)):
        yield "noisy", 32, 2, 4, height, width, 11, None, 23
        yield "holes", 33, 2, 4, height, width, 17, None, 23
    for threshold in (None, 0.0, 0.1, 0.5, 2.0, float("nan")):
        yield "bump", 34, 2, 17, 64, 48, 11, threshold, 24
    score = float(inputs.heatmaps("bump", 34, 2, 17, 64, 48)[1, 3].max())
    yield "bump", 34, 2, 17, 64, 48, 11, score, 24
    yield "pixel", 35, 2, 17, 64, 48, 11, 0.9, 24
    for n, k in ((1, 2), (3, 2), (2, 17), (1, 3)):
        yield "wrap", 41, n, k, 64, 48, 11, None, 25
    for n, k in ((1, 1), (2, 1), (1, 2), (5, 2), (1, 133), (40, 133), (2, 52)):
        yield "holes", 36, n, k, 64, 48, 11, None, 25
    yield "bump", 37, 6, 17, 64, 48, 11, None, 0
    yield "singular", 38, 1, 2, 64, 48, 1, None, 26
    yield "singular", 38, 2, 1, 64, 48, 1, None, 26
    for n in (298, 299, 300):
        yield "noisy", 39, n, 17, 64, 48, 11, None, 27


def post_process(processor, maps, boxes, kernel, threshold):
    """A list of (keypoints, scores, labels, bbox); None where transformers raises."""
    import torch

    outputs = types.SimpleNamespace(heatmaps=torch.tensor(maps))
    try:
        poses = processor.post_process_pose_estimation(
            outputs, boxes=[boxes.tolist()], kernel_size=kernel, threshold=threshold
        )[0]
    except (ValueError, IndexError, np.linalg.LinAlgError):
        return None
    return [
        (p["keypoints"].numpy().reshape(-1, 2), p["scores"].numpy().reshape(-1), p["labels"].numpy().reshape(-1),
         p["bbox"].numpy())
        for p in poses
    ]  # fmt: skip


def defined_keypoint(module, heatmap, box, kernel):
    """One keypoint as the engine defines it: transformers on this map alone, without the known bugs."""
    height, width = heatmap.shape
    center, scale = module.box_to_center_and_scale(box.tolist(), 192, 256)
    peak, score = module.get_keypoint_predictions(heatmap[None, None])
    if score[0, 0, 0] > 0:
        try:
            peak = module.post_dark_unbiased_data_processing(peak, heatmap[None, None], kernel=kernel)
        except np.linalg.LinAlgError:
            pass
    return module.transform_preds(peak[0], center, scale, [height, width])[0]


def defined(_processor, maps, boxes, kernel, threshold):
    """Default mode. Only the coordinates can differ from transformers."""
    import transformers.models.vitpose.image_processing_vitpose as module

    poses = []
    for n, box in enumerate(boxes):
        keypoints = np.array([defined_keypoint(module, heatmap, box, kernel) for heatmap in maps[n]], np.float32)
        flat = maps[n].reshape(maps.shape[1], -1)
        scores = flat[np.arange(len(flat)), np.argmax(flat, 1)]
        keep = np.ones(len(scores), bool) if threshold is None else scores > np.float32(threshold)
        center, scale = module.box_to_center_and_scale(box.tolist(), 192, 256)
        bbox = module.coco_to_pascal_voc(np.concatenate([center, scale]).astype(np.float32)[None])[0]
        poses.append((keypoints[keep], scores[keep], np.arange(len(scores))[keep], bbox))
    return poses


def decode_lines(processor):
    for case in decode_cases():
        kind, seed, n, k, h, w, kernel, threshold, box_seed = case
        maps, boxes = inputs.heatmaps(kind, seed, n, k, h, w), inputs.boxes(box_seed, n)
        fields = [kind, seed, n, k, h, w, kernel, "-" if threshold is None else float(threshold).hex(), box_seed]
        for mode, decode in (("default", defined), ("hf_exact", post_process)):
            poses = decode(processor, maps, boxes, kernel, threshold)
            digests = ["error"]
            if poses is not None:
                digests = [inputs.digest(np.concatenate([np.ravel(pose[i]) for pose in poses])) for i in range(4)]
            yield " ".join(map(str, [*fields, inputs.digest(maps), mode, *digests]))


def weight_lines():
    """The blur's weights, centre outward, for kernel sizes in which NumPy's exp is correctly rounded."""
    from scipy.ndimage._filters import _gaussian_kernel1d

    for kernel in (1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 15, 17, 25, 35):
        radius = (kernel - 1) // 2
        yield f"{kernel} " + " ".join(float(w).hex() for w in _gaussian_kernel1d(0.8, 0, radius)[radius:])


def log_lines():
    """Digests of NumPy's logarithm over the f32 values of [0.001, 50], every 89th: first bits, count, digest."""
    first, last = (int(np.float32(value).view(np.uint32)) for value in (0.001, 50.0))
    bits = np.arange(first, last + 1, 89, dtype=np.uint32)
    for begin in range(0, len(bits), 65536):
        part = bits[begin : begin + 65536]
        yield f"{part[0]} {len(part)} {inputs.digest(np.log(part.view(np.float32)))}"


def write(name, lines):
    text = "".join(line + "\n" for line in lines)
    (HERE / name).write_text(text)
    print(name, text.count("\n"), "cases")


def main():
    warnings.filterwarnings("ignore")
    np.seterr(all="ignore")
    HERE.mkdir(exist_ok=True)
    processor = load_processor()
    write(f"preprocess-{ENVIRONMENT}.txt", preprocess_lines(processor))
    if ENVIRONMENT != "numpy1":
        write(f"levels-{ENVIRONMENT}.txt", level_lines(processor))
    if ENVIRONMENT == "hf4":
        write("decode.txt", decode_lines(processor))
        write("weights.txt", weight_lines())
        write("log.txt", log_lines())
    if ENVIRONMENT == "hf5":
        found = list(decode_lines(processor))
        assert found == (HERE / "decode.txt").read_text().splitlines(), "decoding differs between 4.56.2 and 5.23.0"


if __name__ == "__main__":
    main()

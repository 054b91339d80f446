"""What transformers computes: pixel values, heatmaps in f32 and f64, keypoints."""

from types import SimpleNamespace

import numpy as np
import torch
from transformers import VitPoseImageProcessor
from transformers.models.vitpose import image_processing_vitpose as hf
from transformers.models.vitpose import modeling_vitpose as hf_model

import models

HIDDEN_STATES_OF = ("classic-d128-h64-6experts", "simple-d96-no-qkv-bias-early-stage", "vitpose-small")

processor = VitPoseImageProcessor()


def pixel_values(pixels, boxes):
    return processor(pixels, boxes=[boxes], return_tensors="np", input_data_format="channels_last")["pixel_values"]


def decode(heatmaps, boxes, kernel_size=11, threshold=None):
    """transformers' own decoding of all people in one call, as one list of dictionaries of arrays."""
    outputs = SimpleNamespace(heatmaps=torch.from_numpy(np.ascontiguousarray(heatmaps)))
    with np.errstate(all="ignore"):
        poses = processor.post_process_pose_estimation(outputs, [boxes], kernel_size=kernel_size, threshold=threshold)
    return [{key: value.numpy() for key, value in pose.items()} for pose in poses[0]]


def decode_independently(heatmaps, boxes, kernel_size=11, threshold=None):
    """What the engine promises by default: transformers' result for each map on its own (so that no map's taps run
    into another's), the integer peak where the Hessian is singular, and position (-1, -1) where nothing is positive."""
    people, keypoints, height, width = heatmaps.shape
    poses = []
    for n in range(people):
        pose = decode_person(heatmaps[n], boxes[n], kernel_size)
        if threshold is not None:
            keep = pose["scores"] > np.float32(threshold)
            pose = {key: value if key == "bbox" else value[keep] for key, value in pose.items()}
        poses.append(pose)
    return poses


def decode_person(maps, box, kernel_size):
    keypoints, height, width = maps.shape
    center, scale = hf.box_to_center_and_scale(box, image_width=192, image_height=256)
    points, scores = [], []
    for one in maps:
        peak, score = hf.get_keypoint_predictions(one[None, None])
        if score[0, 0, 0] > 0:
            try:
                with np.errstate(all="ignore"):
                    peak = hf.post_dark_unbiased_data_processing(peak.copy(), one[None, None], kernel=kernel_size)
            except np.linalg.LinAlgError:
                pass
        with np.errstate(all="ignore"):
            points.append(hf.transform_preds(peak[0], center, scale, [height, width])[0])
        scores.append(score[0, 0, 0])
    bbox = hf.coco_to_pascal_voc(np.concatenate([center, scale])[None].astype(np.float32))[0]
    return dict(keypoints=np.array(points, np.float32), scores=np.array(scores, np.float32),
                labels=np.arange(keypoints), bbox=bbox)


def decode_heatmaps(heatmaps, boxes):
    """(keypoints, scores) stacked over people; heatmaps may be f64. One call per person, so that K = 1 works."""
    poses = [decode(heatmaps[n:n + 1], [boxes[n]])[0] for n in range(len(boxes))]
    keypoints = np.stack([p["keypoints"].reshape(-1, 2) for p in poses])
    return keypoints, np.stack([np.atleast_1d(p["scores"]) for p in poses])


def flip_back(shape, heatmaps):
    return hf_model.flip_back(torch.as_tensor(heatmaps), torch.tensor(shape.flip_pairs)).numpy()


def forward(shape, directory, values):
    """transformers' heatmaps: `truth` in float64; `sdpa` and `eager` in float32, and the same by one thread, which adds in
    another order (`sdpa_1thread`, `eager_1thread`). Kept beside the model."""
    path = directory / "reference.npz"
    if path.exists():
        return dict(np.load(path))
    experts = shape.experts_for(len(values))
    with_hidden = shape.name in HIDDEN_STATES_OF
    result = {}

    def collect(name, model):
        output = models.run(model, values, experts, with_hidden)
        result[name] = output.heatmaps.numpy()
        if with_hidden:
            result[f"hidden_{name}"] = torch.stack(output.hidden_states).numpy()
        if shape.flip_pairs:
            mirrored = models.run(model, values[..., ::-1].copy(), experts).heatmaps
            result[f"flip_{name}"] = (result[name] + flip_back(shape, mirrored)) * 0.5

    for attention in ("eager", "sdpa"):
        model = models.load(directory, attention)
        collect(attention, model)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        result[f"{attention}_1thread"] = models.run(model, values, experts).heatmaps.numpy()
        torch.set_num_threads(threads)
    collect("truth", model.double())  # by sdpa: the eager path computes its softmax in f32 whatever the model's type
    np.savez(path, **result)
    return result

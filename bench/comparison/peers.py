"""One peer in a process of its own: 'ready' and a line of JSON after its first forward, then a line of JSON with its
times for every line read, which is a number of repetitions. After a line 'batch N' it does so with N crops, and says
'ready' again.

    peers.py PEER MODEL BATCH THREADS CACHE

Every peer takes and gives f32 NumPy arrays. Around a forward the whole pipeline is transformers' own processor, for
every peer alike, since ONNX Runtime and OpenVINO bring none. bench/compare.py starts these processes.
"""

import json
import sys
import time

import models
import numpy as np

PICTURE = (480, 640)  # of whole pipelines; `vitpose bench --pipeline` has the same size and boxes


def torch_forward(peer, name, threads, cache):
    import torch
    import transformers
    torch.set_num_threads(threads)
    dtype = torch.bfloat16 if peer.endswith("bf16") else torch.float32
    model = transformers.VitPoseForPoseEstimation.from_pretrained(models.checkpoint(name, cache), dtype=dtype).eval()
    has_experts = models.parts(name)[1]

    def forward(pixel_values):
        extra = dict(dataset_index=torch.zeros(len(pixel_values), dtype=torch.long)) if has_experts else {}
        with torch.inference_mode():
            return model(torch.from_numpy(pixel_values).to(dtype), **extra).heatmaps.float().numpy()
    return forward, f"transformers {transformers.__version__}, PyTorch {torch.__version__}", None


def onnxruntime_forward(peer, name, threads, cache):
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    path = models.KINDS[models.PEERS[peer][0]](name, cache)
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    return (lambda pixel_values: session.run(None, {"pixel_values": pixel_values})[0],
            f"ONNX Runtime {onnxruntime.__version__}", None)


def openvino_forward(peer, name, threads, cache):
    import openvino
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    if peer == "ov-f32":
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    core = openvino.Core()
    model = core.compile_model(core.read_model(str(models.KINDS[models.PEERS[peer][0]](name, cache))), "CPU", settings)
    request = model.create_infer_request()
    chosen = model.get_property("INFERENCE_PRECISION_HINT").get_type_name()  # as ours are called
    version = openvino.get_version().partition("-")[0]
    return (lambda pixel_values: request.infer({"pixel_values": pixel_values})[model.output(0)],
            f"OpenVINO {version}", chosen)


MAKE = {"torch": torch_forward, "ort": onnxruntime_forward, "ov": openvino_forward}


class Pipeline:
    """Picture and boxes to keypoints, by transformers around any forward."""

    def __init__(self, forward, name, threads, cache):
        import torch
        from transformers import VitPoseImageProcessor
        from transformers.models.vitpose.modeling_vitpose import VitPoseEstimatorOutput
        torch.set_num_threads(threads)
        self.forward = forward
        self.output = lambda heatmaps: VitPoseEstimatorOutput(heatmaps=torch.from_numpy(heatmaps))
        self.processor = VitPoseImageProcessor.from_pretrained(models.checkpoint(name, cache))
        self.picture = np.random.default_rng(0).integers(0, 256, (*PICTURE, 3), dtype=np.uint8)

    def laps(self, batch):
        """ms of the image processor, the forward and the decoding."""
        boxes = np.array([[11.0 * (i % 40), 7.0 * (i % 20), 150 + 3.0 * (i % 17), 300 + 5.0 * (i % 13)]
                          for i in range(batch)])
        times = [time.perf_counter()]
        pixel_values = self.processor(self.picture, boxes=[boxes], return_tensors="np").pixel_values
        times.append(time.perf_counter())
        heatmaps = self.forward(pixel_values)
        times.append(time.perf_counter())
        self.processor.post_process_pose_estimation(self.output(heatmaps), boxes=[boxes])
        times.append(time.perf_counter())
        return np.diff(times) * 1e3


def forward_ms(forward, pixel_values):
    begin = time.perf_counter()
    forward(pixel_values)
    return (time.perf_counter() - begin) * 1e3


def times_of(pipeline, pixel_values, repetitions):
    """Medians in ms: forwards one after the other, which nothing else disturbs, and pipelines. Where one of them fills
    a round, the forward is the pipeline's: what comes before it no longer matters.
    """
    laps = np.array([pipeline.laps(len(pixel_values)) for _ in range(repetitions)])
    forwards = laps[:, 1]
    if repetitions > 1:
        forwards = [forward_ms(pipeline.forward, pixel_values) for _ in range(repetitions)]
    return dict(ms=np.median(forwards), pipeline_ms=np.median(laps.sum(1)), preprocess_ms=np.median(laps[:, 0]),
                decode_ms=np.median(laps[:, 2]))


def main():
    peer, name, batch, threads, cache = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    forward, version, chosen = MAKE[peer.partition("-")[0]](peer, name, threads, cache)
    about = json.dumps(dict(version=version, dtype=models.PEERS[peer][1] or chosen))
    inputs = {}

    def take(batch):
        if batch not in inputs:
            inputs[batch] = np.random.default_rng(0).standard_normal(
                (batch, 3, models.HEIGHT, models.WIDTH)).astype(np.float32)
            forward(inputs[batch])
        print("ready", about, flush=True)
        return inputs[batch]

    pixel_values, pipeline = take(batch), None
    for line in sys.stdin:
        if line.startswith("batch "):
            pixel_values = take(int(line.split()[1]))
            continue
        pipeline = pipeline or Pipeline(forward, name, threads, cache)
        times = times_of(pipeline, pixel_values, int(line))
        print(json.dumps({key.replace("ms", "ms_per_crop_median"): value / len(pixel_values)
                          for key, value in times.items()}), flush=True)


if __name__ == "__main__":
    main()

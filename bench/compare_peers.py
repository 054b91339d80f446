#!/usr/bin/env python3
"""Times vitpose against transformers (PyTorch), ONNX Runtime and OpenVINO on the same model, interleaved in one run.

Absolute times of a shared machine mean little, so every round visits every runner once, in turn, and what counts is
the ratio of medians. A round counts by its own median, for every runner alike; "best ms" is the best round's. Models
are made with random weights of the true shape. Needs transformers, torch and, per peer, onnx + onnxruntime,
onnx + openvino; ov-int8 also nncf. ov-default computes in bf16 where the CPU can; ov-int8 is post-training
quantisation by NNCF, ort-int8 dynamic quantisation.

    bench/compare_peers.py --vitpose build/release/tools/vitpose --model b-classic --threads 2
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIZES = {"s": (384, 12, 12), "b": (768, 12, 12), "l": (1024, 24, 16), "h": (1280, 32, 16)}
PEERS = ("torch-f32", "torch-bf16", "ort-f32", "ort-int8", "ov-f32", "ov-default", "ov-int8")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vitpose", default=str(ROOT / "build/release/tools/vitpose"))
    parser.add_argument("--model", default="b-classic", help="s, b, l or h, '+' for six experts, -classic or -simple")
    parser.add_argument("--peers", nargs="*", default=["torch-f32", "ort-f32", "ov-f32"], choices=PEERS)
    parser.add_argument("--backends", nargs="*", default=["native"], help="our backends, for instance native native-bf16 onednn")
    parser.add_argument("--isa", default="", help="instruction set of our native backend")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--reps", type=int, default=5, help="forwards per round and runner")
    parser.add_argument("--cache", default=str(ROOT / "build/peers"))
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument("--worker", choices=PEERS, help=argparse.SUPPRESS)
    return parser.parse_args()


def checkpoint(name, cache):
    """The folder of a model with random weights, made on first use."""
    folder = Path(cache) / "models" / name
    if (folder / "config.json").exists():
        return folder
    import torch
    from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessor
    size, decoder = name.split("-")
    hidden, layers, heads = SIZES[size.rstrip("+")]
    experts = dict(num_experts=6, part_features=hidden // 4) if "+" in size else {}
    backbone = VitPoseBackboneConfig(hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                                     out_indices=[layers], **experts)
    torch.manual_seed(0)
    model = VitPoseForPoseEstimation(
        VitPoseConfig(backbone_config=backbone, num_labels=17, use_simple_decoder=decoder == "simple"))
    VitPoseImageProcessor().save_pretrained(folder)
    model.eval().save_pretrained(folder)
    return folder


def outdated(made, *sources):
    """Must it be made, or made again?"""
    return not made.exists() or any(source.stat().st_mtime > made.stat().st_mtime for source in sources)


def exported(name, cache):
    """The same model as ONNX, with a free batch dimension."""
    path = Path(cache) / "onnx" / f"{name}.onnx"
    folder = checkpoint(name, cache)
    if not outdated(path, folder / "model.safetensors", folder / "config.json"):
        return path
    import torch
    from transformers import VitPoseForPoseEstimation
    path.parent.mkdir(parents=True, exist_ok=True)
    model = VitPoseForPoseEstimation.from_pretrained(folder).eval()
    experts = "+" in name

    class Heatmaps(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixel_values):
            index = torch.zeros(pixel_values.shape[0], dtype=torch.long) if experts else None
            return self.model(pixel_values, dataset_index=index).heatmaps

    partial = path.with_suffix(".partial")
    torch.onnx.export(Heatmaps(), (torch.zeros(2, 3, 256, 192),), str(partial), dynamo=False, opset_version=17,
                      input_names=["pixel_values"], output_names=["heatmaps"],
                      dynamic_axes={"pixel_values": {0: "batch"}, "heatmaps": {0: "batch"}})
    partial.rename(path)
    return path


def torch_runner(options, pixel_values):
    import torch
    from transformers import VitPoseForPoseEstimation
    torch.set_num_threads(options.threads)
    dtype = torch.bfloat16 if options.worker.endswith("bf16") else torch.float32
    model = VitPoseForPoseEstimation.from_pretrained(checkpoint(options.model, options.cache), dtype=dtype).eval()
    values = torch.from_numpy(pixel_values).to(dtype)
    extra = dict(dataset_index=torch.zeros(options.batch, dtype=torch.long)) if "+" in options.model else {}

    def run():
        with torch.inference_mode():
            return model(values, **extra).heatmaps.float().numpy()
    return run


def quantised_for_onnxruntime(source):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    path = source.with_suffix(".int8.onnx")
    if outdated(path, source):
        partial = path.with_suffix(".partial")
        quantize_dynamic(source, partial, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"],
                         per_channel=True)
        partial.rename(path)
    return path


def quantised_for_openvino(source):
    import nncf
    import numpy as np
    import openvino
    path = source.with_suffix(".int8.xml")
    if outdated(path, source):
        pictures = [np.random.default_rng(i).standard_normal((1, 3, 256, 192)).astype(np.float32) for i in range(16)]
        model = nncf.quantize(openvino.Core().read_model(source), nncf.Dataset(pictures), subset_size=16,
                              model_type=nncf.ModelType.TRANSFORMER, preset=nncf.QuantizationPreset.MIXED)
        openvino.save_model(model, path)
    return path


def onnxruntime_runner(options, pixel_values):
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    path = exported(options.model, options.cache)
    if options.worker == "ort-int8":
        path = quantised_for_onnxruntime(path)
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"pixel_values": pixel_values})[0]


def openvino_runner(options, pixel_values):
    import openvino
    settings = {"INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY"}
    if options.worker == "ov-f32":
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    core = openvino.Core()
    path = exported(options.model, options.cache)
    if options.worker == "ov-int8":
        path = quantised_for_openvino(path)
    model = core.compile_model(core.read_model(str(path)), "CPU", settings)
    request = model.create_infer_request()
    return lambda: request.infer({"pixel_values": pixel_values})[model.output(0)]


def worker(options):
    """One peer in a process of its own: 'ready', then a line of JSON for every line read."""
    started = time.perf_counter()
    import numpy as np
    values = np.random.default_rng(0).standard_normal((options.batch, 3, 256, 192)).astype(np.float32)
    make = {"torch": torch_runner, "ort": onnxruntime_runner, "ov": openvino_runner}[options.worker.split("-")[0]]
    run = make(options, values)
    run()
    first = time.perf_counter() - started
    run()
    print("ready", flush=True)
    for _ in sys.stdin:
        times = []
        for _ in range(options.reps):
            begin = time.perf_counter()
            run()
            times.append((time.perf_counter() - begin) * 1e3 / options.batch)
        print(json.dumps(dict(ms_per_crop_median=statistics.median(times), first_result_ms=first * 1e3,
                              peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)), flush=True)


class Runner:
    """A process that times one round whenever it is asked."""

    def __init__(self, name, command, threads):
        self.name, self.rounds, self.last = name, [], {}  # rounds: each one's median
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        env=environment)
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"{name} ended before it was ready: {' '.join(map(str, command))}")
            if line.strip() == "ready":
                return

    def round(self):
        print(file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended in the middle")
        self.last = json.loads(line)
        self.rounds.append(self.last["ms_per_crop_median"])

    def finish(self):
        self.process.stdin.close()
        self.process.wait()


def runners(options):
    folder = checkpoint(options.model, options.cache)
    if any(peer.startswith(("ort", "ov")) for peer in options.peers):
        exported(options.model, options.cache)
    result = []
    for name in options.backends:
        backend, _, dtype = name.partition("-")
        dtype = dtype or "f32"
        converted = folder / f"converted-{dtype}.safetensors"
        if outdated(converted, folder / "model.safetensors", folder / "config.json", Path(options.vitpose)):
            subprocess.run([options.vitpose, "convert", folder, converted, "--dtype", dtype], check=True)
        command = [options.vitpose, "bench", converted, "--serve", "--backend", backend, "--dtype", dtype,
                   "--threads", options.threads, "--batch", options.batch, "--reps", options.reps]
        if backend == "native" and options.isa:
            command += ["--isa", options.isa]
        result.append(Runner(f"vitpose {name}", [str(part) for part in command], options.threads))
    for peer in options.peers:
        command = [sys.executable, __file__, "--worker", peer, "--model", options.model, "--batch", options.batch,
                   "--threads", options.threads, "--reps", options.reps, "--cache", options.cache]
        result.append(Runner(peer, [str(part) for part in command], options.threads))
    return result


def main():
    options = arguments()
    if options.worker:
        worker(options)
        return
    chosen = runners(options)
    for number in range(options.rounds):
        for runner in chosen[number % len(chosen):] + chosen[:number % len(chosen)]:  # nobody always goes first
            runner.round()
    ours = statistics.median(chosen[0].rounds)
    rows = []
    for runner in chosen:
        runner.finish()
        median = statistics.median(runner.rounds)
        rows.append(dict(runner=runner.name, ms_per_crop_median=round(median, 2),
                         ms_per_crop_best_round=round(min(runner.rounds), 2), times_ours=round(median / ours, 3),
                         peak_rss_mb=runner.last.get("peak_rss_mb"),
                         first_result_ms=round(runner.last.get("first_result_ms") or 0)))
    if options.json:
        print(json.dumps(dict(model=options.model, threads=options.threads, batch=options.batch, results=rows)))
        return
    print(f"{options.model}, {options.threads} threads, batch {options.batch}, {options.rounds} rounds of {options.reps}")
    print(f"{'':18}{'median ms':>10}{'best ms':>9}{'x ours':>8}{'peak MB':>9}{'first ms':>10}")
    for row in rows:
        print(f"{row['runner']:18}{row['ms_per_crop_median']:10.2f}{row['ms_per_crop_best_round']:9.2f}"
              f"{row['times_ours']:8.3f}{row['peak_rss_mb'] or 0:9}{row['first_result_ms']:10}")


if __name__ == "__main__":
    main()

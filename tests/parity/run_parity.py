#!/usr/bin/env python3
"""The live parity suite: stage by stage, `vitpose` against transformers 4.56.2 on the same inputs and weights.

Models with random weights are made on the first run and kept, with transformers' results, under --cache.
Exit code 0: everything held; 1: something differed; 77: nothing could be compared (a Python module is missing).
"""

import argparse
import importlib.util
import os
import shutil
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("preprocess", "decode", "demo", "models", "storage", "bits", "compare")
SKIPPED = 77


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vitpose", required=True, help="the vitpose command line to test")
    parser.add_argument("--full", action="store_true", help="also the large models (minutes, 20 GB of disk and memory)")
    parser.add_argument("--models", nargs="*", default=[], help="only the shapes whose names contain one of these")
    parser.add_argument("--stages", nargs="*", default=list(STAGES), choices=STAGES)
    parser.add_argument("--threads", type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--cache", default=str(ROOT / "build/parity"))
    parser.add_argument("--data", default="", help="folder with annotated photographs (default: ../shared/data)")
    parser.add_argument("--python-numpy1", default="", help="a Python with NumPy 1 and SciPy")
    parser.add_argument("--python-hf5", default="", help="a Python with transformers 5, torch and torchvision")
    return parser.parse_args()


def missing_modules():
    wanted = ("transformers", "torch", "numpy", "scipy", "PIL", "safetensors")
    return [name for name in wanted if importlib.util.find_spec(name) is None]


def compare_command(engine, report):
    """The suite must be able to fail, and so must the command that users compare with."""
    import numpy as np
    report.section("compare: verdicts")
    values = np.linspace(-2, 3, 4000, dtype=np.float32).reshape(2, 4, 500)
    changed = values.copy()
    changed[1, 2, 3] = np.nextafter(changed[1, 2, 3], np.float32(9))
    nan = values.copy()
    nan[0, 0, 0] = np.nan
    report.check(engine.compare(values, values).returncode == 0, "equal arrays compare equal")
    report.check(engine.compare(values, changed).returncode == 1, "one ULP is a difference")
    report.check(engine.compare(values, changed, "--atol", "1e-3").returncode == 0, "unless --atol allows it")
    report.check(engine.compare(values, changed, "--atol", "1e-12").returncode == 1, "--atol below the difference")
    report.check(engine.compare(values, nan, "--atol", "1e9").returncode == 1, "a NaN is never within --atol")
    report.check(engine.compare(values, values[:1]).returncode != 0, "other shapes are a difference")


def check_models(engine, photos, report, options):
    import numpy as np

    import check_bits
    import check_decode
    import check_forward
    import check_pipeline
    import check_storage
    import models
    import reference
    import zoo
    from report import print_table
    crops = photos.crops()
    boxes = [box for _, box in crops]
    values = np.concatenate([reference.pixel_values(photo.pixels, [box]) for photo, box in crops])
    rows = []
    for shape in zoo.select(options.full, options.models):
        report.section(shape.name)
        directory = models.build(shape, options.cache, values)
        theirs = reference.forward(shape, directory, values)
        ours, row = check_forward.run(engine, shape, directory, values, theirs, report)
        if ours is None:
            continue
        row = dict(model=shape.name) | row | check_pipeline.run(engine, shape, directory, crops, theirs, report)
        if shape.keypoints in (17, 52):
            check_decode.run_on_model(engine, shape, theirs, boxes, report)
        if "flip_truth" in theirs:
            check_forward.flip_test(engine, shape, directory, crops, theirs, report)
        if "storage" in options.stages and (shape.tier == "default" or options.full):
            check_storage.run(engine, shape, directory, values, ours, report)
        if "bits" in options.stages:
            check_bits.run(engine, shape, directory, values, ours, crops, report)
        rows.append(row)
        print_table([row])
        if shape.tier == "full":
            shutil.rmtree(directory)  # several gigabytes
    report.section("heatmap errors against float64, and keypoints of the whole pipeline")
    print_table([r for r in rows if len(r) == max(len(q) for q in rows)])


def main():
    options = arguments()
    if not os.access(options.vitpose, os.X_OK) or not Path(options.vitpose).is_file():
        print(f"{options.vitpose}: no such program")
        return 1
    missing = missing_modules()
    if missing:
        print(f"skipped: {sys.executable} has no {', '.join(missing)}; see tests/parity/requirements.txt")
        return SKIPPED
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")  # transformers divides by zero on the degenerate boxes, which is what they are for
    sys.path.insert(0, str(Path(__file__).parent))
    import torch
    import transformers
    torch.set_num_threads(options.threads)
    import check_decode
    import check_demo
    import check_preprocess
    import photos as pictures
    from engine import Engine
    from report import Report
    report = Report()
    report.check(transformers.__version__ == "4.56.2", "transformers 4.56.2", transformers.__version__)
    engine = Engine(options.vitpose, options.threads)
    photos = pictures.Photos(options.data or pictures.DEFAULT_DATA, options.cache)
    if photos.missing:
        report.skip(f"{photos.missing} annotated photographs: not in {photos.data}; the astronaut alone is used")
    if "compare" in options.stages:
        compare_command(engine, report)
    if "preprocess" in options.stages:
        check_preprocess.run(engine, photos, report, options)
    if "decode" in options.stages:
        check_decode.run(engine, report, options)
    if "demo" in options.stages:
        check_demo.run(engine, report)
    if "models" in options.stages:
        check_models(engine, photos, report, options)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())

"""The same bits on every instruction set, thread count, batch size and position in the batch."""

import numpy as np

import check_pipeline


def instruction_sets(engine):
    """Those that this CPU and this build can run."""
    lines = dict(line.split(maxsplit=1) for line in engine.call("cpu").splitlines())
    return lines["--isa"].split()


def run(engine, shape, directory, values, heatmaps, crops, report):
    experts = shape.experts_for(len(values))

    def forward(flags=(), threads=None, chosen=slice(None)):
        return engine.forward(directory, values[chosen], experts[chosen] if experts else [], flags, threads)

    one = slice(0, 1)  # of the large models a single crop, for time
    chosen = one if shape.true_size else slice(None)
    expected = heatmaps[chosen]
    slow = shape.true_size and shape.hidden > 400
    for isa in instruction_sets(engine):
        if not (slow and isa == "scalar"):
            identical(report, forward(["--isa", isa], None, chosen), expected, f"{shape.name}: --isa {isa}")
    if not shape.true_size:
        few = slice(1, 3)  # plain loops take their time
        identical(report, forward(["--backend", "reference"], None, few), heatmaps[few], f"{shape.name}: --backend reference")
    for threads in (1, 2, 3):
        identical(report, forward((), threads, chosen), expected, f"{shape.name}: --threads {threads}")
    if not shape.true_size:
        batches(forward, heatmaps, shape, report)
        keypoints(engine, shape, directory, crops, report)


def batches(forward, heatmaps, shape, report):
    for chosen in (slice(0, 1), slice(3, 4), slice(1, 3), slice(0, 3)):
        identical(report, forward(chosen=chosen), heatmaps[chosen], f"{shape.name}: crops {chosen.start}..{chosen.stop - 1}")


def keypoints(engine, shape, directory, crops, report):
    plain = check_pipeline.run_on_crops(engine, shape, directory, crops)
    for flags in (["--isa", "scalar"], ["--batch", "1"], ["--batch", "3"]):
        other = check_pipeline.run_on_crops(engine, shape, directory, crops, flags)
        report.check(all(a == b for a, b in zip(plain[2], other[2])), f"{shape.name}: run {' '.join(flags)}, poses")


def identical(report, ours, expected, what):
    report.check(np.ascontiguousarray(ours).tobytes() == np.ascontiguousarray(expected).tobytes(), f"{what}, same bits",
                 f"{np.count_nonzero(ours != expected)} values differ" if ours.shape == expected.shape else ours.shape)

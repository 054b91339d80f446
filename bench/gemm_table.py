#!/usr/bin/env python3
"""Our matrix products beside oneDNN's, as a Markdown table: medians of repetitions that took turns.

    build/release/bench/bench_kernels --benchmark_filter='^gemm/[^+]*/(avx512|amx|onednn.*)$' \\
        --benchmark_min_time=0.03 --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true \\
        --benchmark_format=json | bench/gemm_table.py

Of our kernels and of oneDNN's two ways the fastest that ran counts. Filter '^gemm/.*[+]epilogue/' for products with
their layer's epilogue.
"""

import json
import statistics
import sys

DTYPES = ("f32", "bf16", "int8")


def samples(runs):
    """{(product, shape): {(dtype, "ours" or "onednn"): (GFLOP/s, share of the peak)}}"""
    rates = {}
    for run in sorted(runs, key=lambda run: run["family_index"]):
        if run.get("run_type") == "aggregate" or run.get("error_occurred"):
            continue
        _, product, dtype, isa = run["name"].split("/")[:4]
        rates.setdefault((product, run["label"]), {}).setdefault((dtype, isa), []).append(
            (run["FLOP/s"] / 1e9, run.get("of_peak", 0)))
    table = {}
    for product, kernels in rates.items():
        for (dtype, isa), found in kernels.items():
            median = tuple(statistics.median(column) for column in zip(*found))
            key = (dtype, "onednn" if isa.startswith("onednn") else "ours")
            table.setdefault(product, {})
            table[product][key] = max(table[product].get(key, (0, 0)), median)
    return table


def cells(kernels, dtype):
    ours, theirs = kernels.get((dtype, "ours")), kernels.get((dtype, "onednn"))
    told = [f"{rate[0]:.0f} ({rate[1] * 100:.0f} %)" if rate else "" for rate in (ours, theirs)]
    return [" / ".join(told), f"{ours[0] / theirs[0]:.2f}" if ours and theirs else ""]


def main():
    table = samples(json.load(sys.stdin)["benchmarks"])
    print("| | M x N x K | " + " | ".join(f"{dtype}, ours / oneDNN | ratio" for dtype in DTYPES) + " |")
    print("|---" * (2 + 2 * len(DTYPES)) + "|")
    for (product, shape), kernels in table.items():
        row = [product, shape] + [cell for dtype in DTYPES for cell in cells(kernels, dtype)]
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()

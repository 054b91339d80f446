"""What was measured, as Markdown."""

import statistics

import models

FORWARD, PIPELINE = "ms_per_crop_median", "pipeline_ms_per_crop_median"
COLUMNS = ("forward, ms a crop", "spread", "x ours", "of the floor", "picture to poses, ms", "x ours",
           "of it before and after, ms", "first result, ms", "resident, MB", "file, MB")
ORDER = ("f32", "f16", "bf16", "int8", "int4")


class Row:
    """A runner's figures in one cell of the matrix. Times in ms per crop; a round counts by its median. No first result
    where the runner had begun with another batch.
    """

    def __init__(self, runner):
        self.label, self.dtype, self.version = runner.label, runner.dtype, runner.version
        self.first_result_ms = runner.first_result_ms if runner.batch == runner.first_batch else None
        self.resident_mb, self.file_mb = runner.resident_mb[runner.batch], runner.file_mb
        self.forward = [told[FORWARD] for told in runner.rounds]
        self.pipeline = [told[PIPELINE] for told in runner.rounds]
        self.around = [told["preprocess_" + FORWARD] + told["decode_" + FORWARD] for told in runner.rounds]

    def median(self):
        return statistics.median(self.forward)


class Cell:
    """One table: a model, a batch, a number of threads. `floors`: ms per crop by dtype."""

    def __init__(self, name, batch, threads, rows, peaks, left_out):
        self.name, self.batch, self.threads, self.left_out = name, batch, threads, left_out
        self.rows = sorted(rows, key=lambda row: (ORDER.index(row.dtype), not row.label.startswith("vitpose native"),
                                                  row.median()))
        self.peaks = {dtype: statistics.median(rates) for dtype, rates in peaks.samples.items()}
        self.floors = {dtype: 2e-6 * models.multiply_adds(name) / rate for dtype, rate in self.peaks.items()}
        self.floors.setdefault("int4", self.floors.get("bf16"))  # weights only: bf16 products
        self.rounds = max(len(row.forward) for row in rows)

    def title(self):
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.name}, batch {self.batch}, {threads}"

    def ours(self, dtype):
        return next((row for row in self.rows if row.label == "vitpose native" and row.dtype == dtype), None)


def spread(values):
    return f"{min(values):.1f}-{max(values):.1f}"


def median_ratio(values, ours):
    """Round by round, since what else the machine does changes from round to round."""
    return statistics.median(v / o for v, o in zip(values, ours))


def ratio(values, ours):
    return f"{median_ratio(values, ours):.2f}" if ours else ""


def markdown_row(cell, row):
    ours, floor = cell.ours(row.dtype), cell.floors.get(row.dtype)
    mark = "**" if row is ours else ""
    return " | ".join([
        f"| {mark}{row.label}{mark} {row.dtype}",
        f"{mark}{row.median():.2f}{mark}", spread(row.forward),
        ratio(row.forward, ours and ours.forward),
        f"{floor / row.median() * 100:.0f} %" if floor else "",
        f"{statistics.median(row.pipeline):.2f}", ratio(row.pipeline, ours and ours.pipeline),
        f"{statistics.median(row.around):.2f}",
        f"{row.first_result_ms:.0f}" if row.first_result_ms else "", f"{row.resident_mb:.0f}", f"{row.file_mb:.0f} |"])


def markdown(cell):
    peaks = ", ".join(f"{dtype} {rate:.0f} ({cell.floors[dtype]:.1f} ms)" for dtype, rate in cell.peaks.items())
    work = models.multiply_adds(cell.name) / 1e9
    lines = [f"### {cell.title()}", "",
             f"{work:.2f} G multiply-adds a crop; peak in registers, GFLOP/s (floor): {peaks}; {cell.rounds} rounds.",
             "",
             "| | " + " | ".join(COLUMNS) + " |", "|---" * (1 + len(COLUMNS)) + "|"]
    lines += [markdown_row(cell, row) for row in cell.rows]
    lines += ["", *(f"Left out: {reason}" for reason in cell.left_out)]
    return "\n".join(lines)


def summary_cell(cell, dtype):
    """Ours in ms, and the peers' forwards x ours, the nearest first."""
    ours = cell.ours(dtype)
    if not ours:
        return ""
    peers = [row for row in cell.rows if row.dtype == dtype and not row.label.startswith("vitpose")]
    ratios = sorted((median_ratio(row.forward, ours.forward), row.label.split(" (")[0]) for row in peers)
    return " ".join([f"**{ours.median():.1f}**", ", ".join(f"{label} {value:.2f}" for value, label in ratios)]).strip()


def summary(cells):
    """One line for each table."""
    dtypes = [dtype for dtype in ORDER if any(cell.ours(dtype) for cell in cells)]
    lines = ["### All of them", "", "Ours, ms a crop, and the peers' forwards x ours.", "",
             f"| | {' | '.join(dtypes)} |", "|---" * (1 + len(dtypes)) + "|"]
    lines += [f"| {cell.title()} | {' | '.join(summary_cell(cell, dtype) for dtype in dtypes)} |" for cell in cells]
    return "\n".join(lines) + "\n"


def heading(cells, processor):
    rows = [row for cell in cells for row in cell.rows]
    versions = sorted({row.version for row in rows} - {row.label for row in rows})
    return f"""## vitpose beside its peers

{processor}. {'; '.join(versions)}.

Random weights, 256 x 192. Runners take turns, one round each, and a round counts by its median: the median of all
rounds and their spread. x ours: by ours in the same arithmetic and round, median of these ratios. Floor: the forward's
multiply-adds at the peak measured in the same rounds. The peers' pipelines are transformers' processor around their
forwards; a forward of theirs that fills a round is timed within the pipeline. First result: from the start of the
process, its model file in the page cache; peers go on from one batch to the next without a new start. Resident: the
most up to the first result of this batch.
"""


def as_json(cells):
    return [dict(model=cell.name, batch=cell.batch, threads=cell.threads, peaks=cell.peaks, left_out=cell.left_out,
                 rows=[vars(row) for row in cell.rows]) for cell in cells]

"""Collects checks; a failed one is printed where it happens and counted for the exit code."""

import time

import numpy as np


class Report:
    def __init__(self, quiet=False):
        self.passed = 0
        self.failures = []
        self.skips = []
        self.notes = []
        self.quiet = quiet
        self.started = time.time()

    def section(self, title):
        print(f"\n== {title}  [{time.time() - self.started:.0f} s]", flush=True)

    def check(self, condition, what, detail=""):
        if condition:
            self.passed += 1
        else:
            self.failures.append(what)
            text = str(detail)
            print(f"FAIL {what}{': ' + text if text else ''}", flush=True)
        return bool(condition)

    def same_bits(self, ours, theirs, what):
        """Equal shape, dtype and value everywhere; NaN equals NaN, and a zero may carry either sign."""
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            return self.check(False, what, f"{ours.dtype}{ours.shape} instead of {theirs.dtype}{theirs.shape}")
        wrong = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)) if ours.dtype.kind == "f" else ours == theirs)
        if not wrong.any():
            return self.check(True, what)
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        return self.check(False, what, f"{wrong.sum()} of {wrong.size} differ, first at {where}: "
                                       f"{ours[where]!r} instead of {theirs[where]!r}")

    def skip(self, what):
        self.skips.append(what)
        print(f"SKIP {what}", flush=True)

    def note(self, text):
        self.notes.append(text)
        print(f"note {text}", flush=True)

    def finish(self):
        print(f"\nparity: {self.passed} checks passed, {len(self.failures)} failed, {len(self.skips)} skipped, "
              f"{time.time() - self.started:.0f} s", flush=True)
        for what in self.skips:
            print(f"  skipped: {what}")
        for what in self.failures:
            print(f"  failed:  {what}")
        return 1 if self.failures else 0


def print_table(rows):
    """`rows`: list of dictionaries with the same keys, values already formatted."""
    if not rows:
        return
    widths = {key: max(len(key), *(len(row[key]) for row in rows)) for key in rows[0]}
    print("  ".join(key.ljust(width) if i == 0 else key.rjust(width) for i, (key, width) in enumerate(widths.items())))
    for row in rows:
        print("  ".join(row[key].ljust(width) if i == 0 else row[key].rjust(width)
                        for i, (key, width) in enumerate(widths.items())), flush=True)

"""A sweep from a spec, every row read and thrown away: JSON of what it took.

Arguments: `nas` or `space`, how many processes, how often. Some rows are compared with
the network alone, which is timed too.
"""

import json
import resource
import sys
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from archcalc.network.network import load
from archcalc.sweeps.sweep import Sweep, sweep

SPACE = Path(__file__).parents[3] / "docs" / "examples" / "resnet-space.yaml"
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
DEPTHS = {"blocks2": "1:4", "blocks3": "1:8", "blocks4": "1:32", "blocks5": "1:4"}
RESOLUTIONS = "128,160,192,208,224,240,256,288,320,352"
ALONE = 200
"""Rows that are compared with their networks alone."""
SWEEPS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "nas": (
        "nas-bench-201",
        {f"op{edge}": OPERATIONS for edge in range(1, 7)},
        ("params", "macs", "flops", "activations", "depth"),
    ),
    "space": (
        str(SPACE),
        {"size": RESOLUTIONS, "width": "32:128:8", **DEPTHS},
        ("params", "macs", "activations"),
    ),
}


def run(which: str, jobs: int) -> dict[str, float]:
    """Return what one sweep took, from YAML to the last row."""
    name, over, figures = SWEEPS[which]
    with ExitStack() as stack:
        pool = stack.enter_context(ProcessPoolExecutor(jobs)) if jobs > 1 else None
        begin, busy = perf_counter(), process_time()
        found = sweep(load(name), over, figures=figures, executor=pool, jobs=jobs)
        deque(found, maxlen=0)
        took = {"seconds": perf_counter() - begin, "busy": process_time() - busy}
    return {"rows": len(found), **took}


def alone(which: str) -> float:
    """Return the seconds a network takes alone; raise where a row differs from it."""
    name, over, figures = SWEEPS[which]
    found: Sweep = sweep(load(name), over, figures=figures)
    step = max(1, len(found) // ALONE)
    rows = list(islice(found, 0, None, step))
    names, begin = len(found.names), process_time()
    totals = [found.at(row[:names]).analyze().total for row in rows]
    took = process_time() - begin
    kept = [name for name in figures if name != "depth"]
    for row, total in zip(rows, totals, strict=True):
        given = dict(zip(figures, row[names:], strict=True))
        if any(given[name] != getattr(total, name) for name in kept):
            raise ValueError(f"{row} is not what the network alone gives")
    return took / len(rows)


if __name__ == "__main__":
    which, jobs, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    runs = [run(which, jobs) for _ in range(times)]
    each = alone(which) if jobs == 1 else None
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"runs": runs, "alone": each, "mib": mib}))

"""One piece of work on sweeps or `fit`, in whichever build of archcalc is on the path.

Argument: a key of WORK. Prints JSON: seconds of processor, rows, MiB. The same work on a
small network comes before the clock, so that all imports do.
"""

import json
import resource
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import archcalc

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
SPACE = str(EXAMPLES / "resnet-space.yaml")
DEPTHS = {"blocks2": "1:4", "blocks3": "1:8", "blocks4": "1:32", "blocks5": "1:4"}
SIZES = {"size": "128,160,192,208,224,240,256,288,320,352"}
SMALL = {**SIZES, "width": "32:128:8", **DEPTHS}
LARGE = {**SIZES, "width": "8:320:8", **DEPTHS}
TINY = {"size": "128:160:8", "width": "8:400:8"}
TINY_ALEXNET = {"resolution": "224:448:1"}
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
CELLS = {f"op{edge}": OPERATIONS for edge in range(1, 7)}
COUNTED = ("params", "macs", "activations")
EVERY = ("params", "macs", "flops", "activations", "depth")
SAMPLED = 1_000_000
FITTED = ("resnet50", "vgg16", "resnet152", "efficientnet")
Work = Callable[[], int]


def named(*names: str) -> Any:
    """Return the first module that there is."""
    for name in names:
        try:
            return import_module(f"archcalc.{name}")
        except ImportError:
            continue
    raise ImportError(names)


def rows(name: str, over: dict[str, Any], figures: tuple[str, ...]) -> Work:
    """Return what reads all rows of a sweep."""

    def work() -> int:
        found = archcalc.sweep(name, over, figures=figures)
        deque(found, maxlen=0)
        return len(found)

    return work


def parquet(over: dict[str, Any]) -> int:
    """Write a sweep as Parquet, as the command does."""
    made = named("render.rows", "rowfiles").row_file
    stream = named("sweeps.run", "sweep_run").stream
    choice = named("sweeps.choice", "sweep_choice").Choice()
    found = archcalc.sweep(SPACE, over, figures=COUNTED)
    with TemporaryDirectory() as folder:
        file = made(found, Path(folder, "sweep.parquet"), "parquet")
        stream(found, choice, file, False, lambda _: None)
    return len(found)


def sampled() -> int:
    """Draw sub-networks of a once-for-all space."""
    over: dict[str, tuple[int, ...]] = {}
    for stage in range(1, 6):
        over[f"d{stage}"] = (2, 3, 4)
        for block in range(1, 5):
            over[f"k{stage}{block}"] = (3, 5, 7)
            over[f"e{stage}{block}"] = (3, 4, 6)
    space = str(EXAMPLES / "once-for-all-space.yaml")
    found: Any = archcalc.sweep(space, over, figures=COUNTED)
    deque(found.sample(SAMPLED), maxlen=0)
    return SAMPLED


def fits(names: tuple[str, ...]) -> int:
    """Find the largest batch of some networks, for training and for inference."""
    search = named("network.largest_batch", "memory_fit")
    for name in names:
        analysis = archcalc.load(name).analyze()
        for peak in (search.training_peak, search.inference_peak):
            search.largest_batch(analysis, 24 << 30, peak)
    return 2 * len(names)


WORK: dict[str, Work] = {
    "small": rows(SPACE, SMALL, COUNTED),
    "large": rows(SPACE, LARGE, COUNTED),
    "parquet": partial(parquet, LARGE),
    "cells": rows("nas-bench-201", CELLS, EVERY),
    "sampled": sampled,
    "fits": partial(fits, FITTED),
}
FIRST: dict[str, Work] = {
    "parquet": partial(parquet, TINY),
    "fits": partial(fits, ("alexnet",)),
}
"""The same on something small, where it is not the rows of a sweep."""

if __name__ == "__main__":
    FIRST.get(sys.argv[1], rows("alexnet", TINY_ALEXNET, COUNTED))()
    begin = process_time()
    count = WORK[sys.argv[1]]()
    busy = process_time() - begin
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"busy": busy, "rows": count, "mib": mib}))

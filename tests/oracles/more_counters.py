"""Counters that archcalc does not run itself, behind one call.

`tests/peers.txt` goes into `build/peers`, where they are; a test is skipped without.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import pytest
from peers import FOLDER, Counted
from torch import Tensor, nn

from archcalc.network.counters.importing import in_folder

Given = tuple[Tensor, ...]
Found = tuple[Any, Any]


def mmengine(module: nn.Module, inputs: Given) -> Found:
    analysis = library("mmengine.analysis")
    params = analysis.parameter_count(module)[""]
    return analysis.FlopAnalyzer(module, inputs).total(), params


def torch_pruning(module: nn.Module, inputs: Given) -> Found:
    """Return the sum over the batch: the tool gives the mean."""
    utils = library("torch_pruning").utils
    operations, params = utils.count_ops_and_params(module, inputs)
    return round(operations * len(inputs[0])), params


def library(name: str) -> Any:
    """Import a module of a counter, or skip the test and say what to install."""
    if not (FOLDER / name.partition(".")[0]).is_dir():
        pytest.skip("pip install --no-deps --target build/peers -r tests/peers.txt")
    return in_folder(name, FOLDER)


RUN: dict[str, Callable[[nn.Module, Given], Found]] = {
    "mmengine": mmengine,
    "torch-pruning": torch_pruning,
}
"""Each by the name of its convention; all of them on the CPU."""


def count(name: str, module: nn.Module, inputs: Sequence[Tensor]) -> Counted:
    """Return what a counter says of a module."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()), silent():
        warnings.simplefilter("ignore")
        operations, params = RUN[name](module.eval(), tuple(inputs))
    assert operations == int(operations)
    return Counted(int(operations), int(params))


@contextmanager
def silent() -> Iterator[None]:
    """Keep what the counters log to themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)

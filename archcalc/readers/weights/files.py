"""Files of weights by their names: one, or all parts of a model by a pattern."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from mmap import ACCESS_READ, mmap

from archcalc.errors import UsageError
from archcalc.limits import Limits
from archcalc.readers.weights.gguf import read_gguf
from archcalc.readers.weights.record import (
    MOST_TENSORS,
    NO_GRAPH,
    Buffer,
    Weights,
    WeightsAlone,
    joined,
)
from archcalc.readers.weights.safetensors import PART, read_safetensors
from archcalc.source.text import display_name, opened

FORMATS: dict[str, Callable[[Buffer, str, Limits], Weights]] = {
    ".safetensors": read_safetensors,
    ".gguf": read_gguf,
}
MOST_PARTS = 2_000
WILD = frozenset("*?[")


def is_pattern(path: str | os.PathLike[str]) -> bool:
    """Say whether a path stands for all files of a pattern: `model-*.gguf`."""
    text = os.fsdecode(path)
    return not WILD.isdisjoint(os.path.basename(text)) and not os.path.exists(text)


def read_pattern(path: str | os.PathLike[str], limits: Limits) -> Weights:
    """Return the weights in all files whose names match, as one.

    Raises `UsageError` AC591 where there is none, or one is of another model.
    """
    text = os.fsdecode(path)
    folder, pattern = os.path.split(text)
    try:
        names = sorted(n for n in os.listdir(folder or ".") if fnmatchcase(n, pattern))
    except OSError as error:
        message = f"cannot read the folder of `{display_name(path)}`: {error.strerror}"
        raise UsageError.of("AC101", message) from None
    if not names:
        message = f"no file has a name like `{display_name(path)}`"
        raise UsageError.of(NO_GRAPH, message)
    if len(names) > MOST_PARTS:
        message = f"{len(names)} files match `{display_name(path)}`; {MOST_PARTS} may"
        raise UsageError.of(NO_GRAPH, message)
    parts: list[Weights] = []
    count = 0
    for name in names:
        parts.append(_part(os.path.join(folder, name), limits))
        count += len(parts[-1].tensors)
        if count > MOST_TENSORS:
            message = f"more than {MOST_TENSORS:,} tensors in `{display_name(path)}`"
            raise UsageError.of(NO_GRAPH, message)
    found = joined(text, parts)
    return _missing(found, names)


def _missing(found: Weights, names: list[str]) -> Weights:
    """Return weights with a note where parts of the model are not there."""
    numbers = [PART.search(name) for name in names]
    wanted = {int(number[2]) for number in numbers if number}
    if len(wanted) != 1 or len(names) >= min(wanted):
        return found
    note = f"{len(names)} of {min(wanted)} parts are there: the others are not counted."
    return replace(found, notes=(note, *found.notes))


def _part(path: str, limits: Limits) -> Weights:
    ending, name = os.path.splitext(path)[1].lower(), display_name(path)
    with opened(path) as descriptor:
        if os.fstat(descriptor).st_size == 0:
            return read_held(ending, b"", name, limits)
        with mmap(descriptor, 0, access=ACCESS_READ) as data:
            return read_held(ending, data, name, limits)


def read_held(ending: str, data: Buffer, name: str, limits: Limits) -> Weights:
    """Return the weights in the bytes of a file, by the ending of its format."""
    found = FORMATS[ending](data, name, limits)
    if "part" not in found.says:
        return found
    folder, base = os.path.split(name)
    note = f"This is part {found.says['part']}."
    if PART.search(base):
        pattern = os.path.join(folder, PART.sub(r"-*-of-\2.", base))
        note += f" '{pattern}' in quotes names all parts."
    return replace(found, notes=(note, *found.notes))


def refused(ending: str, data: Buffer, name: str, limits: Limits) -> WeightsAlone:
    """Return the error of a file of weights where a network is asked for."""
    return WeightsAlone.holding(read_held(ending, data, name, limits))

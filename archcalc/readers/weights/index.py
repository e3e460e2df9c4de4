"""`model.safetensors.index.json`: which file holds each tensor of a model in parts.

It has names and no sizes, and the files that it names are not opened.
"""

from __future__ import annotations

import os
from typing import NoReturn

from archcalc.errors import UsageError, clean
from archcalc.limits import Limits
from archcalc.readers.records import Record
from archcalc.readers.weights.record import NO_GRAPH
from archcalc.readers.weights.safetensors import PART

CALLED = "the index of safetensors files"
MAP = "weight_map"


def is_index(record: Record) -> bool:
    """Say whether a JSON is the index of a model in parts."""
    return isinstance(record.get(MAP), dict)


def refuse_index(record: Record, name: str, _limits: Limits) -> NoReturn:
    """Raise `UsageError` AC591 with the pattern that names the files of an index."""
    held = record.record(MAP).fields
    files = sorted({file for file in held.values() if isinstance(file, str)})
    said = (
        f"{name} names {len(held):,} tensors in {len(files):,} files, not their sizes"
    )
    facts = []
    if "metadata" in record and "total_size" in record.record("metadata"):
        size = record.record("metadata").whole("total_size")
        facts.append(f"it says {size:,} bytes in all; they are not counted here")
    pattern = PART.sub(r"-*-of-\2.", files[0]) if files else "*.safetensors"
    where = os.path.join(os.path.dirname(name), os.path.basename(pattern))
    help = f"archcalc table '{clean(where, 120)}' reads the headers of the files"
    raise UsageError.of(NO_GRAPH, said, facts=facts, help=help)

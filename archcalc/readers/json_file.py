"""Files that end in `.json`: what they hold decides who reads them."""

from __future__ import annotations

from collections.abc import Callable
from mmap import mmap
from typing import NamedTuple

from archcalc.limits import Limits
from archcalc.readers.configs import config
from archcalc.readers.keras.file import is_keras, read_json_model
from archcalc.readers.model import Model
from archcalc.readers.records import Json, Record
from archcalc.readers.weights import index
from archcalc.source.parser import Source


class Kind(NamedTuple):
    """A kind of JSON: what it is called, whether a record is one, and its reader."""

    called: str
    fits: Callable[[Record], bool]
    read: Callable[[Record, str, Limits], Model | Source]


KINDS: tuple[Kind, ...] = (
    Kind("a Keras model (model.to_json())", is_keras, read_json_model),
    Kind(config.CALLED, config.is_config, config.read_config),
    Kind(index.CALLED, index.is_index, index.refuse_index),
)
"""The kinds of JSON that are read; the first that fits reads the file."""


def read_json(data: mmap | bytes, name: str, limits: Limits) -> Model | Source:
    """Return the network in a JSON text; `name` is its path.

    Raises `SourceError` AC592 where it is none, or of a kind that is not read.
    """
    record = Json(data, name, limits).record()
    for kind in KINDS:
        if kind.fits(record):
            return kind.read(record, name, limits)
    known = ", ".join(kind.called for kind in KINDS)
    return record.wrong(
        "this JSON describes no network", help=f"these are read: {known}"
    )

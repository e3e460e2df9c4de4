"""The header of a safetensors file: the tensors, and nothing of their values.

A file is 8 bytes with the length of its header, the header in JSON, and the values
(huggingface/safetensors, README.md, "Format"): every tensor has its place, and the
places follow each other without gaps to the end of the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import prod
from typing import Any, NoReturn

from archcalc.errors import SourceError, clean, suggestion
from archcalc.limits import Limits
from archcalc.readers.weights.dtypes import SAFETENSORS
from archcalc.readers.weights.record import (
    LARGEST,
    LONGEST_NAME,
    MOST_TENSORS,
    Buffer,
    Tensor,
    Weights,
)

WRONG = "AC592"
LENGTH = 8
"""Bytes of the number with which a file begins: the length of its header."""
METADATA = "__metadata__"
KEYS = {"dtype", "shape", "data_offsets"}
MOST_AXES = 16
PART = re.compile(r"-(\d{5})-of-(\d{5})\.")
"""How a part of a model in several files is named by those who write them."""


class Wrong(Exception):
    """What a header says that it may not, with the tensor that says so."""


def read_safetensors(data: Buffer, name: str, limits: Limits) -> Weights:
    """Return the tensors of a safetensors file.

    Raises `SourceError` AC592 for a file that is none, or that lies.
    """
    end = len(data)
    if end < LENGTH:
        _refuse(name, f"the file has {end} bytes, and a header begins with {LENGTH}")
    length = int.from_bytes(data[:LENGTH], "little")
    if length > limits.file_bytes:
        if length > end:
            _refuse(
                name,
                f"the header has {length} bytes by the first {LENGTH}, and "
                f"{end - LENGTH} follow at byte {LENGTH}",
                "is this a safetensors file?",
            )
        what = f"the header of `{name}` has {length} bytes"
        raise limits.exceeded("file_bytes", what, found=length)
    if LENGTH + length > end:
        _refuse(
            name,
            f"the header has {length} bytes by the first {LENGTH}, and "
            f"{end - LENGTH} follow at byte {LENGTH}",
            "the file is cut short, or it is no safetensors file",
        )
    try:
        tensors, said = _tensors(_parsed(data[LENGTH : LENGTH + length]))
        _placed(tensors, end - LENGTH - length)
    except Wrong as error:
        _refuse(name, str(error))
    return _weights(name, tensors, said)


def _refuse(name: str, message: str, help: str | None = None) -> NoReturn:
    raise SourceError.of(WRONG, f"cannot read `{name}`: {message}", help=help)


def _parsed(header: bytes) -> Any:
    """Return the JSON of a header: names come once, and numbers are whole."""
    if not header.startswith(b"{"):
        raise Wrong(f"the header begins with `{{` at byte {LENGTH}")
    try:
        text = header.decode("utf-8")
        return json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError as error:
        at = LENGTH + error.start
        raise Wrong(f"the header is not UTF-8 at byte {at}") from None
    except json.JSONDecodeError as error:
        at = LENGTH + len(error.doc[: error.pos].encode())
        raise Wrong(f"the header is no JSON at byte {at}: {error.msg}") from None
    except RecursionError:
        raise Wrong("the header is nested too deep") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]  # it adds
        raise Wrong(f"the header names {_shown(twice)} twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > 20 or not 0 <= int(digits) <= LARGEST:
        raise Wrong(f"{digits[:24]} is no size: whole numbers up to 2⁶³ are")
    return int(digits)


def _no_number(said: str) -> NoReturn:
    raise Wrong(f"{said[:24]} is no whole number")


def _shown(name: str) -> str:
    return f"`{clean(name, 80)}`"


def _tensors(header: Any) -> tuple[list[Tensor], dict[str, str]]:
    """Return the tensors of a header in the order of their places, and what it says."""
    said = header.pop(METADATA, {})
    if not isinstance(said, dict) or not all(isinstance(v, str) for v in said.values()):
        raise Wrong(f"{METADATA} holds texts by their names")
    if len(header) > MOST_TENSORS:
        raise Wrong(f"more than {MOST_TENSORS:,} tensors: {len(header):,}")
    tensors = [_tensor(name, entry) for name, entry in header.items()]
    tensors.sort(key=lambda tensor: (tensor.begin or 0, tensor.bytes))
    return tensors, said


def _tensor(name: str, entry: Any) -> Tensor:
    if len(name) > LONGEST_NAME:
        raise Wrong(f"a name has {len(name)} characters: {_shown(name)}")
    if not isinstance(entry, dict) or entry.keys() != KEYS:
        raise Wrong(f"{_shown(name)} needs {', '.join(sorted(KEYS))}, and no more")
    shape, places = entry["shape"], entry["data_offsets"]
    dtype = SAFETENSORS.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if dtype is None:
        help = suggestion(str(entry["dtype"])[:20], SAFETENSORS, "dtypes")
        said = clean(str(entry["dtype"]), 20)
        raise Wrong(f"{_shown(name)} has the dtype {said!r}; {help}")
    if not _sizes(shape) or len(shape) > MOST_AXES:
        raise Wrong(f"{_shown(name)}: `shape` is a list of up to {MOST_AXES} sizes")
    if not _sizes(places) or len(places) != 2:
        raise Wrong(f"{_shown(name)}: `data_offsets` are two places in the file")
    values = prod(shape)
    if values > LARGEST or values % dtype.block:
        raise Wrong(f"{_shown(name)}: {values} values of {dtype.name} fill no bytes")
    begin, end = places
    if end - begin != dtype.bytes(values):
        raise Wrong(
            f"{_shown(name)}: {'×'.join(map(str, shape)) or 'one value'} of "
            f"{dtype.name} takes {dtype.bytes(values)} bytes, and it is given "
            f"{end - begin}"
        )
    return Tensor(name, tuple(shape), dtype, begin)


def _sizes(given: Any) -> bool:
    return isinstance(given, list) and all(type(size) is int for size in given)


def _placed(tensors: list[Tensor], room: int) -> None:
    """Raise where places have gaps, overlap, or do not end with the file."""
    at = 0
    for tensor in tensors:
        if tensor.begin != at:
            raise Wrong(f"{_shown(tensor.name)} begins at {tensor.begin}, not at {at}")
        at += tensor.bytes
    if at != room:
        raise Wrong(f"the tensors have {at} bytes, and the file holds {room} for them")


def _weights(name: str, tensors: list[Tensor], said: dict[str, str]) -> Weights:
    names = {tensor.name for tensor in tensors}
    # safetensors.torch.save_model leaves out shared tensors, and notes whose they are
    ties = {k: v for k, v in said.items() if v in names and k not in names}
    shown = dict(_said(said))
    notes = []
    if not ties:
        notes.append(
            "A safetensors file does not say which tensors are tied: a name that is "
            "left out may stand for another. config.json says so."
        )
    return Weights(
        name, "safetensors", tuple(tensors), ties, part(name) | shown, tuple(notes)
    )


def _said(said: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what may be shown of what a file says about itself."""
    if "format" in said:
        yield "made for", clean(said["format"], 40)


def part(name: str) -> dict[str, str]:
    """Return which part of a model a file is by its name, as a fact."""
    found = PART.search(name)
    return {"part": f"{int(found[1])} of {int(found[2])}"} if found else {}

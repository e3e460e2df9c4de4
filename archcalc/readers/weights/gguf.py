"""The header of a GGUF file: the tensors, and nothing of their values.

ggml-org/ggml, docs/gguf.md: a magic word, the version, the number of tensors and of
key-value pairs, the pairs, the tensors, and their values, each at a multiple of the
alignment. Dimensions run backwards: the first is the innermost.
"""

from __future__ import annotations

from math import prod
from struct import Struct
from typing import Any, NoReturn

from archcalc.errors import SourceError, clean
from archcalc.limits import Limits
from archcalc.readers.weights.dtypes import GGML, GONE
from archcalc.readers.weights.record import (
    LARGEST,
    LONGEST_NAME,
    MOST_TENSORS,
    Buffer,
    Tensor,
    Weights,
)

WRONG = "AC592"
MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = "general.alignment"
USUAL_ALIGNMENT = 32
"""Bytes: each tensor begins at a multiple, unless the file says another."""
MOST_AXES = 4
MOST_PAIRS = 10_000
MOST_ITEMS = 1_000_000
"""Texts and lists in lists of all pairs together; a vocabulary has some 500,000."""
DEEPEST = 4
"""Lists inside one another."""
KEPT_TEXT = 200
"""Bytes of a text that are read; a longer one is skipped behind them."""
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q"} | {
    11: "q",
    12: "d",
}
TEXT, LIST = 8, 9
"""Kinds of values in the pairs, as gguf numbers them."""
INPUT, OUTPUT = "token_embd.weight", "output.weight"
SHOWN = {"general.architecture": "architecture", "general.name": "called"} | {
    "split.no": "part",
    "split.count": "parts",
}


def read_gguf(data: Buffer, name: str, _limits: Limits) -> Weights:
    """Return the tensors of a GGUF file.

    Raises `SourceError` AC592 for a file that is none, or that lies.
    """
    reader = _Reader(data, name)
    tensors_count, pairs_count = reader.begin()
    said = dict(reader.pair() for _ in range(pairs_count))
    alignment = said.get(ALIGNMENT, USUAL_ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        reader.wrong(f"{ALIGNMENT} is {alignment!r}, not a power of two")
    tensors = [reader.tensor(alignment) for _ in range(tensors_count)]
    start = -(-reader.at // alignment) * alignment
    _placed(reader, tensors, len(data) - start)
    return _weights(name, tensors, said)


class _Reader:
    """Reads numbers and texts one after the other; every length is checked."""

    def __init__(self, data: Buffer, name: str) -> None:
        self.data, self.name, self.at = data, name, 0
        self.items = 0
        self.order = "<"
        self.structs: dict[str, Struct] = {}

    def wrong(self, message: str, help: str | None = None) -> NoReturn:
        """Raise the error of what stands here."""
        told = f"cannot read `{self.name}`: {message} at byte {self.at}"
        raise SourceError.of(WRONG, told, help=help)

    def begin(self) -> tuple[int, int]:
        """Read the beginning; return the numbers of tensors and of pairs."""
        if self.data[:4] != MAGIC:
            self.wrong("it does not begin with `GGUF`", "is this a GGUF file?")
        self.at = 4
        version = self.number("I")
        if version & 0xFFFF == 0:  # the other order of bytes
            self.order, self.at = ">", 4
            self.structs.clear()
            version = self.number("I")
        if version not in VERSIONS:
            self.at = 4
            help = "convert it anew" if version == 1 else None
            self.wrong(f"version {version}; versions 2 and 3 are read", help)
        tensors, pairs = self.number("Q"), self.number("Q")
        if tensors > MOST_TENSORS:
            self.wrong(f"{tensors} tensors are more than {MOST_TENSORS}")
        if pairs > MOST_PAIRS:
            self.wrong(f"{pairs} pairs of key and value are more than {MOST_PAIRS}")
        return tensors, pairs

    def number(self, code: str) -> Any:
        """Read a number."""
        found = self.structs.get(code)
        if found is None:
            found = self.structs[code] = Struct(self.order + code)
        self.need(found.size)
        (value,) = found.unpack_from(self.data, self.at)
        self.at += found.size
        return value

    def need(self, count: int) -> None:
        """Raise where fewer bytes are left."""
        if count > len(self.data) - self.at:
            left = len(self.data) - self.at
            self.wrong(f"{count} bytes are needed, and {left} are left")

    def text(self, longest: int) -> str:
        """Read a text and return as much of it as is asked for."""
        length = self.number("Q")
        self.need(length)
        begun, self.at = self.at, self.at + length
        return bytes(self.data[begun : begun + min(length, longest)]).decode(
            "utf-8", "replace"
        )

    def label(self) -> str:
        """Read a name, which has some length and not too much."""
        before = self.at
        found = self.text(LONGEST_NAME + 1)
        if not 0 < len(found) <= LONGEST_NAME:
            self.at = before
            self.wrong(f"a name has 1 to {LONGEST_NAME} characters")
        return found

    def pair(self) -> tuple[str, Any]:
        """Read a key and its value; of a list nothing is kept."""
        return self.label(), self.value(self.number("I"), 0)

    def value(self, kind: int, depth: int) -> Any:
        """Read a value of a kind; a list is passed over."""
        if kind in SCALARS:
            return self.number(SCALARS[kind])
        if kind == TEXT:
            return self.text(KEPT_TEXT)
        if kind != LIST:
            self.wrong(f"there is no kind of value {kind}")
        if depth == DEEPEST:
            self.wrong(f"lists are nested more than {DEEPEST} deep")
        inner, count = self.number("I"), self.number("Q")
        if inner in SCALARS:
            size = Struct("<" + SCALARS[inner]).size
            self.need(count * size)
            self.at += count * size
            return None
        self.items += count
        if self.items > MOST_ITEMS:
            self.wrong(f"lists hold more than {MOST_ITEMS} texts")
        if inner == TEXT:
            self.skip_texts(count)
            return None
        for _ in range(count):
            self.value(inner, depth + 1)
        return None

    def skip_texts(self, count: int) -> None:
        """Pass over texts, of which a vocabulary has very many."""
        data, at, end = self.data, self.at, len(self.data)
        length_at = Struct(self.order + "Q").unpack_from
        for _ in range(count):
            if at + 8 > end:
                break
            at += 8 + length_at(data, at)[0]
        else:
            if at <= end:
                self.at = at
                return
        self.at = min(at, end)
        self.wrong("a list of texts goes beyond the end of the file")

    def tensor(self, alignment: int) -> Tensor:
        """Read a tensor: its name, its sizes, its format, its place."""
        name, begun = self.label(), self.at
        axes = self.number("I")
        if axes > MOST_AXES:
            self.at = begun
            self.wrong(f"{_shown(name)} has {axes} axes, at most {MOST_AXES} are there")
        dims = [self.number("Q") for _ in range(axes)]
        kind, place = self.number("I"), self.number("Q")
        self.at, after = begun, self.at
        dtype = GGML.get(kind)
        if dtype is None:
            gone = f", {GONE[kind]}, which is no longer read" if kind in GONE else ""
            self.wrong(f"{_shown(name)} has ggml's type {kind}{gone}")
        if not all(dims) or prod(dims) > LARGEST:
            self.wrong(f"{_shown(name)} has sizes that no tensor has: {dims}")
        row = dims[0] if dims else 1
        if row % dtype.block:
            self.wrong(
                f"{_shown(name)} has rows of {row} values, which fill no blocks of "
                f"{dtype.block} ({dtype.name})"
            )
        if place % alignment:
            self.wrong(f"{_shown(name)} begins at {place}, no multiple of {alignment}")
        self.at = after
        return Tensor(name, tuple(reversed(dims)), dtype, place)


def _shown(name: str) -> str:
    return f"`{clean(name, 80)}`"


def _placed(reader: _Reader, tensors: list[Tensor], room: int) -> None:
    """Raise where names come twice, places overlap, or the file ends before them."""
    if len({tensor.name for tensor in tensors}) < len(tensors):
        reader.wrong("two of the tensors before this have the same name")
    at = 0
    for tensor in sorted(tensors, key=lambda tensor: tensor.begin or 0):
        begin = tensor.begin or 0
        if begin < at:
            reader.wrong(f"{_shown(tensor.name)} overlaps with the tensor before it")
        at = begin + tensor.bytes
        if at > room:
            reader.wrong(
                f"{_shown(tensor.name)} ends {at} bytes behind the header, and the "
                f"file has {max(room, 0)} there: it is cut short, after the header"
            )


def _weights(name: str, tensors: list[Tensor], said: dict[str, Any]) -> Weights:
    shown = {
        title: clean(str(said[key]), 60)
        for key, title in SHOWN.items()
        if isinstance(said.get(key), int | str)
    }
    if "part" in shown:
        first, count = shown.pop("part"), shown.pop("parts", "")
        shown |= {"part": f"{int(first) + 1} of {count}"} if first.isdigit() else {}
    names = {tensor.name for tensor in tensors}
    notes = ["Sizes are shown as PyTorch has them; GGUF writes them backwards."]
    if INPUT in names and OUTPUT not in names:
        notes.append(
            f"There is no {OUTPUT}: llama.cpp then multiplies with {INPUT}. The file "
            "itself does not say what is tied."
        )
    return Weights(name, "GGUF", tuple(tensors), {}, shown, tuple(notes))

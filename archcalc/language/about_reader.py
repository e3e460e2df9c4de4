"""Reading what a file says about its network, by the annotations in `about`.

A reader takes a value and says what is wrong with it at its place: `paper.year: a whole
number from 1900 to 2200 is needed here, not 'MMXV'`. Then it returns None, and reading
goes on, so that all that is wrong is told at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache, partial
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from archcalc.errors import nearest, suggestion
from archcalc.language.about import METRICS, About, Expected, Within, key_of
from archcalc.language.argument_reader import Problems
from archcalc.layers.fields import type_names
from archcalc.records import NamedTuple, fields
from archcalc.source.values import Mapping, Scalar, Sequence, Value

WHOLE = r"\s*([0-9](?:_?[0-9]){0,18})(?:\.0{1,15})?\s*"
LONGEST_NUMBER = 40
LONGEST_SHOWN = 40


class At(NamedTuple):
    """Where a reader is: the names of keys from the top, and where problems go."""

    problems: Problems
    where: str = ""

    def inside(self, part: str | int) -> At:
        """Return the place of a part."""
        where = f"{self.where}.{part}" if self.where else str(part)
        return At(self.problems, where)

    def refuse(self, value: Value, message: str, help: str | None = None) -> Any:
        """Note what is wrong with a value; return None for it."""
        self.problems.add("AC125", f"{self.where}: {message}", value, help)
        return None

    def refuse_kind(self, value: Value, noun: str, help: str | None = None) -> Any:
        """Note that something else is needed than what is there; return None."""
        return self.refuse(value, f"{noun} is needed here, not {_shown(value)}", help)


Read = Callable[[Value, At], Any]


def read_about(root: Mapping, problems: Problems) -> About | None:
    """Return what a file says, None where its problems were noted.

    Sections that say nothing about the network are left out.
    """
    known = _readers(About)
    said = Mapping([(k, v) for k, v in root.items if k.text in known])
    count = problems.count
    about = _part(About, said, At(problems))
    return cast(About, about) if problems.count == count else None


def plain(value: Value) -> Any:
    """Return a value as text, lists and dicts."""
    if isinstance(value, Mapping):
        return {k.text: plain(v) for k, v in value.items}
    if isinstance(value, Sequence):
        return [plain(v) for v in value.items]
    return None if is_nothing(value) else value.text


def is_nothing(value: Value) -> bool:
    """Say whether a value is left out, or is YAML's null."""
    return (
        isinstance(value, Scalar)
        and not value.quoted
        and value.text in ("", "~", "null")
    )


def _shown(value: Value) -> str:
    """Return a value as it is named in a message."""
    if not isinstance(value, Scalar):
        return type_names[type(value)]
    if is_nothing(value):
        return "nothing"
    text = value.text
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def _part(kind: Any, value: Value, at: At) -> Any:
    """Return an instance of a class of `about`; metrics become its `figures`."""
    if not isinstance(value, Mapping):
        return at.refuse_kind(value, "a mapping")
    readers = _readers(kind)
    metrics = METRICS if kind is Expected else ()
    given: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    before = at.problems.count
    for key, inner in value.items:
        if key.text in metrics:
            figures[key.text] = plain(inner)
        elif key.text in readers:
            name, read = readers[key.text]
            given[name] = read(inner, at.inside(key.text))
        else:
            help = suggestion(key.text, (*readers, *metrics), "keys")
            if key.text.isdigit():
                help = f"a comma ends a value in braces: write …_{key.text}"
            at.refuse(key, f"there is no key {key.text!r}", help)
    if metrics and not figures and at.problems.count == before:
        return at.refuse(value, "a figure is missing, such as `params: 25.6M`")
    return kind(**given, figures=figures) if metrics else kind(**given)


@cache
def _readers(kind: Any) -> dict[str, tuple[str, Read]]:
    """Return name and reader of each field by its key, `figures` left out."""
    hints = get_type_hints(kind, include_extras=True)
    names = [f.name for f in fields(kind) if f.name != "figures"]
    return {key_of(name): (name, _reader(hints[name])) for name in names}


def _reader(hint: Any) -> Read:
    """Return what reads a value of a type."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (kind,) = (part for part in parts if part is not NoneType)
        return partial(_optional, _reader(kind))
    if origin is Annotated and isinstance(parts[1], Within):
        return partial(_scalar, parts[0], parts[1])
    if origin is Annotated:
        return partial(_one_or_many, _reader(parts[0]))
    if origin is Literal:
        return partial(_one_of, parts)
    if origin is tuple:
        return partial(_many, _reader(parts[0]))
    if origin is dict:
        return partial(_mapping, _reader(parts[0]), _reader(parts[1]))
    return partial(_part, hint)


def _optional(read: Read, value: Value, at: At) -> Any:
    return None if is_nothing(value) else read(value, at)


def _scalar(kind: type, within: Within, value: Value, at: At) -> Any:
    """Return a text or number that keeps to its bounds."""
    if isinstance(value, Scalar) and not is_nothing(value):
        found = CONVERTED[kind](value.text)
        if found is not None and within.holds(found):
            return found
    return at.refuse_kind(value, _noun(kind, within))


def _noun(kind: type, within: Within) -> str:
    """Return what is needed, in words."""
    bounds = within.bounds
    if kind is not str:
        number = "a whole number" if kind is int else "a number"
        return f"{number} from {bounds['ge']} to {bounds['le']}"
    if within.such_as:
        return f"a text such as {within.such_as}"
    least, most = bounds.get("min_length"), f"{bounds['max_length']:,}"
    return f"a text of {f'{least} to' if least else 'at most'} {most} characters"


def _whole(text: str) -> int | None:
    match = re.fullmatch(WHOLE, text) if text.isascii() else None
    return int(match[1]) if match else None


def _decimal(text: str) -> float | None:
    try:
        number = float(text) if len(text) <= LONGEST_NUMBER else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


CONVERTED: dict[type, Callable[[str], Any]] = {
    str: lambda text: text,
    int: _whole,
    float: _decimal,
}


def _one_of(words: tuple[str, ...], value: Value, at: At) -> Any:
    text = value.text if isinstance(value, Scalar) else ""
    if text in words:
        return text
    return at.refuse_kind(value, f"one of {', '.join(words)}", nearest(text, words))


def _many(read: Read, value: Value, at: At) -> Any:
    if not isinstance(value, Sequence):
        figures = "begin each figure with a dash, as in `- {params: 5M}`"
        help = figures if at.where == "expect" else None
        return at.refuse_kind(value, "a list", help)
    return tuple(read(item, at.inside(i)) for i, item in enumerate(value.items))


def _one_or_many(read: Read, value: Value, at: At) -> Any:
    several = value if isinstance(value, Sequence) else Sequence([value])
    return read(several, at)


def _mapping(key: Read, read: Read, value: Value, at: At) -> Any:
    if not isinstance(value, Mapping):
        return at.refuse_kind(value, "a mapping")
    return {key(k, at): read(v, at.inside(k.text)) for k, v in value.items}

"""Reading what a file says about its network, by the annotations in `about`.

What plainly fits is read here, in well under a millisecond. Whatever does not is
pydantic's to judge: it takes what it can convert, and says of the rest what is wrong.
So pydantic, whose import takes longer than all else together, is loaded for a file
that is wrong. A test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from archcalc.language.about import About, OneOrMany, Part, Within, key_of, listed

Read = Callable[[Any], Any]
DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")


class _DoubtfulError(Exception):
    """A value that pydantic should judge."""


def read_about(data: dict[str, Any]) -> About | list[Any]:
    """Return what texts, lists and dicts say, or pydantic's list of what is wrong."""
    try:
        return plainly(data)
    except _DoubtfulError:
        return _judged(data)


def plainly(data: dict[str, Any]) -> About:
    """Return what plainly fits; raise an error without a message for the rest."""
    read: About = _part(About, data)
    return read


def _judged(data: dict[str, Any]) -> About | list[Any]:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(About).validate_python(data)
    except ValidationError as error:
        return list(error.errors())


def _part(kind: Any, data: Any) -> Any:
    """Return an instance of a class of `about`."""
    readers, required = _fields(kind)
    if not isinstance(data, dict) or not required <= data.keys() <= readers.keys():
        raise _DoubtfulError
    given = {}
    for key, value in data.items():
        name, read = readers[key]
        given[name] = read(value)
    return kind(**given)


@cache
def _fields(kind: Any) -> tuple[dict[str, tuple[str, Read]], frozenset[str]]:
    """Return name and reader of each field by its key, and the keys it must have."""
    hints = get_type_hints(kind, include_extras=True)
    readers = {key_of(f.name): (f.name, _reader(hints[f.name])) for f in fields(kind)}
    needed = (f for f in fields(kind) if f.default is f.default_factory is MISSING)
    return readers, frozenset(key_of(f.name) for f in needed)


def _reader(hint: Any) -> Read:
    """Return what reads a value of a type."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (kind,) = (part for part in parts if part is not NoneType)
        return partial(_optional, _reader(kind))
    if origin is Annotated:
        return _annotated(_reader(parts[0]), parts[1])
    if origin is Literal:
        return partial(_one_of, parts)
    if origin is tuple:
        return partial(_many, _reader(parts[0]))
    if origin is dict:
        return partial(_mapping, *map(_reader, parts))
    if isinstance(hint, type) and issubclass(hint, Part):
        return partial(_part, hint)
    return PLAIN[hint]


def _annotated(read: Read, mark: Within | OneOrMany) -> Read:
    """Return a reader that keeps to a mark."""
    if isinstance(mark, Within):
        return partial(_bounded, read, mark)
    return lambda value: read(listed(value))


def _bounded(read: Read, mark: Within, value: Any) -> Any:
    found = read(value)
    if not mark.holds(found):
        raise _DoubtfulError
    return found


def _optional(read: Read, value: Any) -> Any:
    return None if value is None else read(value)


def _one_of(words: tuple[str, ...], value: Any) -> str:
    word: str = _text(value)
    if word not in words:
        raise _DoubtfulError
    return word


def _many(read: Read, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _DoubtfulError
    return tuple(map(read, value))


def _mapping(key: Read, read: Read, value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise _DoubtfulError
    return {key(k): read(v) for k, v in value.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _DoubtfulError
    return value


def _whole(value: Any) -> int:
    if not (isinstance(value, str) and value.isascii() and value.isdigit()):
        raise _DoubtfulError
    if len(value) > 15:
        raise _DoubtfulError
    return int(value)


def _decimal(value: Any) -> float:
    if not (isinstance(value, str) and DECIMAL.fullmatch(value)):
        raise _DoubtfulError
    return float(value)


PLAIN: dict[Any, Read] = {
    str: _text,
    int: _whole,
    float: _decimal,
    Any: lambda value: value,
}

"""What one argument of a layer accepts: read from YAML, checked once it has a value.

A field has two faces. `read` turns what stands in the file into a constant or into an
`Expression`, before any size is known; `check` looks at the value that came out, and
returns it in the form that the layer's rules use. Both raise `FieldError`, which has no
place yet: whoever holds the file adds it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from fractions import Fraction
from typing import Annotated, Any, Literal

from archcalc.errors import Meant, nearest
from archcalc.sizes.dims import Dim, at_least
from archcalc.sizes.expressions import ExpressionError, parse, whole
from archcalc.source.parser import Mapping, Scalar, Sequence, Value

type_names = {Mapping: "a mapping", Sequence: "a list", Scalar: "text"}
BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
YAML_1_1_BOOLEANS = frozenset(
    word
    for w in ("yes", "no", "on", "off", "y", "n")
    for word in (w, w.title(), w.upper())
)
SIZES = re.compile(r"[1-9][0-9]{0,8}(?:x[1-9][0-9]{0,8})+")
LEADING_ZERO = r"[-+]?0[0-9_]+"
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
BASE_60 = r"[0-9]+(:[0-9]+)+"
"""Compiled at the first text that begins as a number and is none."""
LARGEST_BITS = 64
MOST_LETTERS = 40


class FieldError(ValueError):
    """A value that a field refuses: `message`, and `help` where something can help.

    `argument` is the one that has the value, where a layer says it.
    """

    def __init__(
        self, message: str, help: str | None = None, argument: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.argument = argument


def shown(value: object) -> str:
    """Return a value as it is named in a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    return repr(value) if isinstance(value, str) else str(value)


def number(scalar: Scalar) -> Any:
    """Return the number in a scalar, or its arithmetic where that waits for names.

    Raises `FieldError` for what YAML 1.1 would have turned into something else.
    """
    text = scalar.text
    if text.isascii() and text.isdigit() and (text[0] != "0" or text == "0"):
        if len(text) > 20 or int(text).bit_length() > LARGEST_BITS:
            raise FieldError(
                f"{_short(text)} does not fit in {LARGEST_BITS} bits",
                f"the number has {len(text)} digits",
            )
        return int(text)
    _refuse_traps(text)
    try:
        read = parse(text)
    except ExpressionError as error:
        raise FieldError(error.message, error.help) from None
    return read if read.names else read.constant


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}…"


def _refuse_traps(text: str) -> None:
    """Refuse what other YAML readers silently turn into another value."""
    if text.strip() in ("", "~", "null"):
        raise FieldError("a value is missing here")
    if text in BOOLEANS:
        raise FieldError(f"{text} is a boolean, and a number is needed")
    if "#" in text:
        raise FieldError("a comment needs a space before its #")
    if text[0] not in "+-0123456789":
        return
    if re.fullmatch(LEADING_ZERO, text):
        plain = text.lstrip("-+").lstrip("0_") or "0"
        raise FieldError(
            f"{_short(text)} has a leading zero: octal to some YAML readers",
            Meant(f"write {plain}", plain),
        )
    if re.fullmatch(BASE_60, text):
        raise FieldError(f"{_short(text)} is a base-60 number to some YAML readers")
    if re.fullmatch(DATE, text):
        raise FieldError(
            f"{text} is a date to some YAML readers",
            f"for a difference, write {text.replace('-', ' - ')}",
        )


class Field:
    """One argument: what it accepts, how it reads; the base of all kinds of field.

    Plain classes, not dataclasses: making those takes longer than all they do.
    """

    def read(self, value: Value) -> Any:
        """Return a constant, an `Expression` or a tuple of them; raise `FieldError`."""
        if not isinstance(value, Scalar):
            raise FieldError(
                f"{self.noun} is needed here, not {type_names[type(value)]}"
            )
        return self.read_scalar(value)

    def read_scalar(self, scalar: Scalar) -> Any:
        return number(scalar)

    @abstractmethod
    def check(self, value: Any) -> Any:
        """Return the value as the rules use it; raise `FieldError`."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what may be written."""

    @property
    @abstractmethod
    def noun(self) -> str:
        """What is needed, in words."""


ARITHMETIC = {"type": "string", "description": "arithmetic on params, cin, h, w, i"}


def _whole(value: Any, noun: str) -> Dim:
    if type(value) is int:
        return value
    if isinstance(value, (bool, str, tuple)) or value is None:
        raise FieldError(f"{noun} is needed here, not {shown(value)}")
    try:
        return whole(value)
    except ExpressionError as error:
        raise FieldError(error.message, error.help) from None


class WholeField(Field):
    """A whole number of at least `least`; a symbol may stand for it."""

    def __init__(self, least: int = 1, most: int = 2**LARGEST_BITS) -> None:
        self.least = least
        self.most = most

    @property
    def noun(self) -> str:
        return "a whole number"

    def check(self, value: Any) -> Dim:
        size = _whole(value, self.noun)
        if isinstance(size, int) and size > self.most:
            raise FieldError(
                f"{size} is above the largest that makes sense, {self.most}"
            )
        if not at_least(size, self.least):
            raise FieldError(
                f"{size} is below {self.least}, the least that makes sense"
            )
        return size

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer", "minimum": self.least}, ARITHMETIC]}


BOTH_SIDES = "if the two sides differ, write pad: {}, pad_end: {}"


class AxesField(Field):
    """One number for every spatial axis, or a list of one for each.

    `3`, `[1, 7]` and `1x7` are read; `words` are named paddings. Numbers are whole and
    at least `least`, or what `one` accepts.
    """

    def __init__(
        self, least: int = 1, words: tuple[str, ...] = (), one: Field | None = None
    ) -> None:
        self.one = one or WholeField(least)
        self.words = words

    @property
    def noun(self) -> str:
        words = f", or one of {', '.join(self.words)}" if self.words else ""
        return f"{self.one.noun}, or a list of one for each axis{words}"

    def read(self, value: Value) -> Any:
        if isinstance(value, Sequence):
            if not value.items:
                raise FieldError("an empty list: one number for each axis is needed")
            if self.words and any(isinstance(v, Sequence) for v in value.items):
                message = "a list has one number for each axis, which both sides get"
                raise FieldError(message, BOTH_SIDES.format("[0, 0]", "[1, 1]"))
            return tuple(map(self.one.read, value.items))
        return super().read(value)

    def read_scalar(self, scalar: Scalar) -> Any:
        if scalar.text in self.words:
            return scalar.text
        if SIZES.fullmatch(scalar.text):
            return tuple(int(part) for part in scalar.text.split("x"))
        try:
            return number(scalar)
        except FieldError as error:
            if self.words and WORD.fullmatch(scalar.text) and not error.help:
                raise FieldError(
                    error.message, nearest(scalar.text, self.words)
                ) from None
            raise

    def check(self, value: Any) -> Any:
        if isinstance(value, str):
            if value in self.words:
                return value
            raise FieldError(
                f"{value!r} is not {self.noun}", nearest(value, self.words)
            )
        if isinstance(value, tuple):
            return tuple(map(self.one.check, value))
        return self.one.check(value)

    def schema(self) -> dict[str, Any]:
        one = self.one.schema()
        words = [{"enum": list(self.words)}] if self.words else []
        return {
            "anyOf": [
                *one["anyOf"],
                *words,
                {"type": "array", "items": one, "minItems": 1},
            ]
        }


class FlagField(Field):
    """true or false, or a comparison."""

    @property
    def noun(self) -> str:
        return "true or false"

    def read_scalar(self, scalar: Scalar) -> Any:
        if scalar.text in BOOLEANS:
            return BOOLEANS[scalar.text]
        return number(scalar)

    def check(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise FieldError(f"true or false is needed here, not {shown(value)}")

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "boolean"}, ARITHMETIC]}


class WordField(Field):
    """One of a few words, or a param that holds one."""

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self.words = words

    @property
    def noun(self) -> str:
        return f"one of {', '.join(self.words)}"

    def read_scalar(self, scalar: Scalar) -> Any:
        if scalar.text in self.words:
            return scalar.text
        try:
            return parse(scalar.text)
        except ExpressionError:
            raise FieldError(f"{scalar.text!r} is not {self.noun}") from None

    def check(self, value: Any) -> str:
        if isinstance(value, str) and value in self.words:
            return value
        help = nearest(value, self.words) if isinstance(value, str) else None
        raise FieldError(f"{shown(value)} is not {self.noun}", help)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(self.words)}, ARITHMETIC]}


class LettersField(Field):
    """Letters for the axes of two inputs and of what they become: `nd,md->nm`."""

    pattern = r"[A-Za-z]+,[A-Za-z]+->[A-Za-z]*"

    @property
    def noun(self) -> str:
        return "letters such as nd,md->nm"

    def read_scalar(self, scalar: Scalar) -> Any:
        return self.check("".join(scalar.text.split()))

    def check(self, value: Any) -> str:
        if isinstance(value, str) and re.fullmatch(self.pattern, value):
            if len(value) <= MOST_LETTERS:
                return value
            raise FieldError(f"{len(value)} characters: {MOST_LETTERS} is the limit")
        raise FieldError(f"{shown(value)} is not {self.noun}")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.pattern}$"}


class RatioField(Field):
    """An exact number between two bounds, kept as a fraction."""

    def __init__(
        self,
        least: Fraction = Fraction(0),
        most: Fraction | None = None,
        open_below: bool = False,
    ) -> None:
        self.least = least
        self.most = most
        self.open_below = open_below

    @property
    def noun(self) -> str:
        return "a number"

    def check(self, value: Any) -> Fraction:
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
            raise FieldError(f"a number is needed here, not {shown(value)}")
        low = value <= self.least if self.open_below else value < self.least
        if low or (self.most is not None and value > self.most):
            most = "" if self.most is None else f" and at most {self.most}"
            least = f"{'above' if self.open_below else 'at least'} {self.least}"
            raise FieldError(f"{float(value):g} must be {least}{most}")
        return Fraction(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "number", "minimum": float(self.least)}, ARITHMETIC]}


class ListField(Field):
    """A list of whole numbers, or a single one."""

    def __init__(self, least: int = 1, length: int | None = None) -> None:
        self.least = least
        self.length = length

    @property
    def noun(self) -> str:
        return "a list of whole numbers"

    def read(self, value: Value) -> Any:
        if isinstance(value, Sequence):
            return tuple(WholeField(self.least).read(v) for v in value.items)
        return super().read(value)

    def check(self, value: Any) -> tuple[Dim, ...]:
        items = value if isinstance(value, tuple) else (value,)
        if not items or (self.length is not None and len(items) != self.length):
            count = self.length or "one or more"
            raise FieldError(f"{count} whole numbers are needed, not {len(items)}")
        return tuple(WholeField(self.least).check(v) for v in items)

    def schema(self) -> dict[str, Any]:
        one = WholeField(self.least).schema()
        return {
            "anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1}]
        }


AXES = ("channels", "features", "tokens", "length", "depth", "h", "w", "last")
"""Axes by name: `on_axis` says where a tensor has them."""


class AxisField(WholeField):
    """An axis: its name, or its number from 0, or from the end below 0."""

    def __init__(self) -> None:
        super().__init__(-8, 8)

    def read_scalar(self, scalar: Scalar) -> Any:
        return scalar.text if scalar.text in AXES else super().read_scalar(scalar)

    def check(self, value: Any) -> Any:
        return value if value in AXES else super().check(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [*super().schema()["anyOf"], {"enum": list(AXES)}]}


class AxisListField(ListField):
    """A list of axes, or a single one."""

    one = AxisField()

    def read(self, value: Value) -> Any:
        if isinstance(value, Sequence):
            return tuple(map(self.one.read, value.items))
        return self.one.read(value)

    def check(self, value: Any) -> Any:
        items = value if isinstance(value, tuple) else (value,)
        if not items:
            raise FieldError("one or more axes are needed")
        return tuple(self.one.check(item) for item in items)

    def schema(self) -> dict[str, Any]:
        one = self.one.schema()
        listed = {"type": "array", "items": one, "minItems": 1}
        return {"anyOf": [*one["anyOf"], listed]}


Size = Annotated[Dim, WholeField(1)]
Count = Annotated[Dim, WholeField(0)]
Kernel = Annotated[Any, AxesField(1)]
Stride = Annotated[Any, AxesField(1)]
Pad = Annotated[Any, AxesField(0, ("same", "half", "valid"))]
PadSizes = Annotated[Any, AxesField(0)]
Flag = Annotated[bool, FlagField()]
Rounding = Annotated[Literal["floor", "ceil"], WordField(("floor", "ceil"))]
Probability = Annotated[Fraction, RatioField(Fraction(0), Fraction(1))]
Rational = Annotated[Fraction, RatioField(Fraction(-(2**LARGEST_BITS)))]
Factor = Annotated[Fraction, RatioField(Fraction(0), None, open_below=True)]
Factors = Annotated[Any, AxesField(one=RatioField(Fraction(0), None, open_below=True))]
Sizes = Annotated[tuple[Dim, ...], ListField(1)]
Axis = Annotated[int | str | None, AxisField()]
Axes = Annotated[tuple[int | str, ...], AxisListField()]

"""Input sizes given from outside: `3x224x224`, `[3, 224, 224]`, `a=3x8x8`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archcalc.errors import UsageError, suggestion
from archcalc.language.argument_reader import symbol_named
from archcalc.layers.base import Shape
from archcalc.layers.fields import WORD, FieldError
from archcalc.sizes.dims import Poly

Sizes = str | Sequence[int | str]
Input = Sizes | Mapping[str, Sizes]
BRACKETS = ("()", "[]")
MOST_AXES = 4


def read_inputs(given: Iterable[str]) -> Input | None:
    """Return what one or several texts say: `3x8x8`, or `a=3x8x8` and `b=10`.

    Raises `UsageError` AC506 for several of which one has no name, or two have one.
    """
    texts = list(given)
    if not texts or (len(texts) == 1 and "=" not in texts[0]):
        return texts[0] if texts else None
    named: dict[str, Sizes] = {}
    for text in texts:
        name, equals, sizes = (part.strip() for part in text.partition("="))
        if not equals:
            message = f"{text!r} does not say which input it is"
            raise UsageError.of("AC506", message, help=f"--input NAME={text}")
        if name in named:
            raise UsageError.of("AC506", f"the input {name!r} is given twice")
        named[name] = sizes
    return named


def given_shapes(given: Input, known: Sequence[str], net: str) -> dict[str, Shape]:
    """Return the shapes that are given for a network's inputs, by name.

    Raises `UsageError` AC506 for an unknown name, and for sizes without a name where
    the network has several inputs.
    """
    given = read_inputs([given]) or given if isinstance(given, str) else given
    if not isinstance(given, Mapping):
        if len(known) == 1:
            return {known[0]: parse_shape(given)}
        first = next(iter(known), "input")
        message = f"{net} has several inputs; --input sets one of them"
        help = f"--input {first}=3x8x8 sets one of {', '.join(known)}"
        raise UsageError.of("AC506", message, help=help)
    for name in given:
        if name not in known:
            help = suggestion(name, known, "inputs")
            raise UsageError.of("AC506", f"{net} has no input {name!r}", help=help)
    return {name: parse_shape(sizes) for name, sizes in given.items()}


def parse_shape(given: Sizes) -> Shape:
    """Return input sizes from `3x224x224`, `3×224×224`, `C,H,W` or a sequence.

    A text may stand in brackets, as Python prints shapes. Raises `UsageError` AC506 for
    anything else.
    """
    parts = _parts(given) if isinstance(given, str) else given
    try:
        shape = tuple(_part(part) for part in parts)
    except FieldError as error:
        raise UsageError.of("AC506", error.message, help=error.help) from None
    if None in shape or not 1 <= len(shape) <= MOST_AXES:
        help = "write 3x224x224 or C,H,W"
        if None not in shape and len(shape) > MOST_AXES:
            help = f"at most {MOST_AXES} sizes, without the batch: --batch"
        raise UsageError.of("AC506", f"{given!r} is not an input size", help=help)
    return shape


def _parts(text: str) -> list[str]:
    """Return the sizes of a text, one by one."""
    text = text.strip()
    if text[:1] + text[-1:] in BRACKETS:
        text = text[1:-1].strip().removesuffix(",")
    return text.split(",") if "," in text else text.replace("×", "x").split("x")


def _part(part: Any) -> Any:
    if isinstance(part, (int, Poly)) and not isinstance(part, bool):
        return part if isinstance(part, Poly) or part >= 1 else None
    text = str(part).strip()
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text) or None
    return symbol_named(text) if WORD.fullmatch(text) and "-" not in text else None

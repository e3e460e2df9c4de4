"""What a file says about its network: paper, accuracy, expectations, as classes.

Their annotations are the rules, for `about_reader` and for the JSON Schema alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from archcalc.catalogue import FIGURES
from archcalc.records import dataclass, field

METRICS = tuple(key for key, figure in FIGURES.items() if figure.asserts)
"""What `expect` can assert, at a step or for the whole network; `is` is of `value`."""


class Within:
    """Bounds of a text or number; `such_as` shows a text that has its pattern."""

    def __init__(self, such_as: str = "", **bounds: Any) -> None:
        self.such_as = such_as
        self.bounds = bounds

    def holds(self, value: Any) -> bool:
        """Say whether a text or number keeps to the bounds."""
        return all(BOUNDS[name](value, bound) for name, bound in self.bounds.items())


BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "min_length": lambda value, least: len(value) >= least,
    "max_length": lambda value, most: len(value) <= most,
    "pattern": lambda value, pattern: re.fullmatch(pattern, value) is not None,
    "ge": lambda value, least: value >= least,
    "le": lambda value, most: value <= most,
}


class OneOrMany:
    """One value where a list may stand."""


def key_of(name: str) -> str:
    """Return the key in a file of a field; `with` cannot name a field."""
    return "with" if name == "operands" else name


Text = Annotated[str, Within(max_length=10_000)]
Name = Annotated[str, Within(min_length=1, max_length=200)]
Metric = Literal[METRICS]  # type: ignore[valid-type]  # a tuple of words
PerCent = Annotated[float, Within(ge=0, le=100)]


@dataclass(frozen=True)
class Paper:
    """Where a network was published."""

    authors: Text | None = None
    title: Text | None = None
    year: Annotated[int, Within(ge=1900, le=2200)] | None = None
    venue: Text | None = None
    url: Text | None = None


@dataclass(frozen=True)
class Accuracy:
    """A published accuracy, in per cent, with its source."""

    variant: Name | None = None
    dataset: Text = "ImageNet-1k validation, single crop"
    top1: PerCent | None = None
    top5: PerCent | None = None
    cite: Text | None = None
    note: Text | None = None


@dataclass(frozen=True)
class Expected:
    """One entry of `expect`: figures that hold, or that are known to be wrong."""

    figures: dict[Metric, Any]  # keys of the entry itself, where it is written
    at: Name | None = None
    branch: Name | None = None
    variant: Name | None = None
    input: Text | None = None
    batch: Annotated[int, Within(ge=1, le=2**31)] | None = None
    dtype: Name | None = None
    tol: Annotated[str, Within("0.5%", pattern=r"^[0-9]+(\.[0-9]+)?%$")] | None = None
    convention: Name | None = None
    verdict: Literal["agrees", "erratum", "loose"] = "agrees"
    cite: Text | None = None
    said: Text | None = None
    what: Text | None = None
    why: Text | None = None
    note: Text | None = None
    value: Annotated[str, Within(max_length=200)] | None = None
    operands: dict[Name, Name] = field(default_factory=dict)

    @property
    def setting(self) -> dict[str, Any]:
        """How its figures are counted, as arguments of `Network.analyze`."""
        given = (("batch", self.batch), ("dtype", self.dtype))
        asked = (*given, ("convention", self.convention))
        return {name: value for name, value in asked if value is not None}


@dataclass(frozen=True)
class Lint:
    """What a file asks of its lint: channels in multiples, rules that do not apply."""

    channels: Annotated[int, Within(ge=1, le=2**16)] | None = None
    ignore: Annotated[
        tuple[Annotated[str, Within("AC401", pattern=r"^AC4[0-9]{2}$")], ...],
        OneOrMany(),
    ] = ()


Task = Literal[
    "classify",
    "detect",
    "segment",
    "generate",
    "embed",
    "language",
    "audio",
    "video",
    "points",
    "recommend",
]
"""What a network is made for; one may have several tasks."""


@dataclass(frozen=True)
class About:
    """What a file says about its network."""

    name: Name
    title: Text | None = None
    family: Name | None = None
    task: Annotated[tuple[Task, ...], OneOrMany()] = ()
    paper: Paper | None = None
    notes: Text | None = None
    tags: Annotated[tuple[Text, ...], OneOrMany()] = ()
    accuracy: Annotated[tuple[Accuracy, ...], OneOrMany()] = ()
    expect: tuple[Expected, ...] = ()
    lint: Lint | None = None

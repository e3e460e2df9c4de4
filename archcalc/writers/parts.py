"""What classes are made of: parts, values, and uses that are not classes yet."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archcalc.layers.records.calls import NO_NAMES
from archcalc.writers.bodies import Body, Ref
from archcalc.writers.language import Weight
from archcalc.writers.templates import Form


class Anything:
    """The value of an argument that a use does not need."""

    def __repr__(self) -> str:
        return "None"


ANYTHING = Anything()


Ranges = list[range | None]


class Part(NamedTuple):
    """A step of a class: a layer, a block, or a row of equal blocks.

    `form` is a layer's, `used` a block's class. `places` are where its values stand
    among those of the class; a row has those of its first block, those of the others,
    and the number of blocks. `optional` says that some uses leave it out: the value at
    that place, true or false, says which. A layer may be several parts: the `last` one
    gives its value, and `weights` are those of its layer that it has.
    """

    name: str
    inputs: tuple[Ref, ...]
    form: Form | None
    used: Class | None
    places: range
    row: bool = False
    optional: int | None = None
    branch: str = ""
    shared: int | None = None
    key: str = ""
    weights: Mapping[str, Weight] = NO_NAMES
    last: bool = True


@dataclass(eq=False, slots=True)
class Class:
    """A class of the code: its parts, and the values of each use.

    `block` is what the spec calls it. `arguments` are those of the constructor, each
    with its value in every use; `given` says for each value of a part how it is
    written: with an argument (and a factor), or as a literal. `ranges` are for each use
    the items of its body that each part stands for, None where it has no such part;
    `hints` are names for the values.
    """

    block: str
    parts: list[Part]
    returned: tuple[Ref, ...]
    entering: int
    uses: list[Body] = field(default_factory=list)
    ranges: list[Ranges] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    arguments: dict[str, list[Any]] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    name: str = ""


class Given(NamedTuple):
    """How a value is written: a literal, or an argument times over under a number."""

    literal: Any = None
    argument: str | None = None
    times: int = 1
    over: int = 1
    other: str | None = None


def is_module(part: Part) -> bool:
    """Say whether a part is called with one tensor and gives one."""
    if part.used is not None:
        return part.used.entering == 1 and len(part.used.returned) == 1
    form = part.form
    assert form is not None
    return bool(form.target) and form.before is None and form.after is None


class Draft(NamedTuple):
    """A body as parts with the values of this one use; `key` is equal for like ones."""

    body: Body
    parts: list[Part]
    values: list[Any]
    returned: tuple[Ref, ...]
    ranges: Ranges

    def key(self) -> Hashable:
        """Return what uses of one class have in common."""
        parts = tuple(
            (p.name, p.inputs, p.form, id(p.used), p.row, p.shared) for p in self.parts
        )
        return self.body.group.label, len(self.body.entering), parts, self.returned


def agree(one: Iterable[Any], other: Iterable[Any]) -> bool:
    """Say whether values are equal, use by use, where both are needed."""
    return all(
        a is ANYTHING or b is ANYTHING or (a == b and type(a) is type(b))
        for a, b in zip(one, other, strict=True)
    )


def both(one: Any, other: Any) -> Any:
    """Return the value of the two that is needed."""
    return other if one is ANYTHING else one

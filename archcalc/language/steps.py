"""Steps of a spec: what one may be.

A step is a word (`relu`) or a mapping with exactly one kind key whose value is the
kind's principal argument; everything else is a named sibling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer
from archcalc.layers.fields import FieldError, FlagField, WholeField
from archcalc.records import NamedTuple, dataclass
from archcalc.sizes.expressions import Expression
from archcalc.source.parser import Scalar

COMMON = (
    *("name", "from", "repeat", "first", "last", "when", "note", "share"),
    *("frozen", "lora"),
)
FOLLOWERS = ("norm", "act")
ROLES_WITH_FOLLOWERS = ("matrix", "combine", "pool", "other")
BRANCHES = "branches"
"""The sibling that says how many equal branches a kind joins."""
STRUCTURES = ("residual", "use", "aux", "stage")
SHORTCUTS = (
    "identity",
    "projection",
    "identity-or-projection",
    "identity-or-none",
    "identity-or-pad",
)
SIZES = ("channels", "cin", "h", "w", "length", "tokens", "dim")
"""Sizes that arithmetic may ask of another step: `h of l4`."""
DYNAMIC = frozenset({*SIZES, "i"} - {"channels"})


class Words:
    """Kinds of step: the layers in the catalogue as it is now, and `more`."""

    def __init__(self, *more: str) -> None:
        self.more = more

    def __contains__(self, word: object) -> bool:
        return (word in CATALOGUE and word != "input") or word in self.more

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in CATALOGUE if key != "input")
        yield from self.more


USERS = Words()
KINDS = Words(*STRUCTURES)
REPEAT = WholeField(0)
COPIES = WholeField(1)
CONDITION = FlagField()
NONE: dict[str, Any] = {}


Parts = tuple[tuple[str, "Scalar | tuple[Step, ...]"], ...]


class Lora(NamedTuple):
    """The adapter of a layer: matrices of a low rank beside its own, which are frozen.

    `alpha` over the rank is the number that their product is scaled by: 1 where it is
    None.
    """

    rank: Any
    alpha: Any = None
    dropout: Any = 0


class Step(NamedTuple):
    """One step as written; `node` is its kind key, which is where it stands.

    `branches` for kinds that join several tensors, by name; one that stands for all of
    them where `copies` says how many; `parts` are what is given for inputs that have a
    name: the name of an earlier step, or steps. `sources` where they are earlier steps'
    names instead. `body` for residual, aux and stage. `layer` is ready where no
    argument needs arithmetic, and `plain` says that it then becomes one node, which
    reads the node before it, with its followers. `frozen` is None where it is as around
    it.
    """

    kind: str
    node: Scalar
    args: dict[str, Any] = NONE
    layer: Layer | None = None
    name: str | None = None
    sources: tuple[Scalar, ...] = ()
    repeat: Any = 1
    first: dict[str, Any] = NONE
    last: dict[str, Any] = NONE
    when: Any = True
    share: Scalar | None = None
    norm: Any = None
    act: Any = None
    branches: tuple[tuple[str, tuple[Step, ...]], ...] | None = None
    body: tuple[Step, ...] = ()
    shortcut: str | Expression | tuple[Step, ...] = "identity"
    plain: bool = False
    copies: Any = None
    parts: Parts = ()
    frozen: Any = None
    lora: Lora | None = None

    def again(self, node: Scalar, name: str | None = None) -> Step:
        """Return the same step where it is written once more."""
        return Step._make((self.kind, node, self.args, self.layer, name, *self[5:]))

    def inside(self) -> Iterator[Step]:
        """Yield the steps that this one holds: its body, branches and shortcut."""
        yield from self.body
        for _, steps in self.branches or ():
            yield from steps
        for _, part in self.parts:
            yield from () if isinstance(part, Scalar) else part
        if isinstance(self.shortcut, tuple):
            yield from self.shortcut


@dataclass(frozen=True, slots=True)
class Block:
    """A template: params (None where required) and the steps that they fill in.

    `inputs` name the tensors that enter, for a block that takes several; a repeated one
    hands them on: what leaves becomes the first, the first becomes the second.
    """

    name: str
    params: dict[str, Any]
    steps: tuple[Step, ...]
    inputs: tuple[str, ...] = ()


def settled(args: dict[str, Any]) -> bool:
    """Say whether no value waits for arithmetic."""
    for value in args.values():
        if isinstance(value, Expression):
            return False
        listed = isinstance(value, tuple) and not isinstance(value, Step)
        if listed and any(isinstance(part, Expression) for part in value):
            return False
    return True


def takes(kind: str, key: str) -> bool:
    """Say whether `key`, a kind of its own, can be an argument of `kind`."""
    return kind == "use" or (kind in CATALOGUE and key in CATALOGUE[kind].fields)


def kind_keys(keys: Iterable[Scalar]) -> tuple[list[Scalar], list[Scalar]]:
    """Return the keys that are kinds, and those whose arguments all others can be."""
    found = [k for k in keys if k.text in KINDS]
    return found, [
        k for k in found if all(o is k or takes(k.text, o.text) for o in found)
    ]


def as_follower(kind: str, other: str) -> str:
    """Return how two kinds in one step are written instead."""
    first = CATALOGUE.get(kind)
    then = CATALOGUE.get(other)
    words = {"norm": "norm", "activation": "act"}
    word = words.get(then.role) if then else None
    if word and first and first.role in ROLES_WITH_FOLLOWERS:
        return f"write {word}: {other}, or give each its own `- ` line"
    return "give each its own `- ` line"


def shares(steps: Iterable[Step]) -> bool:
    """Say whether some step uses the weights of another."""
    return any(step.share is not None or shares(step.inside()) for step in steps)


def freezes(steps: Iterable[Step]) -> bool:
    """Say whether some step says of its parameters whether they are trained."""
    return any(
        step.frozen is not None or step.lora is not None or freezes(step.inside())
        for step in steps
    )


def uncounted(steps: Iterable[Step]) -> bool:
    """Say whether some step is of a layer that may do work that no rule counts."""
    return any(
        (step.kind in CATALOGUE and CATALOGUE[step.kind].uncounted)
        or uncounted(step.inside())
        for step in steps
    )


def refused(kind: str, error: FieldError) -> str:
    """Return what a kind says of an argument: `conv needs out`, `conv: out: …`."""
    own = error.message.startswith(f"{kind} ")
    return error.message if own else f"{kind}: {error.message}"


def without_followers(args: dict[str, Any]) -> dict[str, Any]:
    """Return arguments without `norm` and `act`."""
    return {k: v for k, v in args.items() if k not in FOLLOWERS}


def reads_others(step: Step) -> bool:
    """Say whether a step reads other than what enters: by name, or nothing at all."""
    named = any(isinstance(part, Scalar) for _, part in step.parts)
    return bool(step.sources) or named or arity(step) == 0


def arity(step: Step) -> int | None:
    """Return how many inputs a step takes: None for any, 1 for structures."""
    layer = CATALOGUE.get(step.kind)
    return layer.arity if layer is not None else 1


def constant(step: Step) -> bool:
    """Say whether an equal text elsewhere in the file means an equal step."""
    simple = step.layer is not None and not (
        step.sources or step.share or step.branches or step.parts or step.lora
    )
    waits = any(isinstance(f, Expression) for f in (step.norm, step.act))
    return (
        simple
        and not waits
        and settled({"repeat": step.repeat, "when": step.when, "frozen": step.frozen})
    )

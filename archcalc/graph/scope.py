"""Looking names up during expansion, and numbering steps that have no name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from archcalc.language.steps import STRUCTURES, Step
from archcalc.records import dataclass, field
from archcalc.sizes.expressions import Expression

NO_VALUES: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class Scope:
    """What names mean in a list of steps that is written out.

    `values` are those of params and `i`, `outputs` the nodes of steps by name, and
    `declared` the names of the params of the innermost block. Steps are `frozen` where
    one around them is.
    """

    path: str
    values: dict[str, Any]
    group: int
    parent: Scope | None = None
    outputs: dict[str, int] = field(default_factory=dict)
    aux: bool = False
    declared: Collection[str] = ()
    frozen: bool = False

    def path_of(self, name: str) -> str:
        """Return the path of a step here; one without a name has the group's own."""
        return member(self.path, name)

    def paths_of(self, name: str) -> list[str]:
        """Return what a name may stand for, from the innermost group outwards."""
        parts = self.path.split(".") if self.path else []
        around = [".".join(parts[:end]) for end in range(len(parts), -1, -1)]
        return [member(path, name) for path in around]

    def find(self, name: str) -> int | None:
        """Return the output node of an earlier step by its name, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.outputs:
                return scope.outputs[name]
            scope = scope.parent
        return None

    def visible(self) -> list[str]:
        """Return every name that `find` knows."""
        return [*self.outputs, *(self.parent.visible() if self.parent else [])]

    def adopt(self, inner: Scope, steps: tuple[Step, ...]) -> None:
        """Take over the names given inside a stage: it groups steps and hides none.

        So a repetition of a stage can name what the one before has left.
        """
        for step in steps:
            if step.name is not None and step.name in inner.outputs:
                self.outputs[step.name] = inner.outputs[step.name]

    def outermost(self) -> Scope:
        """Return the scope of the file."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def inside(self, path: str, group: int, aux: bool | None = None) -> Scope:
        """Return the scope of a group's steps."""
        aux = self.aux if aux is None else aux
        values = dict(self.values)
        return Scope(path, values, group, self, {}, aux, self.declared, self.frozen)

    def renamed(self, path: str, group: int) -> Scope:
        """Return a scope that shares names and values but stands in another group."""
        names = self.values, group, self.parent, self.outputs
        return Scope(path, *names, self.aux, self.declared, self.frozen)


def member(path: str, name: str) -> str:
    """Return the path of a thing in a group; one of the two may be empty."""
    return f"{path}.{name}" if path and name else path or name


def is_group(step: Step) -> bool:
    """Say whether a step is written out as a group of its own."""
    grouped = step.kind in STRUCTURES or step.branches is not None or step.parts
    if step.lora is not None:
        grouped = True
    return bool(grouped) and step.kind != "aux" and step.repeat == 1


def base_names(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Return a name for each step: its own, or its kind with an ordinal.

    The only step of a block takes the block's name: it gets none of its own.
    """
    if len(steps) == 1 and steps[0].name is None and is_group(steps[0]):
        return ("",)
    given = {step.name for step in steps}
    kinds = ["" if step.name is not None else kind_name(step) for step in steps]
    return tuple(_numbered(steps, kinds, given))


def _numbered(
    steps: tuple[Step, ...], kinds: Sequence[str], given: set[str | None]
) -> Iterator[str]:
    """Yield each step's name; unnamed kinds that stand several times are numbered."""
    often = Counter(kinds)
    counts = dict.fromkeys(often, 0)
    for step, kind in zip(steps, kinds, strict=True):
        if step.name is not None:
            yield step.name
            continue
        name = kind
        while often[kind] > 1 or name in given:
            counts[kind] += 1
            name = f"{kind}{counts[kind]}"
            if name not in given:
                break
        yield name


def kind_name(step: Step, values: Mapping[str, Any] = NO_VALUES) -> str:
    """Return the kind of a step, or the block that it uses.

    A param that names the block is its value among `values`, or else its own name.
    """
    if step.kind != "use":
        return step.kind
    used = step.args.get("use", "use")
    if isinstance(used, Expression):
        return str(values.get(used.text, used.text))
    return str(used)

"""The YAML of a spec, one line a step, in the form that `archcalc fmt` gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import combinations
from typing import Any

from archcalc.language.formatting import USUAL
from archcalc.language.steps import FOLLOWERS, KINDS
from archcalc.layers import CATALOGUE
from archcalc.layers.fields import FieldError
from archcalc.readers.model import UNKNOWN, Model
from archcalc.readers.spec.blocks import GENERIC, Block
from archcalc.readers.spec.tree import Item, plain_name
from archcalc.sizes.polynomials import Poly

PLAIN_NAMES = {"conv", "linear", "proj", "norm", "act"}
"""Names of modules that say no more than the kind of step: the parent's is better."""
FACTOR = re.compile(r"(?<![A-Za-z0-9_.])([0-9]+)(?=[A-Za-z_(])")
"""A number before a name or a bracket, which formulas multiply without a sign."""
DEFAULTED = ("bias", "norm", "act", "pad", "kernel")
"""What may stand under `defaults`."""


class Writer:
    """Writes one network; `names` has the names of steps that others read."""

    def __init__(self, model: Model, blocks: Sequence[Block]) -> None:
        self.model = model
        self.blocks = blocks
        self.texts: dict[int, dict[str, str]] = {}
        for block in blocks:
            self.texts |= block.texts
        self.names: dict[int, str] = {}
        self.symbols: dict[str, None] = {}
        self.defaults: dict[str, dict[str, Any]] = {}

    def text(self, row: Sequence[Item]) -> str:
        """Return the whole spec."""
        self._name(row)
        rows = [list(row), *(block.steps for block in self.blocks)]
        self.defaults = usual([item for part in rows for item in part])
        layers = [line for item in row for line in self._step(item, 2)]
        layers = layers or ["  - identity"]
        blocks = [line for block in self.blocks for line in self._block(block)]
        lines = ["archcalc: 1", f"name: {quoted(self.model.name)}", *self._inputs()]
        if len(self.model.outputs) > 1:
            found = [self.names[at] for at in self.model.outputs]
            lines.append(f"outputs: [{', '.join(found)}]")
        if self.symbols:
            lines += [f"params: {braces({name: name for name in self.symbols})}"]
        if self.defaults:
            lines += ["defaults:"]
            lines += [
                f"  {kind}: {braces(given)}" for kind, given in self.defaults.items()
            ]
        if blocks:
            lines += ["blocks:", *blocks]
        return "\n".join([*lines, "", "layers:", *layers]) + "\n"

    def _inputs(self) -> list[str]:
        found = [op for op in self.model.ops if op.kind == "input"]
        if len(found) == 1:
            return [f"input: {listed(found[0].shape)}"]
        names = [
            self.names[at] for at, op in enumerate(self.model.ops) if op.kind == "input"
        ]
        sizes = (
            f"  {n}: {listed(op.shape)}" for n, op in zip(names, found, strict=True)
        )
        return ["input:", *sizes]

    # -- names -----------------------------------------------------------------------

    def _name(self, row: Sequence[Item]) -> None:
        """Name inputs and steps: by their modules, or because others read them."""
        wanted = {at for item in row for at in item.takes}
        wanted |= {item.share for item in row if item.share is not None}
        if len(self.model.outputs) > 1:
            wanted |= {*self.model.outputs}
        inputs = [at for at, op in enumerate(self.model.ops) if op.kind == "input"]
        taken = {"input": 1}
        for at in inputs:
            own = word(self.model.ops[at].path[0]) if len(inputs) > 1 else "input"
            self.names[at] = own if len(inputs) == 1 else unique(own, taken)
        holders = containers(row)
        named = {at: name for item in row for name, at in named_inputs(item)}
        for item in row:
            name = "" if item.path in holders else module_name(item)
            if not name and item.index in wanted:
                name = item.args["block"] if item.kind == "use" else item.kind
            if name in KINDS:  # as an input with a name it would mean the layer
                name = named.get(item.index, name)
            if name:
                item.name = unique(name, taken)
                self.names[item.index] = item.name

    # -- steps -----------------------------------------------------------------------

    def _block(self, block: Block) -> Iterator[str]:
        yield f"  {block.name}:"
        if block.params:
            yield f"    params: {braces(block.params)}"
        yield "    layers:"
        for item in block.steps:
            yield from self._step(item, 6)

    def _step(self, item: Item, indent: int) -> Iterator[str]:
        """Yield the lines of a step."""
        if item.inside() or item.branches:
            yield from self._long(item, indent)
            return
        given = self._pairs(item)
        if len(given) == 1 and next(iter(given.values())) == "":
            yield f"{' ' * indent}- {next(iter(given))}"
        else:
            yield f"{' ' * indent}- {braces(given)}"

    def _pairs(self, item: Item) -> dict[str, Any]:
        """Return the keys and values of a step without steps inside."""
        given: dict[str, Any] = {"name": item.name} if item.name else {}
        if item.kind == "use":
            args = dict(item.args)
            given["use"] = args.pop("block")
            given |= {"from": self._taken(item)} if item.takes else {}
            given |= {k: v for k, v in args.items() if k not in FOLLOWERS}
            given |= {k: v for k, v in args.items() if k in FOLLOWERS}
            given |= {"repeat": item.repeat} if item.repeat > 1 else {}
            return given | ({"first": item.first} if item.first else {})
        given |= self._layer(item)
        return (
            given if item.share is None else given | {"share": self.names[item.share]}
        )

    def _taken(self, item: Item) -> str:
        names = [self.names[at] for at in item.takes]
        return names[0] if len(names) == 1 else f"[{', '.join(names)}]"

    def _layer(self, item: Item) -> dict[str, Any]:
        """Return the kind of a layer and its arguments that are not the usual ones."""
        layer = CATALOGUE[item.kind]
        args = self._arguments(item)
        first = layer.principal
        if layer.arity not in (0, 1):
            given: dict[str, Any] = {item.kind: Raw(self._joining(item))}
        else:
            given = {item.kind: args.pop(first) if first in args else ""}
            if layer.named_inputs and len(item.takes) > 1:
                names = zip(wired(item), item.takes, strict=True)
                given |= {name or "from": Raw(self.names[at]) for name, at in names}
            elif item.takes:
                given["from"] = Raw(self._taken(item))
        given |= args
        return given | self._followers(item)

    def _joining(self, item: Item) -> str:
        if item.takes:
            return f"[{', '.join(self.names[at] for at in item.takes)}]"
        return "{x: identity}"

    def _arguments(self, item: Item) -> dict[str, Any]:
        """Return the arguments that differ from the layer's defaults and the file's."""
        layer, own = CATALOGUE[item.kind], self.defaults.get(item.kind, {})
        texts = self.texts.get(id(item), {})
        given: dict[str, Any] = {}
        for name in in_order(layer.fields):
            if name not in item.args and name not in own:
                continue
            plain = getattr(layer, name, None)
            value = texts.get(name, item.args.get(name, plain))
            if value == "half" and item.args["kernel"] == 1 and name not in own:
                continue
            usual_stride = name == "stride" and plain is None and not texts
            if usual_stride and value == item.args.get("kernel"):
                continue
            if value == own.get(name, plain) and type(value) is not Raw:
                continue
            given[name] = self._value(value)
        return given

    def _followers(self, item: Item) -> dict[str, Any]:
        own = self.defaults.get(item.kind, {})
        given: dict[str, Any] = {}
        for word_, follower in (("norm", item.norm), ("act", item.act)):
            value = follower_text(follower)
            value = self.texts.get(id(item), {}).get(word_, value)
            if value != own.get(word_, "none"):
                given[word_] = value
        return given

    def _value(self, value: Any) -> Any:
        """Return a value as YAML has it; names in sizes become params of the file."""
        if isinstance(value, tuple):
            return tuple(self._value(part) for part in value)
        if isinstance(value, Poly):
            text = arithmetic(str(value))
            for name in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text):
                self.symbols[name] = None
            return text
        return value

    def _long(self, item: Item, indent: int) -> Iterator[str]:
        """Yield the lines of a step that holds others."""
        margin = " " * indent
        begin = f"{margin}- "
        if item.name:
            yield f"{begin}name: {item.name}"
            begin = f"{margin}  "
        if item.takes:
            yield f"{begin}from: {self._taken(item)}"
            begin = f"{margin}  "
        yield f"{begin}{item.kind}:"
        if item.kind == "residual":
            for inner in item.body:
                yield from self._step(inner, indent + 4)
            yield from self._shortcut(item, indent)
        else:
            for name, row in item.branches:
                yield from self._branch(name, row, indent + 4)
            for name, value in self._arguments(item).items():
                yield f"{margin}  {name}: {scalar(value)}"
        for name, value in self._followers(item).items():
            yield f"{margin}  {name}: {scalar(value)}"

    def _shortcut(self, item: Item, indent: int) -> Iterator[str]:
        margin = " " * (indent + 2)
        if isinstance(item.shortcut, list):
            yield f"{margin}shortcut:"
            for inner in item.shortcut:
                yield from self._step(inner, indent + 4)
        elif item.shortcut != "identity":
            yield f"{margin}shortcut: {item.shortcut}"

    def _branch(self, name: str, row: Sequence[Item], indent: int) -> Iterator[str]:
        margin = " " * indent
        if not row:
            yield f"{margin}{name}: identity"
            return
        yield f"{margin}{name}:"
        for inner in row:
            yield from self._step(inner, indent + 2)


class Raw(str):
    """Text that is YAML already."""

    __slots__ = ()


def in_order(names: Iterable[str]) -> list[str]:
    """Return arguments in the order of the canonical form."""
    names = list(names)
    return [*(n for n in USUAL if n in names), *(n for n in names if n not in USUAL)]


def follower_text(follower: Item | None) -> Any:
    """Return a norm or activation as a step writes it."""
    if follower is None:
        return "none"
    layer = CATALOGUE[follower.kind]
    given = {
        name: value
        for name, value in follower.args.items()
        if value != getattr(layer, name, None)
    }
    if not given:
        return follower.kind
    first = layer.principal
    pairs = {follower.kind: given.pop(first) if first in given else "", **given}
    return Raw(braces(pairs))


def usual(row: Sequence[Item]) -> dict[str, dict[str, Any]]:
    """Return what most layers of a kind have, where writing it once is shorter."""
    counts: dict[str, dict[str, Counter[Any]]] = {}
    amounts: Counter[str] = Counter()

    def count(items: Sequence[Item]) -> None:
        for item in items:
            layer = CATALOGUE.get(item.kind)
            if layer is not None and layer.arity == 1:
                amounts[item.kind] += 1
                kinds = counts.setdefault(item.kind, {})
                for name, value in standing(item).items():
                    kinds.setdefault(name, Counter())[value] += 1
            for inner in item.inside():
                count(inner)

    count(row)
    found: dict[str, dict[str, Any]] = {}
    for kind, kinds in counts.items():
        if amounts[kind] < 3:
            continue
        layer = CATALOGUE[kind]
        for name, values in kinds.items():
            value, often = values.most_common(1)[0]
            plain = "none" if name in FOLLOWERS else getattr(layer, name, None)
            needed = name in layer.fields and not hasattr(layer, name)
            if value != plain and often * 2 > amounts[kind] and not needed:
                found.setdefault(kind, {})[name] = value
    return found


def standing(item: Item) -> dict[str, Any]:
    """Return what a step has of what may stand under `defaults`."""
    layer = CATALOGUE[item.kind]
    found: dict[str, Any] = {}
    for name in DEFAULTED:
        if name in item.args:
            found[name] = item.args[name]
        elif name in FOLLOWERS and layer.role in ("matrix",):
            follower = item.norm if name == "norm" else item.act
            found[name] = follower_text(follower)
    return {k: v for k, v in found.items() if not isinstance(v, Raw)}


def containers(row: Sequence[Item]) -> set[tuple[str, ...]]:
    """Return the modules that hold others: no step is named after them."""
    return {item.path[:depth] for item in row for depth in range(len(item.path))}


def module_name(item: Item) -> str:
    """Return the name that a step's module gives it, "" where that is only a number."""
    path = [part for part in item.path if plain_name(part)]
    holds = item.kind == "use" or bool(item.inside())
    while holds and len(path) > 1 and path[-1] in GENERIC:
        path.pop()
    if not holds and len(path) > 1 and path[-1] in PLAIN_NAMES:
        path.pop()
    if not path:
        return ""
    last = path[-1]
    if last.isdigit():
        before = path[-2] if len(path) > 1 else ""
        return f"{before}{last}" if holds and before[:1].isalpha() else ""
    return word(last) if last[0].isalpha() else ""


def word(text: str) -> str:
    """Return a name as a step may have it."""
    found = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:40]
    return found if found[:1].isalpha() else f"n{found}"


def named_inputs(item: Item) -> Iterator[tuple[str, int]]:
    """Yield the inputs of a step that have names, and the steps that make them."""
    named = item.kind in CATALOGUE and CATALOGUE[item.kind].named_inputs
    if named and len(item.takes) > 1:
        for name, at in zip(wired(item), item.takes, strict=True):
            if name:
                yield name, at


def wired(item: Item) -> tuple[str, ...]:
    """Return the names of the inputs of a step; the step before has none."""
    layer, many = CATALOGUE[item.kind], len(item.takes)
    for count in (many, many - 1):
        for given in combinations(layer.named_inputs, count):
            with suppress(FieldError):
                names = layer.wired(given)
                if len(names) == many:
                    return names
    raise AssertionError(item.kind)


def unique(name: str, taken: dict[str, int]) -> str:
    """Return a name that is not taken, and take it; `taken` counts how often."""
    found = name
    while found in taken:
        taken[name] = taken.get(name, 1) + 1
        found = f"{name}-{taken[name]}"
    taken[found] = taken.get(found, 1)
    return found


def arithmetic(text: str) -> str:
    """Return a size with names as the language writes it."""
    text = re.sub(r"⌊([^⌊⌋]*)⌋", r"floor(\1)", text).replace("−", "-")
    text = re.sub(r"([A-Za-z0-9_)]+)²", r"\1*\1", text)
    return re.sub(FACTOR, r"\1*", text.replace("·", "*"))


def braces(pairs: Mapping[str, Any]) -> str:
    """Return a mapping on one line."""
    parts = [f"{k}: {scalar(v)}" if v != "" else f"{k}:" for k, v in pairs.items()]
    if len(pairs) == 1 and parts[0].endswith(":"):
        parts[0] += " "
    else:
        parts = [p + " " if p.endswith(":") else p for p in parts]
    return "{" + ", ".join(parts) + "}"


def scalar(value: Any) -> str:
    """Return a value as YAML."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return listed(value)
    if isinstance(value, Mapping):
        return braces(value)
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else fraction(value)
    return quoted(str(value))


def fraction(value: Fraction) -> str:
    """Return a fraction as a decimal where that is exact, else as a quotient."""
    short = f"{float(value):.6g}"
    return short if Fraction(short) == value and "e" not in short else str(value)


def listed(values: Sequence[Any]) -> str:
    """Return a list on one line."""
    return f"[{', '.join(scalar(v) for v in values)}]"


def quoted(text: str) -> str:
    """Return a text, in quotes where YAML could read something else."""
    if re.fullmatch(r"-?[0-9]+", text) or re.fullmatch(
        r"[A-Za-z0-9][\w*+/().-]*", text
    ):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unknown_kinds(model: Model) -> list[str]:
    """Return the operators that no rule knows, with how many there are of each."""
    return [
        f"{name} ×{count}" if count > 1 else name
        for name, count in sorted(model.unknown().items())
        if name or UNKNOWN
    ]

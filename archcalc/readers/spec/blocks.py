"""Blocks: equal structure written once, with params where only numbers differ.

Steps that hold others are candidates. Two are alike where they differ in numbers and
activations alone; those become one block, and what differs its params, each written by
another one where it always is a multiple of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from archcalc.layers import CATALOGUE
from archcalc.readers.spec.tree import Item, common

LONGEST_PERIOD = 4
"""Steps of a group that comes again and again."""
SMALLEST = 3
"""Steps that a block has at least, those inside counted."""
Key = tuple[Any, ...]


@dataclass(slots=True)
class Slot:
    """A place in a block for a value: of an argument, or of an activation."""

    item: Item
    argument: str

    @property
    def value(self) -> Any:
        """What stands there."""
        if self.argument == "act":
            return self.item.act.kind if self.item.act else "none"
        return self.item.args[self.argument]


@dataclass(slots=True)
class Block:
    """A block of the spec: its params with what they usually are, and its steps."""

    name: str
    steps: list[Item]
    params: dict[str, Any] = field(default_factory=dict)
    texts: dict[int, dict[str, str]] = field(default_factory=dict)
    """For each step of the body, by its place, the arguments that are arithmetic."""


def shape_of(item: Item) -> Key:
    """Return what two steps share that differ in numbers and activations alone."""
    numbers = tuple(sorted(name for name, v in item.args.items() if variable(v)))
    words = tuple(sorted((n, v) for n, v in item.args.items() if not variable(v)))
    act = None if item.act is None else plain_act(item.act)
    norm = (
        None if item.norm is None else (item.norm.kind, tuple(item.norm.args.items()))
    )
    branches = tuple((name, row_shape(row)) for name, row in item.branches)
    skip = item.shortcut if isinstance(item.shortcut, str) else "steps"
    return (
        *(item.kind, numbers, words, act, norm, branches),
        *(row_shape(item.body), skip, tuple(item.takes)),
    )


def row_shape(row: Sequence[Item]) -> Key:
    """Return the shapes of a row of steps."""
    return tuple(map(shape_of, row))


def variable(value: Any) -> bool:
    """Say whether a value may be a param: a number that is no flag."""
    return isinstance(value, int) and not isinstance(value, bool)


def plain_act(act: Item) -> Key:
    """Return what is the same of activations without arguments: all are alike."""
    return ("plain",) if not act.args else (act.kind, tuple(act.args.items()))


def slots(row: Sequence[Item]) -> Iterator[Slot]:
    """Yield the places of values that may differ, in order."""
    for item in row:
        for name, value in item.args.items():
            if variable(value):
                yield Slot(item, name)
        for inner in item.inside():
            yield from slots(inner)
        if item.act is not None and not item.act.args:
            yield Slot(item, "act")


class Blocks:
    """Finds the blocks of a network and puts their uses in place of the steps.

    `read` are the operators that something reads by name: each has a step of its own.
    """

    def __init__(self, read: Set[int] = frozenset()) -> None:
        self.found: list[Block] = []
        self.read = read

    def folded(self, row: list[Item]) -> list[Item]:
        """Return a row of steps in which equal structure became blocks."""
        row = with_shortcuts(row, self.read)
        row = periods(row, self.read)
        groups: dict[Key, list[Item]] = {}
        for item in row:
            if item.size() >= SMALLEST and not item.takes:
                groups.setdefault(shape_of(item), []).append(item)
        uses: dict[int, Item] = {}
        for members in groups.values():
            if len(members) > 1:
                self._block(members, uses)
        row = [uses.get(id(item), item) for item in row]
        row = [part for item in row for part in spread(item)]
        return repeated(row, self.read)

    def _block(self, members: list[Item], uses: dict[int, Item]) -> None:
        """Make a block of steps that are alike, and the use of it for each."""
        columns = [
            list(column) for column in zip(*map(self._slots, members), strict=True)
        ]
        body = members[0].body if members[0].kind == "group" else [members[0]]
        block = Block(self._name(members), body)
        params = Params(block, [[slot.value for slot in c] for c in columns], members)
        for place, column in enumerate(columns):
            params.take(place, column[0])
        params.settle()
        self.found.append(block)
        for number, member in enumerate(members):
            given = {
                name: values[number]
                for name, values in params.columns.items()
                if values[number] != block.params[name]
            }
            uses[id(member)] = Item(
                "use",
                member.index,
                {"block": block.name, **given},
                member.path,
                entering=member.entering,
                leaving=member.leaving,
                takes=member.takes,
            )

    def _slots(self, member: Item) -> list[Slot]:
        return list(slots(member.body if member.kind == "group" else [member]))

    def _name(self, members: Sequence[Item]) -> str:
        """Return a name for a block: by what it does, else by its modules."""
        name = kind_of(members[0]) or module_of(members)
        taken = {block.name for block in self.found}
        number = 2
        plain = name
        while name in taken or name in CATALOGUE:
            name, number = f"{plain}{number}", number + 1
        return name


def kind_of(item: Item) -> str:
    """Return what a block is called that has a name in the literature, else nothing."""
    steps = list(every(item))
    kinds = [step.kind for step in steps]
    kernels = [step.args["kernel"] for step in steps if step.kind == "conv"]
    if "attention" in kinds:
        return "encoder"
    if item.kind != "residual" or "linear" in kinds:
        return ""
    if "multiply" in kinds and "dwconv" in kinds:
        return "gated"
    if "dwconv" in kinds:
        return "inverted"
    body = [k for k in kernels if not isinstance(item.shortcut, list)] or kernels
    if body[:1] == [1] and 3 in body:
        return "bottleneck"
    return "basic" if body and set(body[:2]) == {3} else ""


def every(item: Item) -> Iterator[Item]:
    """Yield a step and all that it holds."""
    yield item
    for row in item.inside():
        for inner in row:
            yield from every(inner)


GENERIC = {"layers", "layer", "blocks", "features", "model", "net", "module", "stages"}


def module_of(members: Sequence[Item]) -> str:
    """Return the word that the modules of a block's uses share, else `block`."""
    words = set()
    for member in members:
        named = [part.rstrip("0123456789_") for part in member.path]
        named = [part for part in named if part.isalpha() and part not in GENERIC]
        words.add(named[-1] if named else "")
    found = words.pop() if len(words) == 1 else ""
    if not found:
        stems = [member.path[-1] for member in members if member.path]
        found = stem(stems) if len(stems) == len(members) else ""
    return found.lower() if len(found) > 2 else "block"


def stem(words: Sequence[str]) -> str:
    """Return the letters that words begin with alike: `inception` of `inception3a`."""
    shared = ""
    for letters in zip(*words, strict=False):
        if len(set(letters)) > 1 or not letters[0].isalpha():
            break
        shared += letters[0]
    return shared


class Params:
    """The params of a block while they are found: columns of values, one a use."""

    def __init__(
        self, block: Block, values: list[list[Any]], members: Sequence[Item]
    ) -> None:
        self.block = block
        self.values = values
        self.columns: dict[str, list[Any]] = {}
        self.entering = [member.entering for member in members]

    def take(self, place: int, slot: Slot) -> None:
        """Decide how a value is written: as it is, as a param, by another param."""
        column = self.values[place]
        if len(set(map(repr, column))) == 1:
            return
        text = self._known(column) if slot.argument != "act" else ""
        text = text or self._same(column)
        if not text:
            text = self._new(slot.argument, column)
        key = id(slot.item)
        self.block.texts.setdefault(key, {})[slot.argument] = text

    def _same(self, column: list[Any]) -> str:
        return next((n for n, known in self.columns.items() if known == column), "")

    def _known(self, column: list[Any]) -> str:
        """Return a multiple or a part of a param that gives these values."""
        for name, known in self.columns.items():
            if not all(map(variable, known)):
                continue
            for text, rule in RELATIONS:
                if [rule(n) for n in known] == column:
                    return text.format(name)
        return ""

    def _new(self, argument: str, column: list[Any]) -> str:
        name = NAMES.get(argument, argument)
        if name == "width" and name in self.columns:
            name = "out"
        plain, number = name, 2
        while name in self.columns or name in TAKEN:
            name, number = f"{plain}{number}", number + 1
        self.columns[name] = column
        return name

    def settle(self) -> None:
        """Give params their defaults: what most uses have, where that is a choice."""
        for name, column in self.columns.items():
            usual = max(column, key=column.count)
            free = name.rstrip("0123456789") not in ("width", "out")
            often = column.count(usual) * 2 >= len(column)
            self.block.params[name] = usual if free and often else REQUIRED


REQUIRED = "required"
NAMES = {"out": "width", "multiplier": "times"}
TAKEN = {"cin", "h", "w", "i", "dim", "tokens", "name", "repeat", "first", "when"} | {
    *("from", "use", "last", "share", "note", "block")
}


def _round8(value: float) -> int:
    """Round channels to a multiple of 8, as MobileNets do."""
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


RELATIONS: tuple[tuple[str, Callable[[int], int | None]], ...] = (
    *((f"{k}*{{}}", lambda n, k=k: k * n) for k in (2, 3, 4, 6, 8)),
    *(
        (f"{{}}//{k}", lambda n, k=k: n // k if n % k == 0 else None)
        for k in (2, 3, 4, 6, 8, 16)
    ),
    ("round8({}//4)", lambda n: _round8(n // 4)),
)
"""How a param may follow from another one."""


def hidden(steps: Sequence[Item], read: Set[int]) -> bool:
    """Say whether something reads by name a step that is not the last of its row."""
    return any(step.index in read for step in steps[:-1])


def with_shortcuts(row: list[Item], read: Set[int]) -> list[Item]:
    """Write rows of plain steps as residuals without a sum, like others with one.

    A body that changes its sizes has no shortcut: `identity-or-none` then says both.
    """
    bodies: dict[Key, list[Item]] = {}
    for item in row:
        plain = item.kind == "residual" and item.shortcut == "identity"
        if plain and item.act is None and len(item.body) > 1:
            bodies.setdefault(row_shape(item.body), []).append(item)
    found: list[Item] = []
    at, changed = 0, set()
    shapes = row_shape(row)
    while at < len(row):
        alike = (body for body in bodies if shapes[at : at + len(body)] == body)
        body = next((b for b in alike if resizes(row[at : at + len(b)], read)), None)
        if body is None:
            found.append(row[at])
            at += 1
            continue
        changed.add(body)
        found.append(without_sum(row[at : at + len(body)]))
        at += len(body)
    for body in changed:
        for item in bodies[body]:
            item.shortcut = "identity-or-none"
    return projected(found)


def resizes(steps: Sequence[Item], read: Set[int]) -> bool:
    """Say whether steps change their sizes, and could be the body of a residual."""
    if steps[0].entering == steps[-1].leaving or hidden(steps, read):
        return False
    return not any(step.takes for step in steps)


def without_sum(steps: list[Item]) -> Item:
    """Return a residual whose body are these steps, and which has no shortcut."""
    return Item(
        "residual",
        steps[-1].index,
        path=common(steps),
        body=steps,
        shortcut="identity-or-none",
        entering=steps[0].entering,
        leaving=steps[-1].leaving,
    )


def projected(row: list[Item]) -> list[Item]:
    """Say `identity-or-projection` where equal bodies have shortcuts of both kinds."""
    groups: dict[Key, list[Item]] = {}
    for item in row:
        if item.kind == "residual":
            act = None if item.act is None else plain_act(item.act)
            groups.setdefault((row_shape(item.body), act), []).append(item)
    for members in groups.values():
        projections = [m for m in members if isinstance(m.shortcut, list)]
        plain = [m for m in members if m.shortcut == "identity"]
        if not projections or len(projections) + len(plain) < len(members):
            continue
        if all(map(is_plain_projection, projections)):
            for member in members:
                member.shortcut = "identity-or-projection"
    return row


def is_plain_projection(item: Item) -> bool:
    """Say whether a shortcut is what `projection` writes, with the body's stride."""
    if not isinstance(item.shortcut, list) or item.entering == item.leaving:
        return False
    (conv,) = item.shortcut
    first = next((s for s in item.body if s.kind == "conv"), None)
    stride = 1
    for step in item.body:
        own = step.args.get("stride", 1)
        stride = stride * own if isinstance(own, int) else 0
    alike = first is not None and conv.args.get("bias") == first.args.get("bias")
    norms = (conv.norm is None) == (first is None or first.norm is None)
    plain = conv.args.get("groups", 1) == 1 and conv.args.get("pad", 0) in (0, "half")
    return (
        conv.act is None and plain and alike and norms and conv.args["stride"] == stride
    )


def periods(row: list[Item], read: Set[int]) -> list[Item]:
    """Join steps that come again and again in the same order to groups."""
    shapes = [shape_of(item) for item in row]
    found: list[Item] = []
    at = 0
    while at < len(row):
        period, times = _period(row, shapes, at, read)
        if not period:
            found.append(row[at])
            at += 1
            continue
        for _ in range(times):
            steps = row[at : at + period]
            found.append(
                Item(
                    "group",
                    steps[-1].index,
                    path=common(steps),
                    body=steps,
                    entering=steps[0].entering,
                    leaving=steps[-1].leaving,
                )
            )
            at += period
    return found


def _period(
    row: list[Item], shapes: list[Key], at: int, read: Set[int]
) -> tuple[int, int]:
    """Return how long what repeats from a step on is, and how often; 0 for nothing."""
    for period in range(2, LONGEST_PERIOD + 1):
        first = shapes[at : at + period]
        if len(first) < period or len(set(first)) == 1:
            continue
        steps = row[at : at + period]
        if any(step.kind != "residual" or step.takes for step in steps):
            continue
        if len({step.path for step in steps}) > 1:
            continue
        times = 0
        while shapes[at + times * period : at + (times + 1) * period] == first:
            begin = at + times * period
            if hidden(row[begin : begin + period], read):
                break
            times += 1
        if times > 1:
            return period, times
    return 0, 0


def spread(item: Item) -> list[Item]:
    """Return the steps of a group that became no block."""
    return item.body if item.kind == "group" else [item]


def repeated(row: list[Item], read: Set[int]) -> list[Item]:
    """Write equal uses behind each other once, with what the first has apart."""
    found: list[Item] = []
    for item in row:
        before = found[-1] if found else None
        if before is None or before.index in read or not _continues(before, item):
            found.append(item)
            continue
        if before.repeat == 1:
            before.first = {
                k: before.args.get(k)
                for k in {*before.args, *item.args}
                if before.args.get(k) != item.args.get(k)
            }
            before.args = {k: item.args.get(k, v) for k, v in before.args.items()}
            before.args = {
                k: v
                for k, v in before.args.items()
                if k in item.args or k not in before.first
            }
        before.repeat += 1
        before.index, before.leaving = item.index, item.leaving
        before.path = common([before, item])
    return found


def _continues(before: Item, item: Item) -> bool:
    """Say whether a use is one more repetition of the use before it."""
    if not (before.kind == item.kind == "use") or item.takes:
        return False
    if before.args["block"] != item.args["block"]:
        return False
    differ = {
        k for k in {*before.args, *item.args} if before.args.get(k) != item.args.get(k)
    }
    if before.repeat > 1:
        return not differ
    one_parent = before.path[:-1] == item.path[:-1]
    known = all(k in before.args for k in differ)
    return known and (not differ or (one_parent and differ <= {"stride"}))

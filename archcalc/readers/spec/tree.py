"""Operators as steps inside one another: branches, residuals, norms and activations.

The graph is folded from the inside: a join whose branches begin at one operator, and
that nobody else reads, becomes one step. What is left is a row of steps, some of which
read earlier ones by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from archcalc.language.steps import ROLES_WITH_FOLLOWERS
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape
from archcalc.readers.model import UNKNOWN, Model, Op

LONGEST_BRANCH = 400
DEEPEST = 8
"""Steps inside one another: what lies deeper reads earlier steps by name."""


@dataclass(slots=True)
class Item:
    """One step: a layer, a join with branches, a residual, or the use of a block.

    `index` is the operator that leaves it; `takes` are those that it reads by name.
    `share` is an earlier operator whose weights it uses, `shared` says that a later one
    uses its own: such a step stands alone.
    """

    kind: str
    index: int
    args: dict[str, Any] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    norm: Item | None = None
    act: Item | None = None
    branches: list[tuple[str, list[Item]]] = field(default_factory=list)
    body: list[Item] = field(default_factory=list)
    shortcut: str | list[Item] = "identity"
    takes: list[int] = field(default_factory=list)
    entering: Shape = ()
    leaving: Shape = ()
    name: str = ""
    repeat: int = 1
    depth: int = 0
    first: dict[str, Any] = field(default_factory=dict)
    share: int | None = None
    shared: bool = False

    def inside(self) -> list[list[Item]]:
        """Return the rows of steps that this one holds."""
        rows = [row for _, row in self.branches if row]
        rows += [self.body] if self.body else []
        if isinstance(self.shortcut, list):
            rows.append(self.shortcut)
        return rows

    def size(self) -> int:
        """Return how many steps it is, those inside counted."""
        return 1 + sum(item.size() for row in self.inside() for item in row)


SOURCES = {key for key, layer in CATALOGUE.items() if layer.arity == 0}
"""Kinds of steps that read nothing."""


class Folding:
    """The graph while it is folded: who reads whom, and the step of each operator."""

    def __init__(self, model: Model, nested: bool = True) -> None:
        self.model = model
        self.nested = nested
        ops = model.ops
        self.sources = [list(op.inputs) for op in ops]
        self.readers = [len(users) for users in model.users()]
        self.left = set(range(len(ops)))
        self.items: dict[int, Item] = {
            at: Item(op.kind, at, with_half(op), op.path, leaving=op.shape)
            for at, op in enumerate(ops)
        }
        for at, op in enumerate(ops):
            self.items[at].entering = ops[op.inputs[0]].shape if op.inputs else ()
            if op.share is not None:
                self.items[at].share = op.share
                self.items[op.share].shared = True

    def folded(self) -> list[Item]:
        """Return the steps in order; inputs are left out."""
        for at, op in enumerate(self.model.ops):
            named = CATALOGUE[op.kind].named_inputs if op.kind != UNKNOWN else ()
            if len(op.inputs) > 1 and self.nested and not named:
                self._join(at)
        row = [self.items[at] for at in sorted(self.left)]
        row = [item for item in row if item.kind != "input"]
        inputs = [i for i, op in enumerate(self.model.ops) if op.kind == "input"]
        before = inputs[0] if len(inputs) == 1 else -1
        for item in row:
            sources = self.sources[item.index]
            joins = CATALOGUE[item.kind].arity != 1 if item.kind in CATALOGUE else False
            branched = bool(item.branches) or item.kind == "residual"
            single = item.kind == UNKNOWN and sources == [before]
            if (joins and not branched and not single) or sources != [before]:
                item.takes = sources
            before = item.index
        return followed(row, self.readers)

    def _join(self, at: int) -> None:
        """Fold a join into one step, where its branches begin at one operator."""
        chains = [self._chain(source) for source in self.sources[at]]
        begins = {begin for _, begin in chains if begin is not None}
        inner = [index for chain, _ in chains for index in chain]
        if len(begins) != 1 or len(set(inner)) < len(inner):
            return
        (begin,) = begins
        item = self.items[at]
        item.depth = 1 + max([self.items[i].depth for i in inner], default=0)
        if item.depth > DEEPEST:
            return
        rows = [self._row(chain) for chain, _ in chains]
        shape = self.model.ops[begin].shape
        self.items[at] = joined(item, rows, shape)
        self.sources[at] = [begin]
        self.left -= set(inner)
        began = sum(bool(chain) for chain, at_ in chains if at_ is not None)
        began += any(not chain for chain, _ in chains)
        self.readers[begin] -= began - 1

    def _chain(self, end: int) -> tuple[list[int], int | None]:
        """Return the operators that lead to one alone, and where they begin.

        A chain that begins with a learned tensor begins nowhere else.
        """
        chain: list[int] = []
        at = end
        while self.readers[at] == 1 and len(self.sources[at]) == 1:
            if len(chain) >= LONGEST_BRANCH:
                break
            chain.append(at)
            at = self.sources[at][0]
        alone = self.readers[at] == 1 and not self.sources[at]
        if alone and self.items[at].kind != "input":
            return [at, *chain[::-1]], None
        return chain[::-1], at

    def _row(self, chain: Sequence[int]) -> list[Item]:
        row = [self.items[at] for at in chain]
        return followed(row, self.readers)


def with_half(op: Op) -> dict[str, Any]:
    """Return arguments, `pad: half` for half of an odd kernel on both sides."""
    args = dict(op.args)
    kernel, pad = args.get("kernel"), args.get("pad")
    if op.kind not in ("conv", "dwconv") or isinstance(pad, str) or kernel is None:
        return args
    sizes = (kernel, args.get("dilation", 1), pad)
    rank = max(len(v) if isinstance(v, tuple) else 1 for v in sizes)
    each = [v if isinstance(v, tuple) else (v,) * rank for v in sizes]
    spans = zip(*each, strict=True)
    if all(k % 2 == 1 and p == d * (k - 1) // 2 for k, d, p in spans):
        args["pad"] = "half"
    return args


def joined(item: Item, rows: list[list[Item]], entering: Shape) -> Item:
    """Return the step of a join with its branches."""
    item.entering = entering
    empty = [row for row in rows if not row]
    if any(row and row[0].kind in SOURCES for row in rows):
        item.branches = list(zip(branch_names(rows), rows, strict=True))
        item.path = item.path or common([step for row in rows for step in row])
        return item
    if item.kind == "add" and len(rows) == 2 and len(empty) < 2:
        body, skip = sorted(rows, key=len, reverse=True)
        if not skip or is_projection(skip):
            item.kind, item.args = "residual", {}
            item.body, item.shortcut = body, skip or "identity"
            item.path = item.path or common([*body, *skip])
            return item
    if item.kind == "multiply" and len(rows) == 2 and len(empty) == 1:
        gate = next(row for row in rows if row)
        item.branches = [("x", []), ("gate", gate)]
    else:
        item.branches = list(zip(branch_names(rows), rows, strict=True))
    item.path = item.path or common([step for row in rows for step in row])
    return item


def is_projection(row: list[Item]) -> bool:
    """Say whether a row is one convolution of 1×1, as shortcuts have."""
    first = row[0]
    return len(row) == 1 and first.kind == "conv" and first.args["kernel"] == 1


def common(items: Sequence[Item]) -> tuple[str, ...]:
    """Return the modules that all steps stand in."""
    paths = [item.path for item in items]
    if not paths:
        return ()
    shared = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return tuple(shared)


def branch_names(rows: list[list[Item]]) -> list[str]:
    """Return names of branches: their modules' where each has one, else numbers."""
    depth = len(common([step for row in rows for step in row]))
    found = []
    for number, row in enumerate(rows, 1):
        shared = common(row)[depth : depth + 1] if row else ()
        name = shared[0] if shared and shared[0][:1].isalpha() else ""
        found.append(name if plain_name(name) else f"branch{number}")
    if len(set(found)) < len(found):
        return [f"branch{number}" for number in range(1, len(rows) + 1)]
    return found


def plain_name(name: str) -> bool:
    """Say whether a module's name may stand in a spec as it is."""
    return bool(name) and name.replace("_", "a").replace("-", "a").isalnum()


def followed(row: list[Item], readers: Sequence[int]) -> list[Item]:
    """Put norms and activations to the step before them, which nothing else reads."""
    found: list[Item] = []
    for item in row:
        before = found[-1] if found else None
        stands_alone = item.takes or item.branches or item.body or shares(item)
        if before is None or stands_alone:
            found.append(item)
            continue
        role = CATALOGUE[item.kind].role
        takes = (
            readers[before.index] == 1 and before.act is None and has_followers(before)
        )
        if (
            takes
            and role == "norm"
            and before.norm is None
            and before.kind != "residual"
        ):
            before.norm = item
        elif takes and role == "activation" and CATALOGUE[item.kind].arity == 1:
            before.act = item
        else:
            found.append(item)
            continue
        before.index, before.leaving = item.index, item.leaving
    return found


def shares(item: Item) -> bool:
    """Say whether a step uses the weights of another one, or lends its own."""
    return item.shared or item.share is not None


def has_followers(item: Item) -> bool:
    """Say whether a step may have `norm` and `act`."""
    if item.kind == "residual":
        return True
    if shares(item):
        return False
    layer = CATALOGUE[item.kind]
    return layer.role in ROLES_WITH_FOLLOWERS and item.kind != UNKNOWN

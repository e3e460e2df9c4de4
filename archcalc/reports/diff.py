"""What changed from one network to another: layers, their figures, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

from archcalc.catalogue import Figure, figures
from archcalc.errors import UsageError
from archcalc.graph.paths import depth
from archcalc.graph.receptive import Fields
from archcalc.layers.base import Layer, times
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import measure
from archcalc.network.network import Network
from archcalc.network.rows import Level, Row
from archcalc.records import dataclass
from archcalc.reports.alignment import Item, Pair, align, outputs_in_turn
from archcalc.reports.cells import Column, Line, Note, Table, column, telling
from archcalc.reports.report import Report
from archcalc.sizes.dims import Poly
from archcalc.source.edits import parts
from archcalc.source.values import Mapping, Scalar, Value

TOTALS = figures(
    *("params", "trainable", "frozen", "active_params", "macs", "flops"),
    *("activations", "activation_bytes"),
    *("peak", "training", "receptive_field", "depth"),
)
PEAKS = frozenset({"peak", "training"})
"""Totals that take longest: a step of training is followed in each network."""
COLUMNS = (
    Column("layer", "layer", "name"),
    Column("change", "change", "text"),
    Column("what", "what", "text", least=24, wraps=True),
    column("shape", kind="text", gives_way=1),
    column("params", kind="change"),
    column("macs", kind="change", unit=None),
    column("activation_bytes", key="memory", kind="change", gives_way=1),
    column("receptive_field", key="field", kind="text", gives_way=1),
)
ARROW = " → "


@dataclass(frozen=True)
class Side:
    """One of the two networks, its rows at a level."""

    network: Network
    analysis: Analysis
    level: Level = "layers"
    name: str = ""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows that are compared."""
        return tuple(r for r in self.analysis.outline(self.level) if r.kind == "row")

    @cached_property
    def fields(self) -> tuple[Fields, ...]:
        """What each node sees; nothing while sizes are names."""
        nodes = self.analysis.graph.nodes
        if any(isinstance(size, Poly) for node in nodes for size in node.shape):
            return (None,) * len(nodes)
        return self.analysis.receptive

    @cached_property
    def items(self) -> list[Item]:
        """The rows as they are aligned."""
        given = _given_names(self.network.spec.source.root)
        return [
            Item(r.name, _last(r.name) in given, self.content(r)) for r in self.rows
        ]

    def content(self, row: Row) -> Hashable:
        """Return what makes two rows equal: their layers with all arguments."""
        return row.label, self.layers(row)

    def layers(self, row: Row) -> tuple[Layer, ...]:
        """Return the layers that a row stands for."""
        return tuple(self.analysis.graph.nodes[i].layer for i in row.nodes)

    def field(self, row: Row) -> str:
        """Return the receptive field of a row as text."""
        fields = self.fields[row.output]
        return "×".join(str(f.size) for f in fields) if fields else ""


def _given_names(root: Value) -> frozenset[str]:
    """Return the names that a file gives: of steps, and of branches."""
    found: set[str] = set()
    waiting: list[Value] = [root]
    while waiting:
        value = waiting.pop()
        waiting.extend(parts(value))
        if isinstance(value, Mapping):
            name = value.get("name")
            found |= {name.text} if isinstance(name, Scalar) else set()
    return frozenset(found)


def _last(path: str) -> str:
    """Return the last part of a path that is not a number."""
    words = [part for part in path.split(".") if not part.isdigit()]
    return words[-1] if words else path


@dataclass(frozen=True, slots=True)
class Change:
    """One layer in both networks, and in what it differs."""

    old: Row | None
    new: Row | None
    kinds: tuple[str, ...]
    what: str = ""

    @property
    def row(self) -> Row:
        """The row of the new network, or the one that is gone."""
        return self.new or self.old  # type: ignore[return-value]  # one is there


FIGURES = ("params", "macs", "activation_bytes")
RENUMBERED = "renumbered"
AFFECTED = "affected"
QUIET = (RENUMBERED, AFFECTED)
"""What follows from other changes: counted in a note, and listed where asked for."""


@dataclass(frozen=True)
class Difference:
    """Two networks and every layer of both, once; `peaks` are those to compute."""

    old: Side
    new: Side
    peaks: frozenset[str] = frozenset()

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What differs, in the order of the new network."""
        pairs = align(self.old.items, self.new.items)
        found = (self._change(pair) for pair in pairs)
        return tuple(change for change in found if change.kinds)

    def _change(self, pair: Pair) -> Change:
        if pair.old is None or pair.new is None:
            if pair.new is not None:
                row = self.new.rows[pair.new]
                return Change(None, row, ("added",), row.label)
            row = self.old.rows[pair.old or 0]
            return Change(row, None, ("removed",), row.label)
        old, new = self.old.rows[pair.old], self.new.rows[pair.new]
        given = self.old.items[pair.old].named or self.new.items[pair.new].named
        kinds = ["moved"] if pair.moved else []
        if old.name != new.name:
            kinds.append("renamed" if given else RENUMBERED)
        what = self.arguments(old, new)
        if old.figures.frozen != new.figures.frozen and not what:
            what = f"frozen parameters {old.figures.frozen}{ARROW}{new.figures.frozen}"
        kinds += ["changed"] if what else []
        if not what and self._figures(old, new):
            kinds.append(AFFECTED)
        return Change(old, new, tuple(kinds), what)

    def arguments(self, old: Row, new: Row) -> str:
        """Return the arguments that differ: `stride 1 → 2`; "" for equal layers."""
        before, after = self.old.layers(old), self.new.layers(new)
        if before == after:
            return "" if old.label == new.label else f"{old.label}{ARROW}{new.label}"
        if [layer.key for layer in before] != [layer.key for layer in after]:
            return f"{old.label}{ARROW}{new.label}"
        said = [
            f"{name} {_word(a)}{ARROW}{_word(b)}"
            for one, other in zip(before, after, strict=True)
            for (name, a), (_, b) in zip(one.items(), other.items(), strict=True)
            if a != b
        ]
        return ", ".join(dict.fromkeys(said))

    def _figures(self, old: Row, new: Row) -> bool:
        same = all(getattr(old, name) == getattr(new, name) for name in FIGURES)
        return old.shape != new.shape or not same

    @cached_property
    def totals(self) -> tuple[tuple[Figure, Any, Any], ...]:
        """The figures of both networks, with their old and new values."""
        sides = (self.old, self.new)
        wanted = [one for one in TOTALS if one.key not in PEAKS - self.peaks]
        shown = telling(wanted, [side.analysis.total for side in sides])
        return tuple((one, *(_total(s, one.key) for s in sides)) for one in shown)


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _total(side: Side, key: str) -> Any:
    if key == "depth":
        return depth(side.analysis.graph)
    try:
        return measure(side.analysis, key)
    except (UsageError, TypeError, ValueError):  # needs numbers, and sizes are names
        return None


def change_of(old: Any, new: Any) -> Any:
    """Return the difference; None where one of them is not there."""
    return None if old is None or new is None else new - old


def growth_of(old: Any, new: Any) -> Fraction | None:
    """Return the difference as a share of the old value, if that is a number."""
    change = change_of(old, new)
    if isinstance(change, Poly) or change is None or not old or isinstance(old, Poly):
        return None
    return Fraction(change) / Fraction(old)


def diff_report(
    difference: Difference, everything: bool = False, ok: bool = True
) -> Report:
    """Return the report of `archcalc diff`: totals, then what changed.

    `ok` says whether no condition on the change was met.
    """
    old, new = difference.old.name, difference.new.name
    shown = [
        change
        for change in difference.changes
        if everything or not set(change.kinds) <= set(QUIET)
    ]
    tables = [_totals_table(difference)]
    if shown:
        rows = tuple(_line(difference, change) for change in shown)
        tables.append(Table("layers", COLUMNS, rows))
    notes = tuple(_notes(difference, shown))
    return Report(
        "diff", f"{old} to {new}", f"{old}, {new}", tuple(tables), notes, ok=ok
    )


def _totals_table(difference: Difference) -> Table:
    old, new = difference.old, difference.new
    columns = (
        Column("total", "total", "name"),
        Column("old", old.name, "value"),
        Column("new", new.name, "value"),
        Column("change", "change", "change"),
        Column("growth", "in %", "growth"),
    )
    rows = [
        Line((title, *shapes, None, None), path=title, kinds="shape")
        for title, shapes in outputs_in_turn([old.analysis, new.analysis])
    ]
    for one, before, after in difference.totals:
        if before is not None or after is not None:
            changed = change_of(before, after), growth_of(before, after)
            cells = (one.total, before, after, *changed)
            rows.append(Line(cells, path=one.key, kinds=one.kind))
    return Table("totals", columns, tuple(rows))


def _line(difference: Difference, change: Change) -> Line:
    old, new, row = change.old, change.new, change.row
    shown = [old or row, new or row]
    name = _both(shown[0].name, shown[1].name)
    shapes = _both(*(times(one.shape) for one in shown))
    sides = (
        difference.old if old else difference.new,
        difference.new if new else difference.old,
    )
    seen = _both(*(side.field(one) for side, one in zip(sides, shown, strict=True)))
    figures = [_change_in(key, old, new) for key in FIGURES]
    what = change.what or row.label
    cells = (name, ", ".join(change.kinds), what, shapes, *figures, seen)
    return Line(cells, path=row.name)


def _both(old: str, new: str) -> str:
    return old if old == new else f"{old}{ARROW}{new}"


def _change_in(key: str, old: Row | None, new: Row | None) -> Any:
    before = getattr(old, key) if old else 0
    after = getattr(new, key) if new else 0
    return after - before


def _notes(difference: Difference, shown: Sequence[Change]) -> Iterator[Note]:
    """Yield what is not listed, and how often each kind of change is there."""
    counts = Counter(kind for change in difference.changes for kind in change.kinds)
    if not difference.changes:
        moved = difference.old.analysis.outputs != difference.new.analysis.outputs
        yield Note(
            "no layer differs; the outputs do." if moved else "no layer differs."
        )
    listed = {id(change) for change in shown}
    hidden = [c for c in difference.changes if id(c) not in listed]
    kept = Counter(kind for change in hidden for kind in change.kinds)
    if count := kept[AFFECTED]:
        have = "layer has" if count == 1 else "layers have"
        yield Note(
            f"{count} more {have} the same arguments but other figures, because their "
            "input changed; --all lists them."
        )
    if count := counts[RENUMBERED]:
        layers, have = ("layer", "has") if count == 1 else ("layers", "have")
        yield Note(f"{count} {layers} without a name {have} a new number.")
    if not difference.peaks:
        yield Note("peaks of memory are left out; --memory shows them.")

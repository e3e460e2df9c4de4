"""The parts of a report: typed columns, lines of cells, tables, notes.

A column says what *kind* of value it holds, and each renderer in `render/` decides from
the kind how that prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from archcalc.catalogue import FIGURES, Figure
from archcalc.records import NamedTuple, dataclass
from archcalc.sizes.polynomials import Dim, Poly

if TYPE_CHECKING:
    from archcalc.figures.facts import Figures
    from archcalc.network.rows import Row

Cell = int | Fraction | Poly | str | bool | tuple[Dim, ...] | None
Cells = Callable[["Row"], Any]
"""What makes a column's cell from a row of an analysis."""
ColumnKind = Literal[
    "name",
    "text",
    "shape",
    "count",
    "operations",
    "bytes",
    "percent",
    "bar",
    "ratio",
    "change",
    "growth",
    "flag",
    "formula",
    "value",
]
RowKind = Literal["row", "head", "subtotal", "total", "aside"]
NoteKind = Literal["note", "erratum", "loose", "assumption", "definition"]
LEFT: frozenset[ColumnKind] = frozenset({"name", "text", "flag", "formula", "bar"})
ROW_KEYS = frozenset({"kind", "path"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in data, its title for people, the kind of its values.

    A `percent` is a share of one, and so is a `bar`, which is drawn; a `ratio` is a
    quotient, `bytes` are always bytes; a `change` is a difference and `growth` its
    share of the old value, both with a sign.
    A `value` column holds figures of several kinds; each row names its own in `kinds`.
    `unit` is the unit of the raw value; `short` a title for where room is scarce;
    `binary` shows bytes as MiB instead of MB; `note` defines the figure in a footer.
    Where room is scarce, columns are left out whose `gives_way` is not 0, the highest
    first; 1 stays until words would be cut to less than `least` cells. Words in a
    column that `wraps` are not cut but go on in the next line.
    """

    key: str
    title: str
    kind: ColumnKind
    unit: str | None = None
    note: str | None = None
    short: str | None = None
    binary: bool = False
    gives_way: int = 0
    least: int = 0
    wraps: bool = False

    @property
    def align(self) -> Literal["left", "right"]:
        """Words stand left, figures and shapes right."""
        return "left" if self.kind in LEFT else "right"


def column(key: str, /, **changes: Any) -> Column:
    """Return the column of a figure of the catalogue, `changes` apart."""
    one = FIGURES[key]
    given = {"key": key, "title": one.title, "kind": one.kind, "unit": one.unit}
    return Column(**{**given, "short": one.short, **changes})


def telling(figures: Iterable[Figure], totals: Sequence[Figures]) -> list[Figure]:
    """Return the figures that tell something of networks with these totals.

    Trainable and active parameters are all parameters in most networks.
    """
    return [
        one
        for one in figures
        if not one.only_where
        or any(getattr(total, one.only_where) != 0 for total in totals)
    ]


def share_column(key: str) -> Column:
    """Return the column of each row's share of a figure's total."""
    one = FIGURES[key]
    return Column(f"{key}_share", f"of {one.short or one.title}", "percent")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a cell for each column.

    The cells of a table's `row`s add up to its `total`; `subtotal` repeats what the
    rows of a group hold, `head` names a group, `aside` stands outside the total.
    `depth` is the level in the tree, `path` the full name, `kinds` the kind of `value`
    cells. `least` has the keys of the columns whose cell is a lower bound.
    """

    cells: tuple[Cell, ...]
    kind: RowKind = "row"
    depth: int = 0
    path: str = ""
    kinds: ColumnKind | None = None
    least: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, row: Row, cells: tuple[Cell, ...], least: frozenset[str] = frozenset()
    ) -> Line:
        """Return the line of a network's row: a side head's stands aside."""
        plain: RowKind = "row" if row.kind == "row" else "subtotal"
        kind: RowKind = "aside" if row.aux else plain
        return cls(cells, kind, row.depth, row.name, None, least)

    def kind_in(self, column: Column) -> ColumnKind:
        """Return the kind of this row's cell in a column."""
        return self.kinds if column.kind == "value" and self.kinds else column.kind


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under typed columns; the first column names the row.

    Raises ValueError without columns, where a key comes twice or is one that rows use
    themselves (`kind`, `path`), and where a row has not one cell for each column.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Line, ...]
    note: str | None = None

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if not keys or len(set(keys)) < len(keys) or ROW_KEYS & set(keys):
            raise ValueError(f"keys must differ, and none be of {ROW_KEYS}: {keys}")
        for row in self.rows:
            if len(row.cells) != len(keys):
                cells = f"{len(row.cells)} cells in {row.path!r}"
                raise ValueError(f"{cells} for {len(keys)} columns")

    def ruled(self) -> Iterator[tuple[Line, bool]]:
        """Yield each line, and whether it is the first of totals: a rule is above."""
        before: RowKind = "total"
        for row in self.rows:
            yield row, row.kind == "total" != before
            before = row.kind

    def records(self, *, every: bool = False) -> Iterator[dict[str, Cell]]:
        """Yield plain rows (or `every` row) as dicts: kind, path, cells by key."""
        for row in self.rows:
            if every or row.kind == "row":
                cells = zip((c.key for c in self.columns), row.cells, strict=True)
                yield {"kind": row.kind, "path": row.path, **dict(cells)}


class Headline(NamedTuple):
    """The main figures of a network: each with its name after the value.

    `least` has the names of those that are lower bounds.
    """

    subject: str
    figures: tuple[tuple[Cell, str, ColumnKind], ...]
    least: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under the tables, with where it is from."""

    text: str
    kind: NoteKind = "note"
    cite: str | None = None

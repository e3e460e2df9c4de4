"""What a command found, as values: tables with typed columns, notes, settings.

Nothing here is made to be looked at. A column says what *kind* of value it holds, and
each renderer in `render/` decides from the kind how that prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from archcalc.network.shown import Shown
from archcalc.sizes.polynomials import Dim, Poly

if TYPE_CHECKING:
    from archcalc.reports.diagram import Diagram

T = TypeVar("T")
SCHEMA = "archcalc/report/1"

Cell = int | Fraction | Poly | str | bool | tuple[Dim, ...] | None
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
    """

    key: str
    title: str
    kind: ColumnKind
    unit: str | None = None
    note: str | None = None
    short: str | None = None
    binary: bool = False

    @property
    def align(self) -> Literal["left", "right"]:
        """Words stand left, figures and shapes right."""
        return "left" if self.kind in LEFT else "right"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a cell for each column.

    The cells of a table's `row`s add up to its `total`; `subtotal` repeats what the
    rows of a group hold, `head` names a group, `aside` stands outside the total.
    `depth` is the level in the tree, `path` the full name, `kinds` the kind of `value`
    cells.
    """

    cells: tuple[Cell, ...]
    kind: RowKind = "row"
    depth: int = 0
    path: str = ""
    kinds: ColumnKind | None = None

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
    rows: tuple[Row, ...]
    note: str | None = None

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if not keys or len(set(keys)) < len(keys) or ROW_KEYS & set(keys):
            raise ValueError(f"keys must differ, and none be of {ROW_KEYS}: {keys}")
        for row in self.rows:
            if len(row.cells) != len(keys):
                cells = f"{len(row.cells)} cells in {row.path!r}"
                raise ValueError(f"{cells} for {len(keys)} columns")

    def records(self, *, every: bool = False) -> Iterator[dict[str, Cell]]:
        """Yield plain rows (or `every` row) as dicts: kind, path, cells by key."""
        for row in self.rows:
            if every or row.kind == "row":
                cells = zip((c.key for c in self.columns), row.cells, strict=True)
                yield {"kind": row.kind, "path": row.path, **dict(cells)}


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under the tables, with where it is from."""

    text: str
    kind: NoteKind = "note"
    cite: str | None = None


class Later(Sequence[T]):
    """A sequence that is made when it is first looked at, for what few formats draw."""

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self._make = make

    @cached_property
    def made(self) -> tuple[T, ...]:
        """The items."""
        return tuple(self._make())

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self.made[index]

    def __len__(self) -> int:
        return len(self.made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.made == tuple(other)

    def __hash__(self) -> int:
        return hash(self.made)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy the items."""
        return tuple, (self.made,)


@dataclass(frozen=True, slots=True)
class Report(Shown):
    """The answer of one command: tables, notes, and the settings that they depend on.

    `kind` is the command (`table`, `compare`, `list`), `subject` the names it is about;
    `settings` keep their order: convention, input, batch, dtype. `diagrams` are the
    networks it is about, for formats that draw them.
    """

    kind: str
    title: str
    subject: str
    tables: tuple[Table, ...]
    notes: tuple[Note, ...] = ()
    settings: Mapping[str, Cell] = field(default_factory=dict, hash=False)
    diagrams: Sequence[Diagram] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by value: a mapping proxy cannot be pickled itself."""
        shown = (self.kind, self.title, self.subject, self.tables, self.notes)
        return Report, (*shown, dict(self.settings), self.diagrams)

    def __arrow_c_stream__(
        self,
        requested_schema: object = None,  # in Arrow's protocol a wish
    ) -> object:
        """Return `rows()` as an Arrow stream; needs the extra `arrow`."""
        from archcalc.reports.arrow import stream

        return stream(self)

    def rows(self, *, every: bool = False) -> list[dict[str, Cell]]:
        """Return the first table as records of raw values, for a data frame.

        Plain rows only, so that a column's sum is its total; `every` adds heads,
        subtotals and totals, told apart by `kind`.
        """
        return list(self.tables[0].records(every=every)) if self.tables else []

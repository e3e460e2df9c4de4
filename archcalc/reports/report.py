"""What a command found, as values: tables with typed columns, notes, settings.

Nothing here is made to be looked at: `render/` makes text of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from archcalc.network.shown import Shown
from archcalc.records import dataclass, field, fields
from archcalc.reports.cells import Cell, Headline, Note, Table

if TYPE_CHECKING:
    from archcalc.reports.diagram import Diagram

T = TypeVar("T")
SCHEMA = "archcalc/report/1"


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


@dataclass(frozen=True, slots=True, repr=False)
class Report(Shown):
    """The answer of one command: tables, notes, and the settings that they depend on.

    `kind` is the command (`table`, `compare`, `list`), `subject` the names it is about;
    `settings` keep their order: convention, input, batch, dtype. `diagrams` are the
    networks it is about, for formats that draw them. `ok` is False where a check found
    something, and the command then ends with exit code 1. `headlines` are the main
    figures, which a terminal repeats in the last lines.

    In Python, `print(report)` gives the text of the command line, `report.text("csv")`
    another format, `report.save("x.tex")` a file in the format of its ending, and
    `report.rows()` plain values.
    """

    kind: str
    title: str
    subject: str
    tables: tuple[Table, ...]
    notes: tuple[Note, ...] = ()
    settings: Mapping[str, Cell] = field(default_factory=dict, hash=False)
    diagrams: Sequence[Diagram] = ()
    ok: bool = True
    headlines: tuple[Headline, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by value: a mapping proxy cannot be pickled itself."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return type(self), tuple({**values, "settings": dict(self.settings)}.values())

    def __repr__(self) -> str:
        return f"<Report {self.kind}: {self.title}>"

    def __arrow_c_stream__(
        self,
        requested_schema: object = None,  # in Arrow's protocol a wish
    ) -> object:
        """Return `rows()` as an Arrow stream; needs the extra `arrow`."""
        from archcalc.reports.arrow import stream

        columns = self.tables[0].columns if self.tables else ()
        return stream(columns, self.rows())

    def rows(self, *, every: bool = False) -> list[dict[str, Cell]]:
        """Return the first table as records of raw values, for a data frame.

        Plain rows only, so that a column's sum is its total; `every` adds heads,
        subtotals and totals, told apart by `kind`.
        """
        return list(self.tables[0].records(every=every)) if self.tables else []

"""What `archcalc solve` and `archcalc scale` found, as reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.catalogue import FIGURES
from archcalc.network.network import Network
from archcalc.reports.cells import Cell, Column, Line, Note, Table
from archcalc.reports.report import Report
from archcalc.sweeps.scaling import Names, Scaled, Solved
from archcalc.sweeps.values import written

SCALED, GREEK = ("depth", "width", "resolution"), ("alpha", "beta", "gamma")


def solve_report(network: Network, solved: Solved, constraint: str) -> Report:
    """Return the largest value with its figures beside those of the next one."""
    named = ((solved.param, solved.row), ("next", solved.next_row))
    rows = [row for _, row in named if row is not None]
    columns = (
        Column("figure", "figure", "name"),
        *(
            Column(f"at{i}", f"{solved.param} {written(row[solved.param])}", "value")
            for i, row in enumerate(rows)
        ),
    )
    names = [
        name
        for name in (rows[0] if rows else ())
        if name != solved.param and not _says_nothing(name, rows)
    ]
    lines = tuple(
        Line((name, *(row[name] for row in rows)), path=name, kinds="count")
        for name in names
    )
    table = Table("", columns, lines)
    notes = tuple(map(Note, _solve_notes(solved, constraint)))
    title = f"{network.title}: the largest {solved.param}"
    return Report("solve", title, network.name, (table,), notes)


def _says_nothing(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a kind of parameters is all of them, or none, in every row."""
    kind = FIGURES[name].only_where
    return bool(kind) and all(row[name] in (0, row["params"]) for row in rows)


def _solve_notes(solved: Solved, constraint: str) -> Iterator[str]:
    if solved.row is None:
        yield f"No value of {solved.param} that was tried meets {constraint}."
    else:
        value = written(solved.row[solved.param])
        yield f"{solved.param} = {value} is the largest that meets {constraint}."
    if solved.monotone:
        yield (
            f"Found by bisection: of the {solved.tried} values that were tried, those "
            "that fit come before those that do not."
        )
    else:
        yield (
            "Values that fit and values that do not alternate, so all "
            f"{solved.tried} values were tried."
        )


def scale_report(
    network: Network,
    names: Names,
    found: Sequence[Scaled],
    ratio: Fraction,
) -> Report:
    """Return the ways to scale a network, nearest to the target first."""
    scaled = [name for name in names if name is not None]
    greek = [g for g, name in zip(GREEK, names, strict=True) if name is not None]
    columns = (
        *(Column(name, name, "text") for name in (*scaled, *greek)),
        Column("params", "params", "count"),
        Column("macs", "macs", "operations"),
        Column("ratio", "ratio", "ratio"),
    )
    lines = []
    for way in found:
        words: list[Cell] = [written(v) for v in (*way.settings, *way.factors)]
        path = " ".join(f"{n}={w}" for n, w in zip(scaled, words, strict=False))
        lines.append(Line((*words, way.params, way.macs, way.ratio), path=path))
    target = written(ratio)
    notes = [
        Note(
            f"alpha·beta²·gamma² ≈ {target}: depth, width and resolution together "
            "(Tan and Le 2019, section 3.3); the ratio is that of the MACs as rounded."
        )
    ]
    fixed = [w for w, name in zip(SCALED, names, strict=True) if name is None]
    if fixed:
        notes.append(Note(f"No param for {' or '.join(fixed)}: that stays as it is."))
    if not lines:
        notes.append(
            Note(
                "No setting comes close enough. Try a smaller --step or a larger "
                "--tolerance."
            )
        )
    title = f"{network.title}: {target}× the MACs"
    table = Table("", columns, tuple(lines))
    return Report("scale", title, network.name, (table,), tuple(notes))

"""Parameters, MACs and activations of every layer; and the same summed up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from archcalc.catalogue import definition
from archcalc.network.analysis import Analysis
from archcalc.network.rows import LEVELS, Level, Row
from archcalc.render.numbers import si
from archcalc.render.plotting.chart import (
    HEADING,
    SMALL,
    Plane,
    Scale,
    bar,
    below,
    chart,
    legend,
    steps,
    tick,
    whole,
)
from archcalc.render.svg_writer import MARGIN, group, heading, line, text
from archcalc.render.typeset import text_width

MOST_ROWS = 72
"""A network with more layers is plotted by blocks, or by stages."""
ROW, BAR, SIDE, GAP = 18, 12, 220, 62
"""Pixels: from bar to bar, a bar, the longest bar, between two sides."""
WIDE, HIGH = 640, 320
SERIES = {"params": "params", "macs": "MACs", "activations": "activations"}
"""The figures that are plotted, by their key."""


def plotted(analysis: Analysis) -> tuple[list[Row], Level]:
    """Return the rows of the finest level that has room, side heads left out."""
    rows: list[Row] = []
    level: Level = "layers"
    for level in LEVELS[1:]:
        found = analysis.outline(level)
        rows = [row for row in found if row.kind == "row" and not row.aux]
        if len(rows) <= MOST_ROWS:
            break
    return rows, level


def layers(analysis: Analysis, title: str) -> str:
    """Return bars of three figures for every layer, side by side."""
    rows, level = plotted(analysis)
    top = MARGIN + HEADING + 34
    bottom = top + ROW * len(rows) + 4
    edge = MARGIN + max(text_width(row.name, SMALL) for row in rows)
    sides = [
        _Side([whole(getattr(row, key), f"{what} of {row.name}") for row in rows], at)
        for at, (key, what) in enumerate(SERIES.items())
    ]
    parts = list(heading(title, _subtitle(analysis, level)))
    for side in sides:
        parts += side.axis(edge, top, bottom)
    for i, row in enumerate(rows):
        y = top + ROW * i
        name = text(edge, y + 13, row.name, "v r")
        bars = [side.bar(edge, i, y + 3) for side in sides]
        figures = [side.figure(edge, i, y + 13) for side in sides]
        said = " · ".join(side.words(i) for side in sides)
        about = f"{row.name} · {row.label} · {said}"
        parts.append(group([name, *bars, *figures], about, data_path=row.name))
    parts.append(below(definition("activations"), bottom + 40))
    described = "; ".join(
        f"{rows[side.largest].name}: {side.words(side.largest)}" for side in sides
    )
    small_print = MARGIN + text_width(definition("activations"), SMALL)
    wide = max(edge + len(sides) * (SIDE + GAP), small_print)
    size = (wide + MARGIN, bottom + 56)
    return chart(size, title, f"Largest values: {described}.", parts)


class _Side:
    """The bars of one figure; their place is counted from the edge of the names."""

    def __init__(self, values: Sequence[int], at: int) -> None:
        self.values = values
        self.what = list(SERIES.values())[at]
        self.style = "abc"[at]
        self.start = 12 + at * (SIDE + GAP)
        marks = steps(max(values), 3)
        ticks = [(mark, tick(si(round(mark)))) for mark in marks]
        self.scale = Scale(ticks, self.start, self.start + SIDE)

    @property
    def largest(self) -> int:
        """The row with the largest value."""
        return max(range(len(self.values)), key=self.values.__getitem__)

    def axis(self, edge: float, top: float, bottom: float) -> Iterator[str]:
        """Yield the figure's title, its grid and ticks."""
        total = f"{self.what}: {si(sum(self.values))} in total"
        yield text(edge + self.start, top - 14, total)
        for value, words in self.scale.ticks:
            x = edge + self.scale(value)
            yield line([(x, top), (x, bottom)], "grid")
            yield text(x, bottom + 16, words, "k m")

    def bar(self, edge: float, at: int, y: float) -> str:
        """Return one bar."""
        end = self.scale(self.values[at])
        return bar(edge + self.start, y, end - self.start, BAR, self.style)

    def figure(self, edge: float, at: int, y: float) -> str:
        """Return the figure beyond the bar's end."""
        value = self.values[at]
        return text(edge + self.scale(value) + 4, y, si(value) if value else "", "k")

    def words(self, at: int) -> str:
        """Return a figure with what it is."""
        return f"{self.values[at]:,} {self.what}"


def cumulative(analysis: Analysis, title: str) -> str:
    """Return the share of all parameters and of all MACs up to each layer."""
    rows, level = plotted(analysis)
    series = {
        what: [whole(getattr(row, key), f"{what} of {row.name}") for row in rows]
        for key, what in SERIES.items()
    }
    left, top = MARGIN + 48, MARGIN + HEADING + 52
    wide = max(WIDE, 12 * len(rows))
    across = Scale([(0.0, ""), (float(len(rows)), "")], left, left + wide)
    shares = [(n / 100, f"{n}%") for n in range(0, 101, 20)]
    plane = Plane(across, Scale(shares, top + HIGH, top), "", "share of the total")
    parts = [*heading(title, _subtitle(analysis, level)), *plane.drawn()]
    entries = []
    for style, (what, values) in zip("abc", series.items(), strict=True):
        entries.append((style, f"{what} ({si(sum(values))})"))
        parts.append(line(_stairs(values, plane), f"{style}l"))
    parts += legend(entries, (left, top - 30))
    long = max(text_width(row.name, SMALL) for row in rows)
    for i, row in enumerate(rows):
        x, y = across(i + 0.5) + 4, top + HIGH + 10
        turned = f'<g transform="translate({x:.1f} {y:.1f}) rotate(-90)">'
        parts.append(f"{turned}{text(0, 0, row.name, 'k r')}</g>")
    about = "; ".join(
        f"{what}: {_half(values, rows)}" for what, values in series.items()
    )
    size = (left + wide + 2 * MARGIN, top + HIGH + long + 2 * MARGIN)
    return chart(size, title, f"Half of each is reached at: {about}.", parts)


def _stairs(values: Sequence[int], plane: Plane) -> list[tuple[float, float]]:
    """Return the points of sums as shares: one at the end of each layer."""
    total = sum(values) or 1
    sums = enumerate(accumulate(values), 1)
    return [(plane.x(0), plane.y(0))] + [
        (plane.x(i), plane.y(value / total)) for i, value in sums
    ]


def _half(values: Sequence[int], rows: Sequence[Row]) -> str:
    total = sum(values)
    sums = list(accumulate(values))
    return next(
        r.name for r, value in zip(rows, sums, strict=True) if 2 * value >= total
    )


def _subtitle(analysis: Analysis, level: Level) -> str:
    setting = analysis.setting
    by = f" · by {level}" if level != "layers" else ""
    return f"batch {setting.batch} · {setting.dtype}{by}"

"""Parameters and activations of every layer, back to back; and both summed up."""

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
ROW, BAR, SIDE = 18, 12, 300
WIDE, HIGH = 640, 320


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
    """Return bars of parameters to the left and of activations to the right."""
    rows, level = plotted(analysis)
    params = [whole(row.params, f"params of {row.name}") for row in rows]
    values = [whole(row.activations, f"activations of {row.name}") for row in rows]
    widest = max(text_width(row.name, SMALL) for row in rows) + 20
    left, right = MARGIN + SIDE + 40, MARGIN + SIDE + 40 + widest
    top = MARGIN + HEADING + 34
    bottom = top + ROW * len(rows) + 4
    sides = [
        _Side(params, left, left - SIDE, "params", "a"),
        _Side(values, right, right + SIDE, "activations", "b"),
    ]
    parts = list(heading(title, _subtitle(analysis, level)))
    for side in sides:
        parts += side.axis(top, bottom)
    for i, row in enumerate(rows):
        y = top + ROW * i
        names = text((left + right) / 2, y + 13, row.name, "v m")
        bars = [side.bar(i, y + 3) for side in sides]
        figures = [side.figure(i, y + 13) for side in sides]
        about = (
            f"{row.name} · {row.label} · {params[i]:,} params · {values[i]:,} values"
        )
        parts.append(group([names, *bars, *figures], about, data_path=row.name))
    parts.append(below(definition("activations"), bottom + 40))
    described = "; ".join(
        f"{row.name}: {side.words(i)}"
        for side in sides
        for i, row in enumerate(rows)
        if side.values[i] == max(side.values)
    )
    small_print = MARGIN + text_width(definition("activations"), SMALL)
    wide = max(right + SIDE + 40, small_print)
    size = (wide + MARGIN, bottom + 56)
    return chart(size, title, f"Most of each: {described}.", parts)


class _Side:
    """The bars of one figure, from the names outwards."""

    def __init__(
        self, values: Sequence[int], start: float, end: float, what: str, style: str
    ) -> None:
        self.values = values
        self.what = what
        self.style = style
        marks = steps(max(values), 3)
        ticks = [(mark, tick(si(round(mark)))) for mark in marks]
        self.scale = Scale(ticks, start, end)

    def axis(self, top: float, bottom: float) -> Iterator[str]:
        """Yield the figure's title, its grid and ticks."""
        start, end = self.scale.start, self.scale.end
        total = f"{self.what}, {si(sum(self.values))} in all"
        yield text((start + end) / 2, top - 14, total, "m")
        for value, words in self.scale.ticks:
            x = self.scale(value)
            yield line([(x, top), (x, bottom)], "grid")
            yield text(x, bottom + 16, words, "k m")

    def bar(self, at: int, y: float) -> str:
        """Return one bar."""
        start, end = sorted((self.scale.start, self.scale(self.values[at])))
        return bar(start, y, end - start, BAR, self.style)

    def figure(self, at: int, y: float) -> str:
        """Return the figure beyond the bar's end."""
        end, outwards = self.scale(self.values[at]), self.scale.end > self.scale.start
        shown = si(self.values[at]) if self.values[at] else ""
        return text(end + (4 if outwards else -4), y, shown, "k" if outwards else "k r")

    def words(self, at: int) -> str:
        """Return a figure with what it is."""
        return f"{self.values[at]:,} {self.what}"


def cumulative(analysis: Analysis, title: str) -> str:
    """Return the share of all parameters and of all MACs up to each layer."""
    rows, level = plotted(analysis)
    series = {
        "MACs": [whole(row.macs, f"MACs of {row.name}") for row in rows],
        "params": [whole(row.params, f"params of {row.name}") for row in rows],
        "activations": [whole(row.activations, row.name) for row in rows],
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

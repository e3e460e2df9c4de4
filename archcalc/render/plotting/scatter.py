"""Two columns of a sweep against each other, with the front that no row beats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

from archcalc.catalogue import figures
from archcalc.errors import UsageError
from archcalc.render.numbers import si
from archcalc.render.plotting.chart import (
    HEADING,
    Plane,
    Scale,
    chart,
    decades,
    legend,
    tick,
)
from archcalc.render.svg_writer import MARGIN, circle, group, heading, line
from archcalc.reports.sweep import path_of, shown
from archcalc.sweeps.choice import MOST_SPOTS
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.pareto import LARGER_IS_BETTER, pareto
from archcalc.sweeps.values import SweepRow

WIDE, HIGH = 900, 520
"""Pixels of the plane, without its axes."""
SPOT, LARGE, BEST = 2.2, 3.2, 3.6
"""Radii of a network, of one among few, and of one on the front."""
MOST_NAMED = 600
"""Networks that say what they are when pointed at, beside those of the front."""
DECADE = 8
"""From how many times the lowest value on an axis is logarithmic."""
MOST_MARKS = 12
TITLES = {one.key: one.total for one in figures("macs", "flops", "params", "top1")}


def check_plane(found: Combinations, names: Sequence[str]) -> None:
    """Raise `UsageError` AC581 where two columns cannot be drawn against each other."""
    if len(names) != 2:
        message = f"a plot takes two columns, not {len(names)}"
        raise UsageError.of("AC581", message, help="--plot macs,params")
    for name in names:
        values = found.axes.get(name, ())
        words = [v for v in values if type(v) not in (int, Fraction)]
        if words:
            message = f"a plot needs numbers, and {name} has the value {words[0]!r}"
            raise UsageError.of("AC581", message, help="--plot macs,params")


def scatter(found: Combinations, rows: Sequence[SweepRow], names: Sequence[str]) -> str:
    """Return rows as circles; where both columns are figures, their front as a line.

    Raises `UsageError` AC581 where there is nothing to draw.
    """
    places = [found.columns.index(name) for name in names]
    drawn = [row for row in rows if None not in [row[place] for place in places]]
    if not drawn:
        raise UsageError.of("AC581", f"no row has {' and '.join(names)} to draw")
    plane = _plane(names, [[row[place] for row in drawn] for place in places])
    of_figures = not set(names) & set(found.names)
    front = pareto(drawn, found.columns, names) if of_figures else []
    net, over = found.network, ", ".join(found.names)
    parts = [*heading(f"{net.title}: {over}", _about(found, len(drawn)))]
    parts += plane.drawn()
    if front:
        entries = [("b", f"{len(front)} on the Pareto front"), ("a", "others")]
        parts += legend(entries, (plane.x.start, plane.y.end - 36))
    parts += _spots(found, drawn, front, plane, places)
    size = (plane.x.end + 2 * MARGIN, plane.y.start + 62)
    described = f"{len(drawn)} networks, {len(front)} of them on the front."
    x, y = (TITLES.get(name, name) for name in names)
    return chart(size, f"{net.title}: {y} against {x}", described, parts)


def _about(found: Combinations, drawn: int) -> str:
    """Return what was swept over, in a line."""
    words = f"{drawn:,} of {len(found):,} combinations"
    words += ", one for each place" if MOST_SPOTS // 8 < drawn < len(found) else ""
    words += f" where {found.where}" if found.where else ""
    return words + (f", batch {found.batch}" if found.batch != 1 else "")


def _plane(names: Sequence[str], values: Sequence[Sequence[Any]]) -> Plane:
    left, top = MARGIN + 56, MARGIN + HEADING + 56
    x = _scale(names[0], values[0], left, left + WIDE)
    y = _scale(names[1], values[1], top + HIGH, top)
    titles = [
        TITLES.get(name, name) + (" (log scale)" if scale.curve is log10 else "")
        for name, scale in zip(names, (x, y), strict=True)
    ]
    return Plane(x, y, *titles)


def _scale(name: str, values: Sequence[Any], start: float, end: float) -> Scale:
    """Return an axis that holds all values, logarithmic over a decade or so."""
    low, high = min(values), max(values)
    if low > 0 and high > DECADE * low:
        marks = decades(float(low), float(high))
        if len(marks) > MOST_MARKS:
            marks = list(_powers(float(low), float(high)))
        return Scale([(m, _words(name)(m)) for m in marks], start, end, log10)
    return Scale([(m, _words(name)(m)) for m in _even(low, high)], start, end)


def _powers(low: float, high: float) -> Iterator[float]:
    """Yield the powers of ten around two numbers."""
    for power in range(floor(log10(low)), ceil(log10(high)) + 1):
        yield 10.0**power


def _even(low: Any, high: Any, count: int = 6) -> list[float]:
    """Return about so many round values around two numbers.

    >>> _even(79, 84)
    [79.0, 80.0, 81.0, 82.0, 83.0, 84.0]
    """
    room = float(high - low) or abs(float(high)) or 1.0
    power = 10.0 ** floor(log10(room / count))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power * count >= room)
    first, last = floor(low / step), ceil(high / step)
    return [step * i for i in range(first, max(last, first + 1) + 1)]


def _words(name: str) -> Callable[[float], str]:
    if name == "top1":
        return lambda value: f"{value:g}%"
    return lambda value: tick(si(round(value))) if value >= 1000 else f"{value:g}"


def _spots(
    found: Combinations,
    rows: Sequence[SweepRow],
    front: Sequence[SweepRow],
    plane: Plane,
    places: Sequence[int],
) -> Iterator[str]:
    """Yield a circle for each row, then the front with its corners."""
    best = set(map(id, front))
    at = {id(r): (plane.x(r[places[0]]), plane.y(r[places[1]])) for r in rows}
    others = [row for row in rows if id(row) not in best]
    if len(others) <= MOST_NAMED:
        circles = [
            group([circle(*at[id(row)], LARGE, "a")], path_of(found, row))
            for row in others
        ]
    else:
        circles = [circle(*at[id(row)], SPOT, "a") for row in others]
    yield group(circles, fill_opacity=".45")
    points = sorted({at[id(row)] for row in front})
    across = found.columns[places[0]] in LARGER_IS_BETTER
    corners = [(x, b) if not across else (a, y) for (a, b), (x, y) in pairwise(points)]
    path = [point for pair in zip(points, corners, strict=False) for point in pair]
    if len(points) > 1:
        yield line([*path, points[-1]], "bl")
    for row in front:
        figures = ", ".join(
            f"{shown(row[place])} {found.columns[place]}" for place in places
        )
        title = f"{path_of(found, row)}: {figures}"
        yield group([circle(*at[id(row)], BEST, "b")], title)

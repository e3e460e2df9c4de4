"""What charts are made of: scales with their ticks, axes, a title, a legend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor, log10

from archcalc.errors import UsageError, unknown
from archcalc.records import dataclass
from archcalc.render.svg_writer import (
    MARGIN,
    TITLE,
    Colours,
    Point,
    circle,
    document,
    line,
    rectangle,
    text,
)
from archcalc.render.typeset import FAMILY, text_width

SIZE, SMALL = 12, 11
"""Sizes of letters in pixels."""
HEADING = 56
"""Pixels above the plane, for the title."""
COLOURS: Colours = {
    "a": ("#2f6fbf", "#6ea8f0"),
    "b": ("#c4622d", "#f09a66"),
    "c": ("#3c8a4e", "#74c58a"),
    "d": ("#8256b5", "#b996e6"),
    "e": ("#b5394e", "#ee8496"),
    "f": ("#8a7410", "#d2bb4c"),
    "g": ("#2b8a94", "#6fcad3"),
    "h": ("#6b7480", "#a0a9b4"),
}
"""Colours of series; as words on the ground they have a contrast of 4.5 at least."""
STYLE = (
    f"text{{font:{SIZE}px {FAMILY};fill:$ink;white-space:pre}}"
    f".t{{font-size:{TITLE}px;font-weight:600}}.u{{fill:$soft}}"
    f".k{{font-size:{SMALL}px;fill:$soft}}.v{{font-size:{SMALL}px}}"
    ".m{text-anchor:middle}.r{text-anchor:end}.grid{stroke:$faint;fill:none}"
    ".halo{paint-order:stroke;stroke:$paper;stroke-width:3;stroke-linejoin:round}"
    ".lead{stroke:$line;fill:none}"
    ".axis{stroke:$line;fill:none}.mark{stroke:$ink;fill:none;stroke-dasharray:3 3}"
    + "".join(
        f".{name}{{fill:${name}}}.{name}l{{stroke:${name};fill:none;stroke-width:2}}"
        for name in COLOURS
    )
)


def known_kind(kind: str, kinds: Sequence[str]) -> None:
    """Raise `UsageError` AC536 for a kind of plot that there is not."""
    if kind not in kinds:
        raise unknown("AC536", "plot of", kind, kinds, "kinds")


def whole(value: object, what: str) -> int:
    """Return a figure that is a number; raise `UsageError` AC535 for a symbol."""
    if not isinstance(value, int):
        message = f"a plot needs numbers, and {what} is {value}"
        raise UsageError.of("AC535", message, help="--input with numbers")
    return value


def steps(highest: float, count: int = 5) -> list[float]:
    """Return about so many round values from 0 that reach up to the highest.

    >>> steps(23.0)
    [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]
    """
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / count
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)
    return [step * i for i in range(ceil(highest / step - 1e-9) + 1)]


def decades(lowest: float, highest: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten from below the lowest to above the highest.

    >>> decades(0.3, 8)
    [0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    """
    powers = range(floor(log10(lowest)) - 1, ceil(log10(highest)) + 1)
    marks = [float(f"{s}e{p}") for p in powers for s in (1, 2, 5)]
    first = max((m for m in marks if m <= lowest), default=marks[0])
    last = min((m for m in marks if m >= highest), default=marks[-1])
    return [m for m in marks if first <= m <= last]


def tick(words: str) -> str:
    """Return a figure of an axis without zeros behind its point.

    >>> tick("2.00M"), tick("2.50 GB")
    ('2M', '2.5 GB')
    """
    return re.sub(r"(\.\d*?)0+(?=\D|$)", lambda m: m[1].rstrip("."), words)


@dataclass(frozen=True)
class Scale:
    """Values between two ends, from one pixel to another; ticks with their words."""

    ticks: Sequence[tuple[float, str]]
    start: float
    end: float
    curve: Callable[[float], float] = float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        low, high = (self.curve(self.ticks[i][0]) for i in (0, -1))
        share = (self.curve(value) - low) / (high - low)
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True)
class Plane:
    """Two axes around a rectangle."""

    x: Scale
    y: Scale
    x_title: str
    y_title: str

    def drawn(self) -> Iterator[str]:
        """Yield grid, axes, ticks and their titles."""
        left, right, top, low = self.x.start, self.x.end, self.y.end, self.y.start
        for value, words in self.y.ticks:
            y = self.y(value)
            yield line([(left, y), (right, y)], "grid")
            yield text(left - 8, y + 4, words, "k r")
        for value, words in self.x.ticks:
            x = self.x(value)
            yield line([(x, top), (x, low)], "grid")
            yield text(x, low + 18, words, "k m")
        yield line([(left, top), (left, low), (right, low)], "axis")
        yield text((left + right) / 2, low + 38, self.x_title, "u m")
        yield text(left - 8, top - 12, self.y_title, "u")


def legend(entries: Sequence[tuple[str, str]], place: Point) -> Iterator[str]:
    """Yield colours with their names in a line from a place on."""
    x, y = place
    for style, words in entries:
        yield circle(x + 5, y - 4, 5, style)
        yield text(x + 15, y, words, "v")
        x += 15 + text_width(words, SMALL) + 14


def below(words: str, y: float) -> str:
    """Return a line of small print."""
    return text(MARGIN, y, words, "k")


def bar(x: float, y: float, width: float, height: float, style: str) -> str:
    """Return a bar, visible where it has any length."""
    return rectangle(x, y, max(width, 0.5), height, style)


def chart(size: Point, title: str, description: str, parts: Sequence[str]) -> str:
    """Return a chart as a picture."""
    return document(size, title, description, STYLE, parts, COLOURS)

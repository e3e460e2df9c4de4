"""Writes SVG: elements with escaped text, lengths to a tenth, one head for all.

The text is the same in every process. A picture names no font file and no address; it
brings its colours for light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from archcalc.errors import clean

Point = tuple[float, float]
TITLE, MARGIN = 18, 20
"""Size of a picture's title, and the room around a picture."""
Colours = Mapping[str, tuple[str, str]]
COLOURS: Colours = {
    "ink": ("#1f2328", "#e6edf3"),
    "soft": ("#59636e", "#9198a1"),
    "line": ("#818b95", "#7d8590"),
    "faint": ("#d1d9e0", "#3d444d"),
    "paper": ("#ffffff", "#0d1117"),
    "frame": ("#f6f8fa", "#161b22"),
}
"""Colours of every picture by name, on a light and on a dark ground.

A style writes `$ink`: variables of CSS are not known to every program that reads SVG.
"""


def number(value: float) -> str:
    """Return a length to a tenth, without a needless zero.

    >>> number(12.0), number(0.25), number(-0.01)
    ('12', '0.2', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(tag: str, inner: str | None = None, **attributes: object) -> str:
    """Return an element; `class_` is `class`, and `data_path` is `data-path`.

    `inner` is markup, `None` an empty element. A number is a length, None no attribute.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}/>" if inner is None else f"<{tag}{written}>{inner}</{tag}>"


def _value(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    shown = str(value)
    return escape(clean(shown, longest=len(shown)))


def text(x: float, y: float, shown: str, style: str = "") -> str:
    """Return a line of text; its classes say where it is anchored."""
    return element("text", escape(clean(shown)), x=x, y=y, class_=style or None)


def heading(title: str, subtitle: str) -> Iterator[str]:
    """Yield a picture's title and the line below it."""
    yield text(MARGIN, MARGIN + TITLE, title, "t")
    yield text(MARGIN, MARGIN + TITLE + 20, subtitle, "u")


def rectangle(
    x: float, y: float, width: float, height: float, style: str, radius: float = 0
) -> str:
    """Return a rectangle, its corners round by a radius."""
    return element(
        "rect",
        x=x,
        y=y,
        width=width,
        height=height,
        rx=radius or None,
        class_=style,
    )


def line(points: Sequence[Point], style: str) -> str:
    """Return an open line through points."""
    return element("polyline", points=_joined(points), class_=style)


def polygon(points: Sequence[Point], style: str) -> str:
    """Return a closed shape."""
    return element("polygon", points=_joined(points), class_=style)


def circle(x: float, y: float, radius: float, style: str) -> str:
    """Return a circle."""
    return element("circle", cx=x, cy=y, r=radius, class_=style)


def group(parts: Iterable[str], title: str = "", **attributes: object) -> str:
    """Return elements together, with a title that shows when they are pointed at."""
    about = element("title", escape(clean(title))) if title else ""
    return element("g", about + "".join(parts), **attributes)


def _joined(points: Iterable[Point]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def document(
    size: Point,
    title: str,
    description: str,
    style: str,
    parts: Iterable[str],
    colours: Colours | None = None,
    dark: bool = True,
) -> str:
    """Return a picture of a width and height, named and described for screen readers.

    `style` is CSS that names its colours (`$ink`); `colours` adds to the names. Without
    `dark`, the picture is light everywhere, as on a slide.
    """
    wide, high = map(number, size)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img" aria-labelledby="t d">'
    )
    known = {**COLOURS, **(colours or {})}
    light, dim = (_coloured(f".paper{{fill:$paper}}{style}", known, i) for i in (0, 1))
    night = f"@media(prefers-color-scheme:dark){{{dim}}}" if dark else ""
    about = [
        element("title", escape(clean(title)), id="t"),
        element("desc", escape(clean(description, longest=10_000)), id="d"),
        f"<style>{light}{night}</style>",
        rectangle(0, 0, *size, style="paper"),
    ]
    return "\n".join([head, *about, *parts, "</svg>"])


def _coloured(style: str, colours: Colours, theme: int) -> str:
    return re.sub(r"\$([a-z]+)", lambda m: colours[m[1]][theme], style)

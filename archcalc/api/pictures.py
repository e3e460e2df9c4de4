"""A network as a picture, and its figures as a plot."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, Unpack

from archcalc.api.given import Given, Running, network_of
from archcalc.errors import UsageError, clean
from archcalc.network.rows import Level
from archcalc.network.shown import Shown
from archcalc.render import MADE_OF_SVG, format_of

Make = Callable[..., str]


class Picture(Shown):
    """A drawing or a plot: a notebook shows it, `save` writes it to a file.

    `svg` is its SVG text; `formats` are what `text` and `save` can make of it, with the
    file endings that mean each.

    >>> archcalc.draw("lenet5")
    <Picture: LeNet-5, svg tikz mermaid png pdf>
    """

    def __init__(
        self, title: str, formats: Mapping[str, tuple[str, ...]], make: Make
    ) -> None:
        self.title = title
        self.formats = {**formats, **MADE_OF_SVG}
        self._make = make
        self.svg = make("svg")

    def __repr__(self) -> str:
        return f"<Picture: {self.title}, {' '.join(self.formats)}>"

    def __str__(self) -> str:
        return repr(self)

    def text(self, format: str = "svg", **options: Any) -> str:
        """Return it as text: `svg`; a drawing as `tikz` or `mermaid` too.

        `standalone=True` makes a whole LaTeX document of TikZ. Raises `UsageError`
        AC530 for a format that it does not have.
        """
        texts = {n: e for n, e in self.formats.items() if n not in MADE_OF_SVG}
        return self._make(format_of(format, formats=texts), **options)

    def save(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write it to a file; the ending picks the format.

        `.png` and `.pdf` need the extras `png` and `pdf`. Raises `UsageError` AC530 for
        an ending that is none of its formats, AC537 where the extra is not installed.
        """
        from archcalc.source.writing import write_bytes, write_text

        file = Path(path)
        format = format_of(None, file, self.formats)
        if format in MADE_OF_SVG:
            make = getattr(import_module(f"archcalc.render.{format}"), format)
            write_bytes(file, make(self.svg))
            return
        text = self.text(format, **options).rstrip("\n")
        write_text(file, f"{text}\n")

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Return the picture as an image, as SVG and in words, as IPython asks for it.

        Browsers get the image: the style of an SVG in the page would be that of the
        whole page.
        """
        data = b64encode(self.svg.encode()).decode()
        source = f"data:image/svg+xml;base64,{data}"
        alt = escape(clean(self.title))
        texts = {
            "text/html": f'<img alt="{alt}" style="max-width: 100%" src="{source}">',
            "image/svg+xml": self.svg,
            "text/plain": repr(self),
        }
        wanted = set(texts if include is None else include) - set(exclude or ())
        return {kind: text for kind, text in texts.items() if kind in wanted}


def draw(
    network: Given,
    *,
    style: str = "blocks",
    level: Level | None = None,
    direction: str | None = None,
) -> Picture:
    """Draw a network from its own structure: branches, skips, repetitions, shapes.

    `style` is `blocks` (boxes with words) or `volumes` (tensors to scale, each shape
    channels first); `level` says what is one box: `ops`, `layers`, `blocks` or
    `stages`; `direction` is `down` or `right` for blocks, volumes run to the right.

    Raises `UsageError` for an unknown network, style, level or direction, AC535 for
    volumes of sizes that are symbols, `LimitError` where too many lines run beside
    boxes.

    >>> picture = archcalc.draw("lenet5")
    >>> picture.svg[:4], picture.text("tikz").splitlines()[0][:1]
    ('<svg', '%')
    """
    from archcalc.render.drawing import pictures

    found = network_of(network)
    analysis = found.analyze()

    def make(format: str, standalone: bool = False) -> str:
        way = style, format, level, standalone, direction
        return pictures.draw(found, analysis, *way)

    formats = dict(pictures.FORMATS)
    if style == "volumes":
        del formats["mermaid"]
    return Picture(found.title, formats, make)


def plot(
    network: Given | None = None,
    *,
    kind: str = "layers",
    training: bool = False,
    **running: Unpack[Running],
) -> Picture:
    """Plot where a network's figures are, or the accuracy of the shipped networks.

    `kind` is `layers` (each row's figures), `cumulative` (their running sums),
    `memory` (the bytes alive at each operation, of a training step with `training`) or
    `accuracy` (top-1 in per cent against operations in MACs; needs no network).
    `running` is as in `memory`.

    Raises `UsageError` AC536 for an unknown kind or where a network is missing, AC535
    or AC541 where a size is a symbol.

    >>> archcalc.plot("lenet5", kind="cumulative")
    <Picture: LeNet-5: cumulative, svg png pdf>
    """
    from archcalc.render.plotting import KINDS, accuracy_plot, network_plot
    from archcalc.render.plotting.chart import known_kind

    known_kind(kind, KINDS)
    formats = {"svg": (".svg",)}
    if kind == "accuracy":
        return Picture("accuracy", formats, lambda _: accuracy_plot())
    if network is None:
        help = f"archcalc.plot(NETWORK, kind={kind!r})"
        raise UsageError.of("AC536", f"a plot of {kind} needs a network", help=help)
    found = network_of(network)
    analysis = found.analyze(**running)

    def make(_: str) -> str:
        return network_plot(found, analysis, kind, training)

    return Picture(f"{found.title}: {kind}", formats, make)

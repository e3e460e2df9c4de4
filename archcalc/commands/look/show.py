"""`archcalc show`: the YAML of a network."""

from __future__ import annotations

from archcalc.commands.options import NetworkName, colored, write


def show(net: NetworkName) -> None:
    """Print a network's YAML, highlighted on a terminal."""
    from archcalc.language.library import find
    from archcalc.source.parser import read

    path, _ = find(net)
    text = read(path).text
    if colored():
        from archcalc.render.highlight import highlighted

        text = highlighted(text)
    write(text)

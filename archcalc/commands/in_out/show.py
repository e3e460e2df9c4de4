"""`archcalc show`: the YAML of a network."""

from __future__ import annotations

from archcalc.commands.options import NetworkName, colored, write


def show(net: NetworkName) -> None:
    """Print the YAML of a network.

    $ archcalc show vgg16
    $ archcalc show resnet50:v1.5
    """
    from archcalc.language.library import find
    from archcalc.readers import read_source

    path, _ = find(net)
    text = read_source(path).text
    if colored():
        from archcalc.render.highlight import highlighted

        text = highlighted(text)
    write(text)

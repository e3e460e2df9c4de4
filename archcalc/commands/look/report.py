"""`archcalc report`: networks as a page to explore."""

from __future__ import annotations

from archcalc.commands.options import File, Loading, NetworkNames
from archcalc.commands.pictures import Open, deliver, file_for, stem


def report(
    nets: NetworkNames,
    output: File = None,
    open: Open = False,
    *,
    loading: Loading,
) -> None:
    """Write a web page to explore: drawing, table and formulas.

    It is one file that loads nothing from elsewhere; on a terminal it is named after
    the networks.

    $ archcalc report resnet50 -o resnet50.html
    $ archcalc report naive-inception bottleneck-inception -o inception.html
    """
    from archcalc.render.page import page

    networks = loading.load_all(nets)
    file = file_for("-".join(map(stem, nets)), "html", output, open)
    deliver(page(networks), "html", file, output, open)

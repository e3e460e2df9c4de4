"""`archcalc report`: networks as a page to explore."""

from __future__ import annotations

from archcalc.commands.options import Loading, NetworkNames, Output, write


def report(
    nets: NetworkNames,
    output: Output = None,
    *,
    loading: Loading,
) -> None:
    """Write a web page to explore: drawing, table and formulas.

    It is one file that loads nothing from elsewhere.

    $ archcalc report resnet50 -o resnet50.html
    $ archcalc report naive-inception bottleneck-inception -o inception.html
    """
    from archcalc.render.page import page

    networks = [loading.load(name) for name in nets]
    write(page(networks), output)

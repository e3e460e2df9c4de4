"""`archcalc report`: networks as a page to explore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcalc.commands.loading import Loading
from archcalc.commands.options import File, NetworkNames
from archcalc.commands.pictures import Open, deliver, file_for, stem

if TYPE_CHECKING:
    from archcalc.network.network import Network
    from archcalc.readers.weights.record import Weights


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
    from archcalc.network.network import Network
    from archcalc.render.page import page

    given = loading.given_all(nets)
    networks = [one for one in given if isinstance(one, Network)]
    made = page(networks) if len(networks) == len(given) else _of_weights(given)
    file = file_for("-".join(map(stem, nets)), "html", output, open)
    deliver(made, "html", file, output, open)


def _of_weights(given: Sequence[Network | Weights]) -> str:
    """Return a page of tables: without a graph there is nothing to draw."""
    from archcalc.network.analysis import Analysis
    from archcalc.network.network import Network
    from archcalc.render import render
    from archcalc.reports.weights.comparison import compare_weights
    from archcalc.reports.weights.table import weights_table

    analyses = [one.analyze() if isinstance(one, Network) else one for one in given]
    (first, *others) = analyses
    if not others and not isinstance(first, Analysis):
        return render(weights_table(first), "html", standalone=True)
    return render(compare_weights(analyses), "html", standalone=True)

"""`archcalc explain`: every figure with its formula."""

from __future__ import annotations

from typing import Annotated, Any

from archcalc.commands.completion import complete_layers
from archcalc.commands.declared import Argument, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    Batch,
    Dtype,
    InPlace,
    NetworkName,
    Notes,
    Output,
    Standalone,
    format_option,
)
from archcalc.commands.output import colored, columns, write
from archcalc.records import replace

ExplainFormat = Annotated[
    str | None, format_option(("terminal", "markdown", "latex", "html", "json"))
]

Training = Annotated[
    bool, Option("--training", help="Add the multiplications of the backward pass.")
]


def explain(
    net: NetworkName,
    at: Annotated[
        str | None,
        Argument(
            metavar="[LAYER]",
            help="A layer, branch or block; without one, all layers in brief.",
            autocompletion=complete_layers,
            show_default=False,
        ),
    ] = None,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    training: Training = False,
    *,
    loading: Loading,
    inplace: InPlace = True,
    format: ExplainFormat = None,
    output: Output = None,
    standalone: Standalone = False,
    notes: Notes = True,
) -> None:
    """Show how each figure is computed: its formula, with the numbers.

    $ archcalc explain alexnet conv1
    $ archcalc explain vgg16 fc6 --format latex
    """
    from archcalc.network.network import Network
    from archcalc.render.explained import explained_format, render_explanation
    from archcalc.reports.explanation import Explainer

    network = loading.given(net)
    chosen = explained_format(format, output)
    options: dict[str, Any] = {"standalone": True} if standalone else {}
    if chosen == "terminal" and output is None:
        options |= {"width": columns(), "color": colored()}
    if isinstance(network, Network):
        analysis = network.analyze(batch=batch, dtype=dtype, inplace=inplace)
        explained = Explainer(analysis, training).explain(at)
    else:
        from archcalc.reports.weights.explained import explain_weights

        network.refuse({"--training": training, "--batch": batch != 1})
        network.refuse({"--dtype": dtype != "float32"})
        explained = explain_weights(network, at)
    if not notes:
        explained = replace(explained, settings={}, assumptions=())
    write(render_explanation(explained, chosen, **options), output)

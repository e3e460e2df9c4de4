"""`archcalc plot`: figures as a picture."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import among, complete_networks
from archcalc.commands.declared import Argument, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    Batch,
    Checkpoint,
    Dtype,
    InPlace,
    Mixed,
    Optimizer,
    Output,
    format_option,
)
from archcalc.commands.pictures import Open, deliver, file_for, picture_format, stem
from archcalc.commands.progress import tracked
from archcalc.errors import UsageError

Plotted = Annotated[
    str | None,
    Argument(
        metavar="[NET]",
        help="A network, as a name or a file; --kind accuracy needs none and shows all "
        "shipped networks.",
        autocompletion=complete_networks,
        show_default=False,
    ),
]
Kind = Annotated[
    str,
    Option(
        "--kind",
        "-k",
        help="What to plot: accuracy, layers, memory or cumulative.",
        autocompletion=among("accuracy", "layers", "memory", "cumulative"),
    ),
]
Training = Annotated[
    bool,
    Option("--training", help="With --kind memory: a training step, not inference."),
]


def plot(
    net: Plotted = None,
    kind: Kind = "layers",
    training: Training = False,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    optimizer: Optimizer = "sgd",
    mixed: Mixed = False,
    checkpoint: Checkpoint = "none",
    format: Annotated[str | None, format_option(("svg", "pdf", "png"))] = None,
    output: Output = None,
    open: Open = False,
    *,
    loading: Loading,
    inplace: InPlace = True,
) -> None:
    """Plot figures layer by layer, or accuracy against operations.

    On a terminal the picture goes to a file that is named after the network.

    $ archcalc plot vgg16 --kind layers -o vgg16.svg
    $ archcalc plot --kind accuracy -o accuracy.svg
    """
    from archcalc.render.plotting import KINDS, accuracy_plot, network_plot
    from archcalc.render.plotting.chart import known_kind

    file = file_for(f"{stem(net or '')}-{kind}", format, output, open)
    chosen = picture_format(format, file, {"svg": (".svg",)})
    known_kind(kind, KINDS)
    if kind == "accuracy":
        drawn = accuracy_plot(lambda networks: tracked(networks, "networks"))
        deliver(drawn, chosen, file, output, open)
        return
    if net is None:
        message = f"a plot of {kind} needs a network"
        raise UsageError.of("AC536", message, help=f"archcalc plot NET --kind {kind}")
    network = loading.load(net)
    analysis = network.analyze(
        batch=batch,
        dtype=dtype,
        inplace=inplace,
        optimizer=optimizer,
        mixed=mixed,
        checkpoint=checkpoint,
    )
    drawn = network_plot(network, analysis, kind, training)
    deliver(drawn, chosen, file, output, open)

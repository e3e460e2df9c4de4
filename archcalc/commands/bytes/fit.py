"""`archcalc fit`: the largest batch that a memory holds."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import complete_devices
from archcalc.commands.declared import Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    Accumulate,
    Checkpoint,
    Dtype,
    InPlace,
    Mixed,
    NetworkName,
    Optimizer,
    Rendering,
)

Room = Annotated[
    str | None,
    Option("--memory", metavar="SIZE", help="Size of the memory: 24GiB, 11.5GB."),
]
Device = Annotated[
    str | None,
    Option(
        "--device",
        help="The memory of a card: rtx-4090, a100, h100, …",
        autocompletion=complete_devices,
    ),
]
Inference = Annotated[
    bool, Option("--inference", help="For inference, not for training.")
]


def fit(
    net: NetworkName,
    memory: Room = None,
    device: Device = None,
    inference: Inference = False,
    optimizer: Optimizer = "sgd",
    mixed: Mixed = False,
    checkpoint: Checkpoint = "none",
    accumulate: Accumulate = False,
    dtype: Dtype = "float32",
    *,
    loading: Loading,
    inplace: InPlace = True,
    rendering: Rendering,
) -> None:
    """Find the largest batch that fits into a memory or a device.

    $ archcalc fit resnet50 --device rtx-4090
    $ archcalc fit vgg16 --memory 24GiB --optimizer adam --mixed
    """
    from archcalc.reports.memory.fit import fit_report, room

    size, where = room(memory, device)
    network = loading.load(net)
    analysis = network.analyze(
        dtype=dtype,
        inplace=inplace,
        optimizer=optimizer,
        mixed=mixed,
        checkpoint=checkpoint,
        accumulate=accumulate,
    )
    report = fit_report(network, analysis, size, where, not inference)
    rendering.emit(report)

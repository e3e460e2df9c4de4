"""`archcalc fit`: the largest batch that a memory holds."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import (
    Checkpoint,
    Dtype,
    Format,
    InPlace,
    InputShape,
    LimitOptions,
    Mixed,
    NetworkName,
    Optimizer,
    Output,
    Plain,
    Settings,
    Standalone,
    emit,
    load_network,
)
from archcalc.errors import UsageError


def fit(
    net: NetworkName,
    memory: Annotated[
        str | None, Option("--memory", help="Bytes: 24GiB, 11.5GB.")
    ] = None,
    device: Annotated[
        str | None,
        Option("--device", help="A card by name: rtx-4090, a100, h100, …"),
    ] = None,
    inference: Annotated[
        bool, Option("--inference", help="Weights and activations alone.")
    ] = False,
    optimizer: Optimizer = "sgd",
    mixed: Mixed = False,
    checkpoint: Checkpoint = "none",
    dtype: Dtype = "float32",
    input: InputShape = None,
    settings: Settings = None,
    inplace: InPlace = True,
    format: Format = None,
    output: Output = None,
    standalone: Standalone = False,
    plain: Plain = False,
    limit: LimitOptions = None,
) -> None:
    """Find the largest batch whose training fits into a memory or a device."""
    from archcalc.devices import device as device_named
    from archcalc.memory_fit import fit_report, read_size

    if (memory is None) == (device is None):
        raise UsageError.of(
            "AC547",
            "fit needs a memory or a device",
            help="--memory 24GiB or --device a100",
        )
    network = load_network(net, input, settings, limit)
    analysis = network.analyze(
        dtype=dtype,
        inplace=inplace,
        optimizer=optimizer,
        mixed=mixed,
        checkpoint=checkpoint,
    )
    if device is not None:
        card = device_named(device)
        size, where = card.memory, card.title
    else:
        size, where = read_size(memory or ""), "memory"
    emit(
        fit_report(network, analysis, size, where, not inference),
        format,
        output,
        standalone,
        plain,
    )

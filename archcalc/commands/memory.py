"""`archcalc memory`: where the bytes go."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import (
    Batch,
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


def memory(
    net: NetworkName,
    training: Annotated[
        bool, Option("--training", help="One step of training in its parts.")
    ] = False,
    timeline: Annotated[
        bool, Option("--timeline", help="What lives, operation by operation.")
    ] = False,
    orders: Annotated[
        bool, Option("--orders", help="What the order of branches changes.")
    ] = False,
    roofline: Annotated[
        str | None,
        Option(
            "--roofline", metavar="DEVICE", help="What bounds each row on this card."
        ),
    ] = None,
    level: Annotated[
        str | None,
        Option("--level", help="ops, layers, blocks or stages."),
    ] = None,
    rule: Annotated[
        str,
        Option(
            "--activations-rule",
            help="lecture, kept, torchsummary, torchinfo or convnet-burden.",
        ),
    ] = "lecture",
    stored: Annotated[
        str | None,
        Option("--stored", help="Number format on disk: fp32, fp16, bf16, int8, int4."),
    ] = None,
    optimizer: Optimizer = "sgd",
    mixed: Mixed = False,
    checkpoint: Checkpoint = "none",
    batch: Batch = 1,
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
    """Bytes of a network: activations, peak of inference, training, on disk."""
    from archcalc import memory_details as details
    from archcalc.devices import device
    from archcalc.expectations import judge_known
    from archcalc.memory_report import memory_report

    network = load_network(net, input, settings, limit)
    analysis = network.analyze(
        batch=batch,
        dtype=dtype,
        inplace=inplace,
        optimizer=optimizer,
        mixed=mixed,
        checkpoint=checkpoint,
        stored=stored,
    )
    if roofline is not None:
        card = device(roofline)
        report = details.roofline_report(network, analysis, card, level or "layers")  # type: ignore[arg-type]  # outline checks the level
    elif orders:
        report = details.orders_report(network, analysis)
    elif timeline:
        report = details.timeline_report(network, analysis, training)
    elif training:
        report = details.training_report(network, analysis, level or "stages")  # type: ignore[arg-type]  # outline checks the level
    else:
        judged = list(judge_known(network, analysis))
        report = memory_report(network, analysis, level or "stages", rule, judged)  # type: ignore[arg-type]  # outline checks the level
    emit(report, format, output, standalone, plain)

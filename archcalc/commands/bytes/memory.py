"""`archcalc memory`: where the bytes go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from archcalc.commands.completion import among, complete_devices, complete_dtypes
from archcalc.commands.declared import COUNTING, Option
from archcalc.commands.options import (
    Batch,
    Checkpoint,
    Dtype,
    InPlace,
    LevelOrNone,
    Loading,
    Mixed,
    NetworkName,
    Optimizer,
    Rendering,
)

if TYPE_CHECKING:
    from archcalc.network.analysis import Analysis
    from archcalc.network.network import Network
    from archcalc.reports.report import Report

Training = Annotated[bool, Option("--training", help="The parts of one training step.")]
Timeline = Annotated[
    bool, Option("--timeline", help="What is in memory at each operation.")
]
Orders = Annotated[
    bool,
    Option("--orders", help="How the order of the branches changes the peak."),
]
Roofline = Annotated[
    str | None,
    Option(
        "--roofline",
        metavar="DEVICE",
        help="Whether arithmetic or bandwidth limits each row on this card.",
        autocompletion=complete_devices,
    ),
]
Rule = Annotated[
    str,
    Option(
        "--activations-rule",
        metavar="RULE",
        group=COUNTING,
        rare=True,
        help="Which activations are counted: lecture, kept, torchsummary, torchinfo or "
        "convnet-burden.",
        autocompletion=among(
            "lecture", "kept", "torchsummary", "torchinfo", "convnet-burden"
        ),
    ),
]
Stored = Annotated[
    str | None,
    Option(
        "--stored",
        metavar="DTYPE",
        group=COUNTING,
        rare=True,
        help="Number format on disk: fp32, fp16, bf16, int8, int4.",
        autocompletion=complete_dtypes,
    ),
]


def memory(
    net: NetworkName,
    training: Training = False,
    timeline: Timeline = False,
    orders: Orders = False,
    roofline: Roofline = None,
    level: LevelOrNone = None,
    rule: Rule = "lecture",
    stored: Stored = None,
    optimizer: Optimizer = "sgd",
    mixed: Mixed = False,
    checkpoint: Checkpoint = "none",
    batch: Batch = 1,
    dtype: Dtype = "float32",
    *,
    loading: Loading,
    inplace: InPlace = True,
    rendering: Rendering,
) -> None:
    """Count bytes: activations, peaks, one training step, on disk.

    $ archcalc memory vgg16
    $ archcalc memory resnet50 --training --batch 32 --optimizer adam
    """
    network = loading.load(net)
    analysis = network.analyze(
        batch=batch,
        dtype=dtype,
        inplace=inplace,
        optimizer=optimizer,
        mixed=mixed,
        checkpoint=checkpoint,
        stored=stored,
    )
    report = _detail(
        network, analysis, level, training, timeline, orders, roofline
    ) or _figures(network, analysis, level, rule)
    rendering.emit(report)


def _figures(network: Network, analysis: Analysis, level: Any, rule: str) -> Report:
    """Return the four figures; `level` is checked where it is used."""
    from archcalc.checks.claims.expectations import judge_known
    from archcalc.reports.memory.summary import memory_report

    judged = list(judge_known(network, analysis))
    return memory_report(network, analysis, level or "stages", rule, judged)


def _detail(
    network: Network,
    analysis: Analysis,
    level: Any,
    training: bool,
    timeline: bool,
    orders: bool,
    roofline: str | None,
) -> Report | None:
    """Return the detail that was asked for, if any; `level` is checked by its user."""
    from archcalc.figures.memory.devices import device
    from archcalc.reports.memory import details

    if roofline is not None:
        card = device(roofline)
        return details.roofline_report(network, analysis, card, level or "layers")
    if orders:
        return details.orders_report(network, analysis)
    if timeline:
        return details.timeline_report(network, analysis, training)
    if training:
        return details.training_report(network, analysis, level or "stages")
    return None

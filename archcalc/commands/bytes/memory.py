"""`archcalc memory`: where the bytes go."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import among, complete_devices, complete_dtypes
from archcalc.commands.declared import COUNTING, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    Accumulate,
    Batch,
    Checkpoint,
    Dtype,
    InPlace,
    LevelOrNone,
    Mixed,
    NetworkName,
    Optimizer,
    Rendering,
)

Training = Annotated[
    bool, Option("--training", help="Show the parts of one training step.")
]
Timeline = Annotated[
    bool, Option("--timeline", help="Show what is in memory at each operation.")
]
Orders = Annotated[
    bool,
    Option("--orders", help="Show how the order of the branches changes the peak."),
]
Roofline = Annotated[
    str | None,
    Option(
        "--roofline",
        metavar="DEVICE",
        help="Show whether arithmetic or bandwidth limits each row on this card: a100, "
        "h100, ….",
        autocompletion=complete_devices,
    ),
]
Planner = Annotated[
    str | None,
    Option(
        "--planner",
        metavar="RUNTIME",
        help="Show what a runtime for small devices reserves: executorch, tflm or "
        "litert.",
        autocompletion=among("executorch", "tflm", "litert"),
    ),
]
Planners = Annotated[
    bool, Option("--planners", help="Show what each of these runtimes reserves.")
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
    planner: Planner = None,
    planners: Planners = False,
    level: LevelOrNone = None,
    rule: Rule = "lecture",
    stored: Stored = None,
    optimizer: Optimizer = "sgd",
    mixed: Mixed = False,
    checkpoint: Checkpoint = "none",
    accumulate: Accumulate = False,
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
    from archcalc.network.network import Network
    from archcalc.reports.memory.chosen import chosen_report

    network = loading.given(net)
    if not isinstance(network, Network):
        from archcalc.reports.weights.memory import weights_memory

        network.refuse(
            {"--training": training, "--timeline": timeline, "--orders": orders}
            | {"--roofline": roofline is not None, "--planner": planner is not None}
            | {"--planners": planners, "--level": level is not None}
            | {"--stored": stored is not None, "--optimizer": optimizer != "sgd"}
            | {"--mixed": mixed, "--checkpoint": checkpoint != "none"}
            | {"--accumulate": accumulate, "--batch": batch != 1}
            | {"--dtype": dtype != "float32", "--activations-rule": rule != "lecture"}
        )
        rendering.emit(weights_memory(network))
        return
    analysis = network.analyze(
        batch=batch,
        dtype=dtype,
        inplace=inplace,
        optimizer=optimizer,
        mixed=mixed,
        checkpoint=checkpoint,
        accumulate=accumulate,
        stored=stored,
    )
    report = chosen_report(
        network,
        analysis,
        level=level,  # type: ignore[arg-type]  # outline checks the level
        training=training,
        timeline=timeline,
        orders=orders,
        roofline=roofline,
        planner=planner,
        planners=planners,
        rule=rule,
    )
    rendering.emit(report)

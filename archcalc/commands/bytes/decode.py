"""`archcalc decode`: what the next token costs where text is generated."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import complete_devices
from archcalc.commands.declared import Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import Batch, Dtype, NetworkName, Rendering

Past = Annotated[
    int,
    Option("--past", metavar="N", help="How many tokens came before."),
]
Device = Annotated[
    str | None,
    Option(
        "--device",
        help="Add how fast a card can be at most: rtx-4090, a100, h100, …",
        autocompletion=complete_devices,
    ),
]


def decode(
    net: NetworkName,
    past: Past = 1024,
    device: Device = None,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    *,
    loading: Loading,
    rendering: Rendering,
) -> None:
    """Count what the next token costs: MACs, KV cache, bytes read.

    $ archcalc decode llama-3.2-1b --past 4096 --dtype bfloat16
    $ archcalc decode mixtral-8x7b --batch 8 --dtype bfloat16 --device h200
    """
    from archcalc.reports.memory.decode import decode_report

    network = loading.load(net)
    analysis = network.analyze(batch=batch, dtype=dtype)
    rendering.emit(decode_report(network, analysis, past, device))

"""`archcalc against`: another tool is run, and its count explained by ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from archcalc.commands.completion import among
from archcalc.commands.declared import Argument, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import Batch, NetworkName, Rendering
from archcalc.commands.progress import waiting
from archcalc.network.counters import NAMES


def against(
    tool: Annotated[
        str,
        Argument(
            metavar="TOOL",
            help=f"The tool: {', '.join(NAMES)}.",
            autocompletion=among(*NAMES),
            show_default=False,
        ),
    ],
    net: NetworkName,
    batch: Batch = 1,
    tools: Annotated[
        Path | None,
        Option(
            "--tools",
            metavar="FOLDER",
            help="Look for the tool in this folder, which pip install --target filled.",
        ),
    ] = None,
    *,
    loading: Loading,
    rendering: Rendering,
) -> None:
    """Run another tool (fvcore, thop, …), and explain its count.

    The tool runs on the network built in torch, or on the PyTorch module that is named.
    Exit code 1 if a part of the difference is not explained.

    $ archcalc against fvcore resnet50
    $ archcalc against thop mine.py:Net --input 3x224x224 --batch 8
    """
    from archcalc.network.counters.holding import held
    from archcalc.readers import object_named
    from archcalc.readers.pytorch.objects import read_arguments
    from archcalc.reports.against import against_report

    network = loading.load(net)
    named = object_named(net, loading.python)
    with waiting(f"running {tool}"):
        arguments = read_arguments(loading.arguments or ())
        found = held(network, tool, batch, tools, named, arguments)
    report = against_report(found)
    rendering.emit(report)
    if not report.ok:
        raise SystemExit(1)

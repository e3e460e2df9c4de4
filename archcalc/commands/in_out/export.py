"""`archcalc export`: a network as code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from archcalc.commands.declared import OUTPUT, Option
from archcalc.commands.options import Loading, NetworkName, write


def export(
    net: NetworkName,
    loading: Loading,
    to: Annotated[
        str,
        Option("--to", metavar="FORMAT", help="torch or keras: code in one file."),
    ] = "torch",
    channels: Annotated[
        str | None,
        Option(
            "--channels",
            metavar="WHERE",
            help="Where Keras code has the channels of images: last (usual) or first.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Option("--output", "-o", group=OUTPUT, help="Write the code to this file."),
    ] = None,
) -> None:
    """Write a network as code, with a class for each block.

    $ archcalc export resnet50 --to torch -o resnet50.py
    $ archcalc export vgg16 --set classes=10
    $ archcalc export unet --to keras --channels first
    """
    from archcalc.writers import export as written

    write(written(loading.load(net), to, channels), output)
    if output is not None:
        print(f"wrote {output}", file=sys.stderr)

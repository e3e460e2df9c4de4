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
        Option("--to", metavar="FORMAT", help="torch: a PyTorch module in one file."),
    ] = "torch",
    output: Annotated[
        Path | None,
        Option("--output", "-o", group=OUTPUT, help="Write the code to this file."),
    ] = None,
) -> None:
    """Write a network as code, with a class for each block.

    $ archcalc export resnet50 --to torch -o resnet50.py
    $ archcalc export vgg16 --set classes=10
    """
    from archcalc.writers import export as written

    write(written(loading.load(net), to), output)
    if output is not None:
        print(f"wrote {output}", file=sys.stderr)

"""`archcalc export`: a network as code, or in another format."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from archcalc.commands.declared import OUTPUT, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import NetworkName
from archcalc.commands.output import write, write_file
from archcalc.errors import UsageError


def export(
    net: NetworkName,
    loading: Loading,
    to: Annotated[
        str,
        Option(
            "--to",
            metavar="FORMAT",
            help="torch, keras or jax: code in one file. onnx: a file without "
            "weights. scalesim, scalesim-gemm, zigzag: layers for simulators of "
            "hardware.",
        ),
    ] = "torch",
    channels: Annotated[
        str | None,
        Option(
            "--channels",
            metavar="WHERE",
            help="Where Keras code has the channels of images: last or first. Default: "
            "last.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Option("--output", "-o", group=OUTPUT, help="Write to this file."),
    ] = None,
) -> None:
    """Write a network as code, or for another tool.

    $ archcalc export unet --to keras --channels first
    $ archcalc export resnet50 --to onnx -o resnet50.onnx
    """
    from archcalc.writers import export as written
    from archcalc.writers import lost

    made = written(loading.load(net), to, channels)
    if isinstance(made, str):
        write(made, output)
    elif output is None:
        message = f"`{to}` is no text, and is written to a file"
        raise UsageError.of("AC584", message, help=f"-o FILE.{to}")
    else:
        write_file(made, output)
    for sentence in lost(to):
        print(sentence, file=sys.stderr)
    if output is not None:
        print(f"wrote {output}", file=sys.stderr)

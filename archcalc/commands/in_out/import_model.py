"""`archcalc import`: a model in another format as a spec."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from archcalc.commands.declared import OUTPUT, Argument, Option
from archcalc.commands.options import LimitOptions, colored, limits_from, write
from archcalc.errors import UsageError


def import_model(
    model: Annotated[
        str, Argument(metavar="MODEL", help="The file of a model, such as net.onnx.")
    ],
    output: Annotated[
        Path | None,
        Option("--output", "-o", group=OUTPUT, help="Write the spec to this file."),
    ] = None,
    limit: LimitOptions = None,
) -> None:
    """Print or write the spec of a model in another format, such as ONNX.

    The spec has the same layers and figures as the model.

    $ archcalc import model.onnx
    $ archcalc import model.onnx -o net.yaml
    """
    from archcalc.network.network import network as network_of
    from archcalc.readers import READERS, is_model, read_source

    limits = limits_from(limit)
    source = read_source(model, limits)
    if not is_model(model):
        message = f"{model} is a spec already; {', '.join(READERS)} files are imported"
        raise UsageError.of("AC593", message, help=f"archcalc show {model}")
    from archcalc.commands.options import warn_of_unknown

    warn_of_unknown(network_of(source, limits=limits))
    if output is not None and os.path.exists(output):
        raise UsageError.of("AC573", f"there is already a file {output}")
    text = source.text
    if output is None and colored():
        from archcalc.render.highlight import highlighted

        text = highlighted(text)
    write(text, output)
    if output is not None:
        print(f"wrote {output}", file=sys.stderr)

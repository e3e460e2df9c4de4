"""`archcalc import`: a model in another format as a spec."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from archcalc.commands.declared import OUTPUT, Argument, Option
from archcalc.commands.loading import Loading
from archcalc.commands.output import write_spec
from archcalc.errors import UsageError


def import_model(
    model: Annotated[
        str,
        Argument(
            metavar="MODEL",
            help="A model (.onnx, .keras, .prototxt, .cfg, config.json), or a PyTorch "
            "module (torchvision.models:resnet50).",
        ),
    ],
    loading: Loading,
    output: Annotated[
        Path | None,
        Option("--output", "-o", group=OUTPUT, help="Write the spec to this file."),
    ] = None,
) -> None:
    """Write the spec of a model: ONNX, Keras, …, or a PyTorch module.

    The spec has the same layers and figures as the model.

    $ archcalc import model.onnx -o net.yaml
    $ archcalc import nets/mine.py:Net --input 3x32x32
    """
    from archcalc.readers import READERS, is_model, object_named

    if not is_model(model) and object_named(model, loading.python) is None:
        message = f"{model} is no model: {', '.join(READERS)} files are imported"
        raise UsageError.of("AC593", message, help=f"archcalc show {model}")
    text = loading.load(model).spec.source.text
    if output is not None and os.path.exists(output):
        message = f"there is already a file {output}"
        raise UsageError.of("AC573", message, help="give another name, or remove it")
    write_spec(text, output)
    if output is not None:
        print(f"wrote {output}", file=sys.stderr)

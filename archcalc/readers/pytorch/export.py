"""A PyTorch module as a model, through `torch.export` with tensors without values."""

from __future__ import annotations

import inspect
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any

from archcalc.errors import UsageError
from archcalc.layers.base import Shape
from archcalc.limits import DEFAULT, Limits, counting
from archcalc.readers.model import Model, Shapes
from archcalc.readers.pytorch.objects import failed, places, to_stderr
from archcalc.readers.pytorch.trace import ExportedTrace


def read_module(
    module: Any, shapes: Shapes | None, limits: Limits = DEFAULT, what: str = ""
) -> Model:
    """Return the network of a `torch.nn.Module`, in evaluation mode.

    `shapes` gives the sizes of the inputs, without the batch, by the names that they
    have in `forward`. Raises `UsageError` AC506 where sizes are missing
    or names, AC599 where `torch.export` cannot follow the code of the module.
    """
    what = what or type(module).__name__
    given = inputs_of(module, shapes, what)
    training = module.training
    module.eval()
    try:
        program = exported(module, given, what)
    finally:
        module.train(training)
    model = Model(called(what))
    with counting(limits):
        ExportedTrace(model).graph(program)
    return model


def called(what: str) -> str:
    """Return a name for the network that a spec may have."""
    word = re.sub(r"[^A-Za-z0-9_.-]+", "-", what.rpartition(":")[2]).strip("-.")
    return word[:60] or "model"


def inputs_of(module: Any, shapes: Shapes | None, what: str) -> dict[str, Shape]:
    """Return the sizes of each argument of `forward` that is to be a tensor."""
    arguments = inspect.signature(module.forward).parameters.values()
    needed = [
        a.name for a in arguments if a.default is a.empty and a.kind in POSITIONAL
    ]
    if shapes is None:
        first = "" if len(needed) == 1 else f"{next(iter(needed), 'x')}="
        message = f"{what} does not say how large its input is"
        raise UsageError.of(
            "AC506",
            message,
            help=f"--input {first}3x224x224, in Python input=(3, 224, 224)",
        )
    known = [a.name for a in arguments if a.kind in POSITIONAL]
    found = dict(shapes(needed if len(needed) == 1 else known))
    for name, shape in found.items():
        if not all(isinstance(size, int) for size in shape):
            message = f"the input {name!r} of a module needs numbers, not names"
            raise UsageError.of("AC506", message)
    missing = [name for name in needed if name not in found]
    if missing:
        message = f"{what} needs the input {missing[0]!r} too"
        raise UsageError.of("AC506", message, help=f"--input {missing[0]}=3x224x224")
    return found


POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def exported(module: Any, shapes: Mapping[str, Shape], what: str) -> Any:
    """Export a module; where it looks ids up, with whole numbers as input."""
    import torch

    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    for dtype in (torch.float32, torch.int64):
        inputs = {
            name: torch.zeros((1, *map(size_of, shape)), dtype=dtype, device=device)
            for name, shape in shapes.items()
        }
        try:
            with silent(), device:  # tensors that `forward` makes stand there too
                return torch.export.export(module, (), inputs, strict=False)
        except Exception as error:  # whatever the module's own code raises
            if dtype is torch.float32 and wants_ids(error):
                continue
            raise UsageError.of(
                "AC599",
                failed(f"exporting {what}", error),
                facts=places(error),
                help="if --input fits the module, write a spec, or export the model to "
                "ONNX and read that file",
            ) from None
    raise AssertionError


@contextmanager
def silent() -> Iterator[None]:
    """Keep what PyTorch logs and warns of, and what the code prints, off the output."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(StringIO()), to_stderr():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def size_of(size: object) -> int:
    """Return a size that is known to be a number."""
    assert isinstance(size, int)
    return size


def wants_ids(error: Exception) -> bool:
    """Say whether an error is that of a look-up with real numbers."""
    text = str(error).lower()
    return any(word in text for word in ("indices", "long", "index", "integer"))

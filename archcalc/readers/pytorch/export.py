"""A PyTorch module as a model, through `torch.export` with tensors without values."""

from __future__ import annotations

import inspect
import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from itertools import combinations
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
    """Export a module; inputs that it looks up as ids are whole numbers."""
    import torch

    tensors = (*module.parameters(), *module.buffers())
    device = next((one.device for one in tensors), torch.device("cpu"))
    raised: list[Exception] = []
    for ids in with_ids([*shapes]):
        inputs = {
            name: torch.zeros(
                (1, *map(size_of, shape)),
                dtype=torch.int64 if name in ids else torch.float32,
                device=device,
            )
            for name, shape in shapes.items()
        }
        try:
            with silent(), device:  # tensors that `forward` makes stand there too
                return torch.export.export(module, (), inputs, strict=False)
        except Exception as error:  # whatever the module's own code raises
            raised.append(error)
            if not wants_ids(raised[0]):
                break
    told = next((e for e in raised if not wants_ids(e)), raised[-1])
    raise UsageError.of(
        "AC599",
        failed(f"exporting {what}", told),
        facts=places(told),
        help="if --input fits the module, write a spec, or export the model to "
        "ONNX and read that file",
    ) from None


MOST_MIXED = 5
"""Inputs up to which it is tried which of them are ids."""


def with_ids(names: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield which inputs are ids: none, all, then some of a few."""
    yield frozenset()
    yield frozenset(names)
    if len(names) <= MOST_MIXED:
        for count in range(1, len(names)):
            yield from map(frozenset, combinations(names, count))


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

"""What Keras says of a model, beside what `archcalc` reads in its file.

Keras runs on torch's meta device: weights have shapes and no memory. Its sizes are
those of its own symbolic tensors; multiply-accumulates are counted by torch while the
model runs.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from peers import library

from archcalc.limits import DEFAULT, counting
from archcalc.network.network import network
from archcalc.readers import written
from archcalc.readers.keras.walk import Walk
from archcalc.readers.records import Json

Sizes = tuple[int | None, ...]
Path = tuple[str, ...]


class Stated(NamedTuple):
    """A model in Keras' figures: parameters, operations, the sizes that layers give."""

    params: int
    macs: int | None
    sizes: dict[Path, list[Sizes]]


class Found(NamedTuple):
    """The same as `archcalc` reads it, and what it has no rule for."""

    params: int
    macs: int | None
    sizes: dict[Path, list[tuple[Any, ...]]]
    unknown: list[str]
    lines: int


@cache
def keras_on_torch() -> Any:
    """Import Keras on torch; it writes its settings to a folder of its own."""
    os.environ["KERAS_BACKEND"] = "torch"
    os.environ.setdefault("KERAS_HOME", tempfile.mkdtemp())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return library("keras")


def application(name: str, **given: Any) -> Any:
    """Return a model of `keras.applications` without its weights' values."""
    keras = keras_on_torch()
    with keras.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(keras.applications, name)(weights=None, **given)


def applications() -> list[str]:
    """Return the names of all models of `keras.applications`."""
    found = vars(keras_on_torch().applications)
    return sorted(
        name for name, made in found.items() if name[0].isupper() and callable(made)
    )


def stated(model: Any, macs: bool = True) -> Stated:
    """Return what Keras says of a model."""
    sizes = dict(layer_sizes(model, ()))
    return Stated(model.count_params(), work(model) if macs else None, sizes)


def layer_sizes(model: Any, around: Path) -> Iterator[tuple[Path, list[Sizes]]]:
    """Yield the sizes that each layer gives, without the batch, those inside too.

    Inputs are left out, which only pass on what enters.
    """
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        path = (*around, layer.name)
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            yield from layer_sizes(layer, path)
        outputs = layer.output
        found = outputs if isinstance(outputs, list | tuple) else [outputs]
        yield path, [tuple(one.shape[1:]) or (1,) for one in found]


def work(model: Any) -> int | None:
    """Return the multiply-accumulates that torch counts; None where a size is open."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    shapes = [tuple(one.shape[1:]) for one in model.inputs]
    if any(None in shape for shape in shapes):
        return None
    with keras_on_torch().device("meta"), torch.no_grad():
        given = [torch.empty(1, *shape, device="meta") for shape in shapes]
        counter = FlopCounterMode(display=False)
        with counter:
            model(given if len(given) > 1 else given[0], training=False)
    return int(counter.get_total_flops()) // 2


def read(text: str, name: str = "model.json") -> Found:
    """Return what is read in the JSON of a model."""
    file = Json(text.encode(), name, DEFAULT)
    walk = Walk(file, "model", DEFAULT)
    with counting(DEFAULT):
        model = walk.whole(file.record())
    sizes = {
        path: [walk.build.sizes(at) for at in made] for path, made in walk.made.items()
    }
    source = written(model, name)
    net = network(source)
    total = net.analyze(convention="keras").total
    unknown = [n.layer.op for n in net.graph.nodes if n.layer.key == "unknown"]
    macs = int(total.macs) if isinstance(total.macs, int) else None
    lines = len(source.text.splitlines())
    return Found(int(total.reported_params), macs, sizes, unknown, lines)


def normalizations(value: Any) -> int:
    """Return how many weights `Normalization` layers have beyond their statistics.

    A counter each that is learned from data; one whose statistics the file gives has
    no weights at all, where ours are buffers.
    """
    if isinstance(value, list):
        return sum(map(normalizations, value))
    if not isinstance(value, dict):
        return 0
    if value.get("class_name") != "Normalization":
        return sum(map(normalizations, value.values()))
    if value["config"]["mean"] is None:
        return 1
    shape = value["build_config"]["input_shape"]
    return -2 * int(shape[-1])


def differing(theirs: Stated, ours: Found) -> list[str]:
    """Return the layers whose sizes are not those that Keras states.

    A size that Keras leaves open is a formula here, and not compared.
    """
    found = []
    for path, shapes in theirs.sizes.items():
        if path not in ours.sizes:
            found.append(f"{'.'.join(path)}: not read")
        for mine, own in zip(ours.sizes.get(path, ()), shapes, strict=False):
            pairs = zip(mine, own, strict=False)
            if len(mine) != len(own) or any(n not in (None, m) for m, n in pairs):
                found.append(f"{'.'.join(path)}: {own}, read as {mine}")
    return found

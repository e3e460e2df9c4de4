"""Read models of torchvision and timm, and compare their figures with torch's.

    python tests/tools/models_read.py torchvision          # every classifier
    python tests/tools/models_read.py timm --each 3        # up to three of each module
    python tests/tools/models_read.py timm eva02_tiny_patch14_224

A line for each model: whether parameters and multiply-accumulates are equal, how many
lines its spec has, and which operators no rule knows. Then the counts. It takes seconds
to minutes a model. RegNet's constructors read values, so that it is built with memory.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE / "oracles"), str(HERE / "support")]

import torch  # noqa: E402  # after the paths
from independent import MAKERS, library, measure  # noqa: E402

import archcalc  # noqa: E402

TORCHVISION_SIZES = {"inception_v3": 299}


class Read(NamedTuple):
    """What reading a model gave, beside what torch counts."""

    params: bool
    macs: bool
    lines: int
    unknown: dict[str, int]


def names_of(source: str, each: int) -> list[str]:
    """Return the models that are read: all classifiers, or some of each module."""
    if source == "torchvision":
        models = library("torchvision.models")
        return sorted(models.list_models(module=models))
    timm = library("timm")
    found = []
    for module in timm.list_modules():
        models = timm.list_models(module=module)
        found += sorted(models, key=lambda name: (len(name), name))[:each]
    return found


def built(source: str, name: str) -> Any:
    """Return a model on the meta device, or with memory where that fails."""
    try:
        return MAKERS[source](name)
    except NotImplementedError:
        models = library("torchvision.models")
        return models.get_model(name, weights=None).eval().to("meta")


def shape_of(source: str, name: str, model: Any) -> tuple[int, int, int]:
    """Return the input that a model is made for."""
    if source == "timm":
        channels, height, width = model.default_cfg["input_size"]
        return channels, height, width
    size = TORCHVISION_SIZES.get(name, 224)
    return 3, size, size


def read(source: str, name: str) -> Read:
    """Read one model."""
    model = built(source, name)
    shape = shape_of(source, name, model)
    found = measure(model, shape)
    network = archcalc.load(model, input=shape)
    total = network.analyze().total
    text = network.spec.source.text
    unknown = Counter(
        node.layer.op for node in network.graph.nodes if node.layer.key == "unknown"
    )
    used = used_params(model, shape)
    return Read(
        total.params in (found.params, used),
        total.macs == found.macs,
        len(text.splitlines()),
        dict(unknown),
    )


def used_params(model: Any, shape: tuple[int, ...]) -> int:
    """Return the parameters that inference reads; side heads are left out there."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = torch.empty(1, *shape, device="meta")
        program = torch.export.export(model, (example,), strict=False)
    parameters = dict(model.named_parameters())
    inputs = zip(
        program.graph_signature.input_specs, placeholders(program), strict=True
    )
    names = {spec.target for spec, node in inputs if node.users}
    tensors = {id(parameters[n]): parameters[n] for n in names if n in parameters}
    return sum(tensor.numel() for tensor in tensors.values())


def placeholders(program: Any) -> list[Any]:
    return [node for node in program.graph.nodes if node.op == "placeholder"]


def main(arguments: list[str]) -> int:
    """Read the models that are named; return 1 where a figure differs unsaid."""
    warnings.simplefilter("ignore")
    source, *rest = arguments
    each = int(rest[rest.index("--each") + 1]) if "--each" in rest else 1
    named = [] if "--each" in rest else rest
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for name in named or names_of(source, each):
        begin = time.monotonic()
        try:
            one = read(source, name)
        except Exception as error:
            lines = str(error).splitlines()
            print(
                f"{name}: {type(error).__name__}: {lines[0] if lines else ''}",
                flush=True,
            )
            counts["not read"] += 1
            continue
        kinds.update(one.unknown.keys())
        counts["read"] += 1
        counts["whole"] += not one.unknown
        counts["parameters equal"] += one.params
        counts["MACs equal"] += one.macs
        counts["MACs differ in a whole one"] += not one.macs and not one.unknown
        seconds = time.monotonic() - begin
        print(name, *one, f"{seconds:.1f} s", flush=True)
    print(dict(counts))
    print("unknown in so many models:", dict(kinds.most_common()))
    return int(bool(counts["MACs differ in a whole one"] or counts["not read"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

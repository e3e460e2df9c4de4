"""Read models of torchvision and timm, and compare their figures with torch's.

    python tests/tools/models_read.py torchvision             # every classifier
    python tests/tools/models_read.py timm --each 3           # up to three of each module
    python tests/tools/models_read.py timm --each 3 --record
    python tests/tools/models_read.py timm eva02_tiny_patch14_224

A line for each model: whether parameters and multiply-accumulates are equal, how many
lines its spec has, and which operators no rule knows. Then the counts. It takes seconds
to minutes a model. `--record` writes each model to `tests/data/models_read.yaml` as soon
as it is read, and passes over those that stand there. RegNet's constructors read values,
so that it is built with memory.
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
import yaml  # noqa: E402  # after the paths
from independent import MAKERS, library, measure  # noqa: E402

import archcalc  # noqa: E402

RECORD = HERE / "data" / "models_read.yaml"
TORCHVISION_SIZES = {"inception_v3": 299}


class Read(NamedTuple):
    """What reading a model gave, beside what torch counts."""

    params: bool
    macs: bool
    lines: int
    unknown: dict[str, int]
    share: float = 1.0


def names_of(source: str, each: int) -> list[str]:
    """Return the models that are read: all classifiers, or some of each module."""
    if source == "torchvision":
        models = library("torchvision.models")
        return sorted(models.list_models(module=models))
    timm = library("timm")
    modules = [
        sorted(timm.list_models(module=module), key=lambda name: (len(name), name))
        for module in timm.list_modules()
    ]
    return [names[at] for at in range(each) for names in modules if at < len(names)]


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
    """Read one model.

    While torch counts, parameters need no gradient: its counter fails where a module
    gets a view of one (torch 2.13.0).
    """
    model = built(source, name)
    shape = shape_of(source, name, model)
    found = measure(model.requires_grad_(False), shape)
    model.requires_grad_(True)
    network = archcalc.load(model, input=shape)
    total = network.analyze().total
    text = network.spec.source.text
    unknown = Counter(
        node.layer.op for node in network.graph.nodes if node.layer.key == "unknown"
    )
    equal = total.params == found.params
    return Read(
        equal or total.params == used_params(model, shape),
        total.macs == found.macs,
        len(text.splitlines()),
        dict(unknown),
        round(int(total.macs) / found.macs, 4) if found.macs else 1.0,
    )


def used_params(model: Any, shape: tuple[int, ...]) -> int:
    """Return how many parameters inference reads; side heads are left out there."""
    parameters = dict(model.named_parameters())
    found = {
        id(parameters[name]): parameters[name] for name in used_names(model, shape)
    }
    return sum(tensor.numel() for tensor in found.values())


def used_names(model: Any, shape: tuple[int, ...]) -> set[str]:
    """Return the names of the parameters that inference reads."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = torch.empty(1, *shape, device="meta")
        program = torch.export.export(model, (example,), strict=False)
    parameters = dict(model.named_parameters())
    inputs = zip(
        program.graph_signature.input_specs, placeholders(program), strict=True
    )
    every = dict(model.named_parameters(remove_duplicate=False))
    used = {id(every[s.target]) for s, n in inputs if n.users and s.target in every}
    return {name for name, tensor in parameters.items() if id(tensor) in used}


def placeholders(program: Any) -> list[Any]:
    return [node for node in program.graph.nodes if node.op == "placeholder"]


def recorded(source: str) -> set[str]:
    """Return the models of a library that were read before."""
    rows = yaml.safe_load(RECORD.read_text(encoding="utf-8"))["models"] or ()
    return {row["model"] for row in rows if row["library"] == source}


def record(source: str, name: str, one: Read, seconds: float) -> None:
    """Add a model to what was read."""
    row: dict[str, Any] = {"library": source, "model": name, "lines": one.lines}
    if not one.params:
        row["params"] = "differ"
    if not one.macs:
        row["macs"] = one.share
    if one.unknown:
        row["unknown"] = one.unknown
    if seconds > 60:
        row["seconds"] = round(seconds)
    text = yaml.safe_dump(row, default_flow_style=True, sort_keys=False, width=1000)
    with RECORD.open("a", encoding="utf-8") as file:
        file.write(f"- {text}")


def counted(source: str, names: list[str], keep: bool) -> tuple[Counter[str], Any]:
    """Read models; return the counts, and in how many each unknown operator stands."""
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for name in names:
        begin = time.monotonic()
        try:
            one = read(source, name)
        except Exception as error:
            lines = str(error).splitlines()
            told = f"{type(error).__name__}: {lines[0] if lines else ''}"
            print(f"{name}: {told}", flush=True)
            counts["not read"] += 1
            continue
        seconds = time.monotonic() - begin
        if keep:
            record(source, name, one, seconds)
        kinds.update(one.unknown.keys())
        counts["read"] += 1
        counts["whole"] += not one.unknown
        counts["parameters equal"] += one.params
        counts["MACs equal"] += one.macs
        counts["MACs differ in a whole one"] += not one.macs and not one.unknown
        print(name, *one, f"{seconds:.1f} s", flush=True)
    return counts, kinds


def main(arguments: list[str]) -> int:
    """Read the models that are named; return 1 where a figure differs unsaid."""
    warnings.simplefilter("ignore")
    keep = "--record" in arguments
    source, *rest = [word for word in arguments if word != "--record"]
    each = int(rest[rest.index("--each") + 1]) if "--each" in rest else 1
    names = rest if rest and "--each" not in rest else names_of(source, each)
    known = recorded(source) if keep else set()
    names = [name for name in names if name not in known]
    counts, kinds = counted(source, names, keep)
    print(dict(counts))
    print("unknown in so many models:", dict(kinds.most_common()))
    return int(bool(counts["MACs differ in a whole one"] or counts["not read"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

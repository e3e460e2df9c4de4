"""Export models to ONNX, read the files, and compare their figures with torch's.

    pip install onnxscript==0.7.2        # what torch's default exporter needs
    python tests/tools/exports_read.py export FOLDER          # hours, gigabytes
    python tests/tools/exports_read.py read FOLDER            # minutes

Each model is one of its family and has under 100 M parameters. It is built with weights
in memory, which are changed a little, as training does: the exporters drop biases of
zeros and join weights of equal values. `export` writes the files of both exporters and
what torch says of each model, and goes on where an earlier run ended; names behind the
folder choose models. `read` writes tests/data/exports_read.yaml, which
`docs/generated/onnx_read.md` shows.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import yaml

from archcalc.readers.onnx.weights import is_weight

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("oracles", "support", "tools")]
RESULTS = TESTS / "data" / "exports_read.yaml"
EXPORTERS = {"default": {"dynamo": True, "verbose": False}, "old": {"dynamo": False}}
"""The exporter that torch uses by default, and the one that traces TorchScript."""
SECONDS = 1200
MODELS = {
    "torchvision": (
        *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet"),
        *("inception_v3", "mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large"),
        *("regnet_y_400mf", "resnet50", "resnext50_32x4d", "shufflenet_v2_x1_0"),
        *("squeezenet1_1", "swin_t", "vit_b_16", "wide_resnet50_2", "maxvit_t"),
    ),
    "timm": (
        *("coat_lite_tiny", "convmixer_768_32", "cspdarknet53", "dla34", "dpn68"),
        *("edgenext_xx_small", "efficientformer_l1", "ghostnet_100", "hgnetv2_b0"),
        *("inception_next_tiny", "levit_128s", "mixer_s32_224", "mobileone_s0"),
        *("mobilevit_s", "pit_ti_224", "poolformer_s12", "pvt_v2_b0", "repvgg_a0"),
        *("res2net50_26w_4s", "resnetv2_50", "rexnet_100", "selecsls42", "starnet_s1"),
        *("twins_svt_small", "visformer_tiny", "xception41", "xcit_nano_12_p16_224"),
        *("cait_xxs24_224", "convit_tiny", "fastvit_t8", "focalnet_tiny_srf"),
    ),
}


def main(arguments: list[str]) -> int:
    """Export models or read files; return 1 where a difference has no name."""
    warnings.simplefilter("ignore")
    stage, place, *named = arguments
    folder = Path(place)
    if stage == "one":
        export(folder, *named)
        return 0
    if stage == "export":
        folder.mkdir(parents=True, exist_ok=True)
        for source, names in MODELS.items():
            for name in names:
                if not named or name in named:
                    apart(folder, source, name)
        return 0
    rows = [*read_all(folder)]
    about = {"date": f"{datetime.now(UTC):%Y-%m-%d}"}
    about |= {one: version(one).partition("+")[0] for one in ("torch", "onnxscript")}
    about |= {one: version(one) for one in ("torchvision", "timm")}
    text = yaml.safe_dump({**about, "exports": rows}, sort_keys=False, width=110)
    RESULTS.write_text(text, encoding="utf-8")
    return int(any(row.get("unexplained") for row in rows))


# -- export ------------------------------------------------------------------------------


def apart(folder: Path, source: str, name: str) -> None:
    """Export a model in a process of its own, unless that is done."""
    facts = folder / f"{name}.json"
    if facts.exists():
        return
    begun = time.monotonic()
    command = [sys.executable, __file__, "one", str(folder), source, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        failed = done.stderr.strip().splitlines()[-1:] if done.returncode else []
    except subprocess.TimeoutExpired:
        failed = [f"not done within {SECONDS} s"]
    if failed:
        facts.write_text(json.dumps({"library": source, "failed": failed[0][:200]}))
    print(name, *failed, f"{time.monotonic() - begun:.0f} s", flush=True)


def export(folder: Path, source: str, name: str) -> None:
    """Write the files of a model, and what torch says of it."""
    import torch
    from independent import library, measure
    from models_read import built, shape_of, used_names

    maker: Any = library("torchvision.models").get_model
    options: dict[str, Any] = {"weights": None}
    if source == "timm":
        maker, options = library("timm").create_model, {"pretrained": False}
    model = maker(name, **options).eval()
    trained(model)
    meta = built(source, name)
    shape = shape_of(source, name, model)
    facts: dict[str, Any] = {"library": source, "macs": measure(meta, shape).macs}
    facts["weights"] = [*weights(model, used_names(meta, shape))]
    for exporter, given in EXPORTERS.items():
        path = folder / f"{name}.{exporter}.onnx"
        example = (torch.zeros(1, *shape),)
        try:
            made = torch.onnx.export(model, example, path, **given)
            if made is not None:
                made.save(path)
        except Exception as error:
            path.unlink(missing_ok=True)
            said = (str(error).splitlines() or [""])[0]
            facts[exporter] = f"{type(error).__name__}: {said}"[:200]
    (folder / f"{name}.json").write_text(json.dumps(facts))


def trained(model: Any) -> None:
    """Change every weight a little, so that no two are equal and none is 0."""
    import torch

    torch.manual_seed(1)
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.add_(torch.randn_like(tensor) * 0.01)


def weights(model: Any, used: set[str]) -> Iterator[dict[str, Any]]:
    """Yield each parameter: name, size, values in short, what it belongs to."""
    from torch import nn

    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    for name, tensor in model.named_parameters():
        module = model.get_submodule(name.rpartition(".")[0])
        role = "norm" if isinstance(module, norms) else "other"
        if isinstance(module, nn.modules.conv._ConvNd):
            role = name.rpartition(".")[2]
        values = digest(tensor.detach().numpy())
        row = {"name": name, "size": tensor.numel(), "values": values, "role": role}
        yield {**row, "used": name in used}


def digest(values: Any) -> str:
    """Return what the values of a tensor have in common, in whatever order they are."""
    import numpy

    ordered = numpy.sort(numpy.asarray(values, dtype=numpy.float32), axis=None)
    return hashlib.sha256(ordered.tobytes()).hexdigest()[:20]


# -- read --------------------------------------------------------------------------------


def read_all(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what each file gives, or why there is none."""
    for source, names in MODELS.items():
        for name in names:
            facts = folder / f"{name}.json"
            if not facts.exists():
                continue
            known = json.loads(facts.read_text())
            for exporter in EXPORTERS:
                row = {"model": name, "library": source, "exporter": exporter}
                failed = known.get("failed") or known.get(exporter)
                if failed:
                    row["failed"] = failed
                else:
                    row |= read(folder / f"{name}.{exporter}.onnx", known)
                print(row, flush=True)
                yield row


def read(path: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a file beside torch's, and why they differ."""
    import onnx
    from onnx_sizes import walked

    import archcalc

    begun = time.process_time()
    net = archcalc.load(path)
    total = net.analyze().total
    seconds = time.process_time() - begun
    made = onnx.load(path)
    own = sum(one["size"] for one in known["weights"])
    why = ledger(made.graph, known["weights"], walked(path.read_bytes()))
    unknown = Counter(n.layer.op for n in net.graph.nodes if n.layer.key == "unknown")
    row = {"opset": made.opset_import[0].version, "operators": len(made.graph.node)}
    row |= {"parameters": own, "parameters_read": total.params}
    row |= {"macs": known["macs"], "macs_read": total.macs}
    row |= {"lines": len(net.spec.source.text.splitlines())}
    row |= {"seconds": round(seconds, 2), "why": why, "unknown": dict(unknown)}
    return row | {"unexplained": total.params - own - sum(why.values())}


def ledger(graph: Any, known: list[dict[str, Any]], env: Any) -> dict[str, int]:
    """Return why a file has other parameters than its module, reason by reason.

    A parameter is in the file where a tensor has its values, in whatever order. `env`
    says of each name what our walk knows: operators that no input reaches only work out
    constants.
    """
    tensors = {name: (size, values) for name, size, values in held(graph)}
    same = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Identity"}
    readers: dict[str, tuple[str, int]] = {}
    for node in reversed(graph.node):
        outputs = [env.get(name) for name in node.output]
        if node.op_type != "Identity" and any(v and v.op is not None for v in outputs):
            for at, name in enumerate(node.input):
                readers[named(name, same)] = (node.op_type, at)
    left = Counter(one["values"] for one in known if one["used"])
    found: Counter[str] = Counter()
    for name, (size, values) in tensors.items():
        op, at = readers.get(name, ("", 0))
        matched = left[values] > 0
        left[values] -= matched
        reason = why_matched(op, size) if matched else why_new(op, at, size)
        if reason:
            found[reason] += -size if matched else size
    for one in known:
        if not one["used"]:
            found["weights that inference does not use"] -= one["size"]
        elif left[one["values"]] > 0:
            left[one["values"]] -= 1
            found[missing(one)] -= one["size"]
    found[WORKED_OUT] += sum(
        prod(env[name].sizes)
        for name in readers.keys() - tensors.keys()
        if name in env and is_weight(env[name])
    )
    return {reason: number for reason, number in found.items() if number}


def why_matched(op: str, size: int) -> str:
    """Return why a parameter that the file holds is not counted; "" where it is."""
    if not op:
        return WORKED_OUT
    alone = size == 1 and op not in HOLDING
    return "single numbers, read as factors and terms" if alone else ""


def why_new(op: str, at: int, size: int) -> str:
    """Return why a tensor that is no parameter is counted; "" where it is not."""
    if op in ("Conv", "ConvTranspose"):
        return f"{'bias' if at == 2 else 'weight'} of convolutions, with norms merged"
    counted = op and size > 1 and (op != NORM or at < 3)
    return "constants that are no parameters" if counted else ""


WORKED_OUT = "tables that the file looks up, masks that it works out"
NORM = "BatchNormalization"
HOLDING = ("Conv", "ConvTranspose", NORM, "LayerNormalization", "Gemm", "MatMul")


def missing(one: dict[str, Any]) -> str:
    """Return why a parameter's values are in no tensor of the file."""
    if one["role"] == "norm":
        return "batch norms merged"
    if one["role"] in ("weight", "bias"):
        return f"{one['role']} of convolutions, with norms merged"
    return f"{one['name'].rpartition('.')[2]}, worked into constants"


def named(name: str, same: dict[str, str]) -> str:
    """Return the name of what an operator reads behind operators that do nothing."""
    while name in same:
        name = same[name]
    return name


def held(graph: Any) -> Iterator[tuple[str, int, str]]:
    """Yield the name, the size and the values in short of each tensor of a graph."""
    from onnx import TensorProto, numpy_helper

    tensors = [(tensor.name, tensor) for tensor in graph.initializer]
    tensors += [
        (node.output[0], attribute.t)
        for node in graph.node
        for attribute in node.attribute
        if node.op_type == "Constant" and attribute.name == "value"
    ]
    for name, tensor in tensors:
        if tensor.data_type == TensorProto.FLOAT:
            yield name, prod(tensor.dims), digest(numpy_helper.to_array(tensor))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

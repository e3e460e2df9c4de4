"""One network in one process: the engine against counters that run torch, and onnx."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any

from measuring import Line, Section, functions, ratio
from measuring import shown as told

from archcalc import load, loads
from archcalc.language.library import shipped

ABOUT = """\
ResNet-152 in one process. "Analysis" is every shape, weight, operation and activation of
a network that is loaded and written out, as the counters' model is built: parameters,
MACs, FLOPs, bytes, buffers. The counters run torchvision's model on the meta device
(fvcore, which cannot, on the CPU); onnx infers shapes alone, in C++, from bytes to bytes.
All run in turn, 20 ms at least; what is quicker runs again, and a call is its share.
Times are those of the processor, all threads together.
"""


def measure(rounds: int) -> Section:
    """Run every comparison of this part."""
    net = load("resnet152")
    nodes = len(net.graph.nodes)
    text = shipped()["resnet152"].read_text(encoding="utf-8")
    ours: dict[str, Callable[[], Any]] = {
        "analysis": lambda: net.analyze().total,
        "written out": lambda: replace(net).analyze().total,
        "yaml": lambda: loads(text).analyze().total,
        "onnx": onnx_inference(),
    }
    times = functions(ours, 20 * rounds)
    analysis = times["analysis"]
    each = median(analysis) / nodes
    by_onnx = ratio(times["onnx"], analysis)
    lines = [
        Line("analysis of the written-out network", "", told(analysis)),
        Line(
            "with blocks and repeats written out first", "", told(times["written out"])
        ),
        Line("from YAML text", "", told(times["yaml"])),
        Line(
            f"inference a node ({nodes} nodes)",
            "below 2 µs",
            f"{each * 1e6:.2f} µs; {_with_writing(times, nodes)} with writing out",
            each < 2e-6,
        ),
        Line(
            "onnx's C++ shape inference",
            "at least 2 × as long as the analysis",
            f"{by_onnx:.2f} × ({told(times['onnx'])})",
            by_onnx >= 2,
        ),
    ]
    return Section("Engine", ABOUT, [*lines, *_peers(ours, rounds)])


def _with_writing(times: Mapping[str, list[float]], nodes: int) -> str:
    return f"{median(times['written out']) / nodes * 1e6:.2f} µs"


def _peers(ours: Mapping[str, Callable[[], Any]], rounds: int) -> list[Line]:
    """Compare with the counters, the quickest of them last."""
    calls = counters()
    own = {name: ours[name] for name in ("analysis", "written out", "yaml")}
    times = functions({**own, **calls}, max(3, rounds // 3))
    best = min(calls, key=lambda name: median(times[name]))
    lines = [
        Line(
            f"{name} on a model already built",
            "",
            f"{ratio(times[name], times['analysis']):.0f} × ({told(times[name])})",
        )
        for name in calls
    ]
    for name, least in (("analysis", 100), ("written out", 0), ("yaml", 10)):
        found = ratio(times[best], times[name])
        target = f"at least {least} ×" if least else ""
        lines.append(
            Line(
                f"the quickest of them, {best}, beside {WORDS[name]}",
                target,
                f"{found:.0f} ×",
                found >= least if least else None,
            )
        )
    return lines


WORDS = {
    "analysis": "our analysis",
    "written out": "our analysis with writing out",
    "yaml": "ours from YAML text",
}


def counters() -> dict[str, Callable[[], Any]]:
    """Return the other counters, each on a model that is built."""
    sys.path.append(str(Path(__file__).parents[1] / "oracles"))
    import torch
    from independent import torchvision_model
    from peers import COUNTERS, FOLDER, count

    from archcalc.network.counters.importing import in_folder
    from archcalc.network.counters.tools import torch_restored

    logging.disable(logging.WARNING)
    built = torchvision_model("resnet152")
    on_cpu = torchvision_model("resnet152").to_empty(device="cpu")
    image = torch.empty(1, 3, 224, 224, device="meta")
    calflops = in_folder("calflops", FOLDER).calculate_flops

    def on_meta() -> Any:
        with torch_restored(), redirect_stdout(StringIO()):
            return calflops(built, args=[image], print_results=False)

    found: dict[str, Callable[[], Any]] = {
        name: partial(count, name, built, [image]) for name in COUNTERS
    }
    found["calflops"] = (
        on_meta  # tests/oracles/peers.py adds a weight that is not on meta
    )
    found["fvcore"] = partial(count, "fvcore", on_cpu, [torch.zeros(image.shape)])
    return found


def onnx_inference() -> Callable[[], bytes]:
    """Return onnx's inference on the bytes of the model, with nothing of Python in it."""
    from onnx import onnx_cpp2py_export
    from onnx_model import model_of

    data = model_of(load("resnet152").graph).SerializeToString()
    infer = onnx_cpp2py_export.shape_inference.infer_shapes
    return lambda: infer(data, False, False, False)

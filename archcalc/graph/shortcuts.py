"""The shortcut of a residual, where its steps follow from shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.graph.graph import Node
from archcalc.language.steps import Step
from archcalc.layers.base import Shape
from archcalc.sizes.dims import Dim, same
from archcalc.source.parser import Scalar


def projection(
    node: Scalar, defaults: Mapping[str, Any], body: Shape, ratio: tuple[Dim, ...]
) -> tuple[Step, ...]:
    """Return a 1×1 convolution with the body's stride and the file's conv defaults."""
    args = {k: v for k, v in defaults.items() if k == "bias"}
    args |= {"out": body[0], "kernel": 1, "stride": _single(ratio)}
    return (Step("conv", node, args, norm=defaults.get("norm"), act="none"),)


def padding(
    node: Scalar, before: Shape, body: Shape, ratio: tuple[Dim, ...]
) -> tuple[Step, ...]:
    """Return He 2015's option A: every stride-th pixel, new channels zero."""
    steps = []
    if any(r != 1 for r in ratio):
        steps.append(Step("avgpool", node, {"kernel": 1, "stride": _single(ratio)}))
    extra = body[0] - before[0]
    if extra != 0:
        channels = (extra // 2, extra - extra // 2)
        steps.append(Step("pad", node, {"size": 0, "channels": channels}))
    return tuple(steps)


def strides(nodes: Sequence[Node], main: int, at: int) -> tuple[Dim, ...]:
    """Return the product of strides from node `at` to `main` along first inputs."""
    rank = max(len(nodes[at].shape) - 1, 0)
    ratio: tuple[Dim, ...] = (1,) * rank
    index = main
    while index > at and nodes[index].inputs:
        node = nodes[index]
        windows = node.layer.window(*[nodes[i].shape for i in node.inputs])
        if isinstance(windows, tuple) and len(windows) == rank:
            ratio = tuple(r * w.stride for r, w in zip(ratio, windows, strict=True))
        index = node.inputs[0]
    return ratio


def projecting(wanted: Shape, given: Shape, name: str) -> str | None:
    """Return the 1×1 convolution that makes `given` fit `wanted`, if there is one."""
    if len(wanted) != len(given) or len(wanted) < 2:
        return None
    for stride in range(1, 33):
        if all(
            same((n - 1) // stride + 1, m)
            for n, m in zip(given[1:], wanted[1:], strict=True)
        ):
            strided = f" with stride {stride}" if stride > 1 else ""
            return f"a 1×1 conv of {wanted[0]}{strided} on {name}"
    return None


def _single(ratio: tuple[Dim, ...]) -> Any:
    return ratio[0] if len(set(ratio)) == 1 else ratio

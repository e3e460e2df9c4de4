"""Rows and columns that no window reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import Hint, Linted, Slide, changed, fix, slide, sliding
from archcalc.checks.rule import Rule
from archcalc.errors import ShapeError
from archcalc.graph.graph import Node
from archcalc.layers.base import Layer, Shape, times
from archcalc.layers.fields import FieldError
from archcalc.source.values import Scalar

RULE = Rule(
    "AC402",
    "unread-rows",
    "A stride leaves rows or columns unread. They lie after the last window, if the "
    "division has a remainder (every framework rounds down), or between windows, if "
    "the stride is larger than the kernel. A 1×1 convolution with a stride in a "
    "`shortcut` is a projection, and is not reported.",
    "- {maxpool: 3, stride: 2}",
    "- {maxpool: 3, stride: 2, rounding: ceil}",
    help="use another padding or rounding, or a larger kernel if the stride skips rows",
    fixable=True,
)
SHORTCUT = "branch", "shortcut"
"""The kind and the label of a group of steps beside a residual."""
AXES = {1: ("positions",), 2: ("rows", "columns"), 3: ("planes", "rows", "columns")}


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each window that leaves something unread."""
    for node in net.graph.nodes:
        key = net.written(node)
        window = sliding(node, net.graph) if key is not None else None
        if key is None or window is None:
            continue
        if any(_skips(window)):
            if not _projects(net, node, window):
                yield _between(key, window)
        elif any(left(window)):
            remedy, says = _fix(net, key, node)
            yield Hint(key, _end(left(window)), _division(window), says, remedy)


def left(window: Slide) -> list[int]:
    """Return how many positions of each axis lie behind the last window."""
    return [
        max(n - ((o - 1) * s - before + size), 0)
        for n, _, size, s, before, _, o in zip(*window, strict=True)
    ]


def _skips(window: Slide) -> list[bool]:
    """Say for each axis whether windows lie apart from each other."""
    values = zip(window.size, window.stride, window.output, strict=True)
    return [stride > size and o > 1 for size, stride, o in values]


def _projects(net: Linted, node: Node, window: Slide) -> bool:
    """Say whether a 1×1 window stands in a shortcut, as `shortcut: projection` does.

    It reads every second position on purpose (He 2015, section 3.3).
    """
    group = net.graph.groups[node.group]
    while group.parent >= 0 and (group.kind, group.label) != SHORTCUT:
        group = net.graph.groups[group.parent]
    return group.parent >= 0 and all(size == 1 for size in window.size)


def _end(behind: Sequence[int]) -> str:
    names = zip(AXES[len(behind)], behind, strict=True)
    said = [f"{n} {name}" if n > 1 else name[:-1] for name, n in names if n]
    return f"no window reads the last {' and '.join(said)}"


def _division(window: Slide) -> tuple[str, ...]:
    """Return the division with its remainder, for the first axis that has one."""
    axis = next(i for i, count in enumerate(left(window)) if count)
    n, size, stride = window.axes[axis], window.size[axis], window.stride[axis]
    pads = window.before[axis] + window.after[axis]
    whole, rest = divmod(n + pads - size, stride)
    padded = f" + {pads}" if pads else ""
    return (f"({n}{padded} - {size}) / {stride} = {whole}, remainder {rest}",)


def _between(key: Scalar, window: Slide) -> Hint:
    skips = _skips(window)
    axis = skips.index(True)
    size, stride = window.size[axis], window.stride[axis]
    names = " and ".join(n for n, s in zip(AXES[len(skips)], skips, strict=True) if s)
    read = f"only {size} of {stride} {names} {'is' if size == 1 else 'are'} read"
    message = f"the stride is larger than the kernel: {read}"
    help = f"a kernel of at least {stride}, or an average pool before"
    return Hint(key, message, (f"kernel {size}, stride {stride}",), help)


def _fix(net: Linted, key: Scalar, node: Node) -> tuple[Fix | None, str]:
    """Return the first rounding or padding with which everything is read."""
    (x,) = net.graph.input_shapes(node)
    window = sliding(node, net.graph)
    if node.layer.role == "pool" and window and _almost_all(window):
        return None, f"gap, or a kernel of the input's size, {times(x[1:])}"
    kernel: Any = dict(node.layer.items())["kernel"]
    largest = max(kernel) if isinstance(kernel, tuple) else kernel
    choices = [("rounding", "ceil")] if "rounding" in node.layer.fields else []
    choices += [("pad", str(p)) for p in range(1, largest // 2 + 1)]
    for name, text in choices:
        if _reads_all(node.layer, x, name, text):
            says = f"{name}: {text}"
            return fix(f"set {says}", net.set_argument(key, name, text)), says
    return None, "another input size, kernel or stride"


def _almost_all(window: Slide) -> bool:
    """Say whether one window reads most of the input, as a global pool all of it."""
    values = zip(window.size, window.axes, window.output, strict=True)
    return all(out == 1 and 2 * size > n for size, n, out in values)


def _reads_all(layer: Layer, x: Shape, name: str, text: str) -> bool:
    try:
        value = int(text) if name == "pad" else text
        window = slide(changed(layer, **{name: value}), x)
    except (FieldError, ShapeError):
        return False
    return window is not None and not any(left(window))

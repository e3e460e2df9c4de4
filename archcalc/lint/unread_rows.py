"""Rows and columns that no window reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.errors import ShapeError
from archcalc.fields import FieldError
from archcalc.findings import Fix
from archcalc.graph import Node
from archcalc.layers.base import Layer
from archcalc.layers.window import Sliding, reach
from archcalc.lint.base import Hint, Linted, fix, sliding
from archcalc.nodes import Scalar
from archcalc.rules.base import Rule

RULE = Rule(
    "AC402",
    "unread-rows",
    "A stride leaves rows or columns unread: those behind the last window where the "
    "division has a remainder (every framework rounds down), or those between windows "
    "where the stride is larger than the kernel.",
    "- {maxpool: 3, stride: 2}",
    "- {maxpool: 3, stride: 2, rounding: ceil}",
    help="another padding or rounding; a larger kernel where the stride skips",
    fixable=True,
)
AXES = {1: ("positions",), 2: ("rows", "columns"), 3: ("planes", "rows", "columns")}


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each window that leaves something unread."""
    for node in net.graph.nodes:
        key = net.written(node)
        found = sliding(node, net.graph) if key is not None else None
        if key is None or found is None or node.layer.key == "deconv":
            continue
        behind = left(found, node.shape[1:])
        if any(behind):
            remedy, says = _fix(net, key, node)
            yield Hint(key, _end(behind), _division(found, behind), says, remedy)
        elif any(_skips(found, node.shape[1:])):
            yield _between(key, found, _skips(found, node.shape[1:]))


def left(found: Sliding, output: Sequence[Any]) -> tuple[int, ...]:
    """Return how many positions of each axis lie behind the last window."""
    values = zip(
        found.axes, found.kernel, found.stride, found.dilation, found.pads, output,
        strict=True,
    )  # fmt: skip
    return tuple(
        max(n - ((o - 1) * s - before + reach(k, d)), 0)
        for n, k, s, d, (before, _), o in values
    )


def _skips(found: Sliding, output: Sequence[Any]) -> list[bool]:
    """Say for each axis whether windows lie apart from each other."""
    values = zip(found.kernel, found.stride, found.dilation, output, strict=True)
    return [s > reach(k, d) and o > 1 for k, s, d, o in values]


def _end(behind: Sequence[int]) -> str:
    names = AXES[len(behind)]
    counted = {names[i]: count for i, count in enumerate(behind) if count}
    if len(set(counted.values())) == 1 and len(counted) > 1:
        return f"no window reads the last {next(iter(counted.values()))} {' and '.join(counted)}"
    said = [f"{n} {name if n > 1 else name[:-1]}" for name, n in counted.items()]
    return f"no window reads the last {' and '.join(said)}"


def _division(found: Sliding, behind: Sequence[int]) -> tuple[str, ...]:
    """Return the division with its remainder, for the first axis that has one."""
    axis = next(i for i, count in enumerate(behind) if count)
    n, (before, after) = found.axes[axis], found.pads[axis]
    size = reach(found.kernel[axis], found.dilation[axis])
    room, stride = n + before + after - size, found.stride[axis]
    padded = f" + {before + after}" if before + after else ""
    whole, rest = divmod(room, stride)
    return (f"({n}{padded} - {size}) / {stride} = {whole}, remainder {rest}",)


def _between(key: Scalar, found: Sliding, skips: Sequence[bool]) -> Hint:
    axis = skips.index(True)
    size = reach(found.kernel[axis], found.dilation[axis])
    stride = found.stride[axis]
    names = " and ".join(n for n, s in zip(AXES[len(skips)], skips, strict=True) if s)
    message = f"the stride is larger than the kernel: of {stride} {names}, {size} is read"
    if size > 1:
        message = message.replace(" is read", " are read")
    help = f"a kernel of at least {stride}, or an average pool before"
    return Hint(key, message, (f"kernel {size}, stride {stride}",), help)


def _fix(net: Linted, key: Scalar, node: Node) -> tuple[Fix | None, str]:
    """Return the first rounding or padding with which everything is read."""
    x = net.graph.input_shapes(node)[0]
    choices = [("rounding", "ceil")] if "rounding" in node.layer.fields else []
    kernel: Any = node.layer.kernel  # type: ignore[attr-defined]  # what slides has one
    largest = max(kernel) if isinstance(kernel, tuple) else kernel
    choices += [("pad", str(p)) for p in range(1, largest // 2 + 1)]
    for name, text in choices:
        if _reads_all(node.layer, x, name, text):
            says = f"{name}: {text}"
            return fix(f"set {says}", net.set_argument(key, name, text)), says
    return None, "another input size, kernel or stride"


def _reads_all(layer: Layer, x: Any, name: str, text: str) -> bool:
    try:
        changed: Any = layer.replace(**{name: int(text) if name == "pad" else text})
        return not any(left(changed.sliding(x), changed.shape(x)[1:]))
    except (FieldError, ShapeError):
        return False

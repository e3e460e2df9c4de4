"""A pool that is larger than its input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import Hint, Linted, Slide, changed, fix, sliding
from archcalc.checks.rule import Rule
from archcalc.errors import ShapeError
from archcalc.graph.graph import Node
from archcalc.layers.base import times
from archcalc.layers.fields import FieldError
from archcalc.layers.window import simple
from archcalc.source.values import Scalar

RULE = Rule(
    "AC407",
    "large-pool",
    "A pool's window is larger than its input without padding. `rounding: ceil` and "
    "padding allow it, but usually the input is smaller than expected. A pool that "
    "keeps the size of its input, as in spatial pyramid pooling, is not reported.",
    "- {maxpool: 48, rounding: ceil}",
    "- {maxpool: 32, rounding: ceil}",
    help="a kernel of the input's size, or gap",
    fixable=True,
)


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each pool with a window larger than its input."""
    for node in net.graph.nodes:
        key = net.written(node)
        window = sliding(node, net.graph) if node.layer.role == "pool" else None
        if key is None or window is None:
            continue
        if window.output == window.axes:
            continue  # it keeps the size, as in spatial pyramid pooling
        if any(size > n for size, n in zip(window.size, window.axes, strict=True)):
            larger = f"{times(window.size)} is larger than its input"
            message = f"a pool of {larger} {times(window.axes)}"
            yield Hint(key, message, (), RULE.help, _fix(net, key, node, window))


def _fix(net: Linted, key: Scalar, node: Node, window: Slide) -> Fix | None:
    """Return the fix that makes the window as large as the input; same output size."""
    fitting = tuple(map(min, window.kernel, window.axes))
    given = net.argument(key, key.text)
    x = net.graph.input_shapes(node)[0]
    try:
        same = changed(node.layer, kernel=fitting).shape(x) == node.shape
    except (FieldError, ShapeError):
        return None
    if not same or given is None:
        return None
    kernel: Any = simple(fitting)
    listed = isinstance(kernel, tuple)
    text = f"[{', '.join(map(str, kernel))}]" if listed else str(kernel)
    return fix(f"write {text}", net.layout.replaced(given, text))

"""An even kernel with half of it as padding."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.layers.window import reach
from archcalc.lint.base import Hint, Linted, fix, sliding
from archcalc.rules.base import Rule

RULE = Rule(
    "AC403",
    "even-kernel-half-padding",
    "Half of an even kernel on both sides is one position too many: with stride 1 the "
    "output is larger than the input by one.",
    "- {conv: 8, kernel: 4, pad: half}",
    "- {conv: 8, kernel: 4, pad: same}",
    help="pad: same",
    fixable=True,
)


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each window of even size that pads by half."""
    for node in net.graph.nodes:
        key = net.written(node)
        if key is None or getattr(node.layer, "pad", None) != "half":
            continue
        found = sliding(node, net.graph)
        sizes = [] if found is None else list(map(reach, found.kernel, found.dilation))
        even = [axis for axis, size in enumerate(sizes) if size % 2 == 0]
        if found is not None and even:
            axis = even[0]
            message = f"half of an even kernel: {sizes[axis]} pads {sizes[axis] // 2} on both sides"
            facts = (f"{found.axes[axis]} becomes {node.shape[1 + axis]}",)
            edit = net.set_argument(key, "pad", "same")
            yield Hint(key, message, facts, "pad: same", fix("set pad: same", edit))

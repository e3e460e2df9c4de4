"""An even kernel with half of it as padding."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted, fix, sliding
from archcalc.checks.rule import Rule

RULE = Rule(
    "AC403",
    "even-kernel-half-padding",
    "Padding by half of an even kernel on both sides is one position too many: with "
    "stride 1, the output is larger than the input by one.",
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
        window = sliding(node, net.graph)
        even = [i for i, n in enumerate(window.size) if n % 2 == 0] if window else []
        if window and even:
            axis = even[0]
            half = window.size[axis] // 2
            size = window.size[axis]
            message = (
                f"half of the even kernel {size} is {half} on both sides: one too many"
            )
            facts = (f"{window.axes[axis]} becomes {window.output[axis]}",)
            edit = net.set_argument(key, "pad", "same")
            yield Hint(key, message, facts, RULE.help, fix(f"write {RULE.help}", edit))

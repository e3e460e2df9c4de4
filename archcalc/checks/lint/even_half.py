"""An even kernel with half of it as padding."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted, Slide, fix, sliding
from archcalc.checks.rule import Rule

RULE = Rule(
    "AC403",
    "even-kernel-half-padding",
    "Padding by half of an even kernel on both sides is one position too many: with "
    "stride 1, the output is larger than the input by one. Where a stride of 2 or more "
    "hides the difference, nothing is said.",
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
        wanted = _as_same(window) if window else ()
        larger = [i for i, n in enumerate(wanted) if window and window.output[i] > n]
        if window and larger:
            axis = larger[0]
            half = window.size[axis] // 2
            size, given = window.size[axis], window.axes[axis]
            message = (
                f"half of the even kernel {size} is {half} on both sides: one too many"
            )
            facts = (f"{given} becomes {window.output[axis]}, not {wanted[axis]}",)
            edit = net.set_argument(key, "pad", "same")
            yield Hint(key, message, facts, RULE.help, fix(f"write {RULE.help}", edit))


def _as_same(window: Slide) -> tuple[int, ...]:
    """Return the sizes that `pad: same` gives, `⌈n/s⌉`; an odd kernel keeps its own."""
    values = zip(window.size, window.axes, window.stride, window.output, strict=True)
    return tuple([out if size % 2 else -(-n // s) for size, n, s, out in values])

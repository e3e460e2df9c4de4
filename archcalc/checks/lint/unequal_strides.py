"""Branches of different stride that meet in one step."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from operator import or_

from archcalc.checks.lint.base import Hint, Linted
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Graph
from archcalc.graph.receptive import Fields, receptive_fields
from archcalc.layers.base import times

RULE = Rule(
    "AC406",
    "unequal-strides",
    "Branches that meet have different strides. Their sizes are equal only because "
    "one branch has strides and the other loses its border, so one position of the "
    "output mixes different places of the input. What `resize` to a given size rounds "
    "off is not reported.",
    "- add:\n    a: [{conv: 8, kernel: 4, stride: 2}]\n    b: [{conv: 8, kernel: 18}]",
    "- add:\n    a: [{conv: 8, kernel: 4, stride: 2}]\n"
    "    b: [{conv: 8, kernel: 6, stride: 2, pad: 1}]",
    help="the same strides in every branch",
)

ROUNDED = 2
"""Rounding alone stays below this ratio: `s·⌈n/s⌉ < 2n` where `s < n`."""


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each step that joins branches of different strides."""
    graph = net.graph
    joins = [n for n in graph.nodes if n.layer.role == "combine" and len(n.inputs) > 1]
    if not joins or not all(
        isinstance(size, int) for n in graph.nodes for size in n.shape
    ):
        return
    fields, sources = receptive_fields(graph), _sources(graph)
    for node in joins:
        if len({sources[i] for i in node.inputs}) > 1:
            continue  # two inputs may have steps of their own, as two frame rates
        seen = [fields[i] for i in node.inputs]
        if _differ(seen, node.shape):
            steps = [times(tuple(f.jump for f in each or ())) for each in seen]  # type: ignore[misc]  # a jump may be a fraction
            names = [graph.nodes[i].name for i in node.inputs]
            facts = tuple(
                f"{name} has a total stride of {step}"
                for name, step in zip(names, steps, strict=True)
            )
            message = f"{node.layer.key} joins branches of different strides"
            yield Hint(node.origin, message, facts, RULE.help)


def _sources(graph: Graph) -> list[int]:
    """Return for each node which nodes without inputs it comes from, a bit for each."""
    found: list[int] = []
    bit = 1
    for node in graph.nodes:
        if not node.inputs:
            found.append(bit)
            bit <<= 1
        else:
            found.append(reduce(or_, (found[i] for i in node.inputs)))
    return found


def _differ(seen: list[Fields], shape: tuple[object, ...]) -> bool:
    known = [fields for fields in seen if fields is not None]
    if len(known) != len(seen) or len({len(fields) for fields in known}) != 1:
        return False
    axes = zip(shape[1:], zip(*known, strict=True), strict=False)
    return any(size != 1 and _apart([f.jump for f in axis]) for size, axis in axes)


def _apart(jumps: list[Fraction]) -> bool:
    """Say whether strides differ by more than a `resize` to a given size rounds off.

    Of 25 positions a stride of 2 makes 13, and 13 resized to 25 are 26/25 apart. So a
    pyramid meets maps of other levels (Lin 2016, FPN); whole strides have no such part.
    """
    if all(jump.denominator == 1 for jump in jumps):
        return len(set(jumps)) > 1
    return max(jumps) >= ROUNDED * min(jumps)

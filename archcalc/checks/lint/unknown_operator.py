"""Operators whose work no rule counts."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted
from archcalc.checks.rule import Rule
from archcalc.errors import ArchcalcError, Problem
from archcalc.network.network import Network
from archcalc.network.uncounted import listed, uncounted

RULE = Rule(
    "AC416",
    "unknown-operator",
    "A network that was read from another format may have operators that no rule "
    "knows. Their work is not counted, so that operations are at least what is "
    "printed; their weights are counted. Every command warns of it.",
    "- {unknown: {x: identity}, op: Einsum, sizes: [8, 4, 4]}",
    "- {conv: 8, kernel: 1}",
    help="write the spec with `archcalc import MODEL -o net.yaml`, and replace the "
    "unknown steps by layers",
)


def check(net: Linted) -> Iterator[Hint]:
    """Yield one hint that lists all such operators, at the first of them."""
    found = uncounted(net.graph)
    first = next((n for n in net.graph.nodes if n.layer.uncounted), None)
    if first is not None:
        yield Hint(first.origin, _message(found), (), RULE.help)


def told(network: Network) -> Iterator[Problem]:
    """Yield what a command says of a network with such operators."""
    try:
        found = uncounted(network.graph)
    except ArchcalcError:  # told by what the command does with the network
        return
    if found:
        yield Problem(RULE.code, _message(found), None, (), RULE.help)


def _message(found: dict[str, int]) -> str:
    return f"operations are at least what is printed: no rule counts {listed(found)}"

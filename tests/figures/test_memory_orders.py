"""Orders of branches, and rules of activations, of networks of a few bytes, by hand.

Found by mutation testing (docs/generated/mutation.md). That an order peaks as in torch is proved
in test_memory_torch.py.
"""

from __future__ import annotations

import pytest
from small_networks import FIRST, LAST, analyzed, joined

from archcalc import UsageError

CHANNEL = 16
"""Bytes of a channel of 2×2 values."""


def changes(layers: str) -> list[str]:
    """Return what each module's order changes, in channels, and the best order."""
    orders = analyzed(layers).memory.orders
    found = orders.changes if orders else ()
    return [
        f"{c.name}: {c.written / CHANNEL:g}, {c.best / CHANNEL:g} to "
        f"{c.worst / CHANNEL:g}, {' '.join(c.order)}"
        for c in found
    ]


INNER = "concat: {a: [{conv: 6}, {conv: 1}], b: [{conv: 3}, {conv: 2}]}"
CASES = {
    # 2 channels enter; 4 and 3, then 3 more: 2+4+3, against 2+3+4 and 3+4+3
    "what stands before a branch is its main part": (
        FIRST + "  - residual: [{conv: 4}, {conv: 3}]\n    shortcut: projection\n",
        ["residual: 9, 9 to 10, main shortcut"],
    ),
    # 2+3, then 2+3+6; the other way 2+6+1, then 2+1+3
    "two branches, the hungry one first": (
        FIRST + joined("concat", a="{conv: 3}", b="{conv: 6}, {conv: 1}"),
        ["concat: 11, 9 to 11, b a"],
    ),
    # inside: 2+6+1, then 2+1+3; the other way 2+3+2, then 2+2+6; outside: one more for
    # what r leaves, or 2+6+1, then 2+1+3+2
    "inner modules after outer ones, ordered before them": (
        FIRST + joined("concat", r="{conv: 1}", l=INNER),
        ["concat: 10, 9 to 10, l r", "concat.l: 9, 9 to 10, a b"],
    ),
    "one branch has no order": (FIRST + joined("concat", a="{conv: 2}, relu"), []),
    "nor have two, of which one is left out": (
        FIRST + joined("concat", a="{conv: 2, when: false}", b="{conv: 2}"),
        [],
    ),
    "nor what reads another branch": (
        FIRST
        + joined(
            "concat", a="{name: x, conv: 2}, relu", b="{conv: 2, from: concat.a.x}"
        ),
        [],
    ),
    "nor parts that are no branches": (
        FIRST
        + "  - name: s\n    stage:\n"
        + "      - {name: p, stage: [{conv: 2}, {conv: 2}]}\n"
        + "      - {name: q, stage: [{conv: 2, from: a}, {conv: 2}]}\n"
        + "      - {add: [s.p, s.q]}\n",
        [],
    ),
    # of 2 channels that enter: needs of 6, 16, 12, 5 and 7+7 without them, of which 1,
    # 6, 1, 1 and 1 are left; as written 6, 1+16, 7+12, 8+5 and 9+14; e first has 2+14,
    # then 1+12, 2+16, 8+6 and, without the 2 in the end, 9+4
    "five go by falling need beyond what they leave": (
        FIRST
        + joined(
            "concat",
            a="{conv: 3}, {conv: 1}",
            b="{conv: 8}, {conv: 6}",
            c="{conv: 9}, {conv: 1}",
            d="{conv: 2}, {conv: 1}",
            e="{conv: 7}, {conv: 7}, {conv: 1}",
        ),
        ["concat: 23, 18 to 23, e c b a d"],
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_orders_of_branches(title: str) -> None:
    layers, expected = CASES[title]
    assert changes(layers) == expected


def test_orders_inside_and_outside_together() -> None:
    """The worst: r before the inner branches turned round, 2+1+2+6."""
    layers = FIRST + joined("concat", r="{conv: 1}", l=INNER)
    orders = analyzed(layers).memory.orders
    assert orders is not None
    peaks = (orders.written, orders.best, orders.worst)
    assert peaks == (10 * CHANNEL, 9 * CHANNEL, 11 * CHANNEL)


@pytest.mark.parametrize(
    ("layers", "rule", "values"),
    [
        (FIRST + LAST, "kept", 8 + 8 + 1),  # flatten is a view
        (FIRST + "  - relu\n" + LAST, "kept", 8 + 8 + 8 + 1),
        (FIRST + "  - relu\n" + LAST, "lecture", 8 + 8 + 1),
        # the network's input is its caller's, what a sum reads too is not overwritten
        ("  - relu\n" + LAST, "lecture", 8 + 8 + 1),
        (FIRST + "  - residual: [relu]\n" + LAST, "lecture", 8 + 8 + 8 + 8 + 1),
    ],
)
def test_activations_by_a_rule(layers: str, rule: str, values: int) -> None:
    assert analyzed(layers).memory.activations_by(rule) == 4 * values


@pytest.mark.parametrize(
    ("rule", "help"),
    [
        ("lectures", "did you mean lecture?"),
        (
            "??",
            "rules: lecture, kept, torchsummary, torchinfo, convnet-burden, convolutions",
        ),
    ],
)
def test_rules_that_there_are_not(rule: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        analyzed(LAST).memory.activations_by(rule)
    (problem,) = caught.value.problems
    assert problem.message == f"there is no activations rule {rule!r}"
    assert problem.help == help

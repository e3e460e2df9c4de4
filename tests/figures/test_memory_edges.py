"""Memory of small networks block by block, worked out by hand from torch's rules.

Found by mutation testing (docs/generated/mutation.md). That the rules are torch's is proved in
test_memory_torch.py, which measures; here each has a network of its own.
"""

from __future__ import annotations

import pytest
from small_networks import FIRST, LAST, analyzed, joined

from archcalc import Analysis, UsageError
from archcalc.figures.memory.checkpoints import entering, segments

# -- gradients on their way back -------------------------------------------------------


def step_of(analysis: Analysis, number: int) -> str:
    """Return a step of training by its node, and by its phase but for backward."""
    moment = analysis.memory.training.timeline.moments[number]
    name = analysis.graph.nodes[moment.node].name.rpartition(".")[2]
    return name if moment.phase == "backward" else f"{moment.phase} {name}"


def gradients(analysis: Analysis) -> list[str]:
    """Return the blocks of gradients: of what, bytes, first and last step."""
    blocks = analysis.memory.training.timeline.blocks
    found = [b for b in blocks if b.what in ("gradient", "product at full size")]
    found.sort(key=lambda b: (b.first, b.last, b.node))
    names = [analysis.graph.nodes[b.node].name.rpartition(".")[2] for b in found]
    whats = ["" if b.what == "gradient" else f"{b.what} of " for b in found]
    spans = [
        f"{step_of(analysis, b.first)} to {step_of(analysis, b.last)}" for b in found
    ]
    rows = zip(whats, names, found, spans, strict=True)
    return [f"{what}{name}, {b.bytes}: {span}" for what, name, b, span in rows]


CONV_L, CONV_R = "{name: l, conv: 2}", "{name: r, conv: 2}"
SMALL = "{name: p, avgpool: 2}, {name: r, conv: 2}"
GRADIENTS = {
    "a sum hands its own to both; both then meet in the first": (
        FIRST + joined("add", left=CONV_L, right=CONV_R),
        ["flatten, 32: fc to l", "a, 32: r to a", "a, 32: l to l"],
    ),
    "an average makes one for all three": (
        FIRST + joined("average", left=CONV_L, mid="{name: m, conv: 2}", right=CONV_R),
        [
            "flatten, 32: fc to average",
            "l, 32: average to l",
            "a, 32: r to a",
            "a, 32: m to m",
            "a, 32: l to l",
        ],
    ),
    "a difference hands its own to the first, and makes the second's": (
        FIRST + joined("subtract", left=CONV_L, right=CONV_R),
        [
            "flatten, 32: fc to l",
            "r, 32: subtract to r",
            "a, 32: r to a",
            "a, 32: l to l",
        ],
    ),
    "a difference of a smaller one makes both": (
        FIRST + joined("subtract", left="{name: p, avgpool: 2}", right="identity"),
        [
            "flatten, 32: fc to subtract",
            "p, 8: subtract to p",
            "identity, 32: subtract to a",
            "a, 32: p to p",
        ],
    ),
    "a product makes one for each factor": (
        FIRST + joined("multiply", left=CONV_L, right=CONV_R),
        [
            "flatten, 32: fc to multiply",
            "r, 32: multiply to r",
            "l, 32: multiply to l",
            "a, 32: r to a",
            "a, 32: l to l",
        ],
    ),
    "a factor that was stretched has its product at full size first": (
        FIRST + joined("multiply", left="identity", right=SMALL),
        [
            "flatten, 32: fc to multiply",
            "product at full size of multiply, 32: multiply to multiply",
            "r, 8: multiply to r",
            "identity, 32: multiply to a",  # arrives at a at once
            "p, 8: r to p",
            "a, 32: p to p",  # and that of p is added to it
        ],
    ),
    "a term that was stretched has a gradient of its own": (
        FIRST + joined("add", left="identity", right=SMALL),
        [
            "flatten, 32: fc to a",
            "r, 8: add to r",
            "p, 8: r to p",
            "a, 32: p to p",
        ],
    ),
    "a concatenation hands views of its own to both": (
        FIRST + joined("concat", left=CONV_L, right=CONV_R),
        ["flatten, 64: fc to l", "a, 32: r to a", "a, 32: l to l"],
    ),
    "nothing is added to a piece of another: the sum is a third": (
        FIRST + joined("concat", left="identity", right=CONV_R),
        ["flatten, 64: fc to sum a", "a, 32: r to sum a", "a, 32: sum a to a"],
    ),
    "what others hold is not added to: the sum is a third": (
        FIRST + "  - residual: [{name: b, conv: 2}]\n",
        ["flatten, 32: fc to sum a", "a, 32: b to sum a", "a, 32: sum a to a"],
    ),
    "the network's input gets none": (
        joined("add", left="identity", right=CONV_R),
        ["flatten, 32: fc to r"],
    ),
    "dropout makes one, of rate 0 hands it on": (
        FIRST + "  - {dropout: 0.5}\n  - {name: b, conv: 2}\n  - {dropout: 0}\n",
        ["flatten, 32: fc to b", "dropout1, 32: b to dropout1", "a, 32: dropout1 to a"],
    ),
    "a sum of two that is no piece any more is added to": (
        FIRST
        + "  - {name: l, conv: 2}\n  - {name: m, conv: 2, from: a}\n"
        + "  - {concat: [l, m, a]}\n",
        [
            "flatten, 96: fc to l",
            "a, 32: m to sum a",
            "a, 32: sum a to a",
            "a, 32: l to l",
        ],
    ),
    "what nobody reads gets none": (
        FIRST + "  - {name: x, conv: 2}\n  - {name: y, conv: 2, from: a}\n",
        ["flatten, 32: fc to y", "a, 32: y to a"],
    ),
    "of a slice one of the whole is made": (
        FIRST + "  - slice: [0, 1]\n",
        ["flatten, 16: fc to slice", "a, 32: slice to a"],
    ),
}


@pytest.mark.parametrize("title", GRADIENTS)
def test_gradients_of(title: str) -> None:
    layers, expected = GRADIENTS[title]
    found = gradients(analyzed(layers + LAST))
    assert found == ["fc, 4: loss fc to fc", *expected]


# -- parts that run again --------------------------------------------------------------

NESTED = """\
  - name: one
    stage:
      - name: two
        stage:
          - residual: [{conv: 2}, {conv: 2}]
          - residual: [{conv: 2}, {conv: 2}]
          - concat:
              l: [{conv: 2}]
              r: [identity]
      - residual: [{conv: 4}]
  - name: three
    stage: [{name: c, conv: 2}, relu]
  - name: four
    stage: [{name: d, conv: 2}]
  - aux: [flatten, {fc: 3}]
"""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("none", []),
        ("stages", ["one 1-12", "three 12-14"]),  # one layer alone gains nothing
        (
            "blocks",
            [
                "one.two.residual1 1-4",
                "one.two.residual2 4-7",
                "one.two.concat 7-10",
                "one.residual 10-12",
                "three 12-14",
            ],
        ),
    ],
)
def test_segments(kind: str, expected: list[str]) -> None:
    found = segments(analyzed(NESTED + LAST).graph, kind)
    assert [f"{s.name} {s.first}-{s.end}" for s in found] == expected


@pytest.mark.parametrize(
    ("kind", "help"),
    [("block", "did you mean blocks?"), ("??", "known: none, blocks, stages")],
)
def test_parts_that_there_are_not(kind: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        segments(analyzed(LAST).graph, kind)
    (problem,) = caught.value.problems
    message = f"there is no checkpointing of {kind!r}"
    assert (problem.code, problem.message, problem.help) == ("AC542", message, help)


def test_a_part_keeps_all_that_it_reads_from_outside() -> None:
    part = (
        "  - name: p\n    stage: [{conv: 2, from: b}, {name: sum, add: [a, p.conv]}]\n"
    )
    analysis = analyzed(FIRST + "  - {name: b, conv: 2}\n" + part)
    (found,) = segments(analysis.graph, "stages")
    assert entering(analysis.memory.training_storages, found) == {1, 2}

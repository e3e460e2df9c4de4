"""Memory of small networks block by block, worked out by hand from torch's rules.

Found by mutation testing (docs/mutation.md). That the rules are torch's is proved in
test_memory_torch.py, which measures; here each has a network of its own.
"""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc import Analysis, UsageError
from archcalc.memory_segments import segments
from archcalc.memory_workspace import workspace

HEAD = "archcalc: 1\nname: small\ninput: [2, 2, 2]\nlayers:\n"
FIRST = "  - {name: a, conv: 2}\n"
LAST = "  - flatten\n  - {fc: 1}\n"


def analyzed(layers: str, **setting: Any) -> Analysis:
    return archcalc.loads(HEAD + layers).analyze(**setting)


def joined(kind: str, **branches: str) -> str:
    """Return a step that joins branches, each a list of steps."""
    lines = "".join(f"      {name}: [{steps}]\n" for name, steps in branches.items())
    return f"  - {kind}:\n{lines}"


# -- gradients on their way back -------------------------------------------------------


def step_of(analysis: Analysis, number: int) -> str:
    """Return a step of training by its node, and by its phase but for backward."""
    moment = analysis.memory.training.timeline.moments[number]
    name = analysis.graph.nodes[moment.node].name.rpartition(".")[2]
    return name if moment.phase == "backward" else f"{moment.phase} {name}"


def gradients(analysis: Analysis, *also: str) -> list[str]:
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
            "identity, 32: multiply to identity",
            "p, 8: r to p",
            "a, 32: p to a",
        ],
    ),
    "a term that was stretched has a gradient of its own": (
        FIRST + joined("add", left="identity", right=SMALL),
        [
            "flatten, 32: fc to identity",
            "r, 8: add to r",
            "p, 8: r to p",
            "a, 32: p to a",
        ],
    ),
    "a concatenation hands views of its own to both": (
        FIRST + joined("concat", left=CONV_L, right=CONV_R),
        ["flatten, 64: fc to l", "a, 32: r to a", "a, 32: l to l"],
    ),
    "a piece of another is added to a gradient": (
        FIRST + joined("concat", left="identity", right=CONV_R),
        ["flatten, 64: fc to identity", "a, 32: r to a"],
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


# -- what an operation needs beside its inputs and output ------------------------------


def needed(layers: str, shape: str, dtype: str) -> int:
    """Return the workspace of the last node for a batch of two."""
    text = f"archcalc: 1\nname: work\ninput: [{shape}]\nlayers:\n{layers}"
    memory = archcalc.loads(text).analyze(batch=2, dtype=dtype).memory
    return workspace(memory.storages, memory.analysis.graph.nodes[-1])


TWO = joined("add", a="{avgpool: 3}", b="identity")
THREE = joined("add", a="{avgpool: 3}", b="{avgpool: 3}", c="identity")


@pytest.mark.parametrize(
    ("layers", "shape", "values", "longs"),
    [
        ("  - {lrn: 5}\n", "4, 3, 3", 2 * 36, 0),  # energies and their powers
        ("  - {lppool: 2}\n", "4, 4, 4", 64, 0),  # powers; the sums are 3 × 16
        ("  - {lppool: 1}\n", "4, 4, 4", 3 * 64, 0),  # sums, their signs and sizes
        ("  - in\n", "4, 3, 3", 2 * 4, 0),  # mean and deviation of each plane
        ("  - {in: , affine: true}\n", "4, 3, 3", 2 * 4 + 4 + 4, 0),  # scale, shift
        ("  - {gn: 2}\n", "4, 3, 3", 2 * 2, 0),
        ("  - bn\n", "4, 3, 3", 0, 0),  # only in training
        ("  - {maxpool: 2}\n", "4, 4, 4", 0, 16),  # indices
        ("  - {conv: 2, kernel: 3, stride: 2, pad: same}\n", "4, 6, 6", 4 * 49, 0),
        ("  - {embedding: 10, dim: 4}\n", "7", 0, 0),  # the ids are its input
        (joined("average", a="{avgpool: 1}", b="identity"), "4, 3, 3", 36, 0),
        (TWO, "4, 3, 3", 0, 0),
        (THREE, "4, 3, 3", 4, 0),  # the sum of the first two
        (THREE.replace("add", "subtract"), "4, 3, 3", 4, 0),
        (THREE.replace("add", "multiply"), "4, 3, 3", 4, 0),
        # queries, keys and values; scores; these after softmax, or the heads joined
        ("  - {attention: 4}\n", "7, 48", 7 * 48 + 4 * 49 + 4 * 49, 0),
        ("  - {attention: 1}\n", "4, 48", 4 * 48 + 16 + 4 * 16, 0),
    ],
)
def test_workspace(layers: str, shape: str, values: int, longs: int) -> None:
    assert needed(layers, shape, "float32") == 2 * (4 * values + 8 * longs)
    assert needed(layers, shape, "float16") == 2 * (2 * values + 8 * longs)


@pytest.mark.parametrize(
    ("step", "shape", "each", "once", "longs"),
    [
        # 4 windows of 4 tokens, 2 heads: 32 scores each; 4 × 4 biases a head
        ("2, size: 2", "16, 12", 192 + 2 * 128, 32, 16),
        # shifted: 4 rows, 8 for 4 columns, 16 tokens have places; 16 × 4 in the mask
        ("2, size: 2, shift: 1", "16, 12", 192 + 2 * 128, 32 + 64, 4 + 8 + 16),
        # 5 × 7 tokens are padded to 6 × 9, of 6 values each
        (
            "3, size: 3, shift: 1, grid: [5, 7]",
            "35, 18",
            54 * 18 + 2 * 3 * 54 * 9 + (54 - 35) * 6,
            3 * 81 + 54 * 9,
            6 + 18 + 54,
        ),
        # one window high: shifted along the width alone, no biases
        (
            "2, size: 4, shift: 2, grid: [4, 8], bias: false",
            "32, 12",
            32 * 12 + 2 * 2 * 32 * 16,
            32 * 16,
            4 + 16 + 32,
        ),
        ("2, size: 2, bias: false", "16, 12", 192 + 2 * 128, 0, 0),
    ],
)
def test_workspace_of_windows(
    step: str, shape: str, each: int, once: int, longs: int
) -> None:
    layers = f"  - {{window_attention: {step}}}\n"
    assert needed(layers, shape, "float32") == 4 * (2 * each + once) + 8 * longs


@pytest.mark.parametrize(
    ("step", "single", "half"),
    [
        # 5 root mean squares and 30 values; in float16 all in float32: the input, these,
        # and by how much the result is wider
        ("{rms: last}", 4 * (5 + 30), 4 * 30 + 4 * (5 + 30) + 2 * 30),
        ("{rms: last, affine: false}", 4 * (5 + 5), 4 * 30 + 4 * (5 + 5) + 2 * 30),
    ],
)
def test_workspace_of_a_root_mean_square(step: str, single: int, half: int) -> None:
    assert needed(f"  - {step}\n", "5, 6", "float32") == 2 * single
    assert needed(f"  - {step}\n", "5, 6", "float16") == 2 * half


# -- what backward keeps ---------------------------------------------------------------


def kept(analysis: Analysis) -> list[str]:
    """Return what each node keeps, and what it is the first to keep in bytes."""
    memory, nodes = analysis.memory, analysis.graph.nodes
    return [
        f"{nodes[i].name.rpartition('.')[2]}: {one.words} {memory.saved_per_node[i]}"
        for i, one in memory.kept.items()
    ]


def overwriting(analysis: Analysis, training: bool) -> set[str]:
    """Return the nodes that run in place."""
    memory, nodes = analysis.memory, analysis.graph.nodes
    storages = memory.training_storages if training else memory.storages
    return {nodes[i].name for i in storages.overwriting}


MIDDLE = "{name: m, conv: 2}"
MIXED = {"mixed": True, "dtype": "bfloat16"}
END = ["flatten:  0", "fc: input, weight 32"]
KEPT: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "factors, and the product of two for the third's sake": (
        FIRST + joined("multiply", left=CONV_L, mid=MIDDLE, right=CONV_R) + LAST,
        {},
        [
            "a: input, weight 32",
            "l: input, weight 32",  # the output of a, which all three read
            "m: input, weight 0",
            "r: input, weight 0",
            "multiply: 3 inputs, partial product 128",
            *END,
        ],
    ),
    "a factor that needs no gradient, for the other's sake": (
        joined("multiply", left="identity", right=CONV_R) + LAST,
        {},
        ["r: input, weight 32", "multiply: 1 inputs 0", *END],
    ),
    "the product of two that need none, for the third's sake": (
        joined("multiply", left="identity", mid="identity", right=CONV_R) + LAST,
        {},
        ["r: input, weight 32", "multiply: partial product 32", *END],
    ),
    "no product for the sake of a third that needs none": (
        joined("multiply", left=CONV_L, mid="identity", right="identity") + LAST,
        {},
        ["l: input, weight 32", "multiply: 2 inputs 0", *END],
    ),
    "what runs in place": (
        FIRST
        + "  - relu6\n  - {conv: 2}\n  - relu\n  - {dropout: 0.5}\n  - {conv: 2}\n"
        + "  - {dropout: 0}\n  - {conv: 2}\n  - swish\n"
        + LAST,
        {},
        [
            "a: input, weight 32",
            "relu6: copy of its input 32",
            "conv1: input, weight 32",
            "relu: output 32",
            "dropout1: mask 32",
            "conv2: input, weight 32",
            "dropout2:  0",
            "conv3: input, weight 32",
            "swish: copy of its input 32",
            *END,
        ],
    ),
    "what computes in float32": (
        FIRST + "  - {rms: last}\n" + LAST,
        {"dtype": "bfloat16"},
        [
            "a: input, weight 16",
            # 8 values, 4 root mean squares, 8 normalized values, of 4 bytes
            "rms: weight, input in float32, root mean squares, normalized values 80",
            "flatten:  0",
            "fc: input, weight 16",
        ],
    ),
    "a norm whose input needs no gradient": (
        "  - {rms: last}\n" + LAST,
        {},
        ["rms: weight, normalized values 32", *END],
    ),
    "cast weights, where the input needs a gradient": (
        "  - flatten\n  - {name: x, fc: 3}\n  - {fc: 1}\n",
        MIXED,
        # the first's 8 × 3 weights are kept; of 3 values and weights 6 bytes each
        ["x: input, weight 64", "fc: input, weight 12"],
    ),
    "cast weights of tokens, where the input needs a gradient": (
        "  - tokens\n  - {name: x, linear: 3}\n  - {name: y, linear: 1}\n",
        MIXED,
        # 8 values; then 4 × 3 and 3 × 1 weights
        ["x: input, weight 16", "y: input, weight 30"],
    ),
    "cast weights of a convolution anyway": (
        FIRST + LAST,
        MIXED,
        ["a: input, weight 24", "flatten:  0", "fc: input, weight 32"],
    ),
}


@pytest.mark.parametrize("title", KEPT)
def test_kept_for_backward(title: str) -> None:
    layers, setting, expected = KEPT[title]
    assert kept(analyzed(layers, **setting)) == expected


@pytest.mark.parametrize(
    ("layers", "inference", "training"),
    [
        ("  - relu\n" + LAST, "", ""),  # the input is its caller's
        (FIRST + "  - relu\n" + LAST, "relu", "relu"),
        (FIRST + "  - bn\n  - relu\n" + LAST, "relu", "relu"),
        (FIRST + "  - sigmoid\n  - relu\n" + LAST, "relu", ""),  # keeps its output
        (FIRST + "  - {dropout: 0.5}\n" + LAST, "", "dropout"),
        (FIRST + "  - residual: [relu]\n" + LAST, "", ""),  # the sum reads a too
        (FIRST + "  - slice: [0, 1]\n  - relu\n" + LAST, "relu", "relu"),
        (KEPT["what runs in place"][0], "relu6 relu swish", "relu6 relu swish"),
    ],
)
def test_what_runs_in_place(layers: str, inference: str, training: str) -> None:
    analysis = analyzed(layers)
    assert overwriting(analysis, training=False) == set(inference.split())
    assert overwriting(analysis, training=True) == set(training.split())


def test_bytes_of_a_symbol_say_what_to_give() -> None:
    text = HEAD.replace("[2, 2, 2]", "[2, k, k]") + "  - relu\n"
    text = text.replace("layers:", "params: {k: k}\nlayers:")
    with pytest.raises(UsageError) as caught:
        _ = archcalc.loads(text).analyze().memory.peak_inference
    (problem,) = caught.value.problems
    assert problem.code == "AC541"
    assert problem.message == "this figure needs numbers: input has 2k² values"
    assert problem.help == "give every size a number, e.g. --input 3x224x224"

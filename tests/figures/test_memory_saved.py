"""What backward keeps, and what runs in place, worked out by hand from torch's rules.

Found by mutation testing (docs/generated/mutation.md). That the rules are torch's is proved in
test_memory_torch.py, which measures; here each has a network of its own.
"""

from __future__ import annotations

from typing import Any

import pytest
from small_networks import FIRST, HEAD, LAST, analyzed, joined

import archcalc
from archcalc import Analysis, UsageError
from archcalc.figures.memory.saved import kept_for_backward
from archcalc.figures.memory.storages import Storages

CONV_L, CONV_R = "{name: l, conv: 2}", "{name: r, conv: 2}"


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
    "a copy where the input does not lie in a row": (
        FIRST + "  - {slice: [0, 1]}\n  - {gn: 1}\n" + LAST,
        {"batch": 2},
        [
            "a: input, weight 64",
            "slice:  0",
            # 4 values, mean and deviation of 2 samples
            "gn: weight, input, put in a row, mean and deviation 48",
            "flatten:  0",
            "fc: input, weight 32",
        ],
    ),
    "the inputs of a part that runs again, whatever is first in it": (
        "  - name: p\n    stage: [tanh, {name: m, conv: 2}]\n" + LAST,
        {"checkpoint": "stages"},
        ["tanh: inputs of the part that runs again 32", *END],
    ),
    "weights by names of several words": (
        FIRST + "  - tokens\n  - {lstm: 3}\n" + LAST,
        {},
        [
            "a: input, weight 32",
            "tokens:  0",
            # 4 × 2 inputs, 4 × 3 outputs, 4 states of 3; seven blocks of a page each
            "lstm: input, output, weight ih l0, weight hh l0, bias ih l0, bias hh l0, "
            f"first and last states, oneDNN's workspace {128 + 28672}",
            "flatten:  0",
            "fc: input, weight 0",
        ],
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
        (FIRST + "  - {split: 2}\n  - relu\n" + LAST, "relu", ""),  # torch refuses it
        (FIRST + "  - {split: 2}\n  - identity\n  - relu\n" + LAST, "relu", ""),
        (FIRST + "  - aux: [relu, flatten, {fc: 3}]\n", "", ""),  # the caller reads a
        (KEPT["what runs in place"][0], "relu6 relu swish", "relu6 relu swish"),
    ],
)
def test_what_runs_in_place(layers: str, inference: str, training: str) -> None:
    analysis = analyzed(layers)
    assert overwriting(analysis, training=False) == set(inference.split())
    assert overwriting(analysis, training=True) == set(training.split())


def test_what_evaluation_keeps() -> None:
    """No statistics of a batch, no mask of a dropout; of a pool its indices."""
    layers = "  - bn\n  - {dropout: 0.5}\n  - {maxpool: 2}\n"
    storages = Storages(analyzed(FIRST + layers + LAST), backward=True, training=False)
    found = kept_for_backward(storages)
    pool = "input, indices"
    words = ["input, weight", "input, weight", "", pool, "", "input, weight"]
    assert [one.words for one in found.values()] == words


def test_an_embedding_keeps_its_ids() -> None:
    text = "archcalc: 1\nname: ids\ninput: [7]\nlayers: [{embedding: 10, dim: 4}]\n"
    analysis = archcalc.loads(text).analyze(batch=2)
    assert kept(analysis) == [f"embedding: token ids {2 * 7 * 8}"]


def test_a_sum_of_one_is_its_input() -> None:
    analysis = analyzed(FIRST + joined("add", only="identity") + LAST)
    assert analysis.memory.storages.owner == [0, 1, 1, 1, 1, 5]


def test_bytes_of_a_symbol_say_what_to_give() -> None:
    text = HEAD.replace("[2, 2, 2]", "[2, k, k]") + "  - relu\n"
    text = text.replace("layers:", "params: {k: k}\nlayers:")
    with pytest.raises(UsageError) as caught:
        _ = archcalc.loads(text).analyze().memory.peak_inference
    (problem,) = caught.value.problems
    assert problem.code == "AC541"
    assert problem.message == "this figure needs numbers: input has 2k² values"
    assert problem.help == "give every size a number, e.g. --input 3x224x224"

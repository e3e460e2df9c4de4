"""What operations need beside their inputs and outputs, by hand, and what it is called.

Found by mutation testing (docs/generated/mutation.md). That the rules are torch's is proved in
test_memory_torch.py, which measures; copies, padded windows and hidden tokens here were
measured with torch 2.13 too, in the same way.
"""

from __future__ import annotations

import pytest
from small_networks import joined

import archcalc
from archcalc.figures.memory.storages import Storages
from archcalc.figures.memory.workspace import named, workspace
from archcalc.graph.graph import Node


def last(layers: str, shape: str, dtype: str = "float32") -> tuple[Storages, Node]:
    """Return the storages of a batch of two, and the last node."""
    text = f"archcalc: 1\nname: work\ninput: [{shape}]\nlayers:\n{layers}"
    memory = archcalc.loads(text).analyze(batch=2, dtype=dtype).memory
    return memory.storages, memory.analysis.graph.nodes[-1]


TWO = joined("add", a="{avgpool: 3}", b="identity")
THREE = joined("add", a="{avgpool: 3}", b="{avgpool: 3}", c="identity")
SMALL_FIRST = joined("add", a="{avgpool: 3}", b="identity", c="identity")
PACKED = "queries, keys and values"
APART = "heads before they are joined"
HIDING = "  - {attention: 4, causal: true, kernel: unfused}\n"
ROWS = "  - {slice: [1, 3]}\n"
COLUMNS = "  - {slice: [1, 3], axis: 1}\n"


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
        # queries, keys and values; scores; these after softmax, or heads to be joined
        ("  - {attention: 4, kernel: unfused}\n", "7, 48", 7 * 48 + 4 * 49 + 4 * 49, 0),
        ("  - {attention: 2, kernel: unfused}\n", "4, 48", 4 * 48 + 2 * 16 + 4 * 16, 0),
        (
            "  - {attention: 1, kernel: unfused}\n",
            "4, 48",
            4 * 48 + 16 + 16,
            0,
        ),  # there are none
        ("  - {attention: 2, kernel: unfused}\n", "1, 48", 48 + 2 + 2, 0),
        (HIDING, "32, 24", 32 * 24 + 2 * 4 * 32**2, 0),
        (SMALL_FIRST, "4, 3, 3", 36, 0),  # so is the sum of a small and a large one
        # two of four rows have gaps between samples: a copy in a row of 12 values
        (ROWS + "  - {linear: 9, bias: false}\n", "4, 6", 12, 0),
        # with a bias the product is made apart, after that copy has gone
        (ROWS + "  - {linear: 3}\n", "4, 6", max(12, 6), 0),
        (ROWS + "  - {linear: 9}\n", "4, 6", max(12, 18), 0),
        (ROWS + joined("add", only="identity") + "  - {linear: 3}\n", "4, 6", 12, 0),
        # two of six features: every row is read where it lies
        (COLUMNS + "  - {linear: 3, bias: false}\n", "4, 6", 0, 0),
        (COLUMNS + "  - {linear: 3}\n", "4, 6", 4 * 3, 0),
        (COLUMNS + "  - {fc: 3}\n", "4, 6", 4 * 2, 0),
        (ROWS + "  - {linear: 3}\n", "6", 0, 0),  # no rows: one product with its bias
        (ROWS + "  - {gn: 2}\n", "4, 2, 2", 2 * 4 + 2 * 2, 0),
        ("  - {unfold: 2, stride: 3}\n", "4, 6, 6", 0, 0),  # its block is larger
    ],
)
def test_workspace(layers: str, shape: str, values: int, longs: int) -> None:
    assert workspace(*last(layers, shape, "float32")) == 2 * (4 * values + 8 * longs)
    assert workspace(*last(layers, shape, "float16")) == 2 * (2 * values + 8 * longs)


@pytest.mark.parametrize(
    ("step", "shape", "each", "once", "longs"),
    [
        # 4 windows of 4 tokens, 2 heads: 32 scores each, twice; 4 × 4 biases a head;
        # the output, of 64 values, is not made yet
        ("2, size: 2", "16, 12", 2 * 128 - 64, 32, 0),
        # shifted: 4 rows, 8 for 4 columns, 16 tokens have places; 16 × 4 in the mask
        ("2, size: 2, shift: 1", "16, 12", 2 * 128 - 64, 64, 4 + 8 + 16),
        # 5 × 7 tokens are padded to 6 × 9, of 6 values each
        (
            "3, size: 3, shift: 1, grid: [5, 7]",
            "35, 18",
            2 * 3 * 54 * 9 - 35 * 6,
            54 * 9,
            6 + 18 + 54,
        ),
        # one window high: shifted along the width alone, no biases
        (
            "2, size: 4, shift: 2, grid: [4, 8], bias: false",
            "32, 12",
            2 * 2 * 32 * 16 - 128,
            32 * 16,
            4 + 16 + 32,
        ),
        ("2, size: 2, bias: false", "16, 12", 2 * 128 - 64, 0, 0),
        # queries, keys and their products, for heads of 16 more than scores and biases
        ("2, size: 2", "16, 96", 2 * 512 + 128 - 512, 0, 0),
        ("1, size: 2", "16, 48", 2 * 256 + 64 - 256, 0, 0),
        ("1, size: 4", "16, 96", 2 * 512 + 256 - 512, 0, 0),
        # keys are moved and cut beside the queries
        ("2, size: 2, shift: 1", "16, 96", 3 * 512 - 512, 0, 0),
        # values are, beside the weights
        ("1, size: 2, grid: [2, 4], shift: 1", "8, 15", 32 + 2 * 40 - 40, 32, 18),
        # padded; the output keeps the padding
        ("1, size: 4, grid: [3, 4]", "12, 96", 2 * 512 + 256 - 512, 0, 0),
        # a window lies as it is, and is copied without its padding
        ("1, size: 3, grid: [3, 2]", "6, 42", 2 * 126 + 81 - 84, 0, 0),
        # padded below: its output is a part of the padded grid, which lives on as that
        ("3, size: 3, grid: [5, 6]", "30, 18", 2 * 3 * 36 * 9 - 216, 3 * 81, 0),
        # padded beside: rows with gaps are copied
        ("3, size: 3, grid: [6, 5]", "30, 18", 2 * 3 * 36 * 9 - 180, 3 * 81, 0),
    ],
)
def test_workspace_of_windows(
    step: str, shape: str, each: int, once: int, longs: int
) -> None:
    layers = f"  - {{window_attention: {step}}}\n"
    assert (
        workspace(*last(layers, shape, "float32")) == 4 * (2 * each + once) + 8 * longs
    )


@pytest.mark.parametrize(("dtype", "width"), [("float32", 4), ("float16", 2)])
def test_workspace_where_tokens_are_hidden(dtype: str, width: int) -> None:
    """The mask of 64 × 64 bytes is made before the output of 64 × 2 values."""
    values = 64 * 6 + 2 * 2 * 64**2 - 64 * 2
    found = workspace(*last(HIDING.replace("4", "2"), "64, 6", dtype))
    assert found == 2 * width * values + 64**2


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(
    ("step", "shape", "rows"),
    [
        ("{attention: 4}", "7, 48", 4 * 7),
        ("{attention: 4, causal: true}", "32, 24", 4 * 32),  # no mask is made
        ("{attention: 1}", "4, 48", 4),
    ],
)
def test_workspace_of_the_fused_kernel(
    step: str, shape: str, rows: int, dtype: str
) -> None:
    """A number in float32 for each query and head of two samples."""
    assert workspace(*last(f"  - {step}\n", shape, dtype)) == 2 * 4 * rows


def test_workspace_where_windows_are_masked() -> None:
    """4 rows, 16 for 8 columns and 32 tokens have places; the output has padding."""
    step = "  - {window_attention: 1, size: 4, grid: [1, 5], shift: 1}\n"
    storages, node = last(step, "5, 3", "float16")
    values = 2 * (2 * 32 * 16 - 32) + 32 * 16
    assert workspace(storages, node) == 2 * values + 8 * (4 + 16 + 32)
    words = "scores with biases, places, mask, scores of windows"
    assert named(storages, node) == words


@pytest.mark.parametrize(
    ("step", "values"), [("{rms: last}", 5 + 30), ("{rms: last, affine: false}", 5 + 5)]
)
@pytest.mark.parametrize(
    ("dtype", "wider"),
    # the input in float32 too, and by how much the result is wider
    [("float32", 0), ("float16", (4 + 2) * 30), ("float8", (4 + 3) * 30)],
)
def test_workspace_of_a_root_mean_square(
    step: str, values: int, dtype: str, wider: int
) -> None:
    """5 root mean squares and 30 normalized values, in float32 whatever the run's type."""
    found = workspace(*last(f"  - {step}\n", "5, 6", dtype))
    assert found == 2 * (4 * values + wider)


WINDOWS = "  - {window_attention: 2, size: 2}\n"


@pytest.mark.parametrize(
    ("layers", "shape", "words"),
    [
        ("  - {lrn: 5}\n", "4, 3, 3", "energies"),
        ("  - {lppool: 2}\n", "4, 4, 4", "powers or sums"),
        ("  - in\n", "4, 3, 3", "mean and deviation"),
        (
            "  - {in: , affine: true}\n",
            "4, 3, 3",
            "mean and deviation, weights, repeated for each sample, "
            "bias for each sample",
        ),
        ("  - {maxpool: 2}\n", "4, 4, 4", "indices"),
        (joined("average", a="identity", b="identity"), "4, 3, 3", "sum"),
        (THREE, "4, 3, 3", "partial result"),
        (TWO, "4, 3, 3", ""),
        (
            "  - {attention: 4, kernel: unfused}\n",
            "7, 48",
            f"{PACKED}, scores, attention weights, {APART}",
        ),
        (
            "  - {attention: 2, kernel: unfused}\n",
            "4, 48",
            f"{PACKED}, scores, {APART}",
        ),
        (
            HIDING.replace("4", "2"),
            "64, 6",
            f"{PACKED}, scores, hidden tokens, scores without hidden tokens",
        ),
        ("  - {attention: 4}\n", "7, 48", "logarithms of sums"),
        (WINDOWS, "16, 12", "scores, biases, scores with biases"),
        (WINDOWS, "16, 96", "queries, keys, products"),
        (
            WINDOWS.replace("}", ", shift: 1}"),
            "16, 96",
            "queries, moved keys, keys",
        ),
        (
            WINDOWS.replace("}", ", shift: 1, grid: [4, 3]}"),
            "12, 12",
            "scores with biases, places, mask, scores of windows",
        ),
        (ROWS + "  - {linear: 3}\n", "4, 6", "input, put in a row"),
        (ROWS + "  - {linear: 9}\n", "4, 6", "product without its bias"),
        (ROWS + "  - {gn: 2}\n", "4, 2, 2", "mean and deviation, input, put in a row"),
    ],
)
def test_the_names_of_workspaces(layers: str, shape: str, words: str) -> None:
    assert named(*last(layers, shape)) == words


def test_what_stays_is_not_named() -> None:
    assert named(*last("  - {maxpool: 2}\n", "4, 4, 4"), ["indices"]) == ""
    found = named(*last(WINDOWS, "16, 96"), ["queries", "keys", "attention weights"])
    assert found == "products"


def test_the_name_of_a_single_byte() -> None:
    """Two samples of four bits."""
    average = joined("average", a="identity", b="identity")
    assert named(*last(average, "1", "int4")) == "sum"


def test_the_names_of_what_is_made_in_float32() -> None:
    made = "input in float32, root mean squares, normalized values, wider result"
    assert named(*last("  - {rms: last}\n", "5, 6", "float16")) == made

"""The space of NAS-Bench-101 beside a count that follows the benchmark's own code.

google-research/nasbench: `model_builder.py` (cells, channels of vertices), `base_ops.py`
(operations), `config.py` (7 vertices, 9 edges, 3 stacks of 3 cells, 128 channels).
"""

from __future__ import annotations

from itertools import permutations
from math import prod
from random import Random

import numpy as np
import pytest

import archcalc

SPACE = "docs/examples/nas-bench-101-space.yaml"
OPERATIONS = {"conv3x3": 9, "conv1x1": 1, "maxpool3x3": 0}
"""The places of their kernels; pooling has no weights."""
LEAVES, MOST_EDGES, UNIQUE = 6, 9, 423_624
PAIRS = [(i, j) for i in range(7) for j in range(i + 1, 7)]
Edges = frozenset[tuple[int, int]]


def code(edges: Edges) -> int:
    """Return edges as the spec has them."""
    return sum(1 << place for place, pair in enumerate(PAIRS) if pair in edges)


def drawn(random: Random) -> Edges:
    """Return a graph of which every vertex lies on a way from input to output."""
    while True:
        inner = sorted(random.sample(range(1, 6), random.randint(0, 5)))
        pairs = [p for p in PAIRS if {*p} <= {0, *inner, LEAVES}]
        edges = frozenset(
            random.sample(pairs, random.randint(1, min(len(pairs), MOST_EDGES)))
        )
        fed, feeding = {j for _, j in edges}, {i for i, _ in edges}
        if fed == {*inner, LEAVES} and feeding == {0, *inner}:
            return edges


def channels_of(edges: Edges, out: int) -> dict[int, int]:
    """Return the channels of the vertices between, as `compute_vertex_channels` does."""
    inner = sorted({i for i, _ in edges} - {0})
    leaving = [v for v in inner if (v, LEAVES) in edges]
    found = {}
    for number, vertex in enumerate(leaving):
        share, rest = divmod(out, len(leaving))
        found[vertex] = share + (number < rest)
    for vertex in reversed(inner):
        if vertex not in found:
            found[vertex] = max(found[j] for i, j in edges if i == vertex)
    return found


def counted(edges: Edges, operations: dict[int, str]) -> tuple[int, int]:
    """Return parameters and multiply-accumulates; batch norm has two parameters."""
    kernels = [(3, 128, 9, 32)]
    entering = 128
    for out, side in ((128, 32), (256, 16), (512, 8)):
        for _ in range(3):
            inner = channels_of(edges, out)
            kernels += [
                (entering, inner[j], 1, side) for i, j in edges if i == 0 and j in inner
            ]
            kernels += [
                (c, c, OPERATIONS[operations[vertex]], side)
                for vertex, c in inner.items()
                if operations[vertex] != "maxpool3x3"
            ]
            if (0, LEAVES) in edges:
                kernels.append((entering, out, 1, side))
            entering = out
    weights = sum(prod(kernel[:3]) + 2 * kernel[1] for kernel in kernels)
    macs = sum(prod(kernel[:3]) * kernel[3] ** 2 for kernel in kernels)
    return weights + 512 * 10 + 10, macs + 512 * 10


@pytest.mark.parametrize(
    "seed",
    [*range(8), *(pytest.param(n, marks=pytest.mark.long) for n in range(8, 60))],
)
def test_cells_have_the_figures_of_the_benchmark(seed: int) -> None:
    """All operations of a random graph at once, the sizes of the network included."""
    random = Random(seed)
    edges = drawn(random)
    inner = sorted({i for i, _ in edges} - {0})
    over = {f"op{vertex}": tuple(OPERATIONS) for vertex in inner}
    space = archcalc.load(SPACE, set={"edges": code(edges)})
    if not inner:
        total = space.analyze().total
        assert (total.params, total.macs) == counted(edges, {})
        return
    rows = list(archcalc.sweep(space, over, figures=("params", "macs")))
    assert len(rows) == 3 ** len(inner)
    for row in rows:
        chosen = dict(zip(inner, row, strict=False))
        assert row[-2:] == counted(edges, chosen)


def test_channels_are_those_of_the_benchmark() -> None:
    """The cases of nasbench's model_builder_test.py whose vertices all count."""
    chain = frozenset({(0, 1), (1, 2), (2, LEAVES)})
    assert channels_of(chain, 8) == {1: 8, 2: 8}
    shared = frozenset({(0, 1), (0, 2), (0, 3), *((v, LEAVES) for v in (1, 2, 3))})
    assert channels_of(shared, 8) == {1: 3, 2: 3, 3: 2}
    assert channels_of(shared, 15) == {1: 5, 2: 5, 3: 5}
    most = frozenset({(0, 1), (1, 2), (1, 3), (2, LEAVES), (3, LEAVES)})
    assert channels_of(most, 9) == {1: 5, 2: 5, 3: 4}
    both = frozenset({(0, 1), (0, 3), (1, 2), (1, LEAVES), (2, 3), (3, LEAVES)})
    assert channels_of(both, 15) == {1: 8, 2: 7, 3: 7}


def graphs(size: int) -> list[list[int]]:
    """Return what each kind of graph of so many vertices looks like to its labels.

    Two graphs are of a kind if the vertices between can be renamed. For each kind: how
    many cycles each renaming has that changes nothing.
    """
    pairs = [(i, j) for i in range(size) for j in range(i + 1, size)]
    every = np.arange(1 << len(pairs), dtype=np.int64)
    bits = {pair: every >> place & 1 for place, pair in enumerate(pairs)}
    kept = sum(bits.values()) <= MOST_EDGES
    for vertex in range(size):
        if vertex:
            kept &= sum(bits[p] for p in pairs if p[1] == vertex) > 0
        if vertex < size - 1:
            kept &= sum(bits[p] for p in pairs if p[0] == vertex) > 0
    names = [(0, *some, size - 1) for some in permutations(range(1, size - 1))]
    codes = np.stack(
        [
            sum(bits[i, j][kept] << (to[i] * size + to[j]) for i, j in pairs)
            for to in names
        ]
    )
    _, first = np.unique(codes.min(axis=0), return_index=True)
    return [
        [
            cycles(to)
            for to, same in zip(names, codes[:, n] == codes[0, n], strict=True)
            if same
        ]
        for n in first
    ]


def cycles(to: tuple[int, ...]) -> int:
    """Return how many cycles a renaming of the vertices between has."""
    left, count = {*range(1, len(to) - 1)}, 0
    while left:
        at, count = left.pop(), count + 1
        while to[at] in left:
            at = to[at]
            left.remove(at)
    return count


@pytest.mark.long
def test_there_are_as_many_cells_as_published() -> None:
    """By Burnside's lemma: labels that a renaming keeps, over all that change nothing."""
    total = 0
    for size in range(2, 8):
        for kept in graphs(size):
            total += sum(3**count for count in kept) // len(kept)
    assert total == UNIQUE

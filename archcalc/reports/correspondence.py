"""Which rows of several networks correspond, and which stages do.

Rows correspond that come in the same order and are alike: by path, by kind, by the
size of what leaves them. Stages correspond by name where networks have the same ones,
and else by how much smaller than the input their output is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, prod

from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Row
from archcalc.records import dataclass

LARGEST_TABLE = 1_000_000
"""Pairs of rows that are still compared; beyond that, names alone decide."""
SAME_PATH, SAME_NAME, SAME_LABEL, SAME_SIZE, SAME_KIND = 8, 4, 2, 2, 1
"""What it adds to the score of two rows that they have this in common."""
ENOUGH_SHARED = 2
"""How many times more names two networks must share than each has of its own."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row as it is compared: its kind, and its size beside the input's."""

    row: Row
    kind: str
    scale: int | None


def items(analysis: Analysis, rows: Sequence[Row]) -> list[Item]:
    """Return a network's rows as they are compared."""
    entering = analysis.graph.nodes[analysis.graph.inputs[0]].shape
    return [Item(r, _kind(analysis, r), scale(r.shape, entering)) for r in rows]


def _kind(analysis: Analysis, row: Row) -> str:
    layer = analysis.graph.nodes[row.nodes[0]].layer
    return (
        "block" if len(row.nodes) > 1 and not row.label else layer.family or layer.key
    )


def scale(shape: Shape, entering: Shape) -> int | None:
    """Return how often a side of the input was halved, rounded; None for a vector.

    Tokens count as the image that they are the places of.

    >>> scale((64, 112, 112), (3, 224, 224)), scale((256, 13, 13), (3, 227, 227))
    (1, 4)
    >>> scale((196, 768), (3, 224, 224)), scale((1000,), (3, 224, 224))
    (4, None)
    """
    rank = len(entering) - 1
    places = shape[1:] if len(shape) > 2 else shape[:-1]
    before, after = _positions(entering[1:]), _positions(places)
    if not rank or not before or after < 2:
        return None
    return round(log2(before / after) / rank)


def _positions(sizes: Shape) -> int:
    """Return how many positions there are, 0 where a size is a symbol."""
    return prod(size if isinstance(size, int) else 0 for size in sizes)


def corresponding(networks: Sequence[Sequence[Item]]) -> list[tuple[Row | None, ...]]:
    """Return lines of rows that correspond, None where a network has none."""
    lines: list[tuple[Item | None, ...]] = [(item,) for item in networks[0]]
    for number, other in enumerate(networks[1:], 1):
        lines = _merged(lines, other, number)
    return [tuple(item.row if item else None for item in line) for line in lines]


def _merged(
    lines: Sequence[tuple[Item | None, ...]], other: Sequence[Item], before: int
) -> list[tuple[Item | None, ...]]:
    """Return lines with the rows of one more network put in where they fit best."""
    pairs = _best(lines, other)
    merged: list[tuple[Item | None, ...]] = []
    at = 0
    for i, line in enumerate(lines):
        match = pairs.get(i)
        if match is None:
            merged.append((*line, None))
            continue
        merged += [((None,) * before + (item,)) for item in other[at:match]]
        merged.append((*line, other[match]))
        at = match + 1
    return merged + [((None,) * before + (item,)) for item in other[at:]]


def _best(
    lines: Sequence[tuple[Item | None, ...]], other: Sequence[Item]
) -> dict[int, int]:
    """Return which row goes to which line, in order, so that most is alike.

    What is equal at the beginning and at the end is paired first, so that only what
    differs is compared pair by pair.
    """
    short = min(len(lines), len(other))
    same = [_equal(lines[i], other[i]) for i in range(short)]
    first = next((i for i, equal in enumerate(same) if not equal), short)
    last = 0
    while last < short - first and _equal(lines[-1 - last], other[-1 - last]):
        last += 1
    ends = {i: i for i in range(first)}
    ends |= {len(lines) - 1 - i: len(other) - 1 - i for i in range(last)}
    middle = lines[first : len(lines) - last], other[first : len(other) - last]
    found = _aligned(*middle)
    return ends | {first + i: first + j for i, j in found.items()}


def _equal(line: Sequence[Item | None], item: Item) -> bool:
    """Say whether a line has a row of the same name, kind and shape."""
    return any(
        one is not None
        and one.row.name == item.row.name
        and one.kind == item.kind
        and one.row.shape == item.row.shape
        for one in line
    )


def _aligned(
    lines: Sequence[tuple[Item | None, ...]], other: Sequence[Item]
) -> dict[int, int]:
    """Return the pairs in order whose scores have the largest sum."""
    if len(lines) * len(other) > LARGEST_TABLE:
        return _by_path(lines, other)
    best = [[0] * (len(other) + 1) for _ in range(len(lines) + 1)]
    scores: dict[tuple[int, int], int] = {}
    for i in reversed(range(len(lines))):
        members = [item for item in lines[i] if item is not None]
        row, below = best[i], best[i + 1]
        for j in reversed(range(len(other))):
            score = max(_score(item, other[j]) for item in members)
            row[j] = max(below[j], row[j + 1])
            if score and score + below[j + 1] >= row[j]:
                scores[i, j] = row[j] = score + below[j + 1]
    pairs, i, j = dict[int, int](), 0, 0
    while i < len(lines) and j < len(other):
        if scores.get((i, j)) == best[i][j]:
            pairs[i] = j
            i, j = i + 1, j + 1
        elif best[i + 1][j] == best[i][j]:
            i += 1
        else:
            j += 1
    return pairs


def _by_path(
    lines: Sequence[tuple[Item | None, ...]], other: Sequence[Item]
) -> dict[int, int]:
    """Pair what has the same path, in order."""
    places = {item.row.name: at for at, item in enumerate(other)}
    pairs, behind = dict[int, int](), -1
    for i, line in enumerate(lines):
        names = (item.row.name for item in line if item is not None)
        at = next((places[name] for name in names if name in places), -1)
        if at > behind:
            pairs[i] = behind = at
    return pairs


def _score(one: Item, other: Item) -> int:
    """Return how much two rows are alike; 0 for what does not correspond."""
    if one.kind != other.kind:
        return 0
    score = SAME_KIND
    if one.row.name == other.row.name:
        score += SAME_PATH
    elif one.row.short == other.row.short:
        score += SAME_NAME
    if one.scale == other.scale:
        score += SAME_SIZE
    return score + SAME_LABEL * (one.row.label == other.row.label)


def share_names(networks: Sequence[Sequence[Row]]) -> bool:
    """Say whether networks have most of their stages' names in common."""
    names = [{row.name for row in rows[1:]} for rows in networks]
    common = set.intersection(*names)
    return all(ENOUGH_SHARED * len(common) > len(each) for each in names)

"""The tensors of a file by their names: modules, and repeated blocks as one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from archcalc.errors import unknown
from archcalc.layers.base import times
from archcalc.network.rows import LEVELS
from archcalc.readers.weights.record import Tensor, Weights

LEAST_FOLDED = 2
DEEPEST = 32
"""Names are taken apart at so many dots; what follows is one word."""
WEIGHT = "weight"
MOST_SHAPES = 4


class Part(NamedTuple):
    """Some tensors under one name: a row, or the head of the rows that follow.

    `short` is the name below the last head, `depth` the number of heads above.
    """

    path: str
    short: str
    what: str
    tensors: tuple[Tensor, ...]
    depth: int = 0
    head: bool = False


class Tree:
    """Names that begin alike: a tensor, or what stands behind the dot."""

    __slots__ = ("children", "content", "name", "tensor", "tensors", "top")

    def __init__(self, name: str, top: bool = False) -> None:
        self.name = name
        self.top = top
        self.tensor: Tensor | None = None
        self.children: dict[str, Tree] = {}
        self.tensors: tuple[Tensor, ...] = ()
        self.content = 0

    def add(self, tensor: Tensor) -> None:
        """Put a tensor at its place."""
        at = self
        for word in tensor.name.split(".", DEEPEST):
            path = word if at is self else f"{at.name}.{word}"
            at = at.children.setdefault(word, Tree(path))
        at.tensor = tensor

    def settle(self, known: dict[tuple[object, ...], int]) -> None:
        """Note all tensors below, in order, and a number for what equal parts hold.

        `known` has the numbers of all trees so far.
        """
        own = self.tensor
        held = [own] if own is not None else []
        what: list[object] = [own and (own.shape, own.dtype.name)]
        above = len(self.name) + 1 if self.name else 0
        for child in self.ordered():
            child.settle(known)
            held += child.tensors
            what.append((child.name[above:], child.content))
        self.tensors = tuple(held)
        self.content = known.setdefault(tuple(what), len(known))

    def ordered(self) -> list[Tree]:
        """Return the parts in the order of the file, numbers in theirs."""
        numbered = sorted((w for w in self.children if w.isdecimal()), key=int)
        if len(numbered) < len(self.children):
            numbered += [w for w in self.children if not w.isdecimal()]
        return [self.children[word] for word in numbered]

    @property
    def own(self) -> tuple[Tensor, ...]:
        """Its own tensor, and those directly below that nothing else stands under."""
        below = (c.tensor for c in self.children.values() if not c.children)
        return tuple(t for t in (self.tensor, *below) if t is not None)

    @property
    def blocks(self) -> bool:
        """Whether it is a list of numbered parts, of which some are modules."""
        numbers = sum(word.isdecimal() for word in self.children)
        return numbers >= LEAST_FOLDED and any(
            child.children and any(inner.children for inner in child.children.values())
            for child in self.children.values()
        )


def outline(weights: Weights, level: str, fold: bool) -> list[Part]:
    """Return the rows of a file at a level, with `fold` equal blocks as one.

    Raises `UsageError` AC504 for a level that is none.
    """
    if level not in LEVELS:
        raise unknown("AC504", "level", level, LEVELS)
    if level == "ops":
        return [_of(t.name, (t,), t.name, 0) for t in weights.tensors]
    tree = Tree("", top=True)
    for tensor in weights.tensors:
        tree.add(tensor)
    tree.settle({})
    if level == "stages":
        return list(_stages(tree))
    return list(_rows(tree, "", 0, level, fold))


def _stages(tree: Tree) -> Iterator[Part]:
    """Yield a row for each part of the first name that has several."""
    while len(tree.children) == 1 and tree.tensor is None:
        (only,) = tree.children.values()
        if only.tensor is not None:
            break
        tree = only
    for child in tree.ordered():
        yield _of(child.name, child.tensors, child.name, 0)


def _rows(tree: Tree, above: str, depth: int, level: str, fold: bool) -> Iterator[Part]:
    if not tree.top and tree.own:
        yield _of(tree.name, tree.own, _short(tree.name, above), depth)
        inner = [child for child in tree.ordered() if child.children]
    else:
        inner = tree.ordered()
    if tree.blocks:
        yield from _blocks(tree, inner, above, depth, level, fold)
        return
    for child in inner:
        if child.children:
            yield from _rows(child, above, depth, level, fold)
        elif child.tensor is not None:
            short = _short(child.name, above)
            yield _of(child.name, (child.tensor,), short, depth)


def _blocks(
    tree: Tree, inner: Sequence[Tree], above: str, depth: int, level: str, fold: bool
) -> Iterator[Part]:
    """Yield a head, then each numbered part; equal ones that follow share a row."""
    short = _short(tree.name, above)
    own = tuple(tensor for child in inner for tensor in child.tensors)
    yield Part(tree.name, short, f"{len(inner)} parts", own, depth, head=True)
    for _, alike in groupby(inner, key=lambda child: child.content):
        run = list(alike)
        first = 0 if level == "blocks" else 1
        folds = fold and len(run) - first >= LEAST_FOLDED
        for child in run[:first] if folds else run:
            yield from _block(child, tree.name, depth + 1, level, fold)
        if folds:
            yield _folded(run[first:], depth + 1)


def _block(
    child: Tree, above: str, depth: int, level: str, fold: bool
) -> Iterator[Part]:
    tensors = child.tensors
    short = _short(child.name, above)
    if level == "blocks" or not any(one.children for one in child.children.values()):
        yield _of(child.name, tensors, short, depth)
        return
    yield Part(child.name, short, "", tensors, depth, head=True)
    yield from _rows(child, child.name, depth + 1, level, fold)


def _folded(run: Sequence[Tree], depth: int) -> Part:
    """Return one row for equal blocks that follow each other."""
    first, last = run[0], run[-1]
    number = last.name.rpartition(".")[2]
    tensors = tuple(tensor for child in run for tensor in child.tensors)
    each = len(tensors) // len(run)
    return Part(
        f"{first.name}–{number}",
        f"{first.name.rpartition('.')[2]}–{number}",
        f"{len(run)} × {each} tensor{'s' * (each != 1)}",
        tensors,
        depth,
    )


def _short(path: str, above: str) -> str:
    return path[len(above) + 1 :] if above else path


def _of(path: str, tensors: tuple[Tensor, ...], short: str, depth: int) -> Part:
    return Part(path, short, _what(path, tensors), tensors, depth)


def _what(path: str, tensors: tuple[Tensor, ...]) -> str:
    """Return the sizes of a few tensors, each with its own name but the weight."""
    if len(tensors) > MOST_SHAPES:
        return f"{len(tensors)} tensors"
    named = sorted(tensors, key=lambda t: not t.name.endswith(f".{WEIGHT}"))
    return ", ".join(_sized(path, tensor) for tensor in named)


def _sized(path: str, tensor: Tensor) -> str:
    word = tensor.name[len(path) + 1 :]
    sizes = times(tensor.shape) if tensor.shape else "one value"
    return sizes if word in ("", WEIGHT) else f"{word} {sizes}"

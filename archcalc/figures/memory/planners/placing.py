"""How runtimes place tensors in one arena: each planner's own way, as it is written.

A tensor lives from the step `first` to the step `last`, both included. Two tensors may
share bytes if they never live at the same time. The three ways below differ in what
they lose; none of them looks for the smallest arena.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from archcalc.errors import UsageError


class Tensor(NamedTuple):
    """What a planner places: what it is, the node it belongs to, bytes, and its life.

    `lasting` says that it lives through the whole run, whatever `last` is.
    """

    what: str
    node: int
    bytes: int
    first: int
    last: int
    lasting: bool = False


class Placed(NamedTuple):
    """Where each tensor begins, in the order of the tensors, and the arena's bytes."""

    offsets: tuple[int, ...]
    arena: int


LITERT_ALIGNMENT = 64
MOST_PAIRS = 5_000_000
"""Of tensors that live at the same time: the work of placing them grows with it."""

Way = Callable[[Sequence[Tensor]], Placed]


def fullest_step(tensors: Sequence[Tensor]) -> int:
    """Return the step in which most bytes live, the first of equals."""
    changes: dict[int, int] = {}
    for tensor in tensors:
        changes[tensor.first] = changes.get(tensor.first, 0) + tensor.bytes
        changes[tensor.last + 1] = changes.get(tensor.last + 1, 0) - tensor.bytes
    live = most = at = 0
    for step in sorted(changes):
        live += changes[step]
        if live > most:
            most, at = live, step
    return at


def aligned(size: int, to: int) -> int:
    """Return the next multiple of `to`."""
    return -(-size // to) * to


def in_buckets(tensors: Sequence[Tensor]) -> Placed:
    """Place as ExecuTorch's `greedy`: the largest first, in buckets of fixed size.

    A tensor goes to the start of the first bucket in which nothing lives when it does,
    else behind what lives in the first bucket that has room there, else into a new
    bucket of its own size. The arena is the sum of the buckets
    (`exir/memory_planning.py`).

    Of equal sizes the last one given is placed first here. ExecuTorch takes them in the
    order of a Python set, which may differ from run to run.
    """
    beside = _beside(tensors)
    sizes: list[int] = []
    chosen: dict[int, tuple[int, int]] = {}
    for index in sorted(range(len(tensors)), key=lambda i: (-tensors[i].bytes, -i)):
        size = tensors[index].bytes
        ends: dict[int, int] = {}
        for other in beside[index]:
            if other in chosen:
                bucket, start = chosen[other]
                end = start + tensors[other].bytes
                ends[bucket] = max(end, ends.get(bucket, 0))
        free = next((b for b in range(len(sizes)) if b not in ends), None)
        if free is not None:
            chosen[index] = free, 0
            continue
        room = (b for b in sorted(ends) if ends[b] and ends[b] + size <= sizes[b])
        behind = next(room, None)
        if behind is None:
            chosen[index] = len(sizes), 0
            sizes.append(size)
        else:
            chosen[index] = behind, ends[behind]
    starts = [0, *accumulate(sizes)]
    offsets = (starts[chosen[i][0]] + chosen[i][1] for i in range(len(tensors)))
    return Placed(tuple(offsets), starts[-1])


def largest_first(tensors: Sequence[Tensor]) -> Placed:
    """Place as TensorFlow Lite Micro: the largest first, each in the first gap.

    Of equal sizes the last one given is placed first
    (`micro/memory_planner/greedy_memory_planner.cc`).
    """
    order = sorted(range(len(tensors)), key=lambda i: (-tensors[i].bytes, -i))
    return _place(tensors, order)


def tightest_gap(tensors: Sequence[Tensor]) -> Placed:
    """Place as LiteRT: what lives through the run, then the largest, in tight gaps.

    Of equal sizes the one that is made first is placed first. A tensor goes into the
    smallest gap that holds it, else behind all that live when it does, at a multiple
    of 64 bytes (`arena_planner.cc`, `simple_memory_arena.cc`).
    """

    def rank(index: int) -> tuple[int, ...]:
        tensor = tensors[index]
        if tensor.lasting:
            return 0, index
        return 1, -tensor.bytes, tensor.first, index

    return _place(tensors, sorted(range(len(tensors)), key=rank), LITERT_ALIGNMENT)


def _place(
    tensors: Sequence[Tensor], order: Sequence[int], alignment: int | None = None
) -> Placed:
    """Place tensors in an order, each in the first gap; in the tightest if aligned."""
    beside = _beside(tensors)
    offsets: dict[int, int] = {}
    for index in order:
        size = tensors[index].bytes
        free, chosen, tightest = 0, None, 0
        for offset, other in sorted(
            (offsets[i], i) for i in beside[index] if i in offsets
        ):
            start = aligned(free, alignment or 1)
            if start + size <= offset and (chosen is None or offset - start < tightest):
                chosen, tightest = start, offset - free
                if alignment is None:
                    break
            free = max(free, offset + tensors[other].bytes)
        offsets[index] = aligned(free, alignment or 1) if chosen is None else chosen
    ends = (offsets[i] + tensor.bytes for i, tensor in enumerate(tensors))
    return Placed(tuple(offsets[i] for i in range(len(tensors))), max(ends, default=0))


def _beside(tensors: Sequence[Tensor]) -> list[list[int]]:
    """Return for each tensor those that live when it does."""
    beside: list[list[int]] = [[] for _ in tensors]
    alive: list[int] = []
    pairs = 0
    for index in sorted(range(len(tensors)), key=lambda i: tensors[i].first):
        alive = [i for i in alive if tensors[i].last >= tensors[index].first]
        pairs += len(alive)
        if pairs > MOST_PAIRS:
            raise UsageError.of(
                "AC556",
                "an arena cannot be stated: too many tensors live at the same time "
                f"(more than {MOST_PAIRS:,} pairs)",
            )
        for other in alive:
            beside[index].append(other)
            beside[other].append(index)
        alive.append(index)
    return beside

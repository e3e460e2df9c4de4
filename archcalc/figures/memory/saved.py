"""What backward keeps: for each node the storages and the extras that stay for it."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.figures.formats import in_bytes
from archcalc.figures.memory.checkpoints import entering, segments
from archcalc.figures.memory.storages import Storages, number
from archcalc.graph.graph import Node
from archcalc.layers.base import Extra, Saved, numel
from archcalc.records import NamedTuple

IN_A_ROW = "input, put in a row"


class Kept(NamedTuple):
    """What one node keeps: owners of storages, extras by name in bytes, weight copies.

    `words` says it by rule: `input, weight`.
    """

    storages: tuple[int, ...] = ()
    extras: tuple[tuple[str, int], ...] = ()
    copies: int = 0
    words: str = ""


def kept_for_backward(storages: Storages) -> dict[int, Kept]:
    """Return what each node keeps, by its index.

    A node keeps nothing where no gradient passes it: before the first trained weight.
    """
    differs = storages.differs
    found = {}
    for node in storages.ran:
        if differs[node.index]:
            passes = any(differs[i] for i in node.inputs)
            saved = storages.saved(node, passes)
            found[node.index] = _kept(storages, node, saved, differs)
    return found


def with_checkpoints(storages: Storages, kept: dict[int, Kept]) -> dict[int, Kept]:
    """Return what forward keeps where parts run again: of these, their inputs alone."""
    parts = segments(storages.graph, storages.analysis.setting.checkpoint)
    found = dict(kept)
    for part in parts:
        for index in range(part.first, part.end):
            found.pop(index, None)
        inputs = tuple(sorted(entering(storages, part)))
        found[part.first] = Kept(inputs, words="inputs of the part that runs again")
    return dict(sorted(found.items()))


def _kept(storages: Storages, node: Node, saved: Saved, differs: list[bool]) -> Kept:
    if node.layer.reads_ids:
        return Kept(tuple(storages.read(node)), words="token ids")
    inputs = [node.inputs[i] for i in saved.inputs if _is_kept(node, i, saved, differs)]
    copied = [i for i in inputs if storages.layouts.gathers(node, i)]
    owners = [storages.owner[i] for i in inputs if i not in copied]
    nodes = storages.graph.nodes
    extras = [(IN_A_ROW, storages.tensor_bytes(nodes[i])) for i in copied]
    if storages.training or not saved.train_only:
        extras += [
            (extra.what, storages.extra_bytes(extra, node))
            for extra in saved.extras
            if _is_needed(extra, node, differs)
            if storages.training or not extra.training
        ]
    words = _words(saved, len(node.inputs), len(owners), [what for what, _ in extras])
    if saved.output:
        owners.append(storages.owner[node.index])
    copies = _copies(storages, node, saved, differs)
    return Kept(tuple(dict.fromkeys(owners)), tuple(extras), copies, words)


def _is_needed(extra: Extra, node: Node, differs: list[bool]) -> bool:
    """Say whether the gradient of some input needs what a layer made."""
    return not extra.only_for or any(differs[node.inputs[i]] for i in extra.only_for)


def _is_kept(node: Node, position: int, saved: Saved, differs: list[bool]) -> bool:
    """Say whether an input stays: a factor of a product only for the others' sake.

    Products go from left to right, so what comes later is multiplied by a partial one.
    """
    if len(saved.inputs) < 2 or saved.together:
        return True
    others = node.inputs[:position] if position else node.inputs[1:2]
    return any(differs[i] for i in others)


def _copies(storages: Storages, node: Node, saved: Saved, differs: list[bool]) -> int:
    """Return the bytes of cast weights that stay in mixed precision.

    A product keeps its weights for the gradient of its input, so only where that has
    one; a convolution keeps them anyway.
    """
    if not storages.analysis.setting.mixed or node.layer.role != "matrix":
        return 0
    if saved.casts_for_input and not differs[node.inputs[0]]:
        return 0
    shapes = node.layer.weights(*storages.entering[node.index])
    values = [number(numel(shapes[n]), node) for n in saved.weights if n in shapes]
    return sum(in_bytes(v, storages.bits) for v in values)


def _words(saved: Saved, inputs: int, kept: int, extras: list[str]) -> str:
    words = []
    if kept:
        words.append("input" if inputs == 1 else f"{kept} inputs")
    if saved.output:
        words.append("output")
    words += [n.replace("_", " ") for n in saved.weights]
    return ", ".join([*words, *extras])


def first_keepers(kept: dict[int, Kept]) -> dict[int, int]:
    """Return for each storage the first node that keeps it: it counts there, once."""
    first: dict[int, int] = {}
    for index, one in kept.items():
        for owner in one.storages:
            first.setdefault(owner, index)
    return first


def saved_per_node(storages: Storages, kept: dict[int, Kept]) -> Iterator[int]:
    """Yield for each node of the graph the bytes that it is the first to keep."""
    first = first_keepers(kept)
    for node in storages.graph.nodes:
        one = kept.get(node.index, Kept())
        own = [o for o in one.storages if first[o] == node.index]
        extras = sum(size for _, size in one.extras)
        yield sum(storages.size[o] for o in own) + extras + one.copies

"""Inference: which outputs live while each node runs, without gradients."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.figures.memory.ledger import Ledger, Timeline
from archcalc.figures.memory.storages import Storages
from archcalc.figures.memory.workspace import workspace
from archcalc.graph.graph import Node


def inference(
    storages: Storages, order: Sequence[int] | None = None, keep_inputs: bool = False
) -> Timeline:
    """Play a forward pass through: an output is freed after its last reader.

    `order` is another order of the nodes, `keep_inputs` says that the caller holds the
    network's inputs to the end.
    """
    nodes = storages.graph.nodes
    chosen = storages.ran if order is None else [nodes[i] for i in order]
    freed = _freed_after(storages, chosen, keep_inputs)
    ledger = Ledger()
    for node in chosen:
        if storages.owner[node.index] == node.index:
            ledger.hold(node.index, "output", node.index, storages.size[node.index])
        ledger.use("workspace", node.index, workspace(storages, node))
        ledger.step("forward", node.index, tuple(freed.get(node.index, ())))
    return ledger.end()


def last_readers(storages: Storages, order: Sequence[Node]) -> dict[int, int]:
    """Return for each storage the last node of an order that touches it."""
    last: dict[int, int] = {}
    for node in order:
        last[storages.owner[node.index]] = node.index
        for owner in storages.read(node):
            last[owner] = node.index
    return last


def _freed_after(
    storages: Storages, order: Sequence[Node], keep_inputs: bool
) -> dict[int, list[int]]:
    last = last_readers(storages, order)
    kept = {storages.owner[storages.graph.output]}
    if keep_inputs:
        kept |= set(storages.graph.inputs)
    freed: dict[int, list[int]] = {}
    for owner, reader in last.items():
        if owner not in kept:
            freed.setdefault(reader, []).append(owner)
    return freed


def lower_bound(storages: Storages) -> tuple[int, int]:
    """Return the node that needs most for itself, and its bytes.

    Its inputs, its output and its workspace: no order of execution needs less.
    """
    best = max(storages.ran, key=lambda node: _needed(storages, node))
    return best.index, _needed(storages, best)


def _needed(storages: Storages, node: Node) -> int:
    touched = {*storages.read(node), storages.owner[node.index]}
    return sum(storages.size[o] for o in touched) + workspace(storages, node)


def upper_bound(storages: Storages) -> int:
    """Return the bytes where nothing is freed: every storage that is made."""
    return sum(storages.size)

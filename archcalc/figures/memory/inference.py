"""Inference: which outputs live while each node runs, without gradients."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from archcalc.figures.memory.ledger import Ledger, Timeline
from archcalc.figures.memory.storages import Storages
from archcalc.figures.memory.workspace import workspace
from archcalc.graph.graph import Node

OUTPUT = "output"


def inference(storages: Storages, order: Sequence[int] | None = None) -> Timeline:
    """Play a forward pass through: an output is freed after its last reader.

    Those that leave the network are the caller's, and live to the end. `order` is
    another order of the nodes.
    """
    nodes = storages.graph.nodes
    chosen = storages.ran if order is None else [nodes[i] for i in order]
    freed = _freed_after(storages, chosen)
    ledger = Ledger()
    for node in chosen:
        if storages.owner[node.index] == node.index:
            ledger.hold(node.index, OUTPUT, node.index, storages.size[node.index])
        ledger.use("workspace", node.index, workspace(storages, node))
        ledger.step("forward", node.index, tuple(freed.get(node.index, ())))
    return ledger.end()


def last_readers(storages: Storages, order: Sequence[Node]) -> dict[int, int]:
    """Return for each storage the last node of an order that touches it.

    What leaves the network is touched by its caller, behind all nodes.
    """
    last: dict[int, int] = {}
    for node in order:
        last[storages.owner[node.index]] = node.index
        for owner in storages.read(node):
            last[owner] = node.index
    last.update(dict.fromkeys(storages.held, len(storages.graph.nodes)))
    return last


def _freed_after(storages: Storages, order: Sequence[Node]) -> dict[int, list[int]]:
    freed: dict[int, list[int]] = {}
    for owner, reader in last_readers(storages, order).items():
        freed.setdefault(reader, []).append(owner)
    return freed


def peak_keeping_inputs(storages: Storages, freeing: Timeline) -> int:
    """Return the peak where the caller holds the network's inputs to the end.

    That is, what lives in each step of a run that frees them, and those freed before.
    """
    inputs = set(storages.graph.inputs)
    gone = [0] * (len(freeing.moments) + 1)
    for block in freeing.blocks:
        if block.what == OUTPUT and block.node in inputs:
            gone[min(block.last + 1, len(freeing.moments))] += block.bytes
    held = accumulate(gone)
    return max(m.live + more for m, more in zip(freeing.moments, held, strict=False))


def lower_bound(storages: Storages) -> tuple[int, int, bool]:
    """Return the node that needs most, its bytes, and whether outputs are in them.

    Its inputs, its output and its workspace: no order of execution needs less. Nor than
    the outputs with what the last node needs, which is one that no other reads; the
    node is then the one of these that needs least.
    """
    alone = {node.index: _needed(storages, node) for node in storages.ran}
    read = {i for node in storages.ran for i in node.inputs}
    ends = [node for node in storages.ran if node.index not in read]
    whole = {n.index: _needed(storages, n, storages.held) for n in ends}
    most, least = max(alone, key=alone.__getitem__), min(whole, key=whole.__getitem__)
    if whole[least] > alone[most]:
        return least, whole[least], True
    return most, alone[most], False


def _needed(storages: Storages, node: Node, held: frozenset[int] = frozenset()) -> int:
    """Return the bytes of what a node touches, of what is held, and its workspace."""
    touched = {*storages.read(node), storages.owner[node.index], *held}
    return sum(storages.size[o] for o in touched) + workspace(storages, node)


def upper_bound(storages: Storages) -> int:
    """Return the bytes where nothing is freed: every storage, and every workspace."""
    made = (workspace(storages, node) for node in storages.ran)
    return sum(storages.size) + sum(made)

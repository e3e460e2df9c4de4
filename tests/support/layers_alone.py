"""Networks of one layer, and peaks of training without what stays in memory."""

from __future__ import annotations

from typing import Any

from layer_cases import Case

from archcalc import Analysis
from archcalc.figures.counted import Setting
from archcalc.figures.memory.at_rest import static
from archcalc.figures.memory.training import play
from archcalc.graph.graph import Graph, Group, Node
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer


def activations_peak(analysis: Analysis, adding: bool = False) -> int:
    """Return the peak of training without what stays; torch's modes bar adding."""
    held = static(analysis)
    stays = held.parameters + held.buffers + held.optimizer_state
    peak = play(analysis.memory.training_storages, held, adding).peak
    return peak - stays  # type: ignore[operator]  # numbers


def alone(case: Case, **how: Any) -> Analysis:
    """Return a network of one layer, behind learned sums through which gradients go.

    What reads nothing is added to an input of its shape.
    """
    position = CATALOGUE["position"]()
    layers: list[tuple[Layer, tuple[int, ...], Any]] = []
    entering = case.inputs or (case.output,)
    count = len(entering)
    ids = case.layer.reads_ids
    layers += [(CATALOGUE["input"](), (), x) for x in entering]
    if not ids:
        layers += [(position, (i,), x) for i, x in enumerate(entering)]
    first = 0 if ids else count
    reads = tuple(range(first, first + count)) if case.inputs else ()
    layers.append((case.layer, reads, case.output))
    if not case.inputs:
        layers.append((CATALOGUE["add"](), (1, 2), case.output))
    nodes = tuple(
        Node(i, str(i), layer, inputs, shape, 0, None, None, False)  # type: ignore[arg-type]  # written nowhere
        for i, (layer, inputs, shape) in enumerate(layers)
    )
    last = len(nodes) - 1
    whole = Group("", "network", "", -1, 0, len(nodes), last)
    graph = Graph(nodes, (whole,), tuple(range(count)), (last,), {})
    return Analysis("alone", graph, Setting(**how))


def has_bfloat16(case: Case) -> bool:
    """Say whether torch has it: no average pool of volumes, of which its LRN is made."""
    if case.layer.key == "avgpool":
        return len(case.inputs[0]) != 4
    return case.layer.key != "lrn"

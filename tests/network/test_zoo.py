"""What each shipped network rests on: its paper, torch, and another hand's definition.

`evidence/*.yaml` has a row for every network: the library and model that define the
same, and what is compared; or why nobody else defines it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from independent import BESIDE, MAKERS, measure, ours
from samples import FEW, zoo
from torch import nn

import archcalc
from archcalc.checks.claims.expectations import judge
from archcalc.language.library import shipped
from archcalc.network.torch_network import build

EVIDENCE: list[dict[str, Any]] = [
    row
    for path in sorted((Path(__file__).parents[1] / "evidence").glob("*.yaml"))
    if path.stem != "accuracies"
    for row in yaml.safe_load(path.read_text(encoding="utf-8"))
]
DEFINED = [row for row in EVIDENCE if "library" in row]
FILES = {str(row["spec"]).partition(":")[0]: row for row in reversed(DEFINED)}
FIRST = [row for name, row in FILES.items() if name in FEW]
"""The first row of each of the few files: the network, or a variant."""
COMPARED = {"params", "macs", "shapes", "weights"}
"""What a row compares: `shapes` of convolutions, and those of all `weights`."""


def marked(row: dict[str, Any]) -> Any:
    """Return a row for `parametrize`: a few by default, some beside other counters."""
    if row["library"] in BESIDE:
        return pytest.param(row, marks=pytest.mark.peers)
    return row if row in FIRST else pytest.param(row, marks=pytest.mark.long)


@pytest.mark.parametrize(
    "row", [*map(marked, DEFINED)], ids=lambda row: str(row["spec"])
)
def test_another_definition_agrees(row: dict[str, Any]) -> None:
    """Parameters, MACs and shapes of convolutions and weights, branches in any order."""
    network = archcalc.load(row["spec"])
    mine = ours(network)
    shape = next(iter(network.input_shapes.values()))
    compared, options = set(row["compare"]), row.get("options", {})
    if compared == {"params"}:  # it is not run
        model = MAKERS[row["library"]](row["model"], **options)
        assert row.get("why"), "what is left out needs its reason"
        assert mine.params == sum(p.numel() for p in model.parameters())
        return
    model = MAKERS[row["library"]](row["model"], **options)
    other = measure(model, shape)
    assert compared
    assert compared <= COMPARED
    assert compared >= COMPARED or row.get("why"), "what is left out needs its reason"
    if "params" in compared:
        assert mine.params == other.params
    if "macs" in compared:
        assert mine.macs == other.macs
    if "shapes" in compared:
        assert Counter(mine.conv_shapes) == Counter(other.conv_shapes)
    if "weights" in compared:
        assert weights(main_parts(network)) == weights(model)


def main_parts(network: archcalc.Network) -> nn.Module:
    """Return the modules of a network's steps, without side heads."""
    ours: Any = build(network.graph, "meta")
    main = (ours.part(node) for node in network.graph.nodes if not node.aux)
    return nn.ModuleList(part for part in main if part is not None)


def weights(model: nn.Module) -> Counter[tuple[int, ...]]:
    """Return how many weights there are of each shape.

    Axes of 1 are left out, and their order is: a library may turn a matrix.
    """
    shapes = (sorted(n for n in p.shape if n > 1) for p in model.parameters())
    return Counter(map(tuple, shapes))


def test_every_network_has_its_evidence() -> None:
    named = {str(row["spec"]).partition(":")[0] for row in EVIDENCE}
    assert named == set(shipped())


def test_a_network_without_another_definition_says_why() -> None:
    assert [
        row for row in EVIDENCE if "library" not in row and not row.get("none")
    ] == []


@pytest.mark.parametrize("name", zoo())
def test_every_figure_of_a_file_is_met_or_explained(name: str) -> None:
    """An erratum says why; so does a loose figure; every figure says where it is from."""
    judged = list(judge(archcalc.load(name)))
    assert judged, "a network without a single figure to meet"
    assert [one.problem().show() for one in judged if one.problem()] == []
    for one in judged:
        assert one.entry.cite, one.claim.text
        assert one.entry.verdict == "agrees" or one.entry.why, one.claim.text

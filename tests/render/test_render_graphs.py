"""Networks as Mermaid and DOT: what is drawn once, what is joined, what is escaped."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reports import NETWORKS, REPORTS
from odd_texts import ODD
from report_examples import REPORT, small

from archcalc import compare
from archcalc.errors import UsageError
from archcalc.network.analysis import Analysis
from archcalc.network.network import load, loads
from archcalc.render import render
from archcalc.reports.diagram import Diagram, Folding, diagram
from archcalc.reports.shelf import Wanted, list_report


def analysis(name: str) -> Analysis:
    return load(name).analyze()


def summary(one: Diagram) -> list[tuple[str, str, int]]:
    """Return name, kind and number of each frame."""
    return [(c.name, c.what, c.times) for c in one.clusters]


def test_repetitions_are_drawn_once() -> None:
    found = diagram(analysis("resnet50"))
    assert summary(found) == [
        row
        for stage, count in (("conv2", 3), ("conv3", 4), ("conv4", 6), ("conv5", 3))
        for row in (
            (stage, f"{count} × bottleneck", 1),
            (f"{stage}.1", "bottleneck", 1),
            (f"{stage}.2", "bottleneck", count - 1),
        )
    ]


def test_repetitions_that_grow_are_drawn_once_with_their_first_and_last_shape() -> None:
    found = diagram(analysis("densenet121"))
    dense = [c for c in summary(found) if "dense" in c[1]]
    assert dense == [
        (f"dense{i}", f"{count} × dense", 1)
        for i, count in enumerate((6, 12, 24, 16), 1)
    ]
    (concat,) = (box for box in found.boxes if box.name == "dense1.1.concat")
    assert (concat.shape, concat.last) == ((96, 56, 56), (256, 56, 56))


def test_a_repeated_layer_is_one_box() -> None:
    text = "name: x\ninput: [3, 8, 8]\nlayers:\n- {conv: 3, pad: same, repeat: 9}\n"
    boxes = diagram(loads(text).analyze()).boxes
    assert [(b.name, b.times) for b in boxes] == [("input", 1), ("conv.1", 9)]


@pytest.mark.parametrize("name", NETWORKS)
def test_what_stands_for_a_row_is_what_it_is(name: str) -> None:
    one = analysis(name)
    folding = Folding(one)
    for at, row in enumerate(one.rows):
        shown = one.rows[folding.shown(at)]
        assert shown.label == row.label
        assert len(shown.name.split(".")) == len(row.name.split("."))


@pytest.mark.parametrize(
    "name", [*NETWORKS, "unet", "hrnet-w18", "swin", "amoebanet-a"]
)
def test_every_box_is_reached_and_links_go_forward(name: str) -> None:
    found = diagram(analysis(name))
    assert all(a < b for a, b in found.links)
    entered, left = ({link[i] for link in found.links} for i in (1, 0))
    assert entered == set(range(1, len(found.boxes)))
    ends = set(range(len(found.boxes))) - left
    names = {found.boxes[at].name for at in ends if not found.boxes[at].aux}
    assert len(names) == 1


def test_links_are_those_of_the_network_where_nothing_repeats() -> None:
    one = analysis("bottleneck-inception")
    rows = {row.name: at for at, row in enumerate(one.rows)}
    joined = {(a, rows["inception.concat"]) for a in (1, 3, 5, 7)}
    assert joined <= set(diagram(one).links)
    assert {b for a, b in diagram(one).links if a == 0} == {1, 2, 4, 6}


# -- text ------------------------------------------------------------------------------

MERMAID = re.compile(
    r'flowchart TB|\s*(?:subgraph \w+\["[^"\[\]`<>]*"\]|end'
    r'|n\dx\d+\["(?:[^"`<>]|<br/>)*"\]|n\dx\d+ --> n\dx\d+)'
)
QUOTED = r'"(?:[^"\\]|\\["\\n])*"'
DOT = re.compile(
    rf"digraph {QUOTED} {{|\s*(?:subgraph cluster_\w+ {{|}}|label={QUOTED}"
    rf"|n\d_\d+ \[label={QUOTED}\]|n\d_\d+ -> n\d_\d+|(?:graph|node|edge) \[.*\])"
)


def checked(text: str, format: str) -> str:
    """Return a diagram whose every line is one that the format knows."""
    known = MERMAID if format == "mermaid" else DOT
    for line in text.split("\n"):
        assert known.fullmatch(line), line
    opened = len(re.findall(r"subgraph|digraph", text))
    assert len(re.findall(r"^ *(?:end|})$", text, re.MULTILINE)) == opened
    return text


@pytest.mark.parametrize("format", ["mermaid", "dot"])
@pytest.mark.parametrize("name", [*NETWORKS, "compare", "symbolic"])
def test_networks(name: str, format: str) -> None:
    report = REPORTS[name]()
    text = checked(render(report, format), format)
    arrow = "-->" if format == "mermaid" else "->"
    assert text.count(f" {arrow} ") == sum(len(d.links) for d in report.diagrams)
    for one in report.diagrams:
        assert one.name.replace("_", "#95;") in text or len(report.diagrams) == 1


@pytest.mark.parametrize("format", ["mermaid", "dot"])
@pytest.mark.parametrize("name", ODD)
def test_hostile_names(name: str, format: str) -> None:
    checked(render(small(ODD[name], text=ODD[name], title=ODD[name]), format), format)


@pytest.mark.parametrize("format", ["mermaid", "dot"])
@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=40))
def test_any_name(format: str, text: str) -> None:
    checked(render(small(text, text=text, title=text), format), format)


def test_two_networks_stand_in_frames_of_their_own() -> None:
    report = compare("naive-inception", "bottleneck-inception")
    assert 'subgraph net1["bottleneck-inception"]' in render(report, "mermaid")
    assert 'subgraph cluster_net1 {\n    label="bottleneck' in render(report, "dot")


@pytest.mark.parametrize("format", ["mermaid", "dot"])
def test_what_is_no_network_cannot_be_drawn(format: str) -> None:
    with pytest.raises(UsageError) as caught:
        render(list_report(Wanted("vgg")), format)
    assert caught.value.problems[0].code == "AC533"


def test_entities_and_escapes_of_dot_stay_text() -> None:
    text = render(small("\\N &lt;", text='"\\l'), "dot")
    assert 'label="\\\\N &amp;lt;\\n&quot;\\\\l' in text


def test_the_example() -> None:
    assert "conv ×2<br/>" in render(REPORT, "mermaid")

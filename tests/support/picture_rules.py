"""What must hold for the picture of any network, whatever stands where in it.

Boxes, frames and lines are looked at in the layout, the written picture as XML, and the
other formats by what they name.
"""

from __future__ import annotations

import itertools
import json
import re
from xml.etree import ElementTree

from archcalc.errors import clean
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.render import dot, mermaid
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Layout, Placed, layout
from archcalc.render.drawing.pictures import draw, painter_of
from archcalc.render.page.content import content
from archcalc.reports.diagram import diagram
from archcalc.reports.report import Report

Rect = tuple[float, float, float, float]
SVG = "{http://www.w3.org/2000/svg}"
STYLES = {
    "blocks": ("blocks", "down"),
    "across": ("blocks", "right"),
    "volumes": ("volumes", "right"),
}
"""Every way to draw, with its style and direction."""


def rect(placed: Placed) -> Rect:
    room = placed.room
    low, high = placed.axis - room.before, placed.axis + room.behind
    return low, placed.top, high, placed.top + room.length


def overlap(one: Rect, other: Rect) -> bool:
    return (
        one[0] < other[2] - 0.1
        and other[0] < one[2] - 0.1
        and one[1] < other[3] - 0.1
        and other[1] < one[3] - 0.1
    )


def inside(one: Rect, other: Rect) -> bool:
    return (
        one[0] >= other[0] - 0.1
        and one[1] >= other[1] - 0.1
        and one[2] <= other[2] + 0.1
        and one[3] <= other[3] + 0.1
    )


def every_box_is_drawn_once(figure: LabelledDiagram, placed: Layout) -> None:
    assert sorted(b.which for b in placed.boxes) == [*range(len(figure.diagram.boxes))]
    assert sorted(c.which for c in placed.clusters) == [
        *range(len(figure.diagram.clusters))
    ]


def no_box_lies_on_another(figure: LabelledDiagram, placed: Layout) -> None:
    names = figure.diagram.boxes
    for one, other in itertools.combinations(placed.boxes, 2):
        both = names[one.which].name, names[other.which].name
        assert not overlap(rect(one), rect(other)), both


def boxes_are_in_their_frames_and_no_other(
    figure: LabelledDiagram, placed: Layout
) -> None:
    for frame in placed.clusters:
        for box in placed.boxes:
            chain = ancestors(figure, figure.diagram.boxes[box.which].cluster)
            if frame.which in chain:
                assert inside(rect(box), rect(frame))
            else:
                assert not overlap(rect(box), rect(frame))


def ancestors(figure: LabelledDiagram, cluster: int | None) -> list[int]:
    chain = []
    while cluster is not None:
        chain.append(cluster)
        cluster = figure.diagram.clusters[cluster].parent
    return chain


def everything_is_on_the_picture(figure: LabelledDiagram, placed: Layout) -> None:
    page = (0.0, 0.0, placed.across, placed.along)
    for thing in (*placed.boxes, *placed.clusters):
        assert inside(rect(thing), page)
    for line in placed.lines:
        for x, y in line.points:
            assert inside((x, y, x, y), page)


def lines_lead_to_what_reads_the_value_and_nowhere_else(
    figure: LabelledDiagram, placed: Layout
) -> None:
    """From the lower edge of each box, lines are followed to the boxes they reach."""
    leads: dict[tuple[float, float], set[tuple[float, float]]] = {}
    for line in placed.lines:
        start, end = (_spot(*line.points[i]) for i in (0, -1))
        leads.setdefault(start, set()).add(end)
    entries = {_spot(box.axis, box.top): box.which for box in placed.boxes}
    wanted: dict[int, set[int]] = {}
    for source, target in figure.diagram.links:
        wanted.setdefault(source, set()).add(target)
    for box in placed.boxes:
        start = _spot(box.axis, box.top + box.room.length)
        assert _reached(start, leads, entries) == wanted.get(box.which, set())


def _spot(x: float, y: float) -> tuple[float, float]:
    """Return a place without the digits in which sums of another order differ.

    With few digits, a place at the edge of rounding would become two.
    """
    return round(x, 7) + 0.0, round(y, 7) + 0.0


def _reached(
    start: tuple[float, float],
    leads: dict[tuple[float, float], set[tuple[float, float]]],
    entries: dict[tuple[float, float], int],
) -> set[int]:
    found, waiting, seen = set(), [start], {start}
    while waiting:
        at = waiting.pop()
        if at in entries and at != start:
            found.add(entries[at])
            continue
        fresh = leads.get(at, set()) - seen
        seen |= fresh
        waiting += fresh
    return found


def no_line_crosses_a_box(figure: LabelledDiagram, placed: Layout) -> None:
    for line in placed.lines:
        for (ax, ay), (bx, by) in itertools.pairwise(line.points):
            segment = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            for box in placed.boxes:
                x0, y0, x1, y1 = rect(box)
                core = (x0 + 0.2, y0 + 0.2, x1 - 0.2, y1 - 0.2)
                touches = segment[0] < core[2] and core[0] < segment[2] + 0.01
                touches = touches and segment[1] < core[3] and core[1] < segment[3]
                assert not touches, figure.diagram.boxes[box.which].name


def lines_lie_on_each_other_only_where_they_fork_or_meet(
    figure: LabelledDiagram, placed: Layout
) -> None:
    """Two lines on one another share their begin or their end, or follow each other."""
    tracks: dict[tuple[int, float], list[tuple[float, float, int]]] = {}
    for at, line in enumerate(placed.lines):
        for one, other in itertools.pairwise(line.points):
            along = 0 if one[0] != other[0] else 1
            low, high = sorted((one[along], other[along]))
            place = (along, round(one[1 - along], 1))
            tracks.setdefault(place, []).append((low, high, at))
    for segments in tracks.values():
        segments.sort()
        for (_, high, at), (low, _, below) in itertools.pairwise(segments):
            if at != below and low < high - 0.5:
                upper, lower = (placed.lines[i].points for i in (at, below))
                begin = _spot(*upper[0]) == _spot(*lower[0])
                end = _spot(*upper[-1]) == _spot(*lower[-1])
                assert begin or end, (upper, lower)


RULES = (
    every_box_is_drawn_once,
    no_box_lies_on_another,
    boxes_are_in_their_frames_and_no_other,
    everything_is_on_the_picture,
    lines_lead_to_what_reads_the_value_and_nowhere_else,
    no_line_crosses_a_box,
    lines_lie_on_each_other_only_where_they_fork_or_meet,
)
FIXED, EACH, LINE = 8_000, 3_000, 500
"""Bytes of a picture at most: its head, and a box, a frame or a line in it."""


def laid_out(
    analysis: Analysis, name: str, way: str, level: Level = "layers"
) -> tuple[LabelledDiagram, Layout]:
    """Return what a picture shows and where, drawn in one of `STYLES`."""
    figure = LabelledDiagram.of(analysis, name, level)
    painter = painter_of(figure, *STYLES[way])
    return figure, layout(figure.structure, painter.sizes, painter.longest)


def check_svg(text: str, figure: LabelledDiagram, placed: Layout) -> None:
    """Check that a picture is XML of a bounded size with each box and frame once."""
    paths = [g.get("data-path") for g in ElementTree.fromstring(text).iter(f"{SVG}g")]
    names = [clean(box.name) for box in figure.diagram.boxes]
    names += [clean(cluster.name) for cluster in figure.diagram.clusters]
    assert sorted(filter(None, paths)) == sorted(names)
    assert len(text) <= FIXED + EACH * len(names) + LINE * len(placed.lines)


def check_texts(network: Network, analysis: Analysis) -> None:
    """Check that Mermaid and DOT have each box and link once, that TikZ is closed."""
    one = diagram(analysis, network.title)
    report = Report("draw", network.title, network.name, (), diagrams=(one,))
    for text, box, arrow in (
        (mermaid.render(report), r'(?m)^ *n0x(\d+)\["', " --> "),
        (dot.render(report), r'(?m)^ *n0_(\d+) \[label="', " -> "),
    ):
        assert sorted(map(int, re.findall(box, text))) == [*range(len(one.boxes))]
        assert text.count(arrow) == len(one.links)
    for style, direction in STYLES.values():
        drawn = draw(network, analysis, style, "tikz", "layers", direction=direction)
        assert drawn.count("{") == drawn.count("}")
        lines = drawn.count("\\draw[arc line")
        assert lines >= len({target for _, target in one.links})


def check_page(network: Network, analysis: Analysis) -> None:
    """Check that the data of the report page is JSON with a value for every row."""
    data = content([network])
    assert json.loads(json.dumps(data, allow_nan=False)) is not None
    (one,) = data["networks"]
    lengths = {key: len(values) for key, values in one["rows"].items()}
    assert set(lengths.values()) == {len([*analysis.outline("layers")])}, lengths


def check_pictures(network: Network, level: Level = "layers") -> None:
    """Draw a network in every style and format; check all of them."""
    analysis = network.analyze()
    for way, (style, direction) in STYLES.items():
        figure, placed = laid_out(analysis, network.title, way, level)
        for rule in RULES:
            rule(figure, placed)
        text = draw(network, analysis, style, level=level, direction=direction)
        check_svg(text, figure, placed)
    check_texts(network, analysis)
    check_page(network, analysis)

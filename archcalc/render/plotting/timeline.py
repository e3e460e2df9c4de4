"""The bytes that live during each step of a run, by what they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby

from archcalc.figures.memory.ledger import Timeline
from archcalc.network.analysis import Analysis
from archcalc.render.numbers import size
from archcalc.render.plotting.chart import (
    HEADING,
    SMALL,
    Plane,
    Scale,
    chart,
    legend,
    steps,
    tick,
)
from archcalc.render.svg_writer import (
    MARGIN,
    circle,
    group,
    heading,
    line,
    polygon,
    text,
)
from archcalc.render.typeset import text_width

KINDS = {
    "parameters": "parameters",
    "buffers": "parameters",
    "optimizer state": "optimizer state",
    "gradient of weights": "gradients of weights",
    "output": "outputs",
    "gradient": "gradients",
}
"""What a block of memory counts as; anything else is `workspace and other`."""
OTHER = "workspace and other"
ORDER = (*dict.fromkeys(KINDS.values()), OTHER)
STYLES = dict(zip(ORDER, "hdcaeb", strict=True))
WIDE, HIGH = 760, 340
"""Pixels of the plane, without its axes."""


def series(timeline: Timeline) -> dict[str, list[int]]:
    """Return the live bytes of each step by kind; at each step they add up to all."""
    count = len(timeline.moments)
    changes = {kind: [0] * (count + 1) for kind in ORDER}
    for block in timeline.blocks:
        change = changes[KINDS.get(block.what, OTHER)]
        change[block.first] += block.bytes
        change[min(block.last + 1, count)] -= block.bytes
    found = {kind: list(accumulate(change))[:count] for kind, change in changes.items()}
    return {kind: values for kind, values in found.items() if any(values)}


def memory(analysis: Analysis, title: str, training: bool = False) -> str:
    """Return the timeline of inference, or of a step of training, with its peak.

    Raises `UsageError` AC541 where a size is a symbol.
    """
    ours = analysis.memory
    timeline = ours.training.timeline if training else ours.inference
    layers = series(timeline)
    count = len(timeline.moments)
    left, top = MARGIN + 62, MARGIN + HEADING + 56
    marks = [
        (mark, tick(size(round(mark), brief=True))) for mark in steps(timeline.peak)
    ]
    across = Scale([(0.0, ""), (float(count), "")], left, left + WIDE)
    plane = Plane(across, Scale(marks, top + HIGH, top), "", "bytes in use")
    what = "a step of training" if training else "inference"
    setting = analysis.setting
    optimizer = f" · {setting.optimizer}" if training else ""
    subtitle = f"{what} · batch {setting.batch} · {setting.dtype}{optimizer}"
    parts = [*heading(title, subtitle), *plane.drawn()]
    base = [0] * count
    for kind, values in layers.items():
        over = [a + b for a, b in zip(base, values, strict=True)]
        parts.append(group([polygon(_area(base, over, plane), STYLES[kind])], kind))
        base = over
    parts += legend([(STYLES[kind], kind) for kind in layers], (left, top - 34))
    parts += _phases(analysis, timeline, plane)
    words = _peak_words(analysis, timeline)
    parts += _mark(words, timeline, plane)
    about = f"{what}: {words}, in {count} steps."
    return chart((left + WIDE + 2 * MARGIN, top + HIGH + 64), title, about, parts)


def _area(
    low: Sequence[int], high: Sequence[int], plane: Plane
) -> list[tuple[float, float]]:
    """Return the outline between two lines of steps."""
    return [*_edge(high, plane), *reversed(_edge(low, plane))]


def _edge(values: Sequence[int], plane: Plane) -> list[tuple[float, float]]:
    """Return a line of steps, a point on each side of every change."""
    points, at = [], 0
    for value, run in groupby(values):
        start, at = at, at + len(list(run))
        points += [(plane.x(start), plane.y(value)), (plane.x(at), plane.y(value))]
    return points


def _peak_words(analysis: Analysis, timeline: Timeline) -> str:
    moment = timeline.moments[timeline.peak_at]
    name = analysis.graph.nodes[moment.node].name
    return f"peak {size(timeline.peak)}, {moment.phase} of {name}"


def _mark(words: str, timeline: Timeline, plane: Plane) -> list[str]:
    """Return the peak's mark, its words on the side that has room."""
    x, y = plane.x(timeline.peak_at + 0.5), plane.y(timeline.peak)
    fits = x + 10 + text_width(words, SMALL) < plane.x.end
    place = (x + 10, y - 8, words, "v") if fits else (x - 10, y - 8, words, "v r")
    edge = line([(plane.x.start, y), (plane.x.end, y)], "mark")
    return [edge, circle(x, y, 3.5, "e"), text(*place)]


def _phases(analysis: Analysis, timeline: Timeline, plane: Plane) -> list[str]:
    """Return what runs below the steps: phases in training, stages in inference."""
    nodes, several = analysis.graph.nodes, len({m.phase for m in timeline.moments}) > 1
    names = [
        moment.phase if several else nodes[moment.node].name.partition(".")[0]
        for moment in timeline.moments
    ]
    parts, at, free = [], 0, 0.0
    for name, run in groupby(names):
        start, at = at, at + len(list(run))
        left, right = plane.x(start), plane.x(at)
        parts.append(line([(left, plane.y.start), (left, plane.y.start + 6)], "axis"))
        half = text_width(name, SMALL) / 2
        middle = (left + right) / 2
        if middle - half >= free and middle + half <= plane.x.end + MARGIN:
            parts.append(text(middle, plane.y.start + 20, name, "k m"))
            free = middle + half + 6
    return parts

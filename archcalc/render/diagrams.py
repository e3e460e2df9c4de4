"""What the renderers of diagrams share: which networks, how nested, what is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.errors import UsageError
from archcalc.render.numbers import shape
from archcalc.reports.diagram import Box, Diagram
from archcalc.reports.report import Report


def drawn(report: Report, format: str) -> Sequence[Diagram]:
    """Return the networks of a report; raise `UsageError` AC533 where it has none."""
    if not report.diagrams:
        message = f"{report.kind} has no format {format!r}, which draws networks"
        help = f"archcalc table NET --format {format}"
        raise UsageError.of("AC533", message, help=help)
    return report.diagrams


def nested(one: Diagram) -> Iterator[tuple[int, str, int]]:
    """Yield what to write in order: depth, what (`open`, `box`, `close`), which one.

    Boxes and clusters are counted in the diagram. Clusters hold a run of boxes, so that
    one pass with a stack of open ones is enough.
    """
    stack: list[int] = []
    for index, box in enumerate(one.boxes):
        chain = list(around(one, box))
        while stack and stack[-1] not in chain:
            yield len(stack) - 1, "close", stack.pop()
        for cluster in chain[len(stack) :]:
            yield len(stack), "open", cluster
            stack.append(cluster)
        yield len(stack), "box", index
    while stack:
        yield len(stack) - 1, "close", stack.pop()


def around(one: Diagram, box: Box) -> list[int]:
    """Return the clusters around a box, outermost first."""
    chain: list[int] = []
    at = box.cluster
    while at is not None:
        chain.insert(0, at)
        at = one.clusters[at].parent
    return chain


def frame_title(one: Diagram, index: int) -> str:
    """Return what stands on a cluster: its name inside the parent, kind, how often."""
    cluster = one.clusters[index]
    name = cluster.name
    if cluster.parent is not None:
        name = name.removeprefix(f"{one.clusters[cluster.parent].name}.")
    head = ": ".join(filter(None, [name, cluster.what]))
    return f"{head} {times(cluster.times)}".strip()


def box_lines(one: Diagram, box: Box) -> list[str]:
    """Return what stands in a box: name and how often, what it is, what leaves it."""
    name = box.name
    if box.cluster is not None:
        name = name.removeprefix(f"{one.clusters[box.cluster].name}.")
    head = f"{name} {times(box.times)}".strip()
    what = [] if box.what == name else [box.what]
    sizes = dict.fromkeys([shape(box.shape), shape(box.last)])
    return list(filter(None, [head, *what, " … ".join(sizes)]))


def times(count: int) -> str:
    """Return `×3`, or nothing for once."""
    return f"×{count}" if count > 1 else ""

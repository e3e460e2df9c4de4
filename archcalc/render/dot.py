r"""Networks in the DOT language of Graphviz.

Backslashes, quotes and entities in a name are escaped, so that none is a command of a
label (`\N`) or HTML.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import clean
from archcalc.render.diagrams import box_lines, drawn, frame_title, nested
from archcalc.reports.diagram import Diagram
from archcalc.reports.report import Report

ESCAPES = str.maketrans({"\\": "\\\\", '"': "&quot;", "&": "&amp;"})
HEAD = """\
  graph [rankdir=TB, labeljust=l, fontname="Helvetica", style=rounded, color=gray60]
  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11]
  edge [arrowsize=0.6]"""


def render(report: Report) -> str:
    """Return one digraph with every network of the report.

    Raises `UsageError` AC533 for a report that is not about networks.
    """
    diagrams = drawn(report, "dot")
    lines = [f'digraph "{quoted(report.subject)}" {{', HEAD]
    for number, one in enumerate(diagrams):
        lines += _network(one, number, framed=len(diagrams) > 1)
    return "\n".join([*lines, "}"])


def quoted(text: str) -> str:
    """Return a text for a quoted string that DOT shows as it is."""
    return clean(text).translate(ESCAPES)


def _network(one: Diagram, number: int, framed: bool) -> Iterator[str]:
    outer = "  "
    if framed:
        yield f'  subgraph cluster_net{number} {{\n    label="{quoted(one.name)}"'
        outer = "    "
    for depth, what, index in nested(one):
        indent = outer + "  " * depth
        if what == "open":
            yield f"{indent}subgraph cluster_{number}_{index} {{"
            yield f'{indent}  label="{quoted(frame_title(one, index))}"'
        elif what == "close":
            yield f"{indent}}}"
        else:
            label = "\\n".join(map(quoted, box_lines(one, one.boxes[index])))
            yield f'{indent}n{number}_{index} [label="{label}"]'
    if framed:
        yield "  }"
    for source, target in one.links:
        yield f"  n{number}_{source} -> n{number}_{target}"

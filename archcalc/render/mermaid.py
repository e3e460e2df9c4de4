"""Networks as a Mermaid flowchart, which GitHub and GitLab draw in pull requests.

Whatever could be markup in a name is written as a character code (`#35;`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.errors import clean
from archcalc.render.diagrams import box_lines, drawn, frame_title, nested
from archcalc.reports.diagram import Diagram
from archcalc.reports.report import Report

ODD = re.compile(r"[^\w ×·,:()+/…²³⌊⌋⌈⌉−.-]|_|\d+\.(?=\s)|(?<![^ ])[-+](?=\s)")


def render(report: Report, *, across: bool = False) -> str:
    """Return one flowchart with every network of the report, from top to bottom.

    `across` draws it from left to right.

    Raises `UsageError` AC533 for a report that is not about networks.
    """
    lines = [f"flowchart {'LR' if across else 'TB'}"]
    for number, one in enumerate(drawn(report, "mermaid")):
        lines += _network(one, number, framed=len(report.diagrams) > 1)
    return "\n".join(lines)


def coded(text: str) -> str:
    """Return a text that Mermaid shows as it is."""
    return ODD.sub(lambda m: "".join(f"#{ord(c)};" for c in m[0]), clean(text))


def _network(one: Diagram, number: int, framed: bool) -> Iterator[str]:
    outer = "  "
    if framed:
        yield f'  subgraph net{number}["{coded(one.name)}"]'
        outer = "    "
    for depth, what, index in nested(one):
        indent = outer + "  " * depth
        if what == "open":
            title = coded(frame_title(one, index))
            yield f'{indent}subgraph g{number}x{index}["{title}"]'
        elif what == "close":
            yield f"{indent}end"
        else:
            label = "<br/>".join(map(coded, box_lines(one, one.boxes[index])))
            yield f'{indent}n{number}x{index}["{label}"]'
    if framed:
        yield "  end"
    for source, target in one.links:
        yield f"  n{number}x{source} --> n{number}x{target}"

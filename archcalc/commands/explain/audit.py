"""`archcalc audit`: published figures against computed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from archcalc.commands.declared import Argument, Option
from archcalc.commands.options import Rendering, complete_networks

if TYPE_CHECKING:
    from archcalc.reports.audit import Medium

LAYOUTS: dict[str, Medium] = {
    "terminal": "terminal",
    "svg": "terminal",
    "csv": "data",
    "json": "data",
}


def audit(
    nets: Annotated[
        list[str] | None,
        Argument(
            metavar="[NET...]",
            help="Shipped names or YAML files; every shipped network where left out.",
            autocompletion=complete_networks,
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        str | None,
        Option("--only", help="Verdicts: agree, errata, loose, truncates, …."),
    ] = None,
    source: Annotated[
        str | None,
        Option("--source", help="lectures, papers, …, or a part of a citation."),
    ] = None,
    *,
    rendering: Rendering,
) -> None:
    """Audit published figures: agrees, rounds, truncates, erratum, loose, and why.

    Exit code 1 where one that should hold does not.
    """
    from archcalc.checks.claims.audit import audit as audited
    from archcalc.reports.audit import audit_report, chosen

    found = chosen(audited(nets or ()), only, source)
    layout = LAYOUTS.get(rendering.chosen, "document")
    subject = ", ".join(nets) if nets else "the shipped networks"
    report = audit_report(found, subject, layout)
    rendering.emit(report)
    if any(one.verdict in ("fails", "stale") for one in found):
        raise SystemExit(1)

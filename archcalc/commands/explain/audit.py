"""`archcalc audit`: published figures against computed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from archcalc.commands.completion import complete_networks
from archcalc.commands.declared import Argument, Option
from archcalc.commands.options import Rendering

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
            help="Shipped names or YAML files; without any, all shipped networks.",
            autocompletion=complete_networks,
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        str | None,
        Option("--only", help="Only these verdicts: agree, errata, loose, …"),
    ] = None,
    source: Annotated[
        str | None,
        Option(
            "--source",
            help="Only figures of lectures, papers, …, or with this text in the "
            "citation.",
        ),
    ] = None,
    *,
    rendering: Rendering,
) -> None:
    """Compare published figures with computed ones; say what differs.

    Exit code 1 if a figure does not have the verdict that its spec records.

    $ archcalc audit vgg16
    $ archcalc audit --only errata
    """
    from archcalc.checks.claims.audit import audit as audited
    from archcalc.network.network import load
    from archcalc.reports.audit import audit_report, chosen

    found = chosen(audited([load(name) for name in nets or ()]), only, source)
    layout = LAYOUTS.get(rendering.chosen, "document")
    subject = ", ".join(nets) if nets else "the shipped networks"
    report = audit_report(found, subject, layout)
    rendering.emit(report)
    if not report.ok:
        raise SystemExit(1)

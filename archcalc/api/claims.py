"""Published figures beside computed ones, and the ways of counting."""

from __future__ import annotations

from archcalc.api.given import Given, network_of
from archcalc.reports.audit import Medium
from archcalc.reports.report import Report


def reconcile(network: Given, claim: str, *, everything: bool = False) -> Report:
    """Return the ways of counting that give a published figure, simplest first.

    `claim` is as it was printed: `"3.8G"`, `"96MB"`, `"13.6 GFLOP"`, `"depth 50"`.
    `everything` lists every explanation, not the simplest alone. `ok` of the report
    says whether there is one.

    Raises `UsageError` for an unknown network, or for a claim that is no figure.

    >>> report = archcalc.reconcile("resnet50", "3.8 GFLOP")
    >>> report.ok, report.rows()[0]["figure"]
    (True, 3857973248)
    """
    from archcalc.checks.claims.reconcile import reconcile as search
    from archcalc.reports.reconcile import reconcile_report

    return reconcile_report(search(network_of(network), claim), everything)


def audit(
    *networks: Given,
    only: str | None = None,
    source: str | None = None,
    layout: Medium = "terminal",
) -> Report:
    """Return published figures with what the layers give, and a verdict on each.

    Without networks, the figures of all shipped ones. `only` keeps verdicts
    (`"errata,loose"`), `source` kinds of sources (`"papers"`) or a part of a citation.
    `layout` is `terminal` (a table for each source), `document` (with citations and
    reasons) or `data` (one table with everything). `ok` of the report says whether
    every figure that should hold does.

    Raises `UsageError` AC552 for an unknown verdict or source, and what `load` raises.

    >>> archcalc.audit("lenet5", layout="data").rows()[0]["verdict"]
    'exact'
    """
    from archcalc.checks.claims.audit import audit as audited
    from archcalc.reports.audit import audit_report, chosen

    found = chosen(audited([network_of(one) for one in networks]), only, source)
    names = [network_of(one).name for one in networks]
    return audit_report(found, ", ".join(names) or "the shipped networks", layout)


def conventions(network: Given | None = None, *, batch: int = 1) -> Report:
    """Return a network counted by every convention, and where they differ.

    Operations are MACs or FLOPs, as the convention's `unit` says, for a batch of
    `batch` samples. Without a network, what each convention counts.

    Raises `UsageError` for an unknown network or a batch below 1.

    >>> rows = {row["path"]: row for row in archcalc.conventions("resnet50").rows()}
    >>> rows["fvcore"]["unit"]
    'MAC'
    """
    from archcalc.reports.conventions import conventions_report, list_report

    if network is None:
        return list_report()
    return conventions_report(network_of(network), batch)

"""`archcalc audit`: published figures against computed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from archcalc.commands.check.check import CacheFile
from archcalc.commands.completion import complete_networks
from archcalc.commands.declared import Argument, Option
from archcalc.commands.options import Rendering

if TYPE_CHECKING:
    from archcalc.checks.cache import Cache
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
        Option(
            "--only",
            metavar="VERDICTS",
            help="Only these verdicts: agree, errata, loose, …",
        ),
    ] = None,
    source: Annotated[
        str | None,
        Option(
            "--source",
            help="Only figures of a kind of source (lectures, papers, …), or with this "
            "text in the citation.",
        ),
    ] = None,
    cache: CacheFile = None,
    *,
    rendering: Rendering,
) -> None:
    """Compare published figures with computed ones; say what differs.

    Exit code 1 if a figure does not have the verdict that its spec records.

    $ archcalc audit vgg16
    $ archcalc audit --only errata
    """
    from archcalc.checks.cache import Cache, is_printed

    known = Cache(cache)
    key = _key(known, nets or (), only, source, rendering)
    kept = known.get(key, is_printed)
    if kept is None:
        from archcalc.checks.claims.audit import audit as audited
        from archcalc.network.network import load
        from archcalc.reports.audit import audit_report, chosen

        found = chosen(audited([load(name) for name in nets or ()]), only, source)
        layout = LAYOUTS.get(rendering.chosen, "document")
        subject = ", ".join(nets) if nets else "the shipped networks"
        report = audit_report(found, subject, layout)
        kept = [rendering.text(report), report.ok]
        known.keep(key, kept)
    rendering.deliver(kept[0])
    known.write()
    if not kept[1]:
        raise SystemExit(1)


def _key(
    cache: Cache,
    nets: Sequence[str],
    only: str | None,
    source: str | None,
    rendering: Rendering,
) -> str | None:
    """Return what the text of an audit is kept under.

    The figures of a shipped network follow from the shipped specs; those of another
    file may name any file, so that nothing is kept of it.
    """
    from archcalc.language.library import find, is_shipped, shipped

    if not cache or not all(is_shipped(find(name)[0]) for name in nets):
        return None
    specs = [cache.file_key("spec", str(path)) for path in shipped().values()]
    return cache.key("audit", specs, tuple(nets), only, source, *rendering.bears())

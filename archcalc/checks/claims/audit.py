"""Every published figure of the shipped networks beside the computed one.

A figure that agrees is met exactly, rounded, cut off, or within a tolerance that its
entry states; an erratum is wrong for a reason; a loose one has no single count.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any, Literal

from archcalc.catalogue import FIGURES
from archcalc.checks.claims.citations import KINDS, Publication, source_of
from archcalc.checks.claims.expectations import Computed, Judged, judge_all, shown
from archcalc.checks.claims.on_slides import NAMED, Named
from archcalc.checks.claims.quoted import Asked, Quoted
from archcalc.checks.claims.reconcile import Candidate, candidates, nearest
from archcalc.checks.claims.subjects import Known, subjects
from archcalc.errors import UsageError
from archcalc.language.library import find, is_shipped, shipped
from archcalc.language.steps import USERS
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import Others, without_import
from archcalc.network.network import Network, load
from archcalc.readers import object_named
from archcalc.records import dataclass

Verdict = Literal[
    "exact",
    "rounds",
    "truncates",
    "tolerance",
    "budget",
    "erratum",
    "loose",
    "fails",
    "stale",
    "shipped",
]
VERDICTS: dict[Verdict, str] = {
    "exact": "exact",
    "rounds": "rounded",
    "truncates": "cut off instead of rounded",
    "tolerance": "within the stated tolerance",
    "budget": "within a bound",
    "erratum": "wrong, with the reason",
    "loose": "loose",
    "fails": "wrong without a reason",
    "stale": "marked wrong but right",
    "shipped": "named and shipped here",
}
"""Every verdict, as it reads after a number of figures."""
AGREE: tuple[Verdict, ...] = ("exact", "rounds", "truncates", "tolerance", "budget")


@dataclass(frozen=True, slots=True)
class Published:
    """One published figure: what it is of, what was printed, what is computed.

    `value` is computed, `computed` the same as text; `near` says which simple reading
    comes nearest to a loose figure.
    """

    source: Publication
    cite: str
    subject: str
    what: str
    published: str
    said: str
    value: Any
    computed: str
    verdict: Verdict
    why: str = ""
    near: str = ""


def audit(networks: Sequence[Network] = ()) -> list[Published]:
    """Return every published figure of these networks, of all shipped ones for none.

    Lectures come first, then papers, libraries, tools; a source's figures stand
    together. Raises `UsageError` AC552 for a variant of a file that is not shipped.
    """
    whole = list(map(_whole, networks)) or [load(name) for name in shipped()]
    shelf = _Shelf(whole)
    found = []
    for network in whole:
        computed = Computed(network, shelf.others)
        known = Known(shelf.network, partial(_analyzed, computed))
        found += [_finding(computed, known, one) for one in judge_all(computed)]
    if not networks:
        found += [_named(shelf, one) for one in NAMED]
    order = list(KINDS)
    return sorted(found, key=lambda f: (order.index(f.source.kind), f.source.name))


class _Shelf:
    """The networks that are audited and those that they name, each read once."""

    def __init__(self, whole: Sequence[Network]) -> None:
        files = {network.spec.source.name: network for network in whole}
        self.files = {name: one for name, one in files.items() if one.as_written}
        self.others = Others(self.network)

    def network(self, name: str) -> Network:
        """Return the network of a name; raise as `without_import`."""
        if object_named(name) is None:
            path, variant = find(name)
            base = self.files.get(path)
            if base is not None:
                return base if variant is None else Network(base.spec, variant)
        return without_import(name)


def _analyzed(computed: Computed, network: Network) -> Analysis:
    """Return the analysis of a network, that of the file's claims where it has one."""
    input = network.input
    if network.spec is computed.network.spec and isinstance(input, str | None):
        return computed.beside(network.variant, input)
    return network.analyze()


def _whole(network: Network) -> Network:
    """Return a network with all variants of its file, which are audited together."""
    if network.variant is None:
        return network
    if not is_shipped(network.spec.source.name):
        raise UsageError.of("AC552", "a file is audited with all its variants")
    return Network(network.spec)


def _finding(computed: Computed, known: Known, one: Judged) -> Published:
    entry = one.entry
    at = f" {entry.at}" if entry.at else ""
    given = f" at {entry.input}" if entry.input else ""
    verdict = verdict_of(one)
    cite = " ".join((entry.cite or "").split())
    return Published(
        source_of(cite),
        cite,
        f"{one.network}{at}{given}",
        one.what,
        _published(one),
        entry.said or "",
        one.computed,
        one.figure,
        verdict,
        " ".join((entry.why or entry.note or "").split()),
        _nearest(computed, known, one) if verdict == "loose" else "",
    )


def verdict_of(one: Judged) -> Verdict:
    """Return how a claim is met, or why it is not."""
    if one.status != "agrees":
        return one.status
    fit = one.claim.fit(one.computed)
    if fit is None:
        return "tolerance"
    return "budget" if fit == "bound" else fit


def _published(one: Judged) -> str:
    """Return the printed figure; a whole number with commas, as computed ones."""
    value = one.claim.value
    whole = isinstance(value, Fraction) and value.denominator == 1
    if whole and not one.claim.half_unit and one.claim.bound is None:
        return shown(int(value))  # type: ignore[arg-type]  # a whole fraction
    return one.claim.text


def _named(shelf: _Shelf, named: Named) -> Published:
    """Return the finding of a name on a slide: the parameters of its network."""
    source, said = source_of(named.cite), named.said
    value: Any = None
    if named.kind == "network":
        value = shelf.network(named.name).analyze().total.params
        computed = shown(value)
    else:
        computed = named.name if named.name in USERS else "not here"
    verdict: Verdict = "fails" if computed == "not here" else "shipped"
    return Published(
        source, named.cite, named.name, "named", said, said, value, computed, verdict
    )


def _nearest(computed: Computed, known: Known, one: Judged) -> str:
    """Return the simple reading that comes nearest to a figure of a whole network."""
    kind = FIGURES[one.metric].quoted
    value = one.claim.value
    if not kind or one.entry.at or not isinstance(value, Fraction):
        return ""
    chosen = computed.chosen(one.entry.variant, one.entry.input)
    asked = Asked(kind, one.claim, "", 1, Fraction(1))
    figure = Quoted(one.claim.text, 0, (asked,))
    found = candidates(subjects(chosen, 1, False, known), figure, 1)
    return next((_told(c) for c in nearest(found, 1)), "")


def _told(candidate: Candidate) -> str:
    off = float(candidate.off)
    return f"{candidate.reading.value:,} ({candidate.tag}), {off:.1%} from it"

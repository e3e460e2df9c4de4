"""What a network differs in from another, as findings of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archcalc.checks.against.matching import Matching, Place, match
from archcalc.checks.against.reasons import differing, facts, follows, headline, reason
from archcalc.checks.against.steps import steps_of
from archcalc.checks.findings import Checked, Finding
from archcalc.errors import Problem, clean
from archcalc.network.network import Network
from archcalc.network.torch_network import check_numbers
from archcalc.readers import ending
from archcalc.records import dataclass

CODE = "AC330"
MOST_FINDINGS = 20
MOST_NAMED = 3
WRITTEN = (".yaml", ".yml")
"""Files whose lines a person can look up; that of a model is made by its reader."""


@dataclass(frozen=True)
class Against:
    """A network beside another: the findings, and what is equal all the same.

    `checked` is the outcome for the network's file; `ok` says whether the two are the
    same network. A function that libraries leave to the loss may be missing.
    """

    name: str
    other: str
    checked: Checked
    steps: int
    params: tuple[Any, Any]
    macs: tuple[Any, Any]

    @property
    def ok(self) -> bool:
        """Whether the two are the same network."""
        return not self.checked.errors

    def verdict(self) -> str:
        """Return the result in a sentence."""
        ours, theirs = clean(self.name), clean(self.other)
        if self.ok:
            return f"{ours} is the same network as {theirs}: {self.steps:,} steps agree"
        same = [
            what
            for what, (one, two) in {"params": self.params, "MACs": self.macs}.items()
            if one == two
        ]
        other = [
            f"{what} {one:,} here, {two:,} there"
            for what, (one, two) in {"params": self.params, "MACs": self.macs}.items()
            if one != two
        ]
        if same:
            other.insert(0, f"{' and '.join(same)} are equal all the same")
        return f"{ours} is not the same network as {theirs}: {'; '.join(other)}"


def held_against(network: Network, other: Network) -> Against:
    """Compare two networks step by step, whatever their layers are called.

    Raises `UsageError` AC521 for sizes that are symbols.
    """
    for one in (network, other):
        check_numbers(one.graph)
    matching = match(steps_of(network.graph), steps_of(other.graph))
    found = tuple(_findings(network, other, matching))
    ours, theirs = network.analyze().total, other.analyze().total
    return Against(
        network.name,
        other.name,
        Checked(network.spec.source.name, found),
        len(matching.pairs),
        (ours.params, theirs.params),
        (ours.macs, theirs.macs),
    )


def _findings(
    network: Network, other: Network, matching: Matching
) -> Iterator[Finding]:
    """Yield a finding for each place; equal ones of repeated blocks are one."""
    groups: dict[object, list[Place]] = {}
    first = True
    for place in matching.places:
        if follows(place) and not first:
            continue
        first = False
        groups.setdefault(_alike(network, place), []).append(place)
    for places in [*groups.values()][:MOST_FINDINGS]:
        yield _finding(network, other, matching, places)
    if len(groups) > MOST_FINDINGS:
        more = f"{len(groups) - MOST_FINDINGS} more places differ"
        yield Finding(network.spec.source.name, Problem(CODE, more))


def _alike(network: Network, place: Place) -> object:
    """Return what places have in common that one finding speaks of."""
    step = place.ours or place.theirs
    if step is None:
        return place.what
    here = network.spec.source.place(step.node.origin) if place.ours else None
    line = (here.line, here.column) if here else None
    if place.ours is not None and place.theirs is not None:
        return line, place.what, tuple(differing(place).items())
    return line, place.what, place.ours is None, step.kind


def _finding(
    network: Network, other: Network, matching: Matching, places: list[Place]
) -> Finding:
    """Return the finding of places that are alike."""
    place = places[0]
    told = list(facts(place))
    if place.theirs is not None and ending(other.spec.source.name) in WRITTEN:
        told[-1] += f" ({other.spec.source.place(place.theirs.node.origin)})"
    if len(places) > 1:
        steps = [p.ours or p.theirs for p in places[1:]]
        names = [clean(step.node.name) for step in steps[:MOST_NAMED] if step]
        more = ", …" if len(steps) > MOST_NAMED else ""
        told.append(f"{len(steps)} more: {', '.join(names)}{more}")
    where = None
    if place.ours is not None:
        where = network.spec.source.place(place.ours.node.origin)
    why = reason(matching, place)
    problem = Problem(CODE, headline(place), where, tuple(told), why)
    loss = _left_to_loss(place)
    severity: Mapping[bool, Any] = {True: "warning", False: "error"}
    return Finding(network.spec.source.name, problem, severity[loss], fails=not loss)


def _left_to_loss(place: Place) -> bool:
    """Say whether a step is missing that libraries leave to the loss."""
    alone = place.ours or place.theirs
    both = place.ours is not None and place.theirs is not None
    return alone is not None and not both and alone.node.layer.left_to_loss

"""Applying the fixes of findings to files."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from archcalc.checks.checking import Selection, check_source
from archcalc.checks.findings import Checked, Finding
from archcalc.checks.lock import output_hashes
from archcalc.errors import ArchcalcError
from archcalc.language.about import Expected
from archcalc.limits import Limits
from archcalc.network.network import Network
from archcalc.network.network import network as network_of
from archcalc.source.edits import BYTE_ORDER_MARK, Edit, applied
from archcalc.source.parser import parse
from archcalc.source.text import decode, read_bytes
from archcalc.source.writing import write_bytes

MOST_ROUNDS = 20
BROKEN = ("AC1", "AC2", "AC303")
"""What a fix must not bring: no network, or a claim about a step that is gone."""
UNMET = ("AC301", "AC302")
"""What it must not bring of a figure that has a source."""
REWRITING = ("AC404", "AC408", "AC409", "AC413")
"""Rules whose fix writes the same network in other steps, or takes out what is unused.

It may change names that are made of a kind and a number, as `conv3`, so that another
step that names one means another tensor.
"""


def fix_file(path: str, limits: Limits, choice: Selection) -> int:
    """Write a file with every fix applied that leaves it a network; return how many."""
    try:
        data = read_bytes(path, limits)
        text = decode(data, path)
    except ArchcalcError:
        return 0  # the check says what is wrong
    fixed, count = fix_text(text, path, limits, choice)
    if fixed != text:
        mark = BYTE_ORDER_MARK if data.startswith(BYTE_ORDER_MARK) else b""
        write_bytes(path, mark + fixed.encode("utf-8"))
    return count


def fix_text(
    text: str, path: str, limits: Limits, choice: Selection
) -> tuple[str, int]:
    """Return a spec with every fix applied, and how many were.

    One fix can make room for the next, so that the spec is checked again after each
    round. A fix is left out if it would break the network or a figure with a source, or
    if it would change the network though its rule means to keep it.
    """
    version = _Version(text, path, limits, choice)
    count, refused = 0, set[Edits]()
    for _ in range(MOST_ROUNDS):
        fixes = {
            f.fix.edits: f.code.startswith(REWRITING)
            for f in version.checked.findings
            if f.fix and f.fix.edits not in refused
        }
        if not fixes:
            break
        changed, used = _round(version, fixes)
        refused |= {edits for edits in fixes if edits not in used}
        if not used:
            break
        version, count = changed, count + len(used)
        refused.clear()
    return version.text, count


Edits = tuple[Edit, ...]


class _Version:
    """A text of a spec, and what is found in it."""

    def __init__(self, text: str, path: str, limits: Limits, choice: Selection) -> None:
        self.text = text
        self.given = path, limits, choice

    def after(self, chosen: Iterable[Edits]) -> _Version:
        """Return the text with some fixes applied."""
        edits = (edit for one in chosen for edit in one)
        return _Version(applied(self.text, edits), *self.given)

    @cached_property
    def checked(self) -> Checked:
        """What a check finds."""
        path, limits, choice = self.given
        try:
            return check_source(parse(self.text, path, limits), path, limits, choice)
        except ArchcalcError as error:
            return Checked(path, tuple(Finding(path, p) for p in error.problems))

    @cached_property
    def breaks(self) -> int:
        """How many findings are there that no fix must bring."""
        own = sum(bool(entry.cite or entry.said) for entry in self.unmet)
        return own + sum(f.code.startswith(BROKEN) for f in self.checked.findings)

    @cached_property
    def unmet(self) -> list[Expected]:
        """The entries of `expect` whose figures are not met, once for each."""
        found = [f.place for f in self.checked.findings if f.code in UNMET]
        network = self._network() if found else None
        if network is None:
            return []
        spec = network.spec
        entry_at = {
            (key.line, key.column): entry
            for entry, at in zip(spec.about.expect, spec.expected_at, strict=True)
            for key, _ in getattr(at, "items", ())
        }
        places = [(place.line, place.column) for place in found]
        return [entry_at[place] for place in places if place in entry_at]

    @cached_property
    def outputs(self) -> list[tuple[bytes, ...] | None]:
        """What the network and each variant computes; None for one with an error."""
        network = self._network()
        if network is None:
            return []
        spec, limits = network.spec, network.limits
        variants = (None, *network.variants)
        return [_outputs(Network(spec, name, limits=limits)) for name in variants]

    def _network(self) -> Network | None:
        path, limits, _ = self.given
        try:
            return network_of(parse(self.text, path, limits), limits=limits)
        except ArchcalcError:
            return None

    def keeps(self, before: _Version) -> bool:
        """Say whether every output of an earlier text is computed as it was.

        Figures of single steps must hold as before: a name may be that of another step.
        """
        steps = [sum(bool(e.at) for e in one.unmet) for one in (before, self)]
        if len(self.outputs) != len(before.outputs) or steps[0] < steps[1]:
            return False
        pairs = zip(before.outputs, self.outputs, strict=True)
        return all(old is None or set(old) <= set(new or ()) for old, new in pairs)


def _outputs(network: Network) -> tuple[bytes, ...] | None:
    """Return what identifies the outputs of a network; None for one with an error."""
    try:
        return output_hashes(network.graph)
    except ArchcalcError:
        return None


def _round(before: _Version, fixes: dict[Edits, bool]) -> tuple[_Version, list[Edits]]:
    """Return the text after the fixes that fit together, and which these are.

    They break nothing, and keep what they must.
    """
    chosen = _apart(fixes)
    kept = [edits for edits in chosen if fixes[edits]]
    changed = before.after(chosen)
    keeps = not kept or before.after(kept).keeps(before)
    if keeps and changed.breaks <= before.breaks:
        return changed, chosen
    used: list[Edits] = []
    changed = before
    for edits in chosen:
        kept = [one for one in (*used, edits) if fixes[one]]
        if fixes[edits] and not before.after(kept).keeps(before):
            continue
        trial = before.after([*used, edits])
        if trial.breaks <= before.breaks:
            used.append(edits)
            changed = trial
    return changed, used


def _apart(fixes: Iterable[Edits]) -> list[Edits]:
    """Return the fixes that do not touch what an earlier one changes."""
    chosen: list[Edits] = []
    taken: list[Edit] = []
    for edits in fixes:
        if not any(
            (a.begin < b.end and b.begin < a.end) or a.begin == b.begin
            for a in edits
            for b in taken
        ):
            chosen.append(edits)
            taken += edits
    return chosen

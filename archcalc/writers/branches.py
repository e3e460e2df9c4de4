"""Branches that some uses of a block leave out, such as a shortcut's projection."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

from archcalc.writers.bodies import ENTERING, Ref
from archcalc.writers.parts import ANYTHING, Draft, Part, Ranges, is_module


def merged(groups: list[list[Draft]]) -> list[list[Draft]]:
    """Put uses together that differ in one branch alone, which some leave out.

    That is how a shortcut with a projection and one without become one class.
    """
    done: list[list[Draft]] = []
    for group in groups:
        for number, other in enumerate(done):
            joined = _joined(other, group) or _joined(group, other)
            if joined is not None:
                done[number] = joined
                break
        else:
            done.append(group)
    return done


def _joined(whole: list[Draft], less: list[Draft]) -> list[Draft] | None:
    """Return all uses as one class, if `less` leaves out a branch of `whole`."""
    draft, short = whole[0], less[0]
    if draft.body.group.label != short.body.group.label:
        return None
    if any(part.optional is not None for part in (*draft.parts, *short.parts)):
        return None
    branches = {part.branch for part in draft.parts if part.branch}
    for branch in sorted(branches):
        run = [i for i, p in enumerate(draft.parts) if p.branch == branch]
        if run != list(range(run[0], run[-1] + 1)) or not _is_chain(draft, run):
            continue
        if _without(draft, run) == _without(short, []):
            return [*(_marked(d, run, None) for d in whole)] + [
                _marked(d, run, draft) for d in less
            ]
    return None


def _is_chain(draft: Draft, run: list[int]) -> bool:
    """Say whether parts are modules in a row, of which only the last is read."""
    steps = all(draft.parts[b].inputs == ((a, 0),) for a, b in pairwise(run))
    plain = all(is_module(draft.parts[i]) for i in run)
    inside = {(i, 0) for i in run[:-1]}
    outside = [p for i, p in enumerate(draft.parts) if i not in run]
    read = {ref for part in outside for ref in part.inputs} | {*draft.returned}
    single = len(draft.parts[run[0]].inputs) == 1
    return steps and plain and single and not inside & read


def _without(draft: Draft, run: list[int]) -> Hashable:
    """Return what the parts are but for a branch, which is passed through."""
    through: dict[Ref, Ref] = {}
    kept: list[Hashable] = []
    if run:
        through[run[-1], 0] = draft.parts[run[0]].inputs[0]
    numbers = [i for i in range(len(draft.parts)) if i not in run]
    places = {old: new for new, old in enumerate(numbers)}

    def moved(ref: Ref) -> Ref:
        at, place = through.get(ref, ref)
        return (at, place) if at == ENTERING else (places[at], place)

    for index in numbers:
        part = draft.parts[index]
        inputs = tuple([moved(ref) for ref in part.inputs])
        kept.append((part.name, inputs, part.form, id(part.used), part.row))
        if part.shared is not None:
            kept.append(moved((part.shared, 0)))
    returned = tuple([moved(ref) for ref in draft.returned])
    return len(draft.body.entering), tuple(kept), returned


def _marked(draft: Draft, run: list[int], whole: Draft | None) -> Draft:
    """Return a use with a value that says whether it has the branch.

    `whole` is a use that has it, for one that has not.
    """
    like = whole or draft
    values: list[Any] = []
    parts: list[Part] = []
    ranges: Ranges = []
    own = iter(zip(draft.parts, draft.ranges, strict=True))
    flag = sum(len(part.places) for part in like.parts)
    for index, part in enumerate(like.parts):
        start = len(values)
        left_out = whole is not None and index in run
        if left_out:
            values += [ANYTHING] * len(part.places)
            ranges.append(None)
        else:
            mine, items = next(own)
            values += [draft.values[place] for place in mine.places]
            ranges.append(items)
        optional = flag if index in run else None
        places = range(start, len(values))
        parts.append(part._replace(places=places, optional=optional))
    values.append(whole is None)
    return Draft(draft.body, parts, values, like.returned, ranges)

"""A sequence of steps that is written out several times in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import Hint, Linted, fix
from archcalc.checks.rule import Rule
from archcalc.graph.scope import base_names
from archcalc.language.spec import Spec
from archcalc.language.steps import Step
from archcalc.records import NamedTuple
from archcalc.source.edits import item_lines, lines_replaced
from archcalc.source.values import Mapping, Scalar, Value
from archcalc.source.values import Sequence as Items

RULE = Rule(
    "AC409",
    "repeated-steps",
    "Three or more equal steps in a row, or a group of three or more steps that "
    "stands twice in a row, are shorter and safer as one step with `repeat`, a stage "
    "or a block.",
    "- {conv: 8, kernel: 3}\n- relu\n- {conv: 8, kernel: 3}\n- relu\n"
    "- {conv: 8, kernel: 3}\n- relu",
    "- repeat: 3\n  stage:\n    - {conv: 8, kernel: 3}\n    - relu",
    help="repeat",
    fixable=True,
)
UNLIKE = ("name", "from", "share")
NUMBER = "i"
WORD = re.compile(r"[A-Za-z_]\w*")
LONGEST_PERIOD = 32


class Run(NamedTuple):
    """Items `first` to `first + period·times`, the same `period` ones `times` times."""

    first: int
    period: int
    times: int

    @property
    def saved(self) -> int:
        """How many items one repetition stands for."""
        return self.period * (self.times - 1)


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each run of equal steps in a list."""
    if net.network.variant is not None:
        return
    for steps in _lists(net.network.spec):
        items: list[Value] = [
            net.layout.holder(step.node) or step.node for step in steps
        ]
        numbered = _numbered(steps)
        for run in _runs([_signature(item, numbered) for item in items]):
            item = items[run.first]
            what = "step is" if run.period == 1 else f"{run.period} steps are"
            message = f"the same {what} written {run.times} times in a row"
            help = (
                f"repeat: {run.times}"
                if run.period == 1
                else f"a stage or block with repeat: {run.times}"
            )
            yield Hint(_shown(item), message, (), help, _fix(net, items, run))


def _lists(spec: Spec) -> Iterator[tuple[Step, ...]]:
    """Yield every list of steps in a file, those inside of steps too."""
    waiting = [spec.steps, *(block.steps for block in spec.blocks.values())]
    while waiting:
        steps = waiting.pop()
        yield steps
        for step in steps:
            held = (step.body, step.shortcut)
            branches = (inner for _, inner in (*(step.branches or ()), *step.parts))
            waiting.extend(s for s in (*held, *branches) if type(s) is tuple and s)


def _shown(item: Value) -> Value:
    return item.items[0][0] if isinstance(item, Mapping) and item.items else item


def _numbered(steps: tuple[Step, ...]) -> frozenset[str]:
    """Return the names of steps without one that repetitions would give to others."""
    given = {step.name for step in steps}
    names = (name for name in base_names(steps) if name not in given)
    return frozenset(name for name in names if name[-1:].isdigit())


def _signature(item: Value, numbered: frozenset[str]) -> Any:
    """Return what makes steps equal; something unlike all else where they are named.

    So it is where arithmetic has the number of a repetition around them, `i`, and where
    a step reads one by its number, as `conv2`.
    """
    if isinstance(item, Mapping):
        if any(item.get(word) is not None for word in UNLIKE):
            return object()
        words = {word for text in _texts(item) for word in WORD.findall(text)}
        if NUMBER in words or not numbered.isdisjoint(words):
            return object()
    return _plain(item)


def _texts(value: Value) -> Iterator[str]:
    """Yield the values in a step, its notes apart."""
    if isinstance(value, Scalar):
        yield value.text
        return
    pairs = (
        value.items if isinstance(value, Mapping) else ((None, v) for v in value.items)
    )
    for key, inner in pairs:
        if key is None or key.text != "note":
            yield from _texts(inner)


def _plain(value: Value) -> Any:
    if isinstance(value, Scalar):
        return value.text
    if isinstance(value, Items):
        return tuple(map(_plain, value.items))
    return tuple((key.text, _plain(inner)) for key, inner in value.items)


def _runs(signatures: list[Any]) -> Iterator[Run]:
    """Yield runs from left to right, the longest at each place, none in another."""
    at = 0
    while at < len(signatures):
        best = max(
            _at(signatures, at), key=lambda run: (run.saved, -run.period), default=None
        )
        if best is None:
            at += 1
            continue
        yield best
        at = best.first + best.period * best.times


def _at(signatures: list[Any], first: int) -> Iterator[Run]:
    """Yield the runs that begin at a place."""
    for period in range(1, min(LONGEST_PERIOD, (len(signatures) - first) // 2) + 1):
        if signatures[first] != signatures[first + period]:
            continue
        unit, count = signatures[first : first + period], 1
        while signatures[first + period * count : first + period * (count + 1)] == unit:
            count += 1
        if count >= 3 or (count == 2 and period >= 3):
            yield Run(first, period, count)


def _fix(net: Linted, items: list[Value], run: Run) -> Fix | None:
    """Return the fix that leaves one repetition and says how often."""
    chosen = items[run.first : run.first + run.period * run.times]
    lines = [item_lines(net.layout, item) for item in chosen]
    spans = [each for each in lines if each is not None]
    if len(spans) != len(chosen):
        return None
    says = f"write it once, with repeat: {run.times}"
    if run.period == 1:
        item = chosen[0]
        if not isinstance(item, Mapping) or item.get("repeat") is not None:
            return None
        rest = lines_replaced(net.layout, spans[1].first, spans[-1].last, None)
        return fix(
            says, net.layout.added(item.items[0][0], f"repeat: {run.times}"), rest
        )
    dash = " " * spans[0].dash
    kept = net.layout.source.written.lines[
        spans[0].first - 1 : spans[run.period - 1].last
    ]
    body = [f"    {line}" if line.strip() else line for line in kept]
    new = net.layout.newline.join(
        [f"{dash}- repeat: {run.times}", f"{dash}  stage:", *body]
    )
    return Fix(says, (lines_replaced(net.layout, spans[0].first, spans[-1].last, new),))

"""What an interrupted sweep has found, where its rows are written only at the end.

`FILE.partial` says how far the sweep came and which combinations were chosen so far, by
their numbers; their rows are computed again, so they are never another sweep's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from archcalc.errors import UsageError
from archcalc.source.writing import write_text
from archcalc.sweeps.choice import Choice
from archcalc.sweeps.chunks import task_of
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.values import SweepRow

SCHEMA = "archcalc/sweep/1"


def partial_of(output: Path) -> Path:
    """Return the file beside a sweep's output."""
    return output.with_name(f"{output.name}.partial")


def digest(found: Combinations, choice: Choice) -> str:
    """Return what tells one sweep from another: all that its rows depend on."""
    return sha256(repr(task_of(found, choice)).encode()).hexdigest()


def save(
    path: Path, found: Combinations, choice: Choice, unit: int, rows: Sequence[SweepRow]
) -> None:
    """Write what was chosen before a unit."""
    places = [
        {value: place for place, value in reversed(list(enumerate(axis)))}
        for axis in found.axes.values()
    ]
    numbers = [
        found.number(known[value] for known, value in zip(places, row, strict=False))
        for row in rows
    ]
    own = digest(found, choice)
    state = {"schema": SCHEMA, "sweep": own, "unit": unit, "rows": numbers}
    write_text(path, json.dumps(state))


def saved(
    path: Path, found: Combinations, choice: Choice
) -> tuple[int, list[SweepRow]]:
    """Return the unit to go on from and the rows before it.

    Raises `UsageError` AC582 where the file is none of this sweep.
    """
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        unit, numbers = int(state["unit"]), list(map(int, state["rows"]))
        mine = state["sweep"] == digest(found, choice)
    except (ValueError, KeyError, TypeError, OverflowError):
        mine, unit, numbers = False, 0, []
    rows = [found.numbered(number) for number in numbers if mine]
    known = [row for row in rows if row is not None]
    if not mine or len(known) < len(numbers):
        message = f"{path} holds another sweep"
        raise UsageError.of(
            "AC582", message, help="without --resume the sweep starts again"
        )
    return unit, known

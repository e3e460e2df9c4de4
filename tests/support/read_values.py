"""What the reader of YAML gives, and refuses, in a form that tests compare."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc.errors import ArchcalcError, Problem
from archcalc.limits import DEFAULT, Limits
from archcalc.source.parser import Scalar, Sequence, Value, parse


def refusal(text: str | bytes, limits: Limits = DEFAULT) -> Problem:
    """Return the one problem of a text that must be refused."""
    with pytest.raises(ArchcalcError) as caught:
        parse(text, "net.yaml", limits)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def where(problem: Problem) -> tuple[int, int, int]:
    """Return line, column and width of the place of a problem in `net.yaml`."""
    assert problem.place is not None
    assert problem.place.file == "net.yaml"
    return problem.place.line, problem.place.column, problem.place.width


def plain(value: Value) -> Any:
    """Return texts, lists and dicts without places, with keys as written."""
    if isinstance(value, Scalar):
        return value.text
    if isinstance(value, Sequence):
        return [plain(item) for item in value.items]
    return {key.text: plain(item) for key, item in value.items}

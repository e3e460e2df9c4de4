"""Runs the command line in this process, as `python -m archcalc` would."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from archcalc.__main__ import main


class Done(NamedTuple):
    """How a command ended: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


def archcalc(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> Done:
    """Run `archcalc words…`; return its exit code and what it wrote."""
    monkeypatch.setattr(sys, "argv", ["archcalc", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    written = capsys.readouterr()
    code = ended.value.code
    return Done(code if isinstance(code, int) else 0, written.out, written.err)

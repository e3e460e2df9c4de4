"""No command takes many more instructions than it took when they were recorded.

Instructions are counted, not seconds: they hold on a busy machine. After a change that
is meant, `UPDATE_GOLDEN=1 pytest -m counts` records them again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from instructions import FIVE, instructions, where

RECORDED = Path(__file__).parents[1] / "data" / "instructions.json"
MOST = 1.03

pytestmark = pytest.mark.counts


def test_commands_take_as_many_instructions_as_recorded(tmp_path: Path) -> None:
    known = json.loads(RECORDED.read_text(encoding="utf-8"))
    update = bool(os.environ.get("UPDATE_GOLDEN"))
    if known["where"] != where() and not update:
        pytest.skip(f"recorded with {known['where']}, and here is {where()}")
    counts = {name: instructions(words, tmp_path) for name, words in FIVE.items()}
    if update:
        told = {"where": where(), "instructions": counts}
        RECORDED.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        return
    assert counts.keys() == known["instructions"].keys()
    grown = {
        name: f"{count:,} are {count / before:.3f} × the {before:,} recorded"
        for name, count in counts.items()
        if count > MOST * (before := known["instructions"][name])
    }
    assert not grown

"""The list of mutants that change nothing: about code that is still there."""

from __future__ import annotations

import pytest
from mutants import GROUPS, ROOT
from mutants_report import Mutant, equivalents

EXPLAINED = equivalents()


@pytest.mark.parametrize("mutant", EXPLAINED, ids=lambda m: f"{m.file}: {m.becomes}")
def test_an_explained_mutant_is_of_a_line_that_stands(mutant: Mutant) -> None:
    text = (ROOT / "archcalc" / mutant.file).read_text(encoding="utf-8")
    assert mutant.was in " ".join(line.strip() for line in text.splitlines())
    assert mutant.was != mutant.becomes
    assert EXPLAINED[mutant].strip()


def test_groups_are_of_files_and_tests_that_stand() -> None:
    for group in GROUPS.values():
        for pattern in group.files:
            assert list((ROOT / "archcalc").glob(pattern)), pattern
        for name in (*group.quick, *group.slow):
            assert list((ROOT / "tests").rglob(f"test_{name}.py")), name

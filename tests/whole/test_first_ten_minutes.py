"""Four ways to begin, as the documentation has them: their commands are run.

They print what the page shows; and how soon there is an answer, how many commands there
are, and what they leave behind.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import replay
from replay import WAYS, Folder

SCREEN = 24
"""Lines of a terminal: the first answer is seen without scrolling."""
MISTAKES = {
    "first spec": {"archcalc table first.yaml"},
    "specs under CI": {"archcalc check"},
}
"""Commands that are shown to fail once, because the page makes a mistake."""


class Walk(NamedTuple):
    """A way as it was walked: its page, the page as printed now, what ran where."""

    page: str
    printed: str
    folder: Folder


Walked = Callable[[str], Walk]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Return what walks a way, once, in an empty folder of its own."""

    @cache
    def walk(way: str) -> Walk:
        folder = Folder(tmp_path_factory.mktemp("way"))
        text = (replay.ROOT / WAYS[way]).read_text(encoding="utf-8")
        page = "".join(replay.parts(text))
        return Walk(page, replay.BLOCK.sub(folder.block, page), folder)

    return walk


@pytest.mark.parametrize("way", WAYS)
def test_page_shows_what_is_printed(way: str, walked: Walked) -> None:
    """`python tests/tools/documents.py` writes it anew."""
    assert walked(way).printed == walked(way).page


@pytest.mark.parametrize("way", WAYS)
def test_first_answer_fits_a_screen(way: str, walked: Walked) -> None:
    answer = next(one for one in walked(way).folder.runs if one.printed)
    assert answer.command.startswith("archcalc ")
    assert answer.code == 0
    lines = answer.printed.splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("way", WAYS)
def test_only_the_mistakes_fail(way: str, walked: Walked) -> None:
    failed = [one.command for one in walked(way).folder.runs if one.code]
    assert len(failed) == len(set(failed))
    assert set(failed) == MISTAKES.get(way, set())
    assert not any("Traceback" in one.printed for one in walked(way).folder.runs)


def test_the_tutorial_is_short(walked: Walked) -> None:
    assert len(walked("first spec").folder.runs) <= 12


def test_an_error_names_both_shapes(walked: Walked) -> None:
    told = next(one.printed for one in walked("first spec").folder.runs if one.code)
    assert re.search(r"first\.yaml:\d+:\d+: error", told)
    assert {"64×16×16", "32×32×32"} <= set(re.findall(r"\d+×\d+×\d+", told))
    assert "shortcut: projection" in told


def test_files_are_left(walked: Walked) -> None:
    spec, slides = (
        walked("first spec").folder.path,
        walked("lecture's slides").folder.path,
    )
    assert "<svg" in (spec / "first.svg").read_text(encoding="utf-8")
    report = (spec / "first.html").read_text(encoding="utf-8")
    assert "block2" in report
    assert not re.search(r"""(?:src|href)=["']https?:""", report)
    assert {"vgg16.tex", "vgg16-volumes.tex", "quiz.html"} <= {
        p.name for p in slides.iterdir()
    }
    rows = (walked("design space").folder.path / "space.csv").read_text(
        encoding="utf-8"
    )
    assert len(rows.splitlines()) == 1 + 57 * 8 * 3


def test_the_change_is_seen(walked: Walked) -> None:
    """The width is doubled: shapes and budgets are named, then what grew."""
    runs = walked("specs under CI").folder.runs
    told = next(one.printed for one in runs if one.code)
    assert {"64×16×16", "128×16×16"} <= set(re.findall(r"\d+×\d+×\d+", told))
    assert "+56,992" in runs[-1].printed


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_a_table_fits_a_slide(walked: Walked, tmp_path: Path) -> None:
    folder = walked("lecture's slides").folder.path
    for name in ("talk.tex", "archcalc-preamble.tex", "vgg16.tex"):
        shutil.copy(folder / name, tmp_path)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "talk.tex"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert not re.findall(r"Overfull \\[vh]box \((?!0\.)[^)]*\)", done.stdout)

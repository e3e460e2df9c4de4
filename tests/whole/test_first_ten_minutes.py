"""Four ways to begin, as the documentation has them: their commands are run.

`test_documents.py` compares all that they print with the page. Here: how soon there is
an answer, how many commands there are, and what they leave behind.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import replay
from replay import Folder

WAYS = {
    "lecture's slides": "how-to/slides.md",
    "first spec": "tutorial.md",
    "specs under CI": "how-to/ci.md",
    "design space": "how-to/design-space.md",
}
SCREEN = 24
"""Lines of a terminal: the first answer is seen without scrolling."""
MISTAKES = {
    "first spec": {"archcalc table first.yaml"},
    "specs under CI": {"archcalc check"},
}
"""Commands that are shown to fail once, because the page makes a mistake."""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Folder]:
    """Run every way in an empty folder of its own."""
    folders = {}
    for way, page in WAYS.items():
        folder = Folder(tmp_path_factory.mktemp("way"))
        text = (replay.ROOT / "docs" / page).read_text(encoding="utf-8")
        for part in replay.parts(text):
            replay.BLOCK.sub(folder.block, part)
        folders[way] = folder
    return folders


@pytest.mark.parametrize("way", WAYS)
def test_first_answer_fits_a_screen(way: str, walked: dict[str, Folder]) -> None:
    answer = next(one for one in walked[way].runs if one.printed)
    assert answer.command.startswith("archcalc ")
    assert answer.code == 0
    lines = answer.printed.splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("way", WAYS)
def test_only_the_mistakes_fail(way: str, walked: dict[str, Folder]) -> None:
    failed = [one.command for one in walked[way].runs if one.code]
    assert len(failed) == len(set(failed))
    assert set(failed) == MISTAKES.get(way, set())
    assert not any("Traceback" in one.printed for one in walked[way].runs)


def test_the_tutorial_is_short(walked: dict[str, Folder]) -> None:
    assert len(walked["first spec"].runs) <= 12


def test_an_error_names_both_shapes(walked: dict[str, Folder]) -> None:
    told = next(one.printed for one in walked["first spec"].runs if one.code)
    assert re.search(r"first\.yaml:\d+:\d+: error", told)
    assert {"64×16×16", "32×32×32"} <= set(re.findall(r"\d+×\d+×\d+", told))
    assert "shortcut: projection" in told


def test_files_are_left(walked: dict[str, Folder]) -> None:
    spec, slides = walked["first spec"].path, walked["lecture's slides"].path
    assert "<svg" in (spec / "first.svg").read_text(encoding="utf-8")
    report = (spec / "first.html").read_text(encoding="utf-8")
    assert "block2" in report
    assert not re.search(r"""(?:src|href)=["']https?:""", report)
    assert {"vgg16.tex", "vgg16-volumes.svg"} <= {p.name for p in slides.iterdir()}
    rows = (walked["design space"].path / "space.csv").read_text(encoding="utf-8")
    assert len(rows.splitlines()) == 1 + 57 * 8 * 3


def test_the_change_is_seen(walked: dict[str, Folder]) -> None:
    """The width is doubled: shapes and budgets are named, then what grew."""
    runs = walked["specs under CI"].runs
    told = next(one.printed for one in runs if one.code)
    assert {"64×16×16", "128×16×16"} <= set(re.findall(r"\d+×\d+×\d+", told))
    assert "+56,992" in runs[-1].printed


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_a_table_fits_a_slide(walked: dict[str, Folder], tmp_path: Path) -> None:
    folder = walked["lecture's slides"].path
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

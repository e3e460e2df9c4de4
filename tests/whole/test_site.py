"""The documentation as a site: it builds without a warning, and needs no network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT

LOADED = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=["'](https?:[^"']*)"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", folder],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.mark.docs
def test_every_page_is_there(site: Path) -> None:
    for page in (
        "index",
        "tutorial",
        "how-to/slides",
        "reference/commands",
        "reference/layers",
        "shelf",
    ):
        assert (site / f"{page}.html").exists()
    shown = {path.stem for path in (site / "shelf").glob("*.html")}
    assert {"vgg16", "resnet50", "unet"} <= shown
    pictures = {path.name for path in (site / "_images").iterdir()}
    assert {f"{name}-volumes.svg" for name in shown} <= pictures


@pytest.mark.docs
def test_made_pages_have_what_they_are_made_from(site: Path) -> None:
    from archcalc.catalogue import FIGURES
    from archcalc.commands import COMMANDS

    commands = (site / "reference/commands.html").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f'id="{name}"' not in commands] == []
    figures = (site / "reference/figures.html").read_text(encoding="utf-8")
    assert [key for key in FIGURES if f">{key}<" not in figures] == []
    python = (site / "reference/python.html").read_text(encoding="utf-8")
    for name in ("load", "table", "compare", "Report"):
        assert f'id="archcalc.{name}"' in python


@pytest.mark.docs
def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        loaded = LOADED.findall(path.read_text(encoding="utf-8"))
        assert loaded == [], path.name


@pytest.mark.docs
def test_search_finds_words_of_the_pages(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for word in ("receptiv", "budget", "reconcil", "resnet50"):
        assert word in index

"""The documentation shows what the code prints."""

from __future__ import annotations

import doctest
import re

import pytest
import replay
from documents import (
    BLOCK,
    DOCUMENTS,
    MADE,
    PICTURES,
    ROOT,
    alone,
    generated,
    printed,
)

SHOWN = [
    (name, match[1], match[2])
    for name in DOCUMENTS
    for match in BLOCK.finditer(alone((ROOT / name).read_text(encoding="utf-8")))
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
PYTHON = [
    name
    for name in DOCUMENTS
    if ">>> " in (ROOT / name).read_text(encoding="utf-8") and name not in MADE
]
PARTS = [
    (name, part)
    for name in DOCUMENTS
    if name not in replay.WAYS.values()
    for part in replay.parts((ROOT / name).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    ("name", "command", "output"), SHOWN, ids=[f"{n}: {c}" for n, c, _ in SHOWN]
)
def test_shown_output_is_real(name: str, command: str, output: str) -> None:
    """`python tests/tools/documents.py` writes it anew."""
    assert printed(command) == output, f"{name}: {command}"


@pytest.mark.parametrize(("name", "part"), PARTS, ids=[name for name, _ in PARTS])
def test_parts_that_begin_in_an_empty_folder(name: str, part: str) -> None:
    assert replay.replay(part)[0] == part, name


def test_readme_is_short() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150


@pytest.mark.parametrize("name", PYTHON)
def test_python_examples(name: str) -> None:
    result = doctest.testfile(str(ROOT / name), module_relative=False, encoding="utf-8")
    assert result.attempted > 1
    assert result.failed == 0


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Of the pages in `docs/`, Sphinx says which links lead nowhere."""
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [link for link in LINK.findall(text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link.split("#")[0]).exists()] == []


def test_made_documents_are_fresh() -> None:
    for path, text in generated().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, path


def test_every_picture_is_made() -> None:
    pictures = {f"docs/pictures/{p.name}" for p in (ROOT / "docs/pictures").iterdir()}
    assert pictures == {*PICTURES, "docs/pictures/playground.png"}  # a screenshot

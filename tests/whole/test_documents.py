"""The documentation shows what the code prints."""

from __future__ import annotations

import doctest

import pytest
from documents import (
    BLOCK,
    DOCUMENTS,
    PICTURES,
    ROOT,
    commands,
    generated,
    printed,
)

SHOWN = [
    (name, match[1], match[2])
    for name in DOCUMENTS
    for match in BLOCK.finditer((ROOT / name).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    ("name", "command", "output"), SHOWN, ids=[f"{n}: {c}" for n, c, _ in SHOWN]
)
def test_shown_output_is_real(name: str, command: str, output: str) -> None:
    """`python tests/tools/documents.py` writes it anew."""
    assert printed(command) == output, f"{name}: {command}"


def test_readme_shows_the_main_commands() -> None:
    shown = " ".join(commands((ROOT / "README.md").read_text(encoding="utf-8")))
    for word in (
        "table vgg16",
        "compare naive-inception bottleneck-inception",
        "list",
        "check",
    ):
        assert word in shown


def test_readme_python_examples() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted > 3
    assert result.failed == 0


def test_made_documents_are_fresh() -> None:
    for path, text in generated().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, path


def test_every_picture_is_made() -> None:
    pictures = {f"docs/pictures/{p.name}" for p in (ROOT / "docs/pictures").iterdir()}
    assert pictures == set(PICTURES)

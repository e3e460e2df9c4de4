"""Phrases that readers stumbled over stay out of messages, help and documentation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BANNED = (
    *("let lint among them fail", "parted by blanks", "parted by commas"),
    *("padding counted, biases and normalization not", "agrees, 5 erratum"),
    *("would fit by chance", "spread evenly, about", "a network that is one"),
    *("where it is left out", "where left out", "the batch left out"),
    *("where it is meant", "rarely meant", "is it meant", "looks misread"),
    *("--resume goes on", "begins anew", "lock it anew", "laid out anew"),
    *("a size that stays a name", "sizes that stay names", "sizes are names"),
    *("sizes that are names", "cannot stay a name", "so it has no figure to meet"),
    *("archcalc reads none", "YAML wants", "YAML takes no", "blow a file up"),
    *("round in a circle", "stands for nothing", "the comma is too much"),
    *("has no place in arithmetic", "stands where a", "need each other"),
    *("with as many axes", "sizes beside its", "takes more than there is"),
    *("nothing but padding", "nothing but zeros", "leaves nothing"),
    *("what is left of the values", "nothing lies between", "do not make up"),
    *("half-way that nothing reads", "has come down by", "runs over the last axis"),
    *("the bias does nothing", "is used by nothing", "take the comment out"),
    *("is not what was locked", "that are there", "For people", "Words to find it by"),
    *("what is printed nowhere", "lives at once", "where nothing else reads it"),
    *("parameters apart;", "Let warnings fail", "Do not tell these"),
    *("Rows that none beats", "The first rows alone", "Tell only these rules"),
)
"""Riddles and odd wordings that were replaced, as they stood."""


def literals(path: Path) -> Iterator[str]:
    """Yield the string literals of a module that a user may see.

    What f-strings compute is left open. Docstrings are for those who read the code,
    but those of layers and commands are their help.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shown = {"layers": ast.ClassDef, "commands": ast.FunctionDef}
    helps = shown.get(path.relative_to(ROOT).parts[1], ())
    silent = {
        id(inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and not (helps and isinstance(node, helps))
        for one in node.body
        if isinstance(one, ast.Expr)
        for inside in ast.walk(one)
    }
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (p.value for p in node.values if isinstance(p, ast.Constant))
            yield "…".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def texts() -> dict[str, str]:
    """Return all that a reader may see, by file, with single spaces."""
    found = {
        path.relative_to(ROOT).as_posix(): " \n ".join(literals(path))
        for path in sorted((ROOT / "archcalc").rglob("*.py"))
    }
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    return {name: " ".join(text.split()) for name, text in found.items()}


def test_there_is_something_to_read() -> None:
    assert len(texts()) > 250
    assert "AC500 wrong-command-line" in texts()["archcalc/checks/rules/usage.py"]
    assert (
        "Print a network layer by layer" in texts()["archcalc/commands/look/table.py"]
    )
    assert "Slide a kernel over the input" in texts()["archcalc/layers/conv.py"]


@pytest.mark.parametrize("phrase", BANNED)
def test_a_phrase_is_gone(phrase: str) -> None:
    assert [name for name, text in texts().items() if phrase in text] == []

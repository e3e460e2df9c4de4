"""Output in an encoding that lacks our signs: they are spelled in ASCII."""

from __future__ import annotations

import ast
import codecs
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archcalc.__main__ import SPELLED
from archcalc.commands.spelling import spelled

PACKAGE = Path(__file__).parents[2] / "archcalc"
codecs.register_error(SPELLED, spelled)  # as the command does when it begins


@pytest.mark.parametrize(
    ("text", "ascii", "cp1252"),
    [
        ("64×112×112 ─── │ 0.5…", "64x112x112 --- | 0.5...", "64×112×112 --- | 0.5…"),
        ("conv 3×3, …  64", "conv 3x3, ~  64", "conv 3×3, …  64"),
        ("⌊(n−k)/s⌋ + ⌈x⌉", "floor((n-k)/s) + ceil(x)", "floor((n-k)/s) + ceil(x)"),
        ("6912·C · batch 1", "6912*C | batch 1", "6912·C · batch 1"),
        ("2²·10⁶ k³ n₁₂", "2^2*10^6 k^3 n_12", "2²·10^6 k³ n_12"),
        ("a ≥ b ≤ c ≠ d → e", "a >= b <= c != d -> e", "a >= b <= c != d -> e"),
        ("network あ", "network \\u3042", "network \\u3042"),
        ("├ a\n└ b ███▌", "+ a\n+ b ####", "+ a\n+ b ####"),
    ],
)
def test_signs(text: str, ascii: str, cp1252: str) -> None:
    assert text.encode("ascii", SPELLED).decode("ascii") == ascii
    assert text.encode("cp1252", SPELLED).decode("cp1252") == cp1252


def test_what_cannot_be_read_is_still_an_error() -> None:
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", SPELLED)


def printed_texts() -> Iterator[tuple[Path, str]]:
    """Yield the texts of the code that are no docstrings."""
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            text = getattr(node, "value", None)
            if isinstance(node, ast.Constant) and isinstance(text, str):
                known = id(node) in docs or text.isascii()
                if not known and text.replace("\n", "").isprintable():
                    yield path, text


NOT_OURS = {"tex_text.py", "highlight.py", "typeset.py", "errors.py", "spelling.py"}
"""Files that name signs which users write."""


def test_every_sign_that_we_print_has_a_spelling() -> None:
    found = [(p, t) for p, t in printed_texts() if p.name not in NOT_OURS]
    assert len(found) > 50
    for path, text in found:
        written = text.encode("ascii", SPELLED).decode("ascii")
        assert written.count("\\u") == text.count("\\u"), (path, text)


COMMANDS = [
    "table vgg16",
    "table resnet18 --input 3xHxW --columns params,macs",
    "compare naive-inception bottleneck-inception",
    "explain vgg16 block1.conv1-1",
    "memory vgg16",
    "list",
    "table nosuch",
    "table --help",
    "memory vgg16 --training --timeline",
]


def printed(command: str, encoding: str) -> bytes:
    """Return what a command writes where its output has an encoding."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *command.split()],
        capture_output=True,
        env=environment | {"NO_COLOR": "1"},
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command: str) -> None:
    text = printed(command, "utf-8").decode("utf-8")
    assert len(text) > 50
    for encoding in ("ascii", "cp1252"):
        assert printed(command, encoding) == text.encode(encoding, SPELLED)
        assert b"\\u" not in text.encode(encoding, SPELLED)

"""Parts of the documentation that begin in an empty folder, and what they print.

A part stands between `<!-- from an empty folder -->` and `<!-- end -->`, or the end of
the document. Its blocks run in their order and in one folder:

- a block behind `<!-- file: NAME -->` is written to that file;
- a `console` block has commands, each a line that begins with `$ ` (a backslash at the
  end continues it), and below each what it prints at 80 columns.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SESSION = re.compile(
    r"(?ms)^<!-- from an empty folder -->\n(.*?)(?=^<!-- end -->$|\Z)",
)
BLOCK = re.compile(
    r"(?ms)^<!-- file: (?P<file>[\w./-]+) -->\n```\w*\n(?P<text>.*?)^```$"
    r"|^```console\n(?P<shown>.*?)^```$"
)
WAYS = {
    "lecture's slides": "docs/how-to/slides.md",
    "first spec": "docs/tutorial.md",
    "specs under CI": "docs/how-to/ci.md",
    "design space": "docs/how-to/design-space.md",
}
"""The four ways to begin, which `tests/whole/test_first_ten_minutes.py` walks."""
COMMAND = re.compile(r"(?m)^\$ ((?:[^\n]*\\\n)*[^\n]*)\n")
ENVIRONMENT = {
    "COLUMNS": "80",
    "NO_COLOR": "1",
    "PYTHONUTF8": "1",
    "PYTHONPATH": str(ROOT),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "A. Student"),
            ("EMAIL", "student@example.org"),
            ("DATE", "2026-01-01T12:00:00Z"),
        )
    },
}


class Run(NamedTuple):
    """A command of the documentation, what it printed, and its exit code."""

    command: str
    printed: str
    code: int


class Folder:
    """An empty folder in which the commands of one part run, `archcalc` among them."""

    def __init__(self, path: Path) -> None:
        self.path = path / "work"
        self.path.mkdir()
        self.runs: list[Run] = []
        programs = path / "bin"
        programs.mkdir()
        for name, words in (("archcalc", "-m archcalc "), ("python", "")):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n')
            program.chmod(0o755)
        paths = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, **ENVIRONMENT, "PATH": paths}

    def write(self, name: str, text: str) -> None:
        """Write a file of the document."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, command: str) -> str:
        """Run a command, and return what it prints."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.runs.append(Run(command, done.stdout, done.returncode))
        return done.stdout

    def block(self, match: re.Match[str]) -> str:
        """Return a block as it is now: a file is written, commands run."""
        if match["file"]:
            self.write(match["file"], match["text"])
            return match[0]
        commands = (one[1] for one in COMMAND.finditer(match["shown"]))
        lines = "".join(f"$ {one}\n{self.run(one)}" for one in commands)
        return f"```console\n{lines}```"


def replay(part: str) -> tuple[str, list[Run]]:
    """Run a part in an empty folder; return it as it is now, and its commands."""
    with tempfile.TemporaryDirectory(prefix="replay-") as path:
        folder = Folder(Path(path))
        return BLOCK.sub(folder.block, part), folder.runs


def parts(text: str) -> Iterator[str]:
    """Yield the parts of a document that begin in an empty folder."""
    for match in SESSION.finditer(text):
        yield match[1]

"""YAML with colours, for a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.syntax import Syntax

from archcalc.errors import clean

WIDEST = 10_000


def highlighted(text: str) -> str:
    """Return YAML with ANSI colours, each line as it stands in the file."""
    lines = [clean(line, longest=WIDEST) for line in text.splitlines()]
    widest = max(map(len, lines), default=1)
    sink = StringIO()
    console = Console(
        file=sink, force_terminal=True, width=widest + 1, markup=False, emoji=False
    )
    code = "\n".join(lines)
    syntax = Syntax(code, "yaml", theme="ansi_dark", background_color="default")
    console.print(syntax, highlight=False)
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines())

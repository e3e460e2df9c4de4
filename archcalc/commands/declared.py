"""Options and arguments as commands declare them, without typer.

`commands.typer_app` makes typer's own from them, `commands.quick` reads a plain command
line by them: what a command takes is written once.
"""

from __future__ import annotations

from typing import Any


class Option:
    """An option by its names (`--batch`, `-b`, `--yes/--no`), as in `typer.Option`."""

    def __init__(self, *names: str, **more: Any) -> None:
        self.names = names
        self.more = more


class Argument:
    """A positional argument, as in `typer.Argument`."""

    def __init__(self, **more: Any) -> None:
        self.more = more

"""A plain command line, read without typer, whose import takes longer than the work.

Read here is what can mean one thing only: a command, its arguments, and options by
their full names, each once, with values that need no judgement. All else is typer's to
read: help, completion, joined short options, values that begin with a dash, mistakes.
Both ways read the same declarations, and a test compares what they give.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from archcalc.commands import COMMANDS, RENAMED
from archcalc.commands.declared import NEEDED, Argument, Option, arguments, taken

COMPLETION = "_ARCHCALC_COMPLETE"
"""The variable by which a shell asks typer for completions."""


class _UnclearError(Exception):
    """Something that typer should read."""


def command(name: str) -> Callable[..., None]:
    """Return the function of a command."""
    module = import_module(f"archcalc.commands.{COMMANDS[name]}")
    found: Callable[..., None] = getattr(module, COMMANDS[name].rpartition(".")[2])
    return found


def plain(words: Sequence[str]) -> Callable[[], None] | None:
    """Return the call that a plain command line means; None where typer should say."""
    if os.name == "nt" or COMPLETION in os.environ:  # typer expands `*` on Windows
        return None
    if not words:
        return command("help")
    if words[0] not in COMMANDS:
        return None
    run = command(words[0])
    try:
        return partial(run, **arguments(run, Declared(run).given(words[1:])))
    except _UnclearError:
        return None


def renamed(words: Sequence[str]) -> list[str]:
    """Return a command line with a former command as what it is now, and say so."""
    if not words or words[0] not in RENAMED:
        return list(words)
    now = RENAMED[words[0]]
    print(
        f"note: archcalc {words[0]} is now archcalc {' '.join(now)}; "
        "the next version will know only that",
        file=sys.stderr,
    )
    return [*now, *words[1:]]


class Declared:
    """What a command declares: its options by name, its arguments in order."""

    def __init__(self, run: Callable[..., None]) -> None:
        self.types: dict[str, Any] = {}
        self.options: dict[str, tuple[str, bool | None]] = {}
        self.arguments: list[str] = []
        known = taken(run)
        for name, one in known.items():
            self._declare(name, one.hint)
        self.required = {n for n, one in known.items() if one.default is NEEDED}

    def _declare(self, name: str, hint: Any) -> None:
        if get_origin(hint) is not Annotated:
            raise _UnclearError
        kind, declared = get_args(hint)
        self.types[name] = _without_none(kind)
        if isinstance(declared, Argument):
            self.arguments.append(name)
        else:
            self._option(name, declared)

    def _option(self, name: str, declared: Option) -> None:
        """Take an option's names; a flag's say true, and false behind a slash."""
        flag = self.types[name] is bool
        for names in declared.names:
            yes, _, no = names.partition("/")
            self.options[yes] = name, True if flag else None
            if no:
                self.options[no] = name, False

    def given(self, words: Sequence[str]) -> dict[str, Any]:
        """Return what the words give, by parameter; raise `_UnclearError`."""
        given: dict[str, Any] = {}
        loose = []
        rest = iter(words)
        for word in rest:
            if not word.startswith("-"):
                loose.append(word)
                continue
            option, equals, value = word.partition("=")
            name, flag = self.options.get(option, ("", None))
            if not name or (equals and not option.startswith("--")):
                raise _UnclearError
            if flag is None:
                self._take(given, name, value if equals else next(rest, "-"))
            elif equals or name in given:
                raise _UnclearError
            else:
                given[name] = flag
        self._place(given, loose)
        return given

    def _place(self, given: dict[str, Any], loose: Sequence[str]) -> None:
        """Give words without a name to the arguments, in order."""
        if loose and not self.arguments:
            raise _UnclearError
        for at, word in enumerate(loose):
            self._take(given, self.arguments[min(at, len(self.arguments) - 1)], word)
        if self.required - given.keys():
            raise _UnclearError

    def _take(self, given: dict[str, Any], name: str, text: str) -> None:
        """Read one value, whose type says how."""
        kind = self.types[name]
        if text.startswith("-"):
            raise _UnclearError
        if kind == list[str]:
            given.setdefault(name, []).append(text)
        elif name not in given and kind in READERS:
            given[name] = READERS[kind](text)
        else:
            raise _UnclearError


def _without_none(kind: Any) -> Any:
    """Return the type of a value that is given: `str` for `str | None`."""
    parts = [part for part in get_args(kind) if part is not NoneType]
    return parts[0] if NoneType in get_args(kind) and len(parts) == 1 else kind


def _whole(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise _UnclearError


READERS: dict[Any, Callable[[str], Any]] = {str: str, int: _whole, Path: Path}

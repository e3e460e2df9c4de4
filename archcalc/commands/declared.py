"""Options and arguments as commands declare them, without typer.

`commands.typer_app` makes typer's own from them, `commands.quick` reads a plain command
line by them: what a command takes is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, get_type_hints

from archcalc.records import NamedTuple, fields

OWN = "Options"
COUNTING = "What is counted"
READING = "How the spec is read"
OUTPUT = "Output"
"""Groups of options in the help: a command's own, then those of several commands."""
NEEDED: Any = object()
"""The default of what has none."""


class Option:
    """An option by its names (`--batch`, `-b`, `--yes/--no`), as in `typer.Option`.

    `group` is its heading in the help. A `rare` option is only named there, at the end;
    `archcalc help COMMAND --all` describes it.
    """

    def __init__(
        self, *names: str, group: str = OWN, rare: bool = False, **more: Any
    ) -> None:
        self.names = names
        self.group = group
        self.rare = rare
        self.more = more


class Argument:
    """A positional argument, as in `typer.Argument`."""

    def __init__(self, **more: Any) -> None:
        self.more = more


class Options:
    """Options that go together: a dataclass that a command takes as one parameter.

    In the help they stand where the parameter does, those named in `last` at the end.
    """

    last: ClassVar[tuple[str, ...]] = ()


class Taken(NamedTuple):
    """A value that a command takes: its type, with what declares it; its default."""

    hint: Any
    default: Any


def taken(run: Callable[..., None]) -> dict[str, Taken]:
    """Return what a command takes, by name and in the order of the help.

    Read from the function's code: `inspect`, whose import takes longer, knows no more.
    """
    hints = get_type_hints(run, include_extras=True)
    found, last = dict[str, Taken](), dict[str, Taken]()
    function: Any = getattr(run, "__wrapped__", run)
    code = function.__code__
    ordered = code.co_varnames[: code.co_argcount]
    given = function.__defaults__ or ()
    defaults = dict(zip(ordered[len(ordered) - len(given) :], given, strict=True))
    defaults |= function.__kwdefaults__ or {}
    for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        kind = hints[name]
        if not _together(kind):
            found[name] = Taken(kind, defaults.get(name, NEEDED))
            continue
        inside = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            place = last if field.name in kind.last else found
            place[field.name] = Taken(inside[field.name], field.default)
    return found | last


def arguments(run: Callable[..., None], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as a command's arguments: options that go together are one."""
    hints = get_type_hints(run, include_extras=True)
    kinds = {name: kind for name, kind in hints.items() if _together(kind)}
    together = {
        name: {f.name: given[f.name] for f in fields(kind) if f.name in given}
        for name, kind in kinds.items()
    }
    inside = {option for options in together.values() for option in options}
    own = {name: value for name, value in given.items() if name not in inside}
    return own | {name: kinds[name](**options) for name, options in together.items()}


def _together(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Options)

"""The help of the command line, as plain text made from what commands declare.

A command's docstring is its help: the first paragraph says what it does, lines that
begin with `$ archcalc` are its examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import getdoc
from textwrap import wrap
from types import NoneType
from typing import Any, get_args

from archcalc.commands import COMMANDS, GROUPS
from archcalc.commands.declared import (
    NEEDED,
    OUTPUT,
    OWN,
    Argument,
    Option,
    Taken,
    taken,
)
from archcalc.commands.output import colored, columns
from archcalc.commands.quick import command
from archcalc.errors import UsageError, nearest
from archcalc.records import NamedTuple

USUAL, WIDEST = 80, 100
NAMES = 24
"""How wide the column of names is; a longer name has a line of its own."""
EXAMPLE = "$ "
LONG = re.compile("--[a-z-]+")
ARGUMENTS, RARE = "Arguments", "Rarely needed"
PURPOSE = (
    "Compute the shapes, parameters, operations and memory of a neural network, layer "
    "by layer, from a short YAML file or a model that you have."
)
GENERAL = (
    ("-h, --help", "Show this help; after a command, the help of that command."),
    ("--version", "Print the version."),
    ("--debug", "Show the traceback of a bug."),
    ("--install-completion", "Let the Tab key complete names in your shell."),
)
ENDING = (
    ("archcalc help COMMAND", "What a command takes, with two examples."),
    ("archcalc table vgg16", "A first table, of a shipped network."),
    ("archcalc new my-net", "A first spec of your own."),
)
CODES = "Exit codes: 0 ok, 1 findings, 2 could not run, 3 a bug in archcalc."

Row = tuple[str, str]


class Description(NamedTuple):
    """What the docstring of a command says."""

    summary: str
    details: list[str]
    examples: list[str]


def description(name: str) -> Description:
    """Return a command's summary, further paragraphs and examples."""
    paragraphs = (getdoc(command(name)) or "").split("\n\n")
    examples = [
        line.removeprefix(EXAMPLE)
        for paragraph in paragraphs
        for line in paragraph.splitlines()
        if line.startswith(EXAMPLE)
    ]
    told = [" ".join(p.split()) for p in paragraphs if not p.startswith(EXAMPLE)]
    return Description(told[0], told[1:], examples)


def usage(name: str) -> str:
    """Return how a command is written: `archcalc explain NET [LAYER] [options]`."""
    return " ".join(["archcalc", name, *_positional(name), "[options]"])


def no_command(name: str) -> UsageError:
    """Return the error AC500 of a word that is no command; a network needs one."""
    from archcalc.language.library import is_path, names

    if is_path(name) or name.partition(":")[0] in names():
        help = f"a command comes before a network: archcalc table {name}"
    else:
        help = nearest(name, COMMANDS) or "`archcalc help` lists the commands"
    return UsageError.of("AC500", f"there is no command {name!r}", help=help)


def overview() -> str:
    """Return the help of the whole program: its commands, in groups."""
    page = _Page()
    page.paragraph("Usage: archcalc COMMAND [options]")
    page.paragraph(PURPOSE)
    for folder, title in GROUPS.items():
        inside = [n for n, place in COMMANDS.items() if place.startswith(f"{folder}.")]
        page.rows(title, [(name, description(name).summary) for name in inside], 14)
    page.rows("Options", GENERAL)
    page.rows("Begin with", ENDING)
    page.paragraph(CODES)
    return page.text()


def page_of(name: str, everything: bool = False) -> str:
    """Return the help of a command; `everything` describes its rare options too."""
    told = description(name)
    page = _Page()
    page.paragraph(f"Usage: {usage(name)}")
    for paragraph in (told.summary, *told.details):
        page.paragraph(paragraph)
    page.section("Examples", [f"  {example}" for example in told.examples])
    for title, rows in groups(name).items():
        if title == RARE and not everything:
            rare = ", ".join(LONG.findall(names)[0] for names, _ in rows)
            page.paragraph(f"{RARE}: {rare} (archcalc help {name} --all).")
        else:
            page.rows(title, rows)
    return page.text()


def groups(name: str) -> dict[str, list[Row]]:
    """Return what a command takes by heading, in the order of the help."""
    found = dict[str, list[Row]]()
    for key, one in taken(command(name)).items():
        declared = get_args(one.hint)[1]
        if isinstance(declared, Argument):
            row = declared.more["metavar"], declared.more.get("help", "")
            found.setdefault(ARGUMENTS, []).append(row)
        else:
            group = RARE if declared.rare else declared.group
            found.setdefault(group, []).append(_option(key, one, declared))
    return {title: found[title] for title in sorted(found, key=_place)}


def _place(title: str) -> int:
    """Return where a group of options stands: a command's own first, rare ones last."""
    return {ARGUMENTS: 0, OWN: 1, OUTPUT: 3, RARE: 4}.get(title, 2)


def _positional(name: str) -> Iterator[str]:
    for one in taken(command(name)).values():
        declared = get_args(one.hint)[1]
        if isinstance(declared, Argument):
            yield declared.more["metavar"]


def _option(key: str, one: Taken, declared: Option) -> Row:
    """Return an option's names with what they take, and its help with the default.

    A second long name is one of the version before, and is not shown.
    """
    kind = get_args(one.hint)[0]
    long, *others = declared.names
    names = ", ".join([*(n for n in others if not n.startswith("--")), long])
    if "/" in long:
        yes, no = long.split("/")
        names = f"{yes}, {no}"
    elif kind is not bool:
        names += f" {declared.more.get('metavar') or _value(key, kind)}"
    help = declared.more.get("help", "")
    hidden = one.default in (None, "", NEEDED)
    shown = not hidden and not isinstance(one.default, bool)
    return names, f"{help} Default: {one.default}." if shown else help


def _value(key: str, kind: Any) -> str:
    """Return a word for what an option takes."""
    parts = [part for part in get_args(kind) or (kind,) if part is not NoneType]
    names = {"int": "N", "Path": "FILE"}
    return names.get(getattr(parts[0], "__name__", ""), key.upper())


class _Page:
    """Paragraphs and rows of names with their meaning, as wide as the terminal."""

    def __init__(self) -> None:
        self.width = min(columns() or USUAL, WIDEST)
        self.bold = colored()
        self.parts: list[str] = []

    def paragraph(self, text: str) -> None:
        """Add a paragraph."""
        self.parts.append("\n".join(wrap(text, self.width, break_on_hyphens=False)))

    def section(self, title: str, lines: list[str]) -> None:
        """Add lines below a heading, if there are any."""
        if lines:
            head = f"\x1b[1m{title}\x1b[0m" if self.bold else title
            self.parts.append("\n".join([f"{head}:", *lines]))

    def rows(self, title: str, rows: Any, names: int = NAMES) -> None:
        """Add names, each with its meaning beside it, or below a long name."""
        room = max(self.width - names - 2, 20)
        lines = list[str]()
        for name, meaning in rows:
            first, *more = wrap(meaning, room, break_on_hyphens=False) or [""]
            if len(name) + 2 > names:
                lines += [f"  {name}"]
                more, first, name = [first, *more], "", ""
            lines += [f"  {name:{names}}{first}".rstrip()] if name else []
            lines += [f"  {'':{names}}{line}" for line in more]
        self.section(title, lines)

    def text(self) -> str:
        """Return the page."""
        return "\n\n".join(self.parts)

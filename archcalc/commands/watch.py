"""`archcalc watch`: a table and a difference at each save."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

from archcalc.commands.declared import Argument, Option
from archcalc.commands.options import (
    LimitOptions,
    colored,
    columns,
    limits_from,
    write,
)
from archcalc.errors import UsageError

if TYPE_CHECKING:
    from archcalc.commands.watching import Shown

CLEAR = "\x1b[H\x1b[2J"


def watch(
    net: Annotated[str, Argument(metavar="FILE", help="The spec that is edited.")],
    interval: Annotated[
        int, Option("--interval", metavar="MS", help="Milliseconds between looks.")
    ] = 300,
    looks: Annotated[
        int, Option("--looks", metavar="N", help="Stop after N looks; 0 never does.")
    ] = 0,
    limit: LimitOptions = None,
) -> None:
    """Check a spec at each save: its table, findings, and what the save changed."""
    from archcalc.commands.watching import Watch
    from archcalc.commands.watching import watch as run
    from archcalc.language.library import find, is_path

    path, variant = find(net)
    if not is_path(net) or not os.path.isfile(path):
        raise UsageError.of("AC501", f"there is no file {net!r} to watch")
    watched = Watch(path, variant, limits_from(limit))
    run(watched, _show, max(interval, 10) / 1000, looks or None)


def _show(shown: list[Shown]) -> None:
    """Print what a save has brought, on a page of its own on a terminal."""
    from archcalc.render import render

    width, color = columns(), colored()
    pages = [
        one
        if isinstance(one, str)
        else render(one, "terminal", width=width, color=color)
        for one in shown
    ]
    write((CLEAR if color else "") + "\n\n".join(pages) + "\n")

"""`archcalc help`: the commands, or one of them with examples."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands import COMMANDS, RENAMED
from archcalc.commands.declared import Argument, Option
from archcalc.commands.output import write


def complete_commands(incomplete: str) -> list[str]:
    """Return the commands that begin with what was typed."""
    return [name for name in COMMANDS if name.startswith(incomplete)]


def help(
    topic: Annotated[
        str | None,
        Argument(
            metavar="[COMMAND]",
            help="A command; without one, all of them in groups.",
            autocompletion=complete_commands,
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, Option("--all", help="Describe the rarely needed options too.")
    ] = False,
) -> None:
    """Show all commands, or one command with its options and examples.

    $ archcalc help table
    $ archcalc help sweep --all
    """
    from archcalc.commands.helping import no_command, overview, page_of

    if topic is None:
        write(overview())
        return
    name = RENAMED[topic][0] if topic in RENAMED else topic
    if name not in COMMANDS:
        raise no_command(topic)
    write(page_of(name, everything))

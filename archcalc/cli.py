"""The command line: one command a module in `commands/`, bound together here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Annotated, Any, get_args, get_type_hints

import typer
from typer.core import TyperGroup

from archcalc.commands import COMMANDS
from archcalc.commands.declared import Argument, Option
from archcalc.commands.quick import command


def typed(run: Callable[..., None]) -> Callable[..., None]:
    """Return a command with typer's declarations in place of ours."""

    @wraps(run)
    def called(**given: Any) -> None:
        run(**given)

    hints = get_type_hints(run, include_extras=True)
    taken = [
        parameter.replace(annotation=_declared(hints[name]))
        for name, parameter in signature(run).parameters.items()
    ]
    called.__signature__ = signature(run).replace(parameters=taken)  # type: ignore[attr-defined]  # what inspect asks
    called.__annotations__ = {
        parameter.name: parameter.annotation for parameter in taken
    }
    return called


def _declared(hint: Any) -> Any:
    """Return a type with typer's declaration behind it."""
    kind, declared, *_ = (*get_args(hint), hint, hint)
    if isinstance(declared, Option):
        return Annotated[kind, typer.Option(*declared.names, **declared.more)]
    if isinstance(declared, Argument):
        return Annotated[kind, typer.Argument(**declared.more)]
    return hint


class Commands(TyperGroup):
    """The commands, each loaded when it is run, completed or listed with its help."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # typer's signature
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command as typer runs it, None where there is none."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(typed(command(cmd_name)))
            self.commands[cmd_name] = typer.main.get_command(alone)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command; typer names the nearest one of those that are loaded."""
        if args and args[0] not in COMMANDS:
            for name in COMMANDS:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="archcalc",
    cls=Commands,
    help="The checkable reference for neural-network arithmetic.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 findings, 2 could not run, 3 a bug of ours.",
)


def _version(asked: bool) -> None:
    if asked:
        from archcalc import __version__

        typer.echo(f"archcalc {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of a bug."),
) -> None:
    """Shapes, parameters, memory and operations of a network, from its YAML spec."""

"""The command line: one command a module in `commands/`, bound together here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, getdoc
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from archcalc.commands import COMMANDS, Interrupted
from archcalc.commands.declared import Option, arguments, taken
from archcalc.commands.quick import command

KEYWORD = Parameter.KEYWORD_ONLY


def typed(run: Callable[..., None]) -> Callable[..., None]:
    """Return a command with typer's declarations in place of ours."""

    @wraps(run)
    def called(**given: Any) -> None:
        try:
            run(**arguments(run, given))
        except KeyboardInterrupt:  # of which typer would not say a word
            raise Interrupted from None

    known = taken(run)
    kinds = {name: _declared(one.hint) for name, one in known.items()}
    called.__annotations__ = kinds
    called.__signature__ = Signature(  # type: ignore[attr-defined]  # what inspect asks
        [
            Parameter(name, KEYWORD, default=one.default, annotation=kinds[name])
            for name, one in known.items()
        ]
    )
    return called


def _declared(hint: Any) -> Any:
    """Return a type with typer's declaration behind it."""
    kind, declared = get_args(hint)
    if isinstance(declared, Option):
        return Annotated[kind, typer.Option(*declared.names, **declared.more)]
    return Annotated[kind, typer.Argument(**declared.more)]


class Commands(TyperGroup):
    """The commands: one is built when it is run or completed, the others are names."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # typer's signature
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, with no more than its name and help if it was not built."""
        built = super().get_command(ctx, cmd_name)
        if built or cmd_name not in COMMANDS:
            return built
        return TyperCommand(cmd_name, help=getdoc(command(cmd_name)))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Build the command that is meant; typer says which name is the nearest."""
        for name in args[:1] if {*args[:1]} <= COMMANDS.keys() else COMMANDS:
            alone = typer.Typer(add_completion=False)
            alone.command(name)(typed(command(name)))
            self.commands[name] = typer.main.get_command(alone)
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
        from archcalc.version import __version__

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

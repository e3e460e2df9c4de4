"""The command line: one command a module in `commands/`, bound together here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Annotated, Any, get_args, get_type_hints

import typer

from archcalc.commands import COMMANDS
from archcalc.commands.declared import Argument, Option
from archcalc.commands.quick import command

app = typer.Typer(
    name="archcalc",
    help="The checkable reference for neural-network arithmetic.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 findings, 2 could not run, 3 a bug of ours.",
)


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


for name in COMMANDS:
    app.command(name)(typed(command(name)))


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

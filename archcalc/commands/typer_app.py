"""The command line: one command a module in `commands/`, bound together here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from archcalc.commands import COMMANDS, Interrupted
from archcalc.commands.declared import NEEDED, Option, arguments, taken
from archcalc.commands.helping import (
    description,
    no_command,
    overview,
    page_of,
    usage,
)
from archcalc.commands.output import write
from archcalc.commands.quick import command
from archcalc.errors import UsageError

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
            Parameter(name, KEYWORD, default=default, annotation=kinds[name])
            for name, one in known.items()
            for default in [Parameter.empty if one.default is NEEDED else one.default]
        ]
    )
    return called


def _declared(hint: Any) -> Any:
    """Return a type with typer's declaration behind it."""
    kind, declared = get_args(hint)
    if isinstance(declared, Option):
        return Annotated[kind, typer.Option(*declared.names, **declared.more)]
    return Annotated[kind, typer.Argument(**declared.more)]


class Command(TyperCommand):
    """A command whose help is ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # typer's signature
        """Write the page of this command; typer's writing takes UTF-8 for granted."""
        write(page_of(self.name or ""))
        raise typer.Exit


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
        return Command(cmd_name, help=description(cmd_name).summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Build the command that is meant; raise `UsageError` AC500 for none."""
        name = args[0]
        if name in COMMANDS:
            alone = typer.Typer(add_completion=False)
            alone.command(name, cls=Command)(typed(command(name)))
            self.commands[name] = typer.main.get_command(alone)
        elif not ctx.resilient_parsing:
            raise no_command(name)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # typer's signature
        """Write the commands in their groups."""
        write(overview())
        raise typer.Exit


app = typer.Typer(
    name="archcalc",
    cls=Commands,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
MISTAKE: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for a command line that it cannot read."""


def run() -> None:
    """Run a command line by typer; tell its mistakes as all others are told."""
    try:
        code = app(prog_name="archcalc", standalone_mode=False)
    except MISTAKE as error:
        raise _mistake(error) from None
    if code:
        raise SystemExit(code)


def _mistake(error: Any) -> UsageError:
    """Return a mistake in the command line, with the usage of the command."""
    context, param = error.ctx, getattr(error, "param", None)
    name = context.info_name if context is not None and context.parent else ""
    what = name or "archcalc"
    option = getattr(error, "option_name", "") or (*getattr(param, "opts", ()), "")[0]
    known = sorted(getattr(error, "possibilities", None) or ())
    told = {
        "NoSuchOption": f"{what} has no option {option}",
        "BadOptionUsage": f"{option} needs a value",
        "MissingParameter": f"{what} needs {getattr(param, 'metavar', None) or option}",
        "BadParameter": f"{option} takes a whole number",
    }
    message = told.get(type(error).__name__) or error.format_message().rstrip(".")
    if message.startswith("Got unexpected extra"):
        more = message.rpartition(" (")[2].rstrip(")")
        message = f"{what} takes no further argument: {more}"
    facts = [f"usage: {usage(name)}"] if name else []
    help = f"did you mean {known[0]}?" if known else f"archcalc help {name}".rstrip()
    return UsageError.of("AC500", message, facts=facts, help=help)


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

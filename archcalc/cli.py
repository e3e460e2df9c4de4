"""The command line: one command a module in `commands/`, bound together here."""

from __future__ import annotations

import typer

from archcalc.commands import (
    check,
    compare,
    conventions,
    fit,
    explain,
    layers,
    listing,
    memory,
    show,
    table,
    verify,
)

app = typer.Typer(
    name="archcalc",
    help="The checkable reference for neural-network arithmetic.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 findings, 2 could not run, 3 a bug of ours.",
)
app.command("table")(table.table)
app.command("compare")(compare.compare)
app.command("conventions")(conventions.conventions)
app.command("explain")(explain.explain)
app.command("memory")(memory.memory)
app.command("fit")(fit.fit)
app.command("list")(listing.list_networks)
app.command("show")(show.show)
app.command("check")(check.check)
app.command("verify")(verify.verify)
app.command("layers")(layers.layers)


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

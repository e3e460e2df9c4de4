"""A typer command of two that completes a name; run with `_ARCHCALC_COMPLETE` set."""

from typing import Annotated

import typer

app = typer.Typer()


def names(incomplete: str) -> list[str]:
    return [name for name in ("resnet18", "resnet50") if name.startswith(incomplete)]


@app.command()
def table(net: Annotated[str, typer.Argument(autocompletion=names)]) -> None:
    """Print a table."""


@app.command()
def compare(net: Annotated[str, typer.Argument(autocompletion=names)]) -> None:
    """Compare networks."""


if __name__ == "__main__":
    app(prog_name="archcalc")

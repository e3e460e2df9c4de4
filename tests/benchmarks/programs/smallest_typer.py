"""The smallest typer command: it prints 20 lines, without rich."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def main(lines: Annotated[int, typer.Option("--lines", help="How many.")] = 20) -> None:
    """Print lines."""
    for i in range(lines):
        print("line", i)


if __name__ == "__main__":
    app()

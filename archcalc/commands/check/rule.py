"""`archcalc rule`: what a code means."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import among
from archcalc.commands.declared import Argument
from archcalc.commands.options import Output, format_option
from archcalc.commands.output import columns, write

WRITTEN = {"terminal": (".txt",), "markdown": (".md", ".markdown")}


def complete_rules(incomplete: str) -> list[str]:
    """Return the codes that begin with what was typed."""
    from archcalc.checks.catalogue import every_rule

    return among(*every_rule())(incomplete)


def rule(
    code: Annotated[
        str | None,
        Argument(
            metavar="[CODE]",
            help="A code (AC201) or a name; without one, all rules, one line each.",
            autocompletion=complete_rules,
            show_default=False,
        ),
    ] = None,
    format: Annotated[str | None, format_option(tuple(WRITTEN))] = None,
    output: Output = None,
) -> None:
    """Explain a code such as AC201 with a wrong and a right example.

    $ archcalc rule AC201
    $ archcalc rule
    """
    from archcalc.checks.catalogue import every_rule
    from archcalc.checks.catalogue import rule as known
    from archcalc.render import format_of
    from archcalc.render.rules import listing, markdown, plain, reference

    in_markdown = format_of(format, output, WRITTEN) == "markdown"
    if code is not None:
        one = known(code)
        width = columns() if output is None else None
        shown = "\n\n".join(markdown(one)) if in_markdown else plain(one, width)
        write(shown, output)
        return
    rules = list(every_rule().values())
    write(reference(rules) if in_markdown else listing(rules), output)

"""`archcalc rule`: what a code means."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument, Option
from archcalc.commands.options import Output, columns, write


def complete_rules(incomplete: str) -> list[str]:
    """Return the codes that begin with what was typed."""
    from archcalc.checks.catalogue import every_rule

    return [code for code in every_rule() if code.startswith(incomplete)]


def rule(
    code: Annotated[
        str | None,
        Argument(
            metavar="[CODE]",
            help="A code (AC201) or a name; all of them where left out.",
            autocompletion=complete_rules,
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        str | None, Option("--format", "-f", help="terminal or markdown.")
    ] = None,
    output: Output = None,
) -> None:
    """Explain a rule with a wrong and a right example, or list all rules."""
    from archcalc.checks.catalogue import every_rule
    from archcalc.checks.catalogue import rule as known
    from archcalc.render import format_of
    from archcalc.render.rules import listing, markdown, plain, reference

    in_markdown = format_of(format, output) == "markdown"
    if code is not None:
        one = known(code)
        width = columns() if output is None else None
        shown = "\n\n".join(markdown(one)) if in_markdown else plain(one, width)
        write(shown, output)
        return
    rules = list(every_rule().values())
    write(reference(rules) if in_markdown else listing(rules), output)

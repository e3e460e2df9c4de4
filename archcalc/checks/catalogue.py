"""Every rule by its code.

AC1xx syntax and schema, AC2xx shapes, AC3xx expectations, AC4xx lint, AC5xx usage.

The lint rules document themselves in `archcalc/lint/`; the others stand here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from archcalc.checks.rule import Rule
from archcalc.errors import UsageError, nearest

__all__ = ["GROUPS", "Rule", "every_rule", "rule", "selected"]

GROUPS = {
    "AC1": "Syntax and schema: the file does not follow the spec language.",
    "AC2": "Shapes: layers do not fit together.",
    "AC3": "Expectations: figures and budgets that are not met, and lock files.",
    "AC4": "Lint: probable mistakes. These are warnings unless you ask for errors.",
    "AC5": "Usage: a command or a call in Python is wrong.",
}
"""What the rules of each group are about, by the beginning of their codes."""


@cache
def every_rule() -> dict[str, Rule]:
    """Return every rule by its code, in order of codes."""
    from archcalc.checks.lint import LINT, opt_out
    from archcalc.checks.rules.expectations import EXPECTATIONS
    from archcalc.checks.rules.figures import FIGURES
    from archcalc.checks.rules.schema import SCHEMA
    from archcalc.checks.rules.shapes import SHAPES
    from archcalc.checks.rules.syntax import SYNTAX
    from archcalc.checks.rules.usage import USAGE

    lint = [module.RULE for module in (*LINT, opt_out)]
    found = (*SYNTAX, *SCHEMA, *SHAPES, *EXPECTATIONS, *lint, *FIGURES, *USAGE)
    return {one.code: one for one in sorted(found, key=lambda one: one.code)}


def rule(code: str) -> Rule:
    """Return one rule by its code or name; raise `UsageError` AC560 for none."""
    known = every_rule()
    asked = code.upper()
    for one in known.values():
        if asked == one.code or code == one.name:
            return one
    names = [*known, *(one.name for one in known.values())]
    help = (
        nearest(asked, known)
        or nearest(code, names)
        or "`archcalc rule` lists all rules"
    )
    raise UsageError.of("AC560", f"there is no rule {code!r}", help=help)


def selected(given: Iterable[str]) -> frozenset[str]:
    """Return the codes that codes, beginnings of codes and names stand for.

    Raises `UsageError` AC560 for what stands for none.
    """
    found: set[str] = set()
    for word in given:
        asked = word.strip().upper()
        matching = {code for code in every_rule() if asked and code.startswith(asked)}
        found |= matching or {rule(word.strip()).code}
    return frozenset(found)

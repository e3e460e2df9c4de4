"""`archcalc check`: are the specs right?"""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument
from archcalc.commands.options import LimitOptions, limits_from, write


def check(
    paths: Annotated[
        list[str] | None,
        Argument(
            metavar="[PATH...]",
            help="Files, folders or shipped names; every shipped spec where left out.",
            show_default=False,
        ),
    ] = None,
    limit: LimitOptions = None,
) -> None:
    """Check specs: valid, shapes infer, every expectation holds or is a known erratum."""
    from archcalc.checking import check_all, specs_at

    results = check_all(specs_at(paths), limits_from(limit))
    problems = 0
    for result in results:
        problems += len(result.problems)
        if result.problems:
            write("\n\n".join(p.show() for p in result.problems))
        write(result.summary())
    if problems:
        raise SystemExit(1)

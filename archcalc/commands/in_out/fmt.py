"""`archcalc fmt`: specs in canonical form."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from archcalc.commands.check.check import SkipOthers
from archcalc.commands.declared import Argument, Option
from archcalc.commands.loading import limits_from
from archcalc.commands.options import LimitOptions
from archcalc.commands.output import write
from archcalc.errors import ArchcalcError, Problem, UsageError


def fmt(
    paths: Annotated[
        list[str],
        Argument(metavar="PATH...", help="Files and folders; - reads standard input."),
    ],
    check: Annotated[
        bool,
        Option("--check", help="Write nothing; exit code 1 if a file changes."),
    ] = False,
    diff: Annotated[
        bool, Option("--diff", help="Write nothing; print what would change.")
    ] = False,
    skip_others: SkipOthers = False,
    limit: LimitOptions = None,
) -> None:
    """Put specs in canonical form; comments stay.

    $ archcalc fmt my-net.yaml
    $ archcalc fmt nets/ --check
    """
    from archcalc.language.formatting import formatted
    from archcalc.source.text import decode, display_name, read_bytes

    limits = limits_from(limit)
    changed, wrong = 0, list[Problem]()
    for path in _files(paths, skip_others):
        try:
            data = decode(read_bytes(path, limits), display_name(path))
            text = formatted(data, display_name(path), limits)
        except ArchcalcError as error:
            wrong += error.problems
            continue
        if path == "-" and not (check or diff):
            write(text)
        elif text != data:
            changed += 1
            _tell(path, data, text, check, diff)
    if wrong:
        raise ArchcalcError(wrong)
    if changed and (check or diff):
        raise SystemExit(1)


def _tell(path: str, old: str, new: str, check: bool, diff: bool) -> None:
    """Write a file in its new form, or say that it has another one."""
    if diff:
        from archcalc.render.unified import unified

        write("\n".join(unified(old.splitlines(), new.splitlines(), path)))
    elif not check:
        from archcalc.source.writing import write_text

        write_text(path, new)
    print(
        f"{path}: {'would change' if check or diff else 'formatted'}", file=sys.stderr
    )


def _files(paths: list[str], skip_others: bool) -> Iterator[str]:
    """Yield the files to format; a shipped name is none of one's own."""
    from archcalc.checks.discovery import specs_at
    from archcalc.checks.project import find_project
    from archcalc.language.library import is_path

    for path in paths:
        if not (is_path(path) or Path(path).is_dir()):
            help = f"archcalc show {path} > {path}.yaml"
            raise UsageError.of("AC501", f"{path!r} is not a file", help=help)
        if path == "-":
            yield path
            continue
        yield from specs_at([path], find_project(), skip_others=skip_others).paths

"""`archcalc check`: are the specs right."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from archcalc.commands.declared import OUTPUT, Argument, Option
from archcalc.commands.loading import limits_from
from archcalc.commands.options import InputShapes, LimitOptions, format_option
from archcalc.commands.output import colored, say_import, write
from archcalc.commands.progress import waiting
from archcalc.errors import UsageError
from archcalc.records import replace

if TYPE_CHECKING:
    from archcalc.checks.checking import Selection
    from archcalc.checks.discovery import Found
    from archcalc.checks.findings import Checked
    from archcalc.checks.project import Project
    from archcalc.checks.sources import Sources
    from archcalc.limits import Limits

Paths = Annotated[
    list[str] | None,
    Argument(
        metavar="[PATH...]",
        help="Files, folders or shipped names; without any, the project's paths or "
        "all shipped specs.",
        show_default=False,
    ),
]
Select = Annotated[
    list[str] | None,
    Option(
        "--select",
        metavar="CODES",
        help="Report only these rules (AC301, AC4, …); lint then counts as errors.",
    ),
]
Ignore = Annotated[
    list[str] | None,
    Option("--ignore", metavar="CODES", help="Do not report these rules."),
]
FindingsFormat = Annotated[
    str | None,
    format_option(("full", "concise", "github", "gitlab", "sarif", "junit", "json")),
]
FindingsOutput = Annotated[
    Path | None, Option("--output", "-o", group=OUTPUT, help="Write to a file instead.")
]
Fix = Annotated[bool, Option("--fix", help="Fix what can be fixed automatically.")]
Update = Annotated[
    bool, Option("--update", help="Write the computed values into `expect`.")
]
Watch = Annotated[
    bool,
    Option("--watch", help="Check one file at each save; show its table and changes."),
]
Interval = Annotated[
    int,
    Option(
        "--interval",
        metavar="MS",
        rare=True,
        help="With --watch: milliseconds between two looks at the file.",
    ),
]
Locked = Annotated[bool, Option("--locked", help="Compare with the lock file.")]
SkipOthers = Annotated[
    bool,
    Option(
        "--skip-others", rare=True, help="Skip YAML files that are not archcalc specs."
    ),
]
AllowImport = Annotated[
    bool,
    Option(
        "--allow-import",
        help="Import the PyTorch modules that are named, which runs their code.",
    ),
]
Budget = Annotated[
    list[str] | None,
    Option(
        "--budget",
        metavar="BOUND",
        help="A limit for every network: 'params <= 26M', 'macs < 4.2G'; for files of "
        "weights, params and disk. Repeatable.",
    ),
]
LockFile = Annotated[
    Path | None,
    Option("--lock-file", rare=True, help="The lock file, if not archcalc.lock."),
]
CacheFile = Annotated[
    Path | None,
    Option(
        "--cache",
        metavar="FILE",
        rare=True,
        help="Keep results in a file, so that unchanged specs are not checked again.",
    ),
]


def check(
    paths: Paths = None,
    select: Select = None,
    ignore: Ignore = None,
    budget: Budget = None,
    strict: Annotated[bool, Option("--strict", help="Warnings are errors.")] = False,
    format: FindingsFormat = None,
    output: FindingsOutput = None,
    fix: Fix = False,
    update: Update = False,
    locked: Locked = False,
    lock_file: LockFile = None,
    skip_others: SkipOthers = False,
    watch: Watch = False,
    interval: Interval = 300,
    cache: CacheFile = None,
    allow_import: AllowImport = False,
    input: InputShapes = None,
    limit: LimitOptions = None,
) -> None:
    """Check specs: syntax, shapes, expected figures, and lint.

    $ archcalc check nets/ --strict
    $ archcalc check my-net.yaml --watch
    """
    from archcalc.checks.cache import Cache
    from archcalc.checks.checking import check_all, choice_from
    from archcalc.checks.discovery import specs_at
    from archcalc.checks.findings import exit_code
    from archcalc.checks.project import find_project
    from archcalc.render.findings import known_format

    if watch:
        from archcalc.commands.check.watch import watch_file

        watch_file(paths or (), interval, limits_from(limit))
        return
    project = find_project()
    chosen = known_format(format or project.format or "full")
    choice = choice_from(_codes(select), _codes(ignore), strict, project, budget or ())
    limits = _limits(limit, project)
    found = specs_at(paths, project, skip_others=skip_others)
    sources = sources_of(found.paths, project, allow_import, input)
    if fix or update:
        _refuse_shipped(paths or project.paths)
        files = [path for path in found.paths if is_written(path)]
        _change(files, fix, update, limits, choice)
    say_shipped(found, "check")
    known = Cache(cache)
    way = limits, choice, sources, known
    with waiting("reading"):
        if locked:
            from archcalc.checks.lock import checked_beside, lock_path

            lock = lock_path(lock_file, project)
            outcomes = checked_beside(lock, found.paths, paths or (), *way)
        else:
            outcomes = list(check_all(found.paths, *way))
    _tell(outcomes, chosen, output, found.others)
    known.write()
    code = exit_code(outcomes)
    if code:
        raise SystemExit(code)


def sources_of(
    paths: Sequence[str],
    project: Project,
    allow_import: bool,
    input: Sequence[str] | None,
) -> Sources:
    """Return what reads files and modules, and says which modules it imports.

    Raises `UsageError` AC594 for a module that may not be imported.
    """
    from archcalc.checks.sources import Sources
    from archcalc.network.input_sizes import read_inputs

    sizes = read_inputs(input or ())
    sources = Sources(project, allow_import, sizes, say=say_import)
    sources.modules(paths)
    return sources


def say_shipped(found: Found, command: str) -> None:
    """Say on stderr that the shipped specs are taken, where no others are named."""
    if found.by_default:
        print(
            "note: no path given, and none in pyproject.toml: these are the shipped "
            f"specs\n  help: `archcalc {command} .` takes those of this folder",
            file=sys.stderr,
        )


def is_written(path: str) -> bool:
    """Say whether a path is a spec that a command may write to."""
    from archcalc.readers import is_model, object_named

    return not is_model(path) and object_named(path) is None


def _codes(given: Sequence[str] | None) -> list[str]:
    """Return codes from repeated options and from commas."""
    return [code for text in given or () for code in text.split(",") if code.strip()]


def _limits(given: list[str] | None, project: Project) -> Limits:
    """Return the limits of the options above those of the project."""
    asked = {text.partition("=")[0] for text in given or ()}
    project_wide = {k: v for k, v in project.limits.items() if k not in asked}
    return replace(limits_from(given), **project_wide)


def _refuse_shipped(paths: Sequence[str]) -> None:
    """Refuse to write what is named as a shipped network, or the standard input."""
    from archcalc.language.library import is_path

    own = [
        path
        for path in paths
        if (os.path.isdir(path) or is_path(path)) and is_written(path)
    ]
    if not paths or len(own) < len(paths) or "-" in paths:
        message = "--fix and --update write files: name files or folders of your own"
        raise UsageError.of("AC574", message)


def _change(
    paths: Sequence[str], fix: bool, update: bool, limits: Limits, choice: Selection
) -> None:
    """Write fixes and computed values into the files, and say how many."""
    from archcalc.checks.fixing import fix_file
    from archcalc.checks.update_expect import update_file

    for path in paths:
        fixed = fix_file(path, limits, choice) if fix else 0
        updated = update_file(path, limits) if update else 0
        if fixed:
            print(f"{path}: {fixed} problem{'s' * (fixed != 1)} fixed", file=sys.stderr)
        if updated:
            print(f"{path}: figures in `expect` updated", file=sys.stderr)


def _tell(
    outcomes: Sequence[Checked], format: str, output: Path | None, others: int
) -> None:
    """Write what was found, and what was left out."""
    from archcalc.render.findings import render_findings

    paints = format == "full" and output is None and colored()
    text = render_findings(outcomes, format, **({"color": True} if paints else {}))
    if others and format in ("full", "concise", "github"):
        text += f"\n{others} other YAML file{'s' * (others != 1)} left out"
    write(text, output)
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if format == "github" and page:
        from archcalc.render.findings.github import summary

        with open(page, "a", encoding="utf-8") as file:
            file.write(summary(outcomes))

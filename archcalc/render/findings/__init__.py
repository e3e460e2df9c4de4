"""What a check found, as text: a format is one module here and one name in `FORMATS`.

A module has `render(outcomes) -> str`, and is imported when it is asked for. `full`,
`concise` and `github` end in a line for each file; the others are one document.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import PurePath

from archcalc.checks.findings import Checked
from archcalc.errors import unknown

FORMATS = ("full", "concise", "github", "gitlab", "sarif", "junit", "json")
"""Names of the formats, and of their modules here."""


def known_format(format: str) -> str:
    """Return a format's name; raise `UsageError` AC530 for one that is none."""
    if format in FORMATS:
        return format
    raise unknown("AC530", "format", format, FORMATS)


def render_findings(
    outcomes: Sequence[Checked], format: str = "full", **options: bool
) -> str:
    """Return what was found, in a format; raise `UsageError` AC530 for none.

    `color` is an option of the format `full`.
    """
    module = import_module(f"{__name__}.{known_format(format)}")
    renderer: Callable[..., str] = module.render
    return renderer(outcomes, **options)


def repository_path(path: str) -> str:
    """Return a path as review tools want it: with `/`, from the repository's root."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    if root and not path.startswith("<"):
        full = os.path.abspath(path)
        if os.path.commonpath([full, os.path.abspath(root)]) == os.path.abspath(root):
            path = os.path.relpath(full, root)
    return PurePath(path).as_posix()

"""Older versions of files, from git."""

from __future__ import annotations

import os
import subprocess

from archcalc.errors import UsageError
from archcalc.limits import Limits
from archcalc.readers import source_of
from archcalc.source.parser import Source


def source_at(path: str, revision: str, limits: Limits) -> Source:
    """Return a file as it was in a revision; messages call it `path@revision`.

    Raises `UsageError` AC571 where git, the revision or the file in it is not there,
    and as `source.parse`.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if revision.startswith("-"):
        raise UsageError.of("AC571", f"{revision!r} is not a revision")
    command = ["git", "-C", folder, "show", f"{revision}:./{name}"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise UsageError.of("AC571", f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        facts = [said[0]] if said else []
        message = f"git has no {path} in {revision}"
        raise UsageError.of("AC571", message, facts=facts)
    return source_of(done.stdout, path, f"{path}@{revision}", limits)

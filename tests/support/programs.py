"""Programs and packages that some tests need: missing, they skip, but fail in CI."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest


def program(name: str, package: str) -> str:
    """Return the path of a program, from the Debian package named."""
    found = shutil.which(name)
    if found is None:
        _missing(f"{name} is not installed (Debian: {package})")
    return str(found)


def library(name: str, extra: str) -> None:
    """Need a Python package, of an extra."""
    if find_spec(name) is None:
        _missing(f"{name} is not installed (pip install archcalc[{extra}])")


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)

"""The same bytes from every Python that is found with the packages it needs.

Beside this one: those named in `ARCHCALC_PYTHONS` (paths, separated as in PATH), and
`python3.11` to `python3.14` on the PATH. `docs/reliability.md` says how they are made.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from samples import FEW

from archcalc.language.library import shipped

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "tools" / "every_network.py"
NAMES = [f"python3.{minor}" for minor in range(11, 16)]
CHANGES = (
    {"PYTHONHASHSEED": "1"},
    {"PYTHONHASHSEED": "99", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
    {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
    {"PYTHONOPTIMIZE": "2"},
)


def found() -> list[str]:
    """Return the interpreters beside this one that can import what archcalc needs."""
    named = os.environ.get("ARCHCALC_PYTHONS", "").split(os.pathsep)
    paths = {os.path.realpath(p) for p in map(shutil.which, NAMES) if p}
    known = [p for p in (*named, *sorted(paths)) if p and able(p)]
    return [p for p in dict.fromkeys(known) if p != os.path.realpath(sys.executable)]


def able(python: str) -> bool:
    code = "import pydantic, yaml, rich, typer"
    return subprocess.run([python, "-c", code], capture_output=True).returncode == 0


def digest(python: str, names: tuple[str, ...], **change: str) -> str:
    done = subprocess.run(
        [python, SCRIPT, *names],
        env={**os.environ, "PYTHONPATH": str(ROOT), **change},
        capture_output=True,
        check=True,
    )
    assert len(done.stdout) > 10_000 * len(names)
    return hashlib.sha256(done.stdout).hexdigest()


@cache
def here(names: tuple[str, ...]) -> str:
    return digest(sys.executable, names)


WHICH = [
    pytest.param(FEW, id="a few"),
    pytest.param(tuple(shipped()), id="all", marks=pytest.mark.long),
]


@pytest.mark.parametrize("names", WHICH)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: " ".join(change))
def test_every_network_is_the_same_in_every_process(
    change: dict[str, str], names: tuple[str, ...]
) -> None:
    assert digest(sys.executable, names, **change) == here(names)


@pytest.mark.parametrize("names", WHICH)
def test_every_network_is_the_same_on_every_python(names: tuple[str, ...]) -> None:
    for python in found():
        assert digest(python, names) == here(names), python

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
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tests" / "every_network.py"
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


def digest(python: str, **change: str) -> str:
    done = subprocess.run(
        [python, SCRIPT],
        env={**os.environ, "PYTHONPATH": str(ROOT), **change},
        capture_output=True,
        check=True,
    )
    assert len(done.stdout) > 1_000_000
    return hashlib.sha256(done.stdout).hexdigest()


@pytest.fixture(scope="module")
def here() -> str:
    return digest(sys.executable)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: " ".join(change))
def test_every_network_is_the_same_in_every_process(
    change: dict[str, str], here: str
) -> None:
    assert digest(sys.executable, **change) == here


def test_every_network_is_the_same_on_every_python(here: str) -> None:
    for python in found():
        assert digest(python) == here, python

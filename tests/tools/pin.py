"""Pin what the tests install, with the hashes of every file of each release.

    pip install uv && python tests/tools/pin.py

Writes `tests/requirements.txt` from the extras of pyproject.toml, for every platform and
Python that archcalc takes, and the hashes in `tests/libraries.txt`. No index is named.

torch is left out, with what only its builds for GPUs need: its CPU build and the one of
the public index have the same version and other hashes, and either will do. What every
build of it needs is pinned.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
LIBRARIES = ROOT / "tests" / "libraries.txt"
APART = ("torch",)
NEEDED_BY_TORCH = (
    *("filelock", "fsspec", "jinja2", "networkx", "setuptools", "sympy"),
    "typing-extensions",
)
BUILD = ("editables>=0.5",)
"""What an editable install needs beside the build system of pyproject.toml."""
OWN = re.compile(r"archcalc\[([a-z,-]+)\]")
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-annotate", "--no-header", "--no-emit-index-url", "--quiet"),
)
HEADER = """\
# Made by tests/tools/pin.py: what the tests install, every file of a release by its hash.
# torch is apart: its CPU build and that of the public index differ in their hashes.
"""


def wanted(project: dict[str, object], extra: str) -> Iterator[str]:
    """Yield the requirements of an extra, those of extras it names in their place."""
    extras: dict[str, list[str]] = project["optional-dependencies"]  # type: ignore[assignment]
    for requirement in extras[extra]:
        own = OWN.fullmatch(requirement)
        if own:
            for other in own[1].split(","):
                yield from wanted(project, other)
        elif re.split(r"[^a-z0-9-]", requirement, maxsplit=1)[0] not in APART:
            yield requirement


def inputs() -> list[str]:
    """Return what is asked for: the core, the extra `dev`, and what builds it."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = data["project"]
    asked = [*project["dependencies"], *wanted(project, "dev")]
    return [*asked, *NEEDED_BY_TORCH, *BUILD, *data["build-system"]["requires"]]


def compiled(asked: str, *options: str) -> str:
    """Return pinned requirements with hashes."""
    done = subprocess.run(
        ["uv", "pip", "compile", "-", *OPTIONS, *options],
        input=asked,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    REQUIREMENTS.write_text(HEADER + compiled("\n".join(inputs())), encoding="utf-8")
    old = LIBRARIES.read_text(encoding="utf-8").splitlines()
    comments = [line for line in old if line.startswith("#")]
    pins = [line.rstrip(" \\") for line in old if re.match(r"[a-z]", line)]
    text = "\n".join(comments) + "\n" + compiled("\n".join(pins), "--no-deps")
    LIBRARIES.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The page in the browser, built by node, and programs of node that drive it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from programs import program

SOURCES = Path(__file__).parents[2] / "docs" / "playground"


def run(*words: object, folder: Path = SOURCES) -> str:
    """Return what a program prints; its failure is the test's."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, *options: object) -> str:
    """Build the page into a folder; return the sizes that the build prints."""
    node = program("node", "nodejs")
    if not (SOURCES / "node_modules").is_dir():
        run(program("npm", "npm"), "ci", "--ignore-scripts")
    return run(node, "build.mjs", folder, "--python", sys.executable, *options)

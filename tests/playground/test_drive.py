"""The page in a browser, with this archcalc as its engine: editor, links, files.

The page is built by node and driven by playwright-core in Debian's chromium.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import program

from archcalc.playground.serving import Server

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs/playground"
HERE = Path(__file__).parent

pytestmark = pytest.mark.page


def run(*words: object, folder: Path = ROOT) -> str:
    """Return what a program prints; its failure is the test's."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of the page, built and served with the local engine."""
    node = program("node", "nodejs")
    if not (SOURCES / "node_modules").is_dir():
        run(program("npm", "npm"), "ci", "--ignore-scripts", folder=SOURCES)
    out = tmp_path_factory.mktemp("playground")
    run(node, SOURCES / "build.mjs", out)
    with Server(out) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.address
        server.shutdown()


def test_parts_without_a_browser() -> None:
    """Completion, links and the order of questions."""
    tests = sorted((HERE / "units").glob("*.test.mjs"))
    run(program("node", "nodejs"), "--test", *tests)


@pytest.mark.parametrize("module", sorted((HERE / "drive").glob("[!f]*.mjs"), key=str))
def test_page(address: str, module: Path) -> None:
    """Every case of a module passes."""
    chromium = program("chromium", "chromium")
    frame = HERE / "drive/frame.mjs"
    printed = run(program("node", "nodejs"), frame, chromium, address, module)
    results = [json.loads(line) for line in printed.splitlines()]
    assert results
    failed = [result for result in results if not result["ok"]]
    assert not failed, json.dumps(failed, indent=1)

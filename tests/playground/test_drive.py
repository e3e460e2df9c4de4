"""The page in a browser, with this archcalc as its engine: editor, links, files.

The page is built by node and driven by playwright-core in Debian's chromium.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_build import run
from programs import program

from archcalc.playground.serving import Server

HERE = Path(__file__).parent

pytestmark = pytest.mark.page


@pytest.fixture(scope="module")
def address(page_folder: Path) -> Iterator[str]:
    """Yield the address of the page, served with the local engine."""
    with Server(page_folder) as server:
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

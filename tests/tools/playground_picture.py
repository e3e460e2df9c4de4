"""The picture of the playground in the README: a screenshot of the page.

    python tests/tools/playground_picture.py

builds the page, opens it in Debian's chromium with the local engine, chooses a row and
writes docs/pictures/playground.png.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from page_build import build  # noqa: E402 # after the path

from archcalc.playground.serving import Server  # noqa: E402

PICTURE = ROOT / "docs/pictures/playground.png"
NETWORK, TAB, ROW = "bottleneck-inception", "drawing", "inception.3x3.conv2"
WIDE, HIGH = 1200, 620


def taken(folder: Path) -> None:
    """Write the picture of the page in a folder."""
    with Server(folder) as server, sync_playwright() as play:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = play.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
        address, token = server.address.split("#")
        page.goto(f"{address}?net={NETWORK}#{token}")
        page.locator(f'#panel-table tr[data-path="{ROW}"]').click(timeout=60_000)
        page.locator(f"#tab-{TAB}").click()
        page.locator(f'#panel-{TAB} [aria-selected="true"]').wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURE)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        if len(sys.argv) < 2:
            build(Path(made))
        taken(Path(sys.argv[1] if len(sys.argv) > 1 else made))
    print(f"wrote {PICTURE.relative_to(ROOT)}, {PICTURE.stat().st_size:,} bytes")

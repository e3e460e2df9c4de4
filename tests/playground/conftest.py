"""The page, built once for all tests that use it."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_build import build


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the page; its archives and sizes lie beside it."""
    folder = tmp_path_factory.mktemp("playground")
    printed = build(folder / "page", "--archive", folder / "archives")
    (folder / "sizes.txt").write_text(printed, encoding="utf-8")
    return folder / "page"

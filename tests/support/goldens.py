"""Texts kept in files, to be read when they change.

`UPDATE_GOLDEN=1 pytest …` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path


def check_golden(file: Path, found: str) -> None:
    """Assert that a text is what its file says."""
    text = f"{found}\n"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()

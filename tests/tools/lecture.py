"""The lecture's notebook, run as a person would, and stored with its outputs.

`python tests/tools/documents.py` writes it anew, a test compares it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

LECTURE = Path(__file__).parents[2] / "docs" / "notebooks" / "lecture.ipynb"


def stored() -> Any:
    """Return the notebook as it is stored."""
    import nbformat

    return nbformat.read(LECTURE, as_version=4)


def executed() -> Any:
    """Return the notebook with the outputs that it has now; nothing tells when."""
    import nbclient

    notebook = stored()
    metadata = notebook.metadata.copy()
    client = nbclient.NotebookClient(
        notebook,
        timeout=120,
        resources={"metadata": {"path": str(LECTURE.parent)}},
        record_timing=False,
    )
    client.execute(env={**os.environ, "COLUMNS": "80"})
    notebook.metadata = metadata  # without the version of Python
    return notebook


def write() -> None:
    """Store the notebook with its outputs."""
    import nbformat

    nbformat.write(executed(), LECTURE)

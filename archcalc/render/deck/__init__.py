"""Slides as text: a format is one module here and one line in `FORMATS`.

A module has `render(deck, ...) -> str`. `picture` chooses how the network is drawn.
"""

from __future__ import annotations

FORMATS: dict[str, tuple[str, ...]] = {
    "beamer": (".tex",),
    "marp": (".md", ".markdown"),
    "reveal": (),
}
"""Name of a format, and the file endings that mean it."""

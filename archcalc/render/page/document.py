"""The HTML of the page: style, data and script in one file.

The content security policy names the script and the style by their hashes and allows
nothing else: no request leaves the page, and no name in a network can run.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

SCRIPTS = ("values.js", "tree.js", "layout.js", "drawing.js", "table.js", "main.js")
MARKS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def document(content: Mapping[str, Any]) -> str:
    """Return the page with its data."""
    style = _asset("page.css")
    script = "\n".join(map(_asset, SCRIPTS))
    names = " · ".join(network["title"] for network in content["networks"])
    parts = {
        "policy": policy(style, script),
        "title": escape(names),
        "style": style,
        "script": script,
        "data": data_text(content),
    }
    page = _asset("page.html")
    for name, text in parts.items():
        before, _, after = page.partition(f"{{{{{name}}}}}")
        page = f"{before}{text}{after}"
    return page


def data_text(content: Any) -> str:
    """Return data as JSON that cannot end the element it stands in."""
    data = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return data.translate(MARKS)


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def policy(style: str, script: str) -> str:
    """Return the part of a content security policy that lets these two in, by hash."""
    return f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"

"""The limits as a table of `docs/reliability.md`, made from the code.

python tests/limit_table.py        writes the table
"""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

from archcalc.limits import DEFAULT, Limits

DOCUMENT = Path(__file__).parent.parent / "docs" / "reliability.md"
MARKS = "<!-- limits -->", "<!-- end of limits -->"


def said() -> dict[str, str]:
    """Return what the class says of each limit."""
    doc = inspect.getdoc(Limits) or ""
    entries = re.findall(r"(?m)^    (\w+): (.*(?:\n        .*)*)", doc)
    return {name: " ".join(text.split()) for name, text in entries}


def table() -> str:
    """Return the table in Markdown."""
    lines = ["| limit | value | what |", "|---|---:|---|"]
    about = said()
    for one in fields(Limits):
        value = f"{getattr(DEFAULT, one.name):,}"
        lines.append(f"| `{one.name}` | {value} | {about[one.name]} |")
    return "\n".join(lines)


def documented(text: str) -> str:
    """Return a document with the table between its marks."""
    begin, end = MARKS
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table()}\n{end}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(documented(DOCUMENT.read_text("utf-8")), encoding="utf-8")

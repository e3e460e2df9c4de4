"""Instructions of commands that analyze every network of the shelf."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import ROOT, Line, Section

sys.path.insert(0, str(ROOT / "tests" / "support"))

from instructions import instructions

ABOUT = """\
Counted as above. Nothing is kept from an earlier run, so that every network of the shelf
is analyzed with all its variants. No target."""
COMMANDS = {
    "`check specs/`": ["check", "specs/"],
    "`lock specs/`": ["lock", "specs/", "--lock-file", "LOCK"],
    "`audit`": ["audit"],
}


def measure(_: int) -> Section:
    """Count every command beside `table resnet152`, all at a time."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        place = Path(folder)

        def count(words: list[str]) -> float:
            own = [str(place / word) if word.isupper() else word for word in words]
            return instructions(own, place / "bytecode") / 1e6

        one = pool.submit(count, ["table", "resnet152"])
        whole = {what: pool.submit(count, words) for what, words in COMMANDS.items()}
        lines = [
            _line(what, took.result(), one.result()) for what, took in whole.items()
        ]
    return Section("Instructions of the whole shelf", ABOUT, lines)


def _line(what: str, took: float, one: float) -> Line:
    told = f"{took / one:.1f} × `table resnet152` ({took:,.0f} : {one:,.0f} M)"
    return Line(what, "", told)

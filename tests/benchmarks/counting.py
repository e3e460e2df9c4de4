"""Instructions of short commands beside an earlier build, counted by valgrind."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from builds import EARLIER, earlier
from measuring import ROOT, Line, Section

sys.path.insert(0, str(ROOT / "tests" / "support"))

from instructions import instructions

ABOUT = f"""\
Counted by `valgrind --tool=cachegrind`, in millions: instructions hold on a busy machine,
so that one run is enough and has no spread (hashes have a fixed seed, bytecode is written
beforehand, the environment's `site` is left out). The build before is commit {EARLIER},
taken out of the repository and run by the same interpreter with the same packages. With
`--cache FILE`, results of the run before are kept there. Beside `table resnet152` means
beside that of this build."""
BESIDE = {
    "cold `table` of a shipped network": (["table", "resnet152"], 0.60),
    "cold `table` of a file": (["table", "specs/resnet/resnet152.yaml"], 0.70),
    "`memory` of a shipped network": (["memory", "resnet50"], None),
    "`check` of one file": (["check", "specs/resnet/resnet50.yaml"], None),
}
"""Counted beside the build before: words, and the most of its instructions."""
AT_A_TIME = 3
LOCK = ["lock", "specs/", "--lock-file", "LOCK"]
SHARES = {
    "`--version`": (["--version"], 0.2, 1),
    "`list`": (["list"], 1.5, 1),
    "`check specs/ --cache FILE`": (["check", "specs/", "--cache", "CHECKED"], 3, 2),
    "`lock specs/ --cache FILE`": ([*LOCK, "--cache", "LOCKED"], 3, 2),
    "`audit --cache FILE`": (["audit", "--cache", "AUDITED"], 3, 2),
}
"""Counted beside `table resnet152`: words, the most times it may take, runs before.

Of what is kept, the first run keeps it, the second loads what an unchanged one loads.
"""


def measure(_: int) -> Section:
    """Count every command, some at a time: that changes no count."""
    with TemporaryDirectory() as folder, earlier() as before:
        place = Path(folder)

        def count(words: list[str], runs: int = 1) -> float:
            own = [str(place / word) if word.isupper() else word for word in words]
            return instructions(own, place / "bytecode", before=runs) / 1e6

        def count_before(words: list[str]) -> float:
            return instructions(words, place / "bytecode-before", before) / 1e6

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            whole = pool.submit(count, ["table", "resnet152"])
            shares = {
                what: pool.submit(count, words, runs)
                for what, (words, _, runs) in SHARES.items()
            }
            now = {w: pool.submit(count, words) for w, (words, _) in BESIDE.items()}
            then = {
                what: pool.submit(count_before, words)
                for what, (words, _) in BESIDE.items()
            }
        lines = [
            _line(what, now[what].result(), then[what].result(), f"of {EARLIER}", most)
            for what, (_, most) in BESIDE.items()
        ]
        lines += [
            _line(
                what, shares[what].result(), whole.result(), "× `table resnet152`", most
            )
            for what, (_, most, _) in SHARES.items()
        ]
    return Section("Instructions of commands", ABOUT, lines)


def _line(what: str, one: float, other: float, unit: str, most: float | None) -> Line:
    """Compare two counts."""
    told = f"{one / other:.2f} ({one:,.0f} : {other:,.0f} M)"
    if most is None:
        return Line(what, "", f"{told} {unit}")
    return Line(what, f"at most {most:.2f} {unit}", told, one <= most * other)

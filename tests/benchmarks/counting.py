"""Instructions of short commands beside an earlier build, counted by valgrind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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
`--cache FILE`, results of the run before are kept there; without, every network of the
shelf and every variant is analyzed. Beside `table resnet152` means beside that of this
build."""
BESIDE = {
    "cold `table` of a shipped network": (["table", "resnet152"], 0.60),
    "cold `table` of a file": (["table", "specs/resnet/resnet152.yaml"], 0.70),
    "`memory` of a shipped network": (["memory", "resnet50"], None),
    "`check` of one file": (["check", "specs/resnet/resnet50.yaml"], None),
}
"""Counted beside the build before: words, and the most of its instructions."""
KEPT = ["--cache", "KEPT"]
LOCK = ["lock", "specs/", "--lock-file", "LOCK"]
SHARES = {
    "`--version`": (["--version"], 0.2, 1),
    "`list`": (["list"], 1.5, 1),
    "`check specs/ --cache FILE`": (["check", "specs/", *KEPT], 3, 2),
    "`lock specs/ --cache FILE`": ([*LOCK, *KEPT], 3, 2),
    "`audit --cache FILE`": (["audit", *KEPT], 3, 2),
    "`check specs/`, nothing kept": (["check", "specs/"], None, 1),
    "`lock specs/`, nothing kept": (LOCK, None, 1),
    "`audit`, nothing kept": (["audit"], None, 1),
}
"""Counted beside `table resnet152`: words, the most times it may take, runs before.

Of what is kept, the first run keeps it, the second loads what an unchanged one loads.
"""


def measure(_: int) -> Section:
    """Count every command."""
    with TemporaryDirectory() as folder, earlier() as before:
        lines = [*_beside(Path(folder), before), *_shares(Path(folder))]
    return Section("Instructions of commands", ABOUT, lines)


def _beside(place: Path, before: Path) -> Iterator[Line]:
    """Compare with the build before."""
    for what, (words, most) in BESIDE.items():
        now = instructions(words, place / "bytecode") / 1e6
        then = instructions(words, place / "bytecode-before", before) / 1e6
        told = f"{now / then:.2f} ({now:,.0f} : {then:,.0f} M)"
        target = "" if most is None else f"at most {most:.2f} of {EARLIER}"
        yield Line(what, target, told, None if most is None else now <= most * then)


def _shares(place: Path) -> Iterator[Line]:
    """Compare with `table resnet152`."""
    paths = {"KEPT": str(place / "kept.json"), "LOCK": str(place / "own.lock")}
    whole = instructions(["table", "resnet152"], place / "bytecode") / 1e6
    for what, (words, most, before) in SHARES.items():
        given = [paths.get(word, word) for word in words]
        took = instructions(given, place / "bytecode", before=before) / 1e6
        told = f"{took / whole:.2f} × ({took:,.0f} : {whole:,.0f} M)"
        target = "" if most is None else f"at most {most} × `table resnet152`"
        yield Line(what, target, told, None if most is None else took <= most * whole)

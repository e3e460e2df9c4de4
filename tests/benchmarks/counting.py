"""Instructions of commands beside an earlier build, counted by valgrind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measuring import ROOT, Line, Run, Section, archcalc, processes

sys.path.insert(0, str(ROOT / "tests" / "support"))

from instructions import RUN, instructions

BEFORE = "64179cc"
"""The build that targets are shares of."""
LAYERS = 8000
ABOUT = f"""\
Short commands in instructions, counted by `valgrind --tool=cachegrind`, in millions: they
hold on a busy machine, so that one run is enough and has no spread (hashes have a fixed
seed, bytecode is written beforehand, the environment's `site` is left out). Long ones in
seconds of the processor, in turn: the median of the ratios of the rounds, and in brackets
the lowest and the highest. The build before is commit {BEFORE}, checked out beside this one
and run by the same interpreter with the same packages. "8,000 layers" are {LAYERS // 2:,}
convolutions and as many ReLUs, each on a line of its own; of the two that `diff` compares,
one convolution has no bias. With `--cache FILE`, results of the run before are kept there;
without, every network is analyzed again, and times are those of `table resnet152`.
`diff` leaves out the peaks of memory, which the build before always computed."""
COUNTED = {
    "cold `table` of a shipped network": (["table", "resnet152"], 0.60),
    "cold `table` of a file": (["table", "specs/resnet/resnet152.yaml"], 0.70),
}
"""Counted beside the build before: words, and the most of its instructions."""
SHARES = {"`--version`": (["--version"], 0.2), "`list`": (["list"], 1.5)}
"""Counted beside `table resnet152`: words, and the most times it may take."""
TIMED = {
    "`memory`, 8,000 layers": (["memory", "A"], 0.72),
    "`diff`, 8,000 layers": (["diff", "A", "B"], 1 / 3),
}
"""Timed beside the build before."""
KEPT = {
    "`check specs/ --cache FILE`": ["check", "specs/", "--cache", "KEPT"],
    "`lock specs/ --cache FILE`": [
        *("lock", "specs/", "--lock-file", "LOCK", "--cache", "KEPT"),
    ],
    "`audit --cache FILE`": ["audit", "--cache", "KEPT"],
}
"""Counted beside `table resnet152`, nothing having changed since the run before."""
WHOLE = {
    "`check specs/`, nothing kept": ["check", "specs/"],
    "`audit`, nothing kept": ["audit"],
}
"""Timed beside `table resnet152`, for comparison: no target."""
LONG = {
    "`explain`, 8,000 layers": ["explain", "A", "conv17"],
    "`report`, 8,000 layers": ["report", "A", "-o", "PAGE"],
    "`draw`, 8,000 layers": ["draw", "A"],
    "`memory --training`, 8,000 layers": ["memory", "A", "--training"],
}
"""Timed beside `table`, of resnet152 or of the same layers."""
MOST = 3


def measure(rounds: int) -> Section:
    """Count and time every command."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        paths = _specs(place)
        before = _checkout(place / "before")
        lines = [
            *_counted(place, before, paths),
            *_timed(before, paths, max(3, rounds // 2)),
            *_beside(["table", "resnet152"], WHOLE, paths, max(3, rounds // 2), None),
            *_beside(["table", "A"], LONG, paths, max(3, rounds // 2), MOST),
        ]
    return Section("Beside an earlier build", ABOUT, lines)


def _specs(place: Path) -> dict[str, str]:
    """Write the long networks; return their paths."""
    head = "name: long\ninput: [16, 32, 32]\nlayers:\n"
    pair = "  - {conv: 16, kernel: 3, pad: 1}\n  - relu\n"
    text = head + pair * (LAYERS // 2)
    (place / "a.yaml").write_text(text, encoding="utf-8")
    other = text.replace("pad: 1}", "pad: 1, bias: false}", 1)
    (place / "b.yaml").write_text(other, encoding="utf-8")
    paths = {name: str(place / f"{name.lower()}.yaml") for name in ("A", "B")}
    paths |= {"PAGE": str(place / "page.html"), "LOCK": str(place / "own.lock")}
    paths["KEPT"] = str(place / "kept.json")
    return paths


def _checkout(place: Path) -> Path:
    """Return a checkout of the build before."""
    clone = ["git", "clone", "--quiet", "--no-checkout", str(ROOT), str(place)]
    subprocess.run(clone, check=True)
    subprocess.run(["git", "checkout", "--quiet", BEFORE], check=True, cwd=place)
    return place


def _counted(place: Path, before: Path, paths: dict[str, str]) -> list[Line]:
    """Compare the instructions of short commands."""
    lines = []
    for what, (words, most) in COUNTED.items():
        now = instructions(words, place / "bytecode") / 1e6
        then = instructions(words, place / "bytecode-before", before) / 1e6
        told = f"{now / then:.2f} ({now:,.0f} : {then:,.0f} M)"
        target = f"at most {most:.2f} of {BEFORE}"
        lines.append(Line(what, target, told, now <= most * then))
    whole = instructions(["table", "resnet152"], place / "bytecode") / 1e6
    for what, (words, most) in SHARES.items():
        took = instructions(words, place / "bytecode") / 1e6
        told = f"{took / whole:.2f} × ({took:,.0f} : {whole:,.0f} M)"
        target = f"at most {most} × `table resnet152`"
        lines.append(Line(what, target, told, took <= most * whole))
    for what, words in KEPT.items():
        given = [paths.get(word, word) for word in words]
        # The first run keeps results, the second loads what an unchanged one loads.
        took = instructions(given, place / "bytecode", before=2) / 1e6
        told = f"{took / whole:.2f} × ({took:,.0f} : {whole:,.0f} M)"
        target = f"at most {MOST} × `table resnet152`"
        lines.append(Line(what, target, told, took <= MOST * whole))
    return lines


def _timed(before: Path, paths: dict[str, str], rounds: int) -> list[Line]:
    """Compare the time of long commands with that of the build before."""
    lines = []
    begin = f"import sys; sys.path.insert(0, {str(before)!r}); "
    for what, (words, most) in TIMED.items():
        given = [paths.get(word, word) for word in words]
        runs = processes(
            {"now": archcalc(*given), "then": ["-c", begin + RUN, *given]}, rounds
        )
        target = f"at most {most:.2f} of {BEFORE}"
        lines.append(_line(what, target, runs["now"], runs["then"], most))
    return lines


def _beside(
    unit: list[str],
    rows: dict[str, list[str]],
    paths: dict[str, str],
    rounds: int,
    most: float | None,
) -> list[Line]:
    """Compare the time of commands with that of a table."""
    commands = {"": unit, **rows}
    runs = processes(
        {
            what: archcalc(*(paths.get(word, word) for word in words))
            for what, words in commands.items()
        },
        rounds,
    )
    target = "" if most is None else f"at most {most} × its `table`"
    return [_line(what, target, runs[what], runs[""], most) for what in rows]


def _line(
    what: str, target: str, one: list[Run], other: list[Run], most: float | None
) -> Line:
    pairs = zip(one, other, strict=True)
    ratios = sorted(a.busy / b.busy for a, b in pairs)
    took, beside = (median(run.busy for run in runs) for runs in (one, other))
    low, high = ratios[0], ratios[-1]
    times = median(ratios)
    told = f"{times:.2f} × ({low:.2f} to {high:.2f}; {took:.2f} s : {beside:.2f} s)"
    return Line(what, target, told, None if most is None else times <= most)

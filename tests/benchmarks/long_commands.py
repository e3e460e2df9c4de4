"""Long commands beside an earlier build, and beside their own tables, in seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from builds import EARLIER, earlier
from measuring import ROOT, Line, Run, Section, archcalc, processes

sys.path.insert(0, str(ROOT / "tests" / "support"))

from instructions import RUN

LAYERS = 8000
ABOUT = f"""\
In seconds of the processor, in turn: the median of the ratios of the rounds, and in
brackets the lowest and the highest. The build before is commit {EARLIER}, run by the same
interpreter with the same packages. "8,000 layers" are {LAYERS // 2:,} convolutions and as
many ReLUs, each on a line of its own; of the two that `diff` compares, one convolution
has no bias. `diff` leaves out the peaks of memory, which the build before always
computed."""
TIMED = {
    "`memory`, 8,000 layers": (["memory", "A"], 0.72),
    "`diff`, 8,000 layers": (["diff", "A", "B"], 1 / 3),
}
"""Timed beside the build before."""
LONG = {
    "`explain`, 8,000 layers": ["explain", "A", "conv17"],
    "`report`, 8,000 layers": ["report", "A", "-o", "PAGE"],
    "`draw`, 8,000 layers": ["draw", "A"],
    "`memory --training`, 8,000 layers": ["memory", "A", "--training"],
}
"""Timed beside `table` of the same layers."""
MOST = 3


def measure(rounds: int) -> Section:
    """Time every command."""
    rounds = max(3, rounds // 2)
    with TemporaryDirectory() as folder, earlier() as before:
        paths = _specs(Path(folder))
        lines = [*_timed(before, paths, rounds), *_beside(paths, rounds)]
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
    return {**paths, "PAGE": str(place / "page.html")}


def _timed(before: Path, paths: dict[str, str], rounds: int) -> list[Line]:
    """Compare the time of long commands with that of the build before."""
    lines = []
    begin = f"import sys; sys.path.insert(0, {str(before)!r}); "
    for what, (words, most) in TIMED.items():
        given = [paths.get(word, word) for word in words]
        runs = processes(
            {"now": archcalc(*given), "then": ["-c", begin + RUN, *given]}, rounds
        )
        target = f"at most {most:.2f} of {EARLIER}"
        lines.append(_line(what, target, runs["now"], runs["then"], most))
    return lines


def _beside(paths: dict[str, str], rounds: int) -> list[Line]:
    """Compare the time of commands with that of a table."""
    commands = {"": ["table", "A"], **LONG}
    runs = processes(
        {
            what: archcalc(*(paths.get(word, word) for word in words))
            for what, words in commands.items()
        },
        rounds,
    )
    target = f"at most {MOST} × its `table`"
    return [_line(what, target, runs[what], runs[""], MOST) for what in LONG]


def _line(
    what: str, target: str, one: list[Run], other: list[Run], most: float
) -> Line:
    pairs = zip(one, other, strict=True)
    ratios = sorted(a.busy / b.busy for a, b in pairs)
    took, beside = (median(run.busy for run in runs) for runs in (one, other))
    low, high = ratios[0], ratios[-1]
    times = median(ratios)
    told = f"{times:.2f} × ({low:.2f} to {high:.2f}; {took:.2f} s : {beside:.2f} s)"
    return Line(what, target, told, times <= most)

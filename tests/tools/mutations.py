"""Specs with something wrong in them: shipped ones, changed at random, and run.

    python tests/tools/mutations.py --minutes 5 --seed 1

Every mutant goes through reading, checking with lint, formatting, a table in each of a
few formats, and a comparison with the original: what happens must be an answer or an
`ArchcalcError`, in bounded time and memory.
"""

from __future__ import annotations

import argparse
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import archcalc
from archcalc.checks.checking import Selection, check_source
from archcalc.checks.lock import fingerprint
from archcalc.errors import ArchcalcError
from archcalc.language.formatting import formatted
from archcalc.language.library import shipped
from archcalc.limits import DEFAULT
from archcalc.network.network import Network, network
from archcalc.render import render
from archcalc.reports.diff import Difference, Side, diff_report
from archcalc.reports.memory.summary import memory_report
from archcalc.reports.table import table_report
from archcalc.source.parser import parse

SECONDS = 5
BYTES = 3 << 30
WORDS = (
    "0 -1 1 2 3 7 1000000000 18446744073709551616 9**9**9 1e999 .nan .inf -0 0x10 010"
    ' 3:25 1_000 yes no null ~ true [] {} [1] [0] [a,b] {a: 1} \'\' "\\0" "\\u202e"'
    " cin cin*2 cin//0 cin/0 h w i dim tokens 2*cin+1 -cin (cin min(1,2) max() a.b"
    " __import__ ? - : & * ! | > % @ ` # , [ ] { } , , \\ \t \r \x0b \x00 \x85 \u2028"
    " \ud800 é é 中 🧠 1/2 2.5 same valid full auto all none relu bn conv fc residual"
    " concat add repeat from name input output share when norm act block blocks layers"
    " defaults params variants aliases expect about channels kernel stride pad groups"
    " dilation shape params macs depth <<: *a &a !!int --- ... %YAML 10**18 1<<60"
    " x0 split flatten reshape permute attention mha lstm upsample softmax identity"
    " C H W s 64 63 65 224 1x1 3x3 pool maxpool avgpool gap dropout: p: out bias"
)
ODD = WORDS.split(" ")


def mutant(random: Random, text: str, other: str) -> str:
    """Return a text with one to six changes, pieces of another one among them."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        text = random.choice(CHANGES)(random, text, other)
    return text


def _scalar(random: Random, text: str, other: str) -> str:
    """Put an odd word in the place of a word."""
    begin, end = _word(random, text)
    return text[:begin] + random.choice(ODD) + text[end:]


def _swap(random: Random, text: str, other: str) -> str:
    """Put a word from elsewhere in the place of a word."""
    begin, end = _word(random, text)
    start, stop = _word(random, other)
    return text[:begin] + other[start:stop] + text[end:]


def _word(random: Random, text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    begin = end = random.randrange(len(text))
    while begin and text[begin - 1] not in " ,[]{}:\n":
        begin -= 1
    while end < len(text) and text[end] not in " ,[]{}:\n":
        end += 1
    return begin, end


def _lines(change: Callable[[Random, list[str], list[str]], None]) -> Any:
    def changed(random: Random, text: str, other: str) -> str:
        lines = text.split("\n")
        change(random, lines, other.split("\n"))
        return "\n".join(lines)

    return changed


def _some(random: Random, lines: list[str]) -> slice:
    begin = random.randrange(len(lines) + 1)
    return slice(begin, begin + random.choice((1, 1, 2, 5, 20)))


@_lines
def _drop(random: Random, lines: list[str], other: list[str]) -> None:
    del lines[_some(random, lines)]


@_lines
def _double(random: Random, lines: list[str], other: list[str]) -> None:
    piece = lines[_some(random, lines)]
    at = random.randrange(len(lines) + 1)
    lines[at:at] = piece * random.choice((1, 1, 1, 2, 30))


@_lines
def _graft(random: Random, lines: list[str], other: list[str]) -> None:
    at = random.randrange(len(lines) + 1)
    lines[at:at] = other[_some(random, other)]


@_lines
def _indent(random: Random, lines: list[str], other: list[str]) -> None:
    by = random.choice((-4, -2, -1, 1, 2, 4))
    for at in range(*_some(random, lines).indices(len(lines))):
        lines[at] = " " * by + lines[at] if by > 0 else lines[at][-by:]


def _character(random: Random, text: str, other: str) -> str:
    """Put a character in, leave one out, or write another one."""
    at = random.randrange(len(text) + 1)
    new = random.choice((random.choice(ODD), chr(random.randrange(128)), ""))
    return text[:at] + new + text[at + random.randrange(2) :]


def _cut(random: Random, text: str, other: str) -> str:
    return text[: random.randrange(len(text) + 1)]


CHANGES = (
    *(_scalar, _scalar, _scalar, _swap, _swap, _drop, _double),
    *(_graft, _indent, _character, _cut),
)


@dataclass
class Tally:
    """What mutants came to."""

    texts: int = 0
    networks: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest: float = 0

    def __str__(self) -> str:
        codes = ", ".join(f"{c} {n}" for c, n in self.refused.most_common(12))
        return (
            f"{self.texts} mutants, {self.networks} of them networks; refused by "
            f"{len(self.refused)} rules ({codes}); slowest {self.slowest:.2f} s"
        )


def attempt(text: str, original: Network, tally: Tally, random: Random) -> None:
    """Run a text through everything; raise what is no `ArchcalcError`."""
    began = time.process_time()
    tally.texts += 1
    try:
        source = parse(text.encode("utf-8", "surrogatepass"), "mutant.yaml")
        check_source(source, "mutant.yaml", DEFAULT, Selection(strict=True))
        again = formatted(text, "mutant.yaml")
        assert formatted(again, "mutant.yaml") == again
        _whole(network(source), original, random)
        tally.networks += 1
    except ArchcalcError as error:
        for problem in error.problems:
            tally.refused[problem.code] += 1
            assert "\x1b" not in problem.show()
    tally.slowest = max(tally.slowest, time.process_time() - began)


def _whole(net: Network, original: Network, random: Random) -> None:
    analysis = net.analyze(batch=random.choice((1, 3)))
    fingerprint(analysis.graph)
    reports = [table_report(net, analysis), memory_report(net, analysis)]
    sides = (
        Side(original, original.analyze(), "layers", "a"),
        Side(net, analysis, "layers", "b"),
    )
    reports.append(diff_report(Difference(*sides), True))
    for report in reports:
        render(
            report,
            random.choice(("terminal", "json", "csv", "markdown", "latex", "html")),
        )


def run(minutes: float, seed: int, keep: Path) -> int:
    """Run mutants for some minutes; keep those that break something."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    signal.signal(signal.SIGALRM, _too_long)
    paths = list(shipped().values())
    texts = [path.read_text(encoding="utf-8") for path in paths]
    tally, found, end = Tally(), 0, time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        name = f"{seed}.{tally.texts}"
        random = Random(name)
        at = random.randrange(len(texts))
        text = mutant(random, texts[at], random.choice(texts))
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        signal.signal(signal.SIGVTALRM, _too_long)
        try:
            attempt(text, archcalc.load(paths[at]), tally, random)
        except Exception:
            found += 1
            keep.mkdir(parents=True, exist_ok=True)
            data = text.encode("utf-8", "surrogatepass")
            (keep / f"{name}.yaml").write_bytes(data)
            print(f"{name}: {traceback.format_exc(limit=-4)}", flush=True)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    print(f"{tally}; {found} failures")
    return min(found, 1)


def _too_long(*_: object) -> None:
    raise TimeoutError


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("build/mutants"))
    raise SystemExit(run(**vars(parser.parse_args())))

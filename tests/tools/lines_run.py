"""Count the lines of archcalc that run for a network and for one eight times as large.

    python tests/tools/lines_run.py wide
    python tests/tools/lines_run.py wide 15     the small one has 15 steps instead of 40

Lines are counted by a trace, a turn of a loop or comprehension each time anew: a
measure of work that is the same on every machine. Prints JSON: for each operation the
lines for the small network and for the large one.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import archcalc
from archcalc import explain, verify
from archcalc.checks.checking import Selection, check_source
from archcalc.checks.lock import fingerprint
from archcalc.language.formatting import formatted
from archcalc.limits import DEFAULT
from archcalc.network.network import loads
from archcalc.render import render
from archcalc.render.drawing.pictures import draw
from archcalc.render.page import page
from archcalc.render.plotting.timeline import memory as plotted
from archcalc.reports.comparison import compare_report
from archcalc.reports.diff import Difference, Side, diff_report
from archcalc.reports.memory.summary import memory_report
from archcalc.reports.table import table_report
from archcalc.source.parser import parse

SMALL, TIMES = 40, 8
PACKAGE = str(Path(archcalc.__file__).parent)
HEAD = "name: a\ninput: [8, 16, 16]\nlayers:\n"
CONV = "{conv: 8, kernel: 3, pad: 1}"


def chain(n: int) -> str:
    return HEAD + f"  - {CONV}\n  - relu\n" * n


def residuals(n: int) -> str:
    return HEAD + f"  - {{residual: [{CONV}, relu], act: relu}}\n" * n


def branches(n: int) -> str:
    return HEAD + f"  - concat: {{a: [{CONV}], b: [relu, {{conv: 3}}]}}\n" * n


def wide(n: int) -> str:
    lines = "".join(f"      b{i}: [{CONV}]\n" for i in range(n))
    return f"{HEAD}  - concat:\n{lines}"


def product(n: int) -> str:
    names = ", ".join(f"c{i}" for i in range(n))
    lines = "".join(f"  - {{name: c{i}, conv: 8}}\n" for i in range(n))
    return f"{HEAD}{lines}  - {{multiply: [{names}]}}\n"


def repeated(n: int) -> str:
    block = f"{{residual: [{CONV}, relu]}}"
    return f"{HEAD}  - {{name: r, repeat: {n}, stage: [{block}, relu]}}\n"


def stages(n: int) -> str:
    return HEAD + "".join(f"  - {{name: s{i}, stage: [{CONV}]}}\n" for i in range(n))


def read_by_all(n: int) -> str:
    return f"{HEAD}  - {{name: x, relu: }}\n" + "  - {add: [x, x]}\n" * n


def mirrored(n: int) -> str:
    """Steps that are joined in reverse, as in a U-Net without scales."""
    down = "".join(f"  - {{name: d{i}, conv: 8}}\n" for i in range(n))
    up = "".join(
        f"  - {{name: u{i}, add: [u{i - 1}, d{n - i}]}}\n" for i in range(2, n)
    )
    return f"{HEAD}{down}  - {{name: u1, relu: }}\n{up}"


def heads(n: int) -> str:
    return HEAD + f"  - {{aux: [{CONV}]}}\n" * n + "  - relu\n"


def inputs(n: int) -> str:
    named = ", ".join(f"x{i}: [8, 16, 16]" for i in range(n))
    return f"name: a\ninput: {{{named}}}\nlayers:\n  - {{add: [x0, x{n - 1}]}}\n"


CROSSED = ("product", "mirrored")
"""Of n lines past n boxes a picture has n² pieces: `--limit lanes` is what bounds it."""
DRAWN = ("blocks", "volumes")
KINDS: dict[str, Callable[[int], str]] = {
    made.__name__: made
    for made in (
        *(chain, residuals, branches, wide, product, repeated, stages),
        *(read_by_all, mirrored, heads, inputs),
    )
}


def _table(text: str, level: Any, format: str) -> None:
    net = loads(text)
    render(table_report(net, net.analyze(), level=level), format)


def _memory(text: str) -> None:
    net = loads(text)
    memory_report(net, net.analyze())


def _fields(text: str) -> None:
    net = loads(text)
    table_report(net, net.analyze(), "ops", ("layer", "receptive_field", "depth"))


def _differing(text: str) -> None:
    """Compare a network with itself, one kernel of it changed everywhere."""
    sides = [
        Side(net, net.analyze(), "layers", net.name)
        for net in (
            loads(text),
            loads(text.replace("kernel: 3, pad: 1", "kernel: 5, pad: 2")),
        )
    ]
    diff_report(Difference(*sides), True)


def _page(text: str) -> None:
    page([loads(text)])


def _timeline(text: str) -> None:
    net = loads(text)
    plotted(net.analyze(), "a", training=True)


def _drawn(text: str, style: str) -> None:
    net = loads(text)
    draw(net, net.analyze(), style, level="ops")


def _verified(text: str) -> None:
    """Compare a network with itself, step by step."""
    net = loads(text)
    verify(net, against=net)


def _check(text: str) -> None:
    check_source(parse(text, "a"), "a", DEFAULT, Selection())


OPERATIONS: dict[str, Callable[[str], Any]] = {
    "check": _check,
    "fmt": lambda text: formatted(text, "a"),
    "verify": _verified,
    "lock": lambda text: fingerprint(loads(text).graph),
    "table": lambda text: _table(text, "layers", "markdown"),
    "ops as csv": lambda text: _table(text, "ops", "csv"),
    "terminal": lambda text: _table(text, "layers", "terminal"),
    "latex": lambda text: _table(text, "layers", "latex"),
    "html": lambda text: _table(text, "layers", "html"),
    "memory": _memory,
    "timeline": _timeline,
    "fields": _fields,
    "diff": _differing,
    "compare": lambda text: compare_report([loads(text).analyze()] * 2),
    "page": _page,
    "explain": lambda text: explain(loads(text).analyze()),
    "blocks": lambda text: _drawn(text, "blocks"),
    "volumes": lambda text: _drawn(text, "volumes"),
}


def lines_of(call: Callable[[], Any]) -> int:
    """Return how many lines of the package a call runs."""
    count = 0

    def line(_frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def entered(frame: FrameType, _event: str, _: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(PACKAGE) else None

    sys.settrace(entered)
    try:
        call()
    finally:
        sys.settrace(None)
    return count


def main() -> None:
    """Print the counts of one kind of network."""
    made = KINDS[sys.argv[1]]
    small = int(sys.argv[2]) if len(sys.argv) > 2 else SMALL
    texts = made(small), made(small * TIMES)
    gc.disable()
    found = {}
    for name, operation in OPERATIONS.items():
        if name in DRAWN and sys.argv[1] in CROSSED:
            continue
        operation(texts[0])  # what is found once and kept
        found[name] = [lines_of(lambda: operation(text)) for text in texts]  # noqa: B023  # called at once
    print(json.dumps(found))


if __name__ == "__main__":
    main()

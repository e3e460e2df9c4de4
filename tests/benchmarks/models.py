"""Models in files: how long a large ONNX file takes, beside `onnx` itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from measuring import Line, Section, archcalc, mib, processes, ratio, shown

sys.path.append(str(Path(__file__).parents[1] / "generators"))

MEGABYTES, LAYERS = 200, 150
ABOUT = f"""\
A file of {MEGABYTES} MB, whose {LAYERS} convolutions and {LAYERS} ReLUs are about as many
as ResNet-152 has. In a process of its own each, after the imports: archcalc reads it and
writes its spec, onnx loads it and infers shapes (`onnx.load`, `infer_shapes`). Memory of
its own is what a process holds at the end apart from what it maps from files (RssAnon).
The last rows are whole processes: `archcalc table FILE` and a script that does as onnx
does above."""
OURS = """
from archcalc.readers import patterns, read_source, spec
from archcalc.readers.onnx import file
work = lambda: read_source(path)
"""
THEIRS = """
import onnx
work = lambda: onnx.shape_inference.infer_shapes(onnx.load(path))
"""
MEASURE = """
import sys, time
path = sys.argv[1]
{}
begun = time.perf_counter()
held = work()
seconds = time.perf_counter() - begun
said = dict(line.split(":") for line in open("/proc/self/status"))
print(seconds, int(said["RssAnon"].split()[0]) / 1024)
"""


class Read(NamedTuple):
    """One reading of a file: seconds, and MiB that the process holds."""

    seconds: float
    own: float


def made(path: Path) -> None:
    """Write convolutions and ReLUs in turn, whose weights fill the file."""
    from onnx import helper
    from onnx_models import model, weight

    wide = int((MEGABYTES * 2**20 / 4 / LAYERS) ** 0.5)
    nodes, tensors = [], []
    for at in range(LAYERS):
        tensors.append(weight(f"w{at}", (wide, wide, 1, 1)))
        nodes.append(helper.make_node("Conv", [f"t{at}", f"w{at}"], [f"c{at}"]))
        nodes.append(helper.make_node("Relu", [f"c{at}"], [f"t{at + 1}"]))
    whole = model(nodes, {"t0": [1, wide, 8, 8]}, {f"t{LAYERS}": None}, tensors)
    path.write_bytes(whole.SerializeToString())


def read(code: str, path: Path) -> Read:
    """Read the file in a process of its own."""
    command = [sys.executable, "-c", MEASURE.format(code), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, own = map(float, done.stdout.split())
    return Read(seconds, own)


def measure(rounds: int) -> Section:
    """Read one large file by turns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.onnx")
        # apart: a child is said to need what its parent held
        subprocess.run([sys.executable, __file__, str(path)], check=True)
        pairs = [(read(OURS, path), read(THEIRS, path)) for _ in range(rounds)]
        script = MEASURE.format(THEIRS)
        runs = processes(
            {
                "table": archcalc("table", str(path)),
                "onnx": ["-c", script, str(path)],
            },
            max(3, rounds // 2),
        )
    ours, theirs = zip(*pairs, strict=True)
    times = [[one.seconds for one in side] for side in (theirs, ours)]
    faster, own = ratio(*times), median(one.own for one in ours)
    whole = [[run.seconds for run in runs[name]] for name in ("onnx", "table")]
    lines = [
        Line(
            "`onnx.load` and `infer_shapes`",
            "at least 50 × as long as archcalc's reader",
            f"{faster:.0f} × ({shown(times[0])} : {shown(times[1])})",
            faster >= 50,
        ),
        Line(
            "memory of archcalc's own",
            "under 60 MiB",
            f"{own:.0f} MiB (onnx: {median(one.own for one in theirs):.0f})",
            own < 60,
        ),
        Line(
            "whole processes",
            "",
            f"{ratio(*whole):.1f} × ({shown(whole[0])} : {shown(whole[1])})",
        ),
        Line(
            "whole processes, memory with what is mapped",
            "",
            f"{mib(runs['onnx']):.0f} : {mib(runs['table']):.0f} MiB",
        ),
    ]
    return Section("Models in ONNX", ABOUT, lines)


if __name__ == "__main__":
    made(Path(sys.argv[1]))

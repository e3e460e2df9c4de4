"""How much faster a large model is read than with `onnx`: `python <this file> [MB]`.

Makes a file of so many megabytes, reads it in a process of its own each time, and
prints the ratio of the times and the memory of each. The name keeps it out of the tests.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "generators"))

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
work()
seconds = time.perf_counter() - begun
said = dict(line.split(":") for line in open("/proc/self/status"))
print(seconds, *(int(said[key].split()[0]) // 1024 for key in ("VmHWM", "RssAnon")))
"""


def made(path: Path, megabytes: int) -> None:
    """Write a chain of convolutions whose weights fill so many megabytes."""
    from onnx import helper
    from onnx_models import model, weight

    each = 1024 * 1024 * 4 // 2**20
    count = megabytes // each
    nodes = [
        helper.make_node("Conv", [f"t{i}", f"w{i}"], [f"t{i + 1}"])
        for i in range(count)
    ]
    tensors = [weight(f"w{i}", (1024, 1024, 1, 1)) for i in range(count)]
    whole = model(nodes, {"t0": [1, 1024, 8, 8]}, {f"t{count}": None}, tensors)
    path.write_bytes(whole.SerializeToString())


def measured(code: str, path: Path) -> tuple[float, int, int]:
    """Return seconds, the peak of memory and what is left of it, in MB; best of three."""
    runs = []
    for _ in range(3):
        command = [sys.executable, "-c", MEASURE.format(code), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, peak, left = done.stdout.split()
        runs.append((float(seconds), int(peak), int(left)))
    return min(runs)


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.onnx")
        made(path, megabytes)
        ours, theirs = measured(OURS, path), measured(THEIRS, path)
    for name, (seconds, peak, left) in (("archcalc", ours), ("onnx", theirs)):
        print(f"{name:8} {seconds:8.4f} s, peak {peak} MB, {left} MB of its own")
    print(f"ratio {theirs[0] / ours[0]:.0f}")


if __name__ == "__main__":
    main()

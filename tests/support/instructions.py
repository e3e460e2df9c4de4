"""How many instructions a command takes: a figure that holds on a busy machine.

valgrind counts those of the process. Bytecode is written by a run before, hashes have a
fixed seed, and the environment's own start-up (`site`) is left out, so that two checkouts
or two environments with the same versions give the same number.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = "from archcalc.__main__ import main; main()"
COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")
FIVE = {
    "table resnet152": ["table", "resnet152"],
    "table of a file": ["table", "specs/resnet/resnet152.yaml"],
    "--version": ["--version"],
    "memory resnet50": ["memory", "resnet50"],
    "check of a file": ["check", "specs/resnet/resnet50.yaml"],
}
"""Commands whose instructions are recorded in `tests/data/instructions.json`."""


def where() -> dict[str, str]:
    """Return what the number of instructions depends on beside the code."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
        "PyYAML": version("PyYAML"),
    }


def instructions(
    words: Sequence[str],
    cache: Path,
    root: Path = ROOT,
    before: int = 1,
) -> int:
    """Return the instructions of `archcalc` with these words, run in a checkout.

    `before` are the runs before the one that counts, which write bytecode.
    """
    place = os.pathsep.join([str(root), sysconfig.get_path("purelib")])
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": place,
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(cache),
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
    }
    count = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
    run = [sys.executable, "-S", "-c", RUN, *words]
    written = {"cwd": root, "env": environment, "capture_output": True, "text": True}
    for _ in range(before):
        subprocess.run(run, check=True, **written)
    out = ["--cachegrind-out-file=/dev/null"]
    done = subprocess.run([*count, *out, *run], check=True, **written)
    counted = COUNTED.search(done.stderr)
    assert counted, done.stderr
    return int(counted[1].replace(",", ""))

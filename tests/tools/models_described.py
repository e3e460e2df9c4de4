"""Read all cfg or prototxt files of a folder, such as a clone of darknet or Caffe.

    python tests/tools/models_described.py path/to/darknet/cfg

A line for each file: parameters, and operations as darknet counts them; or why it is
not read. Then the counts. Reading takes a tenth of a second a file.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import archcalc

ENDINGS = (".cfg", ".prototxt")


def line(path: Path) -> tuple[bool, str]:
    """Return whether a file is read, and what is said of it."""
    try:
        total = archcalc.load(path).analyze(convention="darknet").total
    except archcalc.ArchcalcError as error:
        return False, str(error).partition("\n")[0]
    return True, f"{path.name}: {total.params:,} parameters, {total.operations:,}"


def main(folder: str) -> None:
    """Read every file in a folder and those inside it."""
    warnings.simplefilter("ignore", archcalc.InputWarning)
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix in ENDINGS)
    outcomes = [line(path) for path in found]
    for _, text in outcomes:
        print(text)
    read = sum(is_read for is_read, _ in outcomes)
    print(f"{read} of {len(found)} files are read")


if __name__ == "__main__":
    main(sys.argv[1])

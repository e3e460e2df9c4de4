"""Print what networks and their variants come to, all of them or those named.

    python tests/tools/every_network.py | sha256sum
    python tests/tools/every_network.py vgg16 googlenet

The same on every Python, hash seed and locale: `tests/whole/test_pythons.py` compares.
"""

from __future__ import annotations

import sys

import archcalc
from archcalc.checks.lock import entry_of
from archcalc.language.library import shipped
from archcalc.render import render
from archcalc.reports.table import table_report


def main() -> None:
    for name in sys.argv[1:] or shipped():
        net = archcalc.load(name)
        for variant in (None, *net.variants):
            chosen = archcalc.load(name, variant=variant)
            analysis = chosen.analyze()
            sys.stdout.write(f"{chosen.name} {entry_of(analysis)}\n")
            if variant is None:
                sys.stdout.write(render(table_report(chosen, analysis), "json") + "\n")


if __name__ == "__main__":
    main()

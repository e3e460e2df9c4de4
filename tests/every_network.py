"""Print what every network and variant comes to, one JSON line each.

    python tests/every_network.py | sha256sum

The same on every Python, hash seed and locale: `tests/test_pythons.py` compares.
"""

from __future__ import annotations

import sys

import archcalc
from archcalc.checks.lock import entry_of
from archcalc.language.library import shipped
from archcalc.render import render
from archcalc.reports.table import table_report


def main() -> None:
    for name in shipped():
        net = archcalc.load(name)
        for variant in (None, *net.variants):
            chosen = archcalc.load(name, variant=variant)
            analysis = chosen.analyze()
            sys.stdout.write(f"{chosen.name} {entry_of(analysis)}\n")
            if variant is None:
                sys.stdout.write(render(table_report(chosen, analysis), "json") + "\n")


if __name__ == "__main__":
    main()

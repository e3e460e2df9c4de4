"""The page that says what each counter counts on networks, and that all is explained.

    python tests/tools/against_tables.py

runs every counter on every network (some minutes; `tests/oracles/peers.py` says what must
be installed) and writes `docs/generated/against.md`. `pytest -m peers` runs two of the
networks and compares them with the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "oracles"))

from peers import FOLDER, NETWORKS  # noqa: E402  # the folder is known now

import archcalc  # noqa: E402
from archcalc.network.counters import NAMES  # noqa: E402
from archcalc.network.counters.holding import EACH, Held, held  # noqa: E402

PAGE = ROOT / "docs" / "generated" / "against.md"
HEAD = """<!-- made by tests/tools/against_tables.py -->

# Other counters beside archcalc

`archcalc against TOOL NET` runs a tool on the build of a network in PyTorch and explains
its count step by step. Here it ran on every network below, with one sample. *places* are
the steps at which the tool counts something else than multiply-accumulates; *not
explained* is what is left of the difference when each step is counted by the tool's
[convention](conventions.md)."""


def line(name: str, found: Held) -> str:
    """Return the line of a network in a tool's table."""
    places = sum(1 for place in found.places if place.difference)
    left = sum(abs(place.left) for place in found.places) + abs(found.outside)
    cells = (
        f"{found.macs:,}",
        f"{found.operations:,}",
        f"{found.operations - found.macs:+,}"
        if found.operations != found.macs
        else "0",
        f"{places:,}",
        f"{left:,}",
    )
    return f"| {name} | {NETWORKS[name] or 'its own'} | {' | '.join(cells)} |"


def table(tool: str) -> Iterator[str]:
    """Yield the lines of a tool's table."""
    nets = {name: archcalc.load(name, input=NETWORKS[name]) for name in NETWORKS}
    lines: list[str] = []
    for name, net in nets.items():
        found = held(net, tool, 1, FOLDER)
        print(f"{tool} {name}: {found.operations:,}", file=sys.stderr)
        lines.append(line(name, found))
    unit = found.way.unit or "MAC"
    ours = "MACs" if EACH[unit] == 1 else "2 × MACs"
    yield f"\n## {tool} {found.version}\n"
    yield f"| network | input | {ours} | {tool} {unit}s | difference | places | not explained |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    yield from lines


def main() -> None:
    """Run all counters and write the page."""
    lines = [HEAD, *(text for tool in NAMES for text in table(tool))]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Networks of a few bytes, whose memory is added up by hand."""

from __future__ import annotations

from typing import Any

import archcalc
from archcalc import Analysis

HEAD = "archcalc: 1\nname: small\ninput: [2, 2, 2]\nlayers:\n"
FIRST = "  - {name: a, conv: 2}\n"
LAST = "  - flatten\n  - {fc: 1}\n"


def analyzed(layers: str, **setting: Any) -> Analysis:
    """Return the analysis of some layers behind an input of 2×2×2."""
    return archcalc.loads(HEAD + layers).analyze(**setting)


def joined(kind: str, **branches: str) -> str:
    """Return a step that joins branches, each a list of steps."""
    lines = "".join(f"      {name}: [{steps}]\n" for name, steps in branches.items())
    return f"  - {kind}:\n{lines}"

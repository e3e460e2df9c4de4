"""Write `archcalc/layers/kinds.py`, which says where each kind of layer is.

python tests/tools/kinds.py
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / "archcalc" / "layers" / "kinds.py"
EMPTY = "FAMILY_OF: dict[str, str] = {}\n"


def written() -> str:
    """Return what the file says of the families as they are now."""
    from archcalc.layers import FAMILIES
    from archcalc.layers.base import Layer

    family_of: dict[str, str] = {}
    arguments: set[str] = set()
    parts: set[str] = set()
    for family in FAMILIES:
        for item in vars(import_module(f"archcalc.layers.{family}")).values():
            if isinstance(item, type) and issubclass(item, Layer) and item.key:
                family_of.setdefault(item.key, family)
                arguments |= {*item.fields}
                parts |= {*item.named_inputs}
    lines = [
        '"""Where each kind of layer is, so that a spec imports only what it uses.',
        "",
        "Written by `python tests/tools/kinds.py`; a test compares it with the classes.",
        '"""',
        "",
        "FAMILY_OF = {",
        *(f'    "{key}": "{family}",' for key, family in family_of.items()),
        "}",
        '"""The module of each kind, by its key in YAML."""',
        "ARGUMENTS = frozenset(",
        "    (",
        *(f'        "{name}",' for name in sorted(arguments)),
        "    )",
        ")",
        '"""The arguments of all kinds."""',
        "PARTS = frozenset(",
        "    (",
        *(f'        "{name}",' for name in sorted(parts)),
        "    )",
        ")",
        '"""The named inputs of all kinds."""',
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    if not FILE.exists():
        FILE.write_text(EMPTY, encoding="utf-8")
    FILE.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()

"""Write `archcalc/shelf.json`, what `archcalc list` says of the shipped networks.

python tests/tools/shelf.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def written() -> str:
    """Return the file as the engine computes it now, a spec a line."""
    from archcalc.language.library import shipped
    from archcalc.network.shelved import computed, digest_of

    lines = [
        f"  {json.dumps(name)}: {json.dumps([digest_of(path.read_bytes()), computed(name)])}"
        for name, path in shipped().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    from archcalc.network.shelved import FILE

    FILE.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()

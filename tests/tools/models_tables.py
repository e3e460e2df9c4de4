"""The tables of `docs/reliability.md` on models of libraries that were read.

`python tests/tools/documents.py` writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

READ = Path(__file__).parents[1] / "data" / "models_read.yaml"


def rows() -> dict[str, Any]:
    """Return what was read: the date, the versions and a row for each model."""
    found: dict[str, Any] = yaml.safe_load(READ.read_text(encoding="utf-8"))
    return found


def models() -> Iterator[str]:
    """Yield a line for each library, then the differences by name."""
    data = rows()
    versions = ", ".join(f"{k} {v}" for k, v in data["versions"].items())
    yield f"Read on {data['date']} with {versions}:"
    yield ""
    yield "| library | models read | parameters equal | MACs equal | no unknown operator |"
    yield "|---|---:|---:|---:|---:|"
    for library in ("torchvision", "timm"):
        own = [row for row in data["models"] if row["library"] == library]
        counts = (
            len(own),
            sum("params" not in row for row in own),
            sum("macs" not in row for row in own),
            sum("unknown" not in row for row in own),
        )
        yield f"| {library} | {' | '.join(map(str, counts))} |"
    yield ""
    yield "| MACs differ: model | ours / torch's | why |"
    yield "|---|---:|---|"
    for row in data["models"]:
        if "macs" in row:
            yield f"| {row['model']} | {row['macs']} | {why(data, row)} |"
    yield ""
    yield "| unknown operator | models |"
    yield "|---|---:|"
    kinds = Counter(kind for row in data["models"] for kind in row.get("unknown", ()))
    for kind, count in kinds.most_common():
        yield f"| `{kind}` | {count} |"


def why(data: dict[str, Any], row: dict[str, Any]) -> str:
    """Return the reason of a difference, by the beginning of the model's name."""
    reasons: dict[str, str] = data["reasons"]
    for name, reason in reasons.items():
        if row["model"].startswith(name):
            return reason
    raise KeyError(row["model"])

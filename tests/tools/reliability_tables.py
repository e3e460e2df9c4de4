"""The tables of `docs/reliability.md`: the limits, from the code, and the long runs.

`python tests/tools/documents.py` writes them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import yaml
from models_tables import models

from archcalc.language.library import shipped
from archcalc.limits import DEFAULT, Limits

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
RUNS = ROOT / "tests" / "data" / "fuzz_runs.yaml"
EXPORTED = ROOT / "tests" / "data" / "exported.yaml"
COUNTED = ("minutes", "networks", "layers", "saved_bytes_compared", "mismatches")


def said() -> dict[str, str]:
    """Return what the class says of each limit."""
    doc = inspect.getdoc(Limits) or ""
    entries = re.findall(r"(?m)^    (\w+): (.*(?:\n        .*)*)", doc)
    return {name: " ".join(text.split()) for name, text in entries}


def limits() -> Iterator[str]:
    """Yield the lines of the limits."""
    yield "| limit | value | what |"
    yield "|---|---:|---|"
    about = said()
    for one in fields(Limits):
        value = f"{getattr(DEFAULT, one.name):,}"
        yield f"| `{one.name}` | {value} | {about[one.name]} |"


def fuzz() -> Iterator[str]:
    """Yield the lines of the long runs, with their sums."""
    runs = yaml.safe_load(RUNS.read_text(encoding="utf-8"))["runs"]
    words = ("date", "seed", *(name.replace("_", " ") for name in COUNTED))
    yield f"| {' | '.join(words)} |"
    yield f"|---|---|{'---:|' * len(COUNTED)}"
    for run in runs:
        counts = " | ".join(f"{run[name]:,}" for name in COUNTED)
        yield f"| {run['date']} | {run['seed']} | {counts} |"
    sums = " | ".join(f"**{sum(run[name] for run in runs):,}**" for name in COUNTED)
    yield f"| **total** | | {sums} |"


def counted(kind: str, *names: str) -> Iterator[str]:
    """Yield the lines of the runs of another fuzzer, with their sums."""
    runs = yaml.safe_load(RUNS.read_text(encoding="utf-8"))[kind]
    names = ("minutes", *names, "found")
    words = ("date", "seed", *names[:-1], "found and mended")
    yield f"| {' | '.join(words)} |"
    yield f"|---|---|{'---:|' * len(names)}"
    for run in runs:
        counts = " | ".join(f"{run[name]:,}" for name in names)
        yield f"| {run['date']} | {run['seed']} | {counts} |"
    sums = " | ".join(f"**{sum(run[name] for run in runs):,}**" for name in names)
    yield f"| **total** | | {sums} |"


def formats() -> Iterator[str]:
    """Yield the lines of the runs with files of other formats."""
    return counted("formats", "safetensors", "gguf", "json", "cfg", "prototxt")


def onnx() -> Iterator[str]:
    """Yield the lines of the runs with models in ONNX."""
    return counted("onnx", "models")


def modules() -> Iterator[str]:
    """Yield the lines of the runs with PyTorch modules."""
    return counted("modules", "modules", "steps")


def exported() -> Iterator[str]:
    """Yield the lines of the networks whose PyTorch code was run at full size."""
    known = yaml.safe_load(EXPORTED.read_text(encoding="utf-8"))
    words = {
        "equal": "computed the same numbers",
        "differ": "computed other numbers",
        "too large": "not run: more than a billion parameters",
    }
    found = {word: [n for n, o in known.items() if o == word] for word in words}
    left = [name for name in shipped() if name not in known]
    yield "| networks | what came out |"
    yield "|---:|---|"
    for word, text in words.items():
        few = f" ({', '.join(found[word])})" if 0 < len(found[word]) < 10 else ""
        yield f"| {len(found[word])} | {text}{few} |"
    few = f" ({', '.join(left)})" if left else ""
    yield f"| {len(left)} | not run yet{few} |"


TABLES = {
    "exported code": exported,
    "onnx fuzz counts": onnx,
    "format fuzz counts": formats,
    "module fuzz counts": modules,
    "limits": limits,
    "fuzz counts": fuzz,
    "models that were read": models,
}


def documented(text: str) -> str:
    """Return a document with each table between its marks."""
    for name, lines in TABLES.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        table = "\n".join(lines())
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def write() -> None:
    """Write the tables into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(documented(text), encoding="utf-8")

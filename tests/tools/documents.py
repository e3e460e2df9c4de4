"""Outputs shown in the documentation, made again from the code.

A block of a Markdown file that begins with `$ archcalc …` shows what the command
prints at 80 columns; `| head -n N` keeps the first lines. A block that begins with
`>>> ` is a doctest.

    python tests/tools/documents.py          writes what the commands print now
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from reliability_tables import write as write_tables

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")),
)
MADE = {
    "docs/generated/layers.md": (
        "<!-- made by tests/tools/documents.py -->",
        "archcalc layers --format markdown",
    ),
    "docs/generated/conventions.md": (
        "<!-- made by tests/tools/documents.py -->",
        "archcalc conventions --format markdown",
    ),
    "docs/generated/audit.md": (
        "<!-- made by tests/tools/documents.py -->",
        "archcalc audit --format markdown",
    ),
    "docs/generated/networks.md": (
        "<!-- made by tests/tools/documents.py -->",
        "archcalc list --variants --format markdown",
    ),
    "docs/generated/rules.md": (
        "<!-- made by tests/tools/documents.py -->",
        "archcalc rule --format markdown",
    ),
}
PICTURES = {
    f"docs/pictures/{name}.svg": f"archcalc {command}"
    for name, command in {
        "alexnet": "draw alexnet --style volumes",
        "vgg16": "draw vgg16 --style volumes",
        "unet": "draw unet --style volumes",
        "bottleneck-inception": "draw bottleneck-inception",
        "resnet50": "draw resnet50",
        "accuracy": "plot --kind accuracy",
        "efficientnet-sweep": (
            "sweep efficientnet --over width=0.5:2:0.1 --over depth=0.5:2:0.1 "
            "--over size=128:320:32 --where 'macs >= 900M and macs <= 1G' "
            "--plot params,activations"
        ),
        "vgg16-layers": "plot vgg16 --kind layers",
        "resnet50-cumulative": "plot resnet50 --kind cumulative",
        "resnet50-training": (
            "plot resnet50 --kind memory --training --batch 32 --optimizer adam"
        ),
    }.items()
}
BLOCK = re.compile(r"(?m)^```console\n\$ (archcalc [^\n]*)\n(.*?)^```$", re.DOTALL)
HEAD = re.compile(r"^(.*?) \| head -n ([0-9]+)$")


def printed(command: str) -> str:
    """Return what a documented command prints, run in this environment."""
    match = HEAD.match(command)
    words = (match[1] if match else command).split(" ", 1)[1]
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        f"{sys.executable} -m archcalc {words}",
        shell=True,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    text = done.stdout + done.stderr
    lines = text.splitlines(keepends=True)
    return "".join(lines[: int(match[2])] if match else lines)


def refreshed(text: str) -> str:
    """Return a document with every output as the code prints it now."""
    return BLOCK.sub(lambda m: f"```console\n$ {m[1]}\n{printed(m[1])}```", text)


def commands(text: str) -> list[str]:
    """Return the documented commands."""
    return [match[1] for match in BLOCK.finditer(text)]


def generated() -> dict[str, str]:
    """Return the documents that are made whole by a command, by their path."""
    written = {
        path: f"{head}\n\n{printed(command)}" for path, (head, command) in MADE.items()
    }
    return written | {path: printed(command) for path, command in PICTURES.items()}


def main() -> None:
    """Write every document anew."""
    for made, text in generated().items():
        (ROOT / made).write_text(text, encoding="utf-8")
    for name in DOCUMENTS:
        path = ROOT / name
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
    write_tables()


if __name__ == "__main__":
    main()

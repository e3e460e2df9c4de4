"""Outputs shown in the documentation, made again from the code.

A block of a Markdown file that begins with `$ archcalc …` shows what the command
prints at 80 columns; `| head -n N` keeps the first lines. A block that begins with
`>>> ` is a doctest. Parts that begin in an empty folder are `replay`'s.

    python tests/tools/documents.py          writes what the commands print now
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import counter_tables
import keras_tables
import lecture
import onnx_tables
import replay
import shelf
import yaml
from reliability_tables import write as write_tables

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / "docs").rglob("*.md")
        if not {"site", "node_modules"} & set(path.parts)
    ),
)
MADE = {
    "docs/generated/layers.md": "archcalc layers --format markdown",
    "docs/generated/conventions.md": "archcalc conventions --format markdown",
    "docs/generated/audit.md": "archcalc audit --format markdown",
    "docs/generated/networks.md": "archcalc list --variants --format markdown",
    "docs/generated/rules.md": "archcalc rule --format markdown",
}
INTRO = {
    "docs/generated/layers.md": (
        "Every kind of layer, with its arguments and what it does. The default of an argument "
        "stands after `=`. `archcalc layers KIND` says more about one kind; so does the "
        "[reference of layers](../reference/layers.md), which the site has."
    ),
    "docs/generated/conventions.md": (
        "A *convention* is a way of counting: that of a tool, of a course, or of archcalc. "
        "`archcalc conventions NET` counts a network by all of them, and "
        "`archcalc table NET --convention NAME` by one. "
        "[A table](counters.md) shows what each tool counts for each kind of layer."
    ),
    "docs/generated/audit.md": (
        "Every figure that a paper, a lecture or a repository publishes for a shipped network, "
        "with the computed figure and a verdict. *exact*: both are equal. *rounds*, "
        "*truncates*: the computed figure gives the published one if it is rounded or cut off. "
        "*tolerance*: they are equal within a tolerance that the spec states. "
        "*erratum*: the published figure is wrong, and the last column says why. *loose*: no "
        "single way of counting gives it. *shipped*: the source names this network. "
        "`archcalc audit NET` prints this for one network."
    ),
    "docs/generated/networks.md": (
        "The networks that come with archcalc, with their variants (`NAME:VARIANT`). "
        "`archcalc list --variants` prints this table, `archcalc table NAME` one network."
    ),
}
"""What a page says below its title that the report does not say by itself."""
MARK = "<!-- made by tests/tools/documents.py -->"
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


def alone(text: str) -> str:
    """Return a document without the parts that begin in an empty folder."""
    return replay.SESSION.sub("", text)


def refreshed(text: str) -> str:
    """Return a document with every output as the code prints it now."""
    made, end = "", 0
    for part in replay.SESSION.finditer(text):
        begin = part.start(1)
        made += _shown(text[end:begin]) + replay.replay(part[1])[0]
        end = part.end(1)
    return made + _shown(text[end:])


def _shown(text: str) -> str:
    return BLOCK.sub(lambda m: f"```console\n$ {m[1]}\n{printed(m[1])}```", text)


def generated() -> dict[str, str]:
    """Return the documents that are made whole by a command, by their path."""
    written = {path: _page(path, printed(command)) for path, command in MADE.items()}
    written["docs/generated/definitions.md"] = definitions()
    written[onnx_tables.PAGE] = onnx_tables.page()
    written[keras_tables.PAGE] = keras_tables.page()
    written[counter_tables.PAGE] = counter_tables.page()
    return written | {path: printed(command) for path, command in PICTURES.items()}


def definitions() -> str:
    """Return the page of the other definitions that the networks are compared with."""
    rows = [
        row
        for path in sorted((ROOT / "tests" / "evidence").glob("*.yaml"))
        if path.stem != "accuracies"
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    compared = [row for row in rows if "library" in row]
    lines = [
        MARK,
        "",
        "# Networks and other definitions",
        "",
        f"{len({row['spec'] for row in compared})} networks and variants are compared "
        "with another definition of the same network, built without weights. It is that of "
        "a library, or one that is written for the tests (`tests/oracles/written.py`). "
        "`tests/oracles/wrapped.py` wraps models of transformers that have several inputs, "
        "`tests/oracles/packaged.py` networks of packages that define one or two. "
        "The figures under *equal* are equal to the digit; torch counts the MACs.",
        "",
        "| network | library | its model | equal |",
        "| --- | --- | --- | --- |",
    ]
    for row in compared:
        given = ", ".join(f"{k}={v}" for k, v in row.get("options", {}).items())
        model = f"`{row['model']}`{f' ({given})' if given else ''}"
        why = f"; {row['why']}" if "why" in row else ""
        equal = ", ".join(EQUAL[one] for one in row["compare"])
        lines.append(f"| {row['spec']} | {row['library']} | {model} | {equal}{why} |")
    lines += ["", "## No other definition", "", "| network | why |", "| --- | --- |"]
    lines += [f"| {r['spec']} | {r['none']} |" for r in rows if "none" in r]
    return "\n".join(lines) + "\n"


EQUAL = {
    "params": "parameters",
    "macs": "MACs",
    "shapes": "shapes of convolutions",
    "weights": "shapes of weights",
}


def _page(path: str, text: str) -> str:
    """Return a report as a page of its own: its title, what it is, and the rest."""
    title, _, rest = text.partition("\n")
    intro = f"\n{INTRO[path]}\n" if path in INTRO else ""
    return f"{MARK}\n\n# {title.lstrip('# ')}\n{intro}{rest}"


def main() -> None:
    """Write every document anew."""
    lecture.write()
    for made, text in generated().items():
        (ROOT / made).write_text(text, encoding="utf-8")
    for name in DOCUMENTS:
        path = ROOT / name
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
    write_tables()
    shelf.main()


if __name__ == "__main__":
    main()

"""The page of what each counter counts: from the conventions and from recorded runs.

`python tests/tools/documents.py` writes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support")]

import layer_cases  # noqa: E402  # found by the line above
from counted_layers import NOT_ALONE  # noqa: E402

from archcalc.figures.conventions import CONVENTIONS, Convention  # noqa: E402
from archcalc.figures.conventions.convention import MADE, REST  # noqa: E402
from archcalc.figures.conventions.measure import Measure, Weights  # noqa: E402
from archcalc.layers import CATALOGUE  # noqa: E402
from archcalc.layers.base import numel  # noqa: E402

PAGE = "docs/generated/counters.md"
DATA = ROOT / "tests" / "data"
APART = json.loads((DATA / "counted_apart.json").read_text(encoding="utf-8"))
OPERATORS = json.loads((DATA / "operators_counted.json").read_text(encoding="utf-8"))
OURS = ("macs", "lecture", "flops")
TOOLS = tuple(n for n, way in CONVENTIONS.items() if way.unit and n not in OURS)
FRAMEWORKS = ("tensorflow", "jax")


def row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def table(heads: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[str]:
    yield ""
    yield row(heads)
    yield row(["---"] * len(heads))
    yield from map(row, rows)
    yield ""


# -- layers ----------------------------------------------------------------------------


def said(weights: Weights) -> str:
    """Return a rule as a formula."""
    text = ""
    for one, times in weights.items():
        count = f"{abs(times)} × " if abs(times) != 1 else ""
        sign = (
            ("−" if times < 0 else "") if not text else (" − " if times < 0 else " + ")
        )
        text += f"{sign}{count}{one.symbol}"
    return text or "0"


def rule(way: Convention, key: str) -> str:
    table = way.operations
    return said(table.get(key, table.get(REST, {})))


def kinds() -> dict[tuple[str, ...], list[str]]:
    """Return the kinds of layer that have the same rules in every tool."""
    found: dict[tuple[str, ...], list[str]] = {}
    for key, kind in CATALOGUE.items():
        if key not in NOT_ALONE and kind.role != "input":
            rules = tuple(rule(CONVENTIONS[name], key) for name in TOOLS)
            if not has_products(key):
                rules = tuple("0" if text in PRODUCTS else text for text in rules)
            found.setdefault(rules, []).append(key)
    return found


PRODUCTS = ("MACs", "2 × MACs")


def has_products(key: str) -> bool:
    """Say whether an example of a layer has multiply-accumulates."""
    return any(
        case.layer.work(case.output, *case.inputs).get("mac", 0) != 0
        for case in layer_cases.EXAMPLES
        if case.layer.key == key
    )


def measures() -> dict[str, str]:
    """Return what the words of the formulas mean."""
    found: dict[str, str] = {}
    for name in TOOLS:
        for weights in CONVENTIONS[name].operations.values():
            for one in weights:
                found.setdefault(one.symbol, meaning(one))
    return found


def meaning(one: Measure) -> str:
    if one.about:
        return one.about
    return "multiply-accumulates" if one.symbol == "MACs" else ""


def layers() -> Iterator[str]:
    yield (
        "Each cell is what a tool counts for one sample. The rules are those of the "
        "conventions, and the tests run the tools on the examples of every kind, at "
        "batches of 1, 2 and 3. Two tools do not run in the tests, which use records of "
        "them: Paddle at batches of 1 and 2, on the layers for which it has a rule (it counts "
        "all others as zero), and darknet on what it printed for YOLOv3. mmengine counts as "
        "fvcore does."
    )
    shown = [name for name in TOOLS if name != "mmengine"]
    at = [TOOLS.index(name) for name in shown]
    ordered = sorted(kinds().items(), key=lambda item: all(t == "0" for t in item[0]))
    yield from table(
        ["layers", *shown],
        (
            [", ".join(f"`{key}`" for key in keys), *(rules[i] for i in at)]
            for rules, keys in ordered
        ),
    )
    yield (
        "A layer with a weight norm or a spectral norm counts zero in "
        f"{listed([n for n in TOOLS if MADE in CONVENTIONS[n].operations])}. These kinds "
        "are not in the table, since they are no single layer for the tools: "
        f"{listed([f'`{key}`' for key in NOT_ALONE])}."
    )
    yield ""
    yield "The words of the formulas:"
    yield ""
    for symbol, about in measures().items():
        if about and symbol != about:
            yield f"- *{symbol}*: {about}"
    yield ""


def listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


# -- what no layer says ----------------------------------------------------------------


def spellings() -> Iterator[str]:
    rows = (
        [name, one.written, ", ".join(f"`{k}`" for k in one.operations), said(weights)]
        for name in TOOLS
        for one in CONVENTIONS[name].spellings
        for weights in list(one.operations.values())[:1]
    )
    yield (
        "The figures above are those of our torch build: padding in numbers, a scale "
        "where the layer has one. Code that is written otherwise counts otherwise:"
    )
    yield from table(["tool", "written with", "layers", "counts"], rows)


def operators() -> Iterator[str]:
    yield (
        "These operators are no layers of archcalc. `x`, `y` and `z` are the inputs; "
        "– means that a tool fails. `tests/oracles/operators.py` runs the tools, "
        "torch's counter on the CPU there."
    )
    names = [name for name in TOOLS if name in next(iter(OPERATORS.values()))]

    def cells(code: str, counts: dict[str, Any]) -> list[object]:
        figures = [counts["macs"], *(counts[name] for name in names)]
        shown = ["–" if n is None else f"{n:,}" for n in figures]
        return [f"`{code}`", *shown]

    rows = (cells(code, counts) for code, counts in OPERATORS.items())
    yield from table(["operator", "MACs by hand", *names], rows)


def frameworks() -> Iterator[str]:
    yield (
        "TensorFlow's profiler and JAX's `cost_analysis` count what a program does, so "
        "that a figure depends on how a layer is written. These are figures of Keras' "
        "layers, and of the same layers in JAX as flax writes them, for a batch of 1. "
        "They are no conventions here."
    )
    yield ""
    yield (
        "- TensorFlow counts 2 for each multiply-accumulate and 1 for each bias, but "
        "nothing within a function that a graph calls: a grouped convolution, which "
        "Keras compiles, counts its biases alone, and a recurrent layer one step."
    )
    yield (
        "- JAX counts no products with padding, and of a loop (`lax.scan`) one step. "
        "Exponentials, roots and tanh are apart, as transcendentals."
    )
    texts = [t for t in APART["tensorflow"]["layers"] if t in APART["jax"]["layers"]]
    more = [t for t in APART["tensorflow"]["layers"] if t not in texts]

    def cells(text: str) -> list[object]:
        case = layer_cases.read(text)
        macs = case.layer.work(case.output, *case.inputs).get("mac", 0)
        each = [APART[n]["layers"].get(text, {}).get("1") for n in FRAMEWORKS]
        shown = ["–" if n is None else f"{n:,}" for n in each]
        return [f"`{text}`", f"{macs:,}", f"{numel(case.output):,}", *shown]

    heads = ["layer", "MACs", "output values", "TensorFlow", "JAX"]
    yield from table(heads, map(cells, [*texts, *more]))
    pins = "; ".join(f"{n}: {', '.join(APART[n]['pinned'])}" for n in APART)
    yield f"`python tests/tools/apart.py` runs them, in environments of their own ({pins})."


def page() -> str:
    """Return the page."""
    parts = {
        "What counters count": [
            "What each tool counts for each kind of layer. [Conventions](conventions.md) "
            "has a paragraph on each of them, and the versions.",
            "",
        ],
        "## Layers": layers(),
        "## The same layer, written otherwise": spellings(),
        "## Operators that are no layers": operators(),
        "## TensorFlow and JAX": frameworks(),
    }
    lines = ["<!-- made by tests/tools/documents.py -->", ""]
    for title, part in parts.items():
        lines += [title if title.startswith("#") else f"# {title}", "", *part]
    return "\n".join(lines).rstrip() + "\n"

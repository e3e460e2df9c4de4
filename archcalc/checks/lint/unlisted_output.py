"""A step that nothing reads, in a file that does not say what leaves the network."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import Hint, Linted, fix
from archcalc.checks.lint.unused_result import MOST_ENDS, ends, looks_like_output
from archcalc.checks.rule import Rule
from archcalc.source.edits import Edit
from archcalc.source.values import Mapping

HEAD = "name: net\ninput: [3, 32, 32]\n"
BODY = "layers:\n  - {name: a, conv: 8}\n  - {name: b, conv: 9, from: a}\n"
RULE = Rule(
    "AC413",
    "unlisted-output",
    "A step that nothing reads looks like a further output. A network with several "
    "outputs must list them in `outputs`. Without it, the last step is the only "
    "output, and the peak of inference comes out too low.",
    f"{HEAD}{BODY}  - {{name: c, conv: 7, from: a}}\n",
    f"{HEAD}outputs: [b, c]\n{BODY}  - {{name: c, conv: 7, from: a}}\n",
    help="name it in `outputs`, or remove it",
    fixable=True,
)
MOST_SHOWN = 12
PLAIN = r"[A-Za-z_][A-Za-z0-9_.-]*"
WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each such step; one fix names all of them, and the last step."""
    every = ends(net)
    sinks = [node for node in every if looks_like_output(net, node)]
    if not sinks:
        return
    indices = [*(node.index for node in sinks), *net.graph.outputs]
    names = net.graph.called(indices)
    remedy = _named(net, names) if len(every) < MOST_ENDS else None
    listed = ", ".join(names[:MOST_SHOWN]) + (", …" if len(names) > MOST_SHOWN else "")
    help = f"if it is an output, write `outputs: [{listed}]`; if not, remove it"
    for node, name in zip(sinks, names, strict=False):
        message = (
            f"nothing reads {name}: it looks like an output that `outputs` does not "
            "name"
        )
        fact = f"the only output is {names[-1]}, the last step"
        yield Hint(node.origin, message, (fact,), help, remedy)


def _named(net: Linted, names: tuple[str, ...]) -> Fix | None:
    """Return the fix that writes `outputs` behind the section `input`."""
    root, layout = net.layout.source.root, net.layout
    value = root.get("input") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or value is None:
        return None
    text = f"outputs: [{', '.join(map(_written, names))}]"
    end = layout.end(value)
    if root.flow:
        return fix("name the outputs", Edit(end, end, f", {text}"))
    at = layout.line_end(bisect_right(layout.starts, end - 1))
    indent = " " * (root.items[0][0].column - 1)
    return fix("name the outputs", Edit(at, at, f"{layout.newline}{indent}{text}"))


def _written(name: str) -> str:
    """Return a name as it is written in a list in brackets."""
    plain = re.fullmatch(PLAIN, name) and name.lower() not in WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)

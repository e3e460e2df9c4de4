"""Every figure has one row in the catalogue; all other tables pick from it by key."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from archcalc.catalogue import FIGURES, definition
from archcalc.checks.claims.ways import KINDS
from archcalc.figures.facts import Figures
from archcalc.network.named_figures import GRAPH_METRICS, measure
from archcalc.network.network import load
from archcalc.reports.cells import ColumnKind
from archcalc.reports.memory.cells import RULES
from archcalc.reports.table import COLUMNS, PER_NODE, tabulate

PACKAGE = Path(__file__).parents[2] / "archcalc"
PLAIN = frozenset(
    {"shape", "depth", "layers", "channels", "kernel", "stride", "groups", "kinds"}
    | {"convs", "heads", "is", "start", "connections", "operations", "training"}
    | {"frozen"}
)
"""Keys that are words of the language, or plain ones, too."""
PICKERS = {
    "checks/budgets.py OF_WEIGHTS": "",
    "checks/claims/quoted.py WORDS": "param parameters",
    "checks/lock.py FIGURES": "",
    "checks/update_expect.py STARTING": "",
    "commands/look/table.py BARRED": "layer",
    "figures/countings.py COUNTINGS": "structure",
    "network/analysis.py OPERATIONS": "",
    "network/named_figures.py GRAPH_METRICS": "",
    "network/verification.py WHATS": "weight buffer",
    "network/verification.py words": "",
    "render/page/content.py COUNTED": "",
    "render/plotting/layers.py SERIES": "",
    "render/plotting/scatter.py TITLES": "",
    "reports/closed_forms.py FIGURES": "",
    "reports/comparison.py ALIGNED": "",
    "reports/comparison.py IN_MEMORY": "",
    "reports/comparison.py TOTALS": "",
    "reports/comparison.py columns": "",
    "reports/deck.py ": "",
    "reports/deck.py COUNTED": "",
    "reports/deck.py IN_BYTES": "",
    "reports/deck.py LAYERS": "layer what",
    "reports/deck.py TOTALS": "",
    "reports/deck.py VERBS": "",
    "reports/deck.py chosen": "",
    "reports/deck.py points": "",
    "reports/diff.py FIGURES": "",
    "reports/diff.py TOTALS": "",
    "reports/explanation.py SUMMED": "",
    "reports/formula_columns.py COUNTED": "",
    "reports/memory/cells.py RULES": "saved_share",
    "reports/memory/notes.py held": "",
    "reports/quiz.py BLANKS": "",
    "playground/actions/row.py FIELD_COLUMNS": "layer what",
    "playground/lesson_check.py SHOWN_BY": "weight bias",
    "playground/lesson_check.py SUMS": "",
    "playground/lessons.py advice": "",
    "reports/stages.py COUNTED": "",
    "reports/table.py ": "",
    "reports/table.py kinds": "",
    "reports/table.py COLUMNS": "",
    "reports/table.py DEFAULT_COLUMNS": "layer what",
    "reports/table.py GIVES_WAY": "",
    "reports/table.py OF_STEP": "",
    "reports/table.py SHARED": "",
    "reports/table.py TRAINING_COLUMNS": "layer what",
    "reports/weights/comparison.py OF_TOTAL": "",
    "reports/weights/memory.py ": "",
    "sweeps/packed.py FIGURES": "values",
    "sweeps/scaling.py figures": "",
    "sweeps/combinations.py KNOWN_FIGURES": "",
    "sweeps/combinations.py USUAL_FIGURES": "",
}
"""What names several figures, by file and name, and what it names beside them."""
WITH_ONE_MORE = """
from pathlib import Path
from types import ModuleType
import sys

path = Path({path!r})
text = path.read_text(encoding="utf-8")
row = '_ROWS = (Figure("zeros", "How many weights are 0.", "weights that are 0."),'
assert text.count("_ROWS = (") == 1
made = sys.modules["archcalc.catalogue"] = ModuleType("archcalc.catalogue")
exec(compile(text.replace("_ROWS = (", row), path, "exec"), made.__dict__)

from archcalc.language.about import METRICS
from archcalc.language.schema import schema_text
from archcalc.network.named_figures import MEASURED
from archcalc.reports.cells import column
from archcalc.catalogue import definition

assert "zeros" in METRICS and "zeros" in MEASURED
assert '"description": "How many weights are 0."' in schema_text()
assert column("zeros").title == "zeros"
assert definition("zeros") == "zeros: weights that are 0."
"""
"""A catalogue with a further figure, which everything made of it then knows."""


def named(node: ast.AST) -> Iterator[str]:
    """Yield the words that a tuple, list, set or mapping holds, or a call is given."""
    parts: list[ast.expr | None] = []
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = [*node.elts]
    elif isinstance(node, ast.Dict):
        parts = node.keys
    elif isinstance(node, ast.Call):
        parts = [*node.args]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, ast.Starred):
            yield from named(part.value)


def pickers(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield what names two figures or more in a file, with its words."""
    home = path.relative_to(PACKAGE).as_posix()
    for node, name in with_names(ast.parse(path.read_text(encoding="utf-8")), ""):
        words = set(named(node))
        if len(words & (FIGURES.keys() - PLAIN)) > 1:
            yield f"{home} {name}", words


def with_names(node: ast.AST, name: str) -> Iterator[tuple[ast.AST, str]]:
    """Yield every node with the name that it is given, as a variable or argument."""
    for child in ast.iter_child_nodes(node):
        inner = name
        if isinstance(child, ast.Assign | ast.AnnAssign):
            target = child.targets[0] if isinstance(child, ast.Assign) else child.target
            inner = target.id if isinstance(target, ast.Name) else ""
        elif isinstance(child, ast.keyword):
            inner = child.arg or ""
        elif isinstance(child, ast.stmt):
            inner = ""
        if isinstance(child, ast.expr) and not isinstance(node, ast.Starred):
            yield child, inner
        yield from with_names(child, inner)


def test_only_pickers_name_several_figures() -> None:
    """A new table of figures picks its labels, units and sentences from the rows."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "catalogue.py" or path.parent != PACKAGE:
            for name, words in pickers(path):
                found.setdefault(name, set()).update(words)
    others = {name: words - FIGURES.keys() for name, words in found.items()}
    assert others == {name: set(words.split()) for name, words in PICKERS.items()}


def test_a_further_row_is_a_further_figure() -> None:
    program = WITH_ONE_MORE.format(path=str(PACKAGE / "catalogue.py"))
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_figure_is_computed_somewhere() -> None:
    asserted = {key for key, one in FIGURES.items() if one.asserts}
    sums = {key for key in FIGURES if hasattr(Figures, key)}
    assert asserted - sums - GRAPH_METRICS.keys() == {"shape", "is"}
    assert asserted >= GRAPH_METRICS.keys()
    shares = {key for key in COLUMNS if key.endswith("_share")}
    columns = COLUMNS.keys() - shares - {"layer", "what"}
    assert columns == sums | RULES.keys() - shares | PER_NODE.keys() | {"shape"}
    assert FIGURES.keys() == asserted | columns | {"top1"}


def test_what_rows_say_is_known() -> None:
    for key, one in FIGURES.items():
        assert one.kind in get_args(ColumnKind)
        assert one.quoted in ("", *KINDS)
        assert one.by_convention in ("", *FIGURES)
        assert not one.asserts or one.asserts.endswith("."), key
        assert not one.about or definition(key).endswith("."), key
    assert definition("layer") == ""


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "googlenet"])
def test_the_batch_multiplies_what_it_is_said_to(name: str) -> None:
    network = load(name)
    one, three = (network.analyze(batch=batch) for batch in (1, 3))
    for key, figure in FIGURES.items():
        if figure.of_batch:
            assert measure(three, key) == 3 * measure(one, key), key
        elif hasattr(Figures, key):
            assert measure(three, key) == measure(one, key), key


def test_the_total_leaves_out_what_is_of_single_layers() -> None:
    analysis = load("resnet18").analyze()
    total = tabulate(analysis, columns=tuple(COLUMNS)).rows[-1]
    empty = {
        key for key, cell in zip(COLUMNS, total.cells, strict=True) if cell is None
    }
    assert empty == {"what", *(key for key, one in FIGURES.items() if one.of_node)}

"""Mutation testing of rules, counting, memory, expressions and sizes, with mutmut.

    pip install -e '.[dev,mutation]'
    python tests/tools/mutants.py                  every group, and docs/generated/mutation.md anew
    python tests/tools/mutants.py sizes layers     these groups
    python tests/tools/mutants.py --quick          without the slow suites
    python tests/tools/mutants.py --again --fresh  in processes of their own alone
    python tests/tools/mutants.py --again          what survived the last run, after new tests
    python tests/tools/mutants.py --resume         on from where a run was stopped
    python tests/tools/mutants.py --stopped        takes what a run had before it was stopped
    python tests/tools/mutants.py --report         docs/generated/mutation.md from the last runs alone

Each group of files has a copy of the working tree under build/mutation/, where mutmut
makes the mutants. One counts as killed by the first of these that fails:
`mypy --strict` (types), the group's quick tests, its slow ones (torch, whole networks),
the quick ones in a process of its own (what runs at import). What survives is compared
with tests/mutants_equivalent.yaml, which says why a mutant changes nothing.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "mutation"
FAILED, TYPES, TIMEOUTS = (1, 3), 37, (24, -24, 36, 152)
"""mutmut's exit codes; any other says nothing, and the mutant lives on."""
UNRUN = "not run"
"""What stands for a killer where a run was stopped before."""
SUITES = ("types", "quick", "slow", "fresh")
CONFTEST = """

import json as _json
from pathlib import Path as _Path
from hypothesis import Phase as _Phase, settings as _settings

_settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    phases=[_Phase.explicit, _Phase.generate],
)

@pytest.hookimpl(specname="pytest_collection_modifyitems", trylast=True)
def quickest_first(items):
    stats = _Path("mutmut-stats.json")
    if stats.exists():
        times = _json.loads(stats.read_text())["duration_by_test"]
        items.sort(key=lambda item: times.get(item.nodeid, 0))
"""
"""What the copies' tests do beside: quick ones first, failing examples as found."""
PYTEST = ["--hypothesis-profile=mutation", "-pno:cacheprovider", "-mlong or not long"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
TYPE_CHECK = [sys.executable, "tests/tools/mutants.py", "mypy"]


class Group(NamedTuple):
    """Files that are mutated together, and the test files that should kill them."""

    files: tuple[str, ...]
    quick: tuple[str, ...]
    slow: tuple[str, ...]


LAYERS = ("layers", "layer_words", "layer_records", "layer_refusals", "layer_classes")
GROUPS = {
    "sizes": Group(
        ("sizes/dims.py", "sizes/polynomials.py", "sizes/atoms.py"),
        ("dims", "dim_questions", "dim_edges"),
        ("symbols", "formulas"),
    ),
    "expressions": Group(
        ("sizes/expressions.py", "sizes/arithmetic.py"),
        ("expressions", "expressions_random", "expression_edges"),
        ("symbols", "formulas", "language_inputs", "language_shortcuts", "rules"),
    ),
    "layers": Group(
        (
            *("layers/base.py", "layers/axes.py", "layers/window.py"),
            *("layers/conv.py", "layers/pool.py"),
            *("layers/linear.py", "layers/norm.py", "layers/activation.py"),
            "layers/drop.py",
        ),
        LAYERS,
        ("layers_windows", "layers_torch", "symbols", "rules", "conventions"),
    ),
    "moves": Group(
        (
            *("layers/combine.py", "layers/reshape.py", "layers/select.py"),
            *(
                "layers/resize.py",
                "layers/attention/attention.py",
                "layers/recurrent/recurrent.py",
            ),
            *(
                "layers/attention/windows.py",
                "layers/learned.py",
                "layers/attention/rotary.py",
            ),
            *("layers/input.py", "layers/patches.py", "layers/__init__.py"),
        ),
        LAYERS,
        ("layers_windows", "layers_torch", "symbols", "rules", "conventions"),
    ),
    "counting": Group(
        (
            "figures/counted.py",
            "network/analysis.py",
            "network/rows.py",
            "network/named_figures.py",
            *("figures/conventions/*", "figures/conventions/ways/*"),
            "graph/paths.py",
        ),
        (
            *("counting_edges", "conventions", "convention_reports", "tally"),
            *("depth", "render"),
            *("connections", "expectations"),
        ),
        ("memory_reports", "lecture_figures", "report", "repetition", "independent"),
    ),
    "memory": Group(
        (
            *(
                "figures/memory/storages.py",
                "figures/memory/saved.py",
                "figures/memory/at_rest.py",
            ),
            *(
                "figures/memory/inference.py",
                "figures/memory/ledger.py",
                "figures/memory/training.py",
            ),
            *(
                "figures/memory/gradients.py",
                "figures/memory/checkpoints.py",
                "figures/memory/workspace.py",
            ),
        ),
        (
            *("memory_reports", "memory_edges", "memory_saved", "memory_steps"),
            "memory_workspace",
        ),
        ("memory", "memory_torch"),
    ),
    "orders": Group(
        (
            "figures/memory/memory.py",
            "figures/memory/layout.py",
            "layers/records/strides.py",
            "figures/memory/branch_order.py",
            "figures/memory/activation_rules.py",
        ),
        (
            *("memory_reports", "memory", "memory_saved", "memory_workspace"),
            *("memory_orders", "layout_torch"),
        ),
        ("memory_torch", "sweep"),
    ),
    "reports": Group(
        (
            *(
                "reports/memory/summary.py",
                "reports/memory/details.py",
                "network/largest_batch.py",
            ),
            *("reports/memory/notes.py", "reports/memory/cells.py"),
        ),
        ("memory_reports", "memory_cells", "memory", "memory_commands"),
        ("cli", "render_graphs", "documents"),
    ),
    "receptive": Group(
        ("graph/receptive.py",), ("receptive",), ("layers_windows", "draw")
    ),
    "rules": Group(
        ("checks/rules/*", "checks/rule.py", "checks/catalogue.py"),
        ("rules",),
        ("cli", "mistakes"),
    ),
}


# -- running ---------------------------------------------------------------------------


def copy(group: str) -> Path:
    """Bring the group's copy of the working tree up to date; return its folder."""
    folder = SCRATCH / group
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    for name in listed.stdout.splitlines():
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    with folder.joinpath("tests/conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(CONFTEST)
    return folder


def tests_of(names: tuple[str, ...]) -> list[str]:
    """Return the test files that there are."""
    found = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    paths = [found[f"test_{name}"] for name in names if f"test_{name}" in found]
    return [str(path.relative_to(ROOT)) for path in paths]


def configure(folder: Path, group: Group, tests: list[str], types: bool) -> None:
    """Write mutmut's configuration: what is mutated, and what should notice."""
    settings = {
        "source_paths": ["archcalc"],
        "only_mutate": [f"archcalc/{path}" for path in group.files],
        "also_copy": [p.name for p in ROOT.iterdir() if wanted(p)],
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": PYTEST,
        "type_check_command": TYPE_CHECK if types else [],
    }
    lines = ["[mutmut]", "process_isolation=forkserver", "timeout_multiplier=10"]
    for key, values in settings.items():
        lines += [f"{key}=" + "".join(f"\n  {v}" for v in values)] if values else []
    folder.joinpath("setup.cfg").write_text("\n".join(lines) + "\n", "utf-8")


def wanted(path: Path) -> bool:
    """Say whether the tests read this beside the package."""
    return path.name in ("docs", "specs") or path.suffix in (".md", ".yml")


def mutmut(folder: Path, *names: str) -> dict[str, int | None]:
    """Run mutmut on all mutants or on the named ones; return every exit code."""
    command = [sys.executable, "-c", "from mutmut.__main__ import cli; cli()", "run"]
    done = subprocess.run(
        [*command, "--max-children", "1", *names],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    folder.joinpath("mutmut.log").write_text(done.stdout, "utf-8")
    if done.returncode:
        raise SystemExit(done.stdout[-3000:])
    return exit_codes(folder)


def exit_codes(folder: Path) -> dict[str, int | None]:
    """Return mutmut's exit code of every mutant, None where it was not run."""
    codes: dict[str, int | None] = {}
    for path in sorted(folder.joinpath("mutants/archcalc").rglob("*.meta")):
        codes |= json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    return codes


def fails_fresh(folder: Path, mutant: str, tests: list[str]) -> bool:
    """Say whether tests fail in a process that has the mutant from its start."""
    command = [sys.executable, "-m", "pytest", "-xq", *PYTEST]
    done = subprocess.run(
        [*command, *tests],
        cwd=folder / "mutants",
        env={**ENVIRONMENT, "MUTANT_UNDER_TEST": mutant},
        capture_output=True,
    )
    return done.returncode != 0


def killer_of(code: int | None, suite: str) -> str | None:
    """Return who killed a mutant, from mutmut's exit code; None where it lives."""
    if code is None:
        return UNRUN
    if code == TYPES:
        return "types"
    return suite if code in (*FAILED, *TIMEOUTS) else None


def run(name: str, how: set[str], suites: tuple[str, ...]) -> None:
    """Test a group's mutants and keep, in its folder, who killed each."""
    group, folder = GROUPS[name], copy(name)
    killers: dict[str, str | None] = {}
    if "--again" in how:
        killers = load(name)["killers"]
    elif not how & {"--resume", "--stopped"}:
        shutil.rmtree(folder / "mutants", ignore_errors=True)
    if "--stopped" in how:
        codes = exit_codes(folder)
        keep(name, {mutant: killer_of(codes[mutant], "quick") for mutant in codes})
        return
    for suite in suites:
        left = unexplained(name, killers)
        if killers and not left:
            break
        configure(folder, group, tests_of(getattr(group, suite)), not killers)
        codes = mutmut(folder, *left)
        for mutant in left or codes:
            killers[mutant] = killer_of(codes[mutant], suite)
        keep(name, killers)
    left = [] if "--quick" in how else unexplained(name, killers)
    shutil.copytree(folder / "tests", folder / "mutants" / "tests", dirs_exist_ok=True)
    for mutant in left:
        if fails_fresh(folder, mutant, tests_of(group.quick)):
            killers[mutant] = "fresh"
    keep(name, killers)


def unexplained(name: str, killers: dict[str, str | None]) -> list[str]:
    """Return the mutants that live and that nobody has explained."""
    from mutants_report import changes, equivalents

    alive = [mutant for mutant, killer in killers.items() if killer is None]
    explained = equivalents()
    return [m for m, c in changes(name, alive).items() if c not in explained]


def keep(name: str, killers: dict[str, str | None]) -> None:
    """Write down who killed each mutant of a group, when and with what."""
    tools = [f"{tool} {version(tool)}" for tool in ("mutmut", "mypy", "pytest")]
    described = ["git", "describe", "--always", "--abbrev=7"]
    commit = subprocess.run(described, cwd=ROOT, capture_output=True, encoding="utf-8")
    state = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit.stdout.strip(),
        "tools": tools,
    }
    path = SCRATCH / name / "killers.json"
    path.write_text(json.dumps({**state, "killers": killers}, indent=0), "utf-8")


def load(name: str) -> dict[str, Any]:
    """Return what was written down of a group's last run."""
    path = SCRATCH / name / "killers.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def type_errors() -> None:
    """Print mypy's errors in mutants, less those that the original has as a copy too.

    mutmut calls it in its folder. A copy of `__init__` beside the first, for one,
    defines attributes anew, which is an error of the copying and not of the mutant.
    """
    command = [sys.executable, "-m", "mypy", "archcalc", "--output", "json"]
    done = subprocess.run(
        [*command, "--disable-error-code", "unused-ignore"],
        capture_output=True,
        encoding="utf-8",
    )
    errors = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    spans = {file: function_spans(Path(file)) for file in {e["file"] for e in errors}}
    seen = [(e, at(spans[e["file"]], e["line"])) for e in errors]
    usual = {(base(f), words(e)) for e, f in seen if f.endswith("_orig")}
    for error, function in seen:
        if "__mutmut_" in function and (base(function), words(error)) not in usual:
            print(json.dumps(error))


def function_spans(path: Path) -> dict[str, tuple[int, int]]:
    """Return the first and last line of every function of a file, methods too."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return {f.name: (f.lineno, f.end_lineno or 0) for f in functions}


def at(spans: dict[str, tuple[int, int]], line: int) -> str:
    """Return the mutated function, or copy of the original, that has a line."""
    inside = (n for n, (a, b) in spans.items() if a <= line <= b and "__mutmut" in n)
    return next(inside, "")


def base(function: str) -> str:
    """Return the name that a function shares with its mutants."""
    return function.rpartition("__mutmut_")[0]


def words(error: dict[str, Any]) -> str:
    """Return what an error says, without what differs from mutant to mutant."""
    return re.sub(r"__mutmut_(orig|\d+)|\d+", "", error["message"])


def main(words: list[str]) -> None:
    """Run groups and write the report; see the head of this file."""
    if words == ["mypy"]:
        type_errors()
        return
    names = [w for w in words if not w.startswith("--")] or list(GROUPS)
    suites = ("quick",) if "--quick" in words else ("quick", "slow")
    suites = () if "--fresh" in words else suites
    if "--report" not in words:
        for name in names:
            run(name, set(words), suites)
    from mutants_report import REPORT, report

    REPORT.write_text(report(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

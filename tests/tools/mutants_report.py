"""What mutation testing found, as docs/generated/mutation.md; see tests/tools/mutants.py."""

from __future__ import annotations

import ast
import difflib
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from mutants import (
    GROUPS,
    ROOT,
    SCRATCH,
    SUITES,
    UNRUN,
    base,
    function_spans,
    load,
    tests_of,
)

REPORT = ROOT / "docs" / "generated" / "mutation.md"
EQUIVALENTS = Path(__file__).parents[1].joinpath("mutants_equivalent.yaml")
ABOUT = """# Mutation testing

Made by `python tests/tools/mutants.py`. A run takes hours, so `python tests/tools/documents.py` does not
make this page. Files are named as they were on the day of the run.
{when}

A mutant is one small change of the code: `+` becomes `-`, `<` becomes `<=`, a number
grows by one, an argument is removed or becomes None, a condition is negated, a text
changes. A suite of tests *kills* a mutant if it fails. The suites run in this order, each
on the mutants that survived the ones before it, and a mutant counts for the first suite
that kills it:

- **types**: `mypy --strict`, as in CI. Errors that mypy also reports for an unchanged
  copy of the function do not count.
- **quick**: the quick tests of its group, see below. A timeout also kills.
- **slow**: the slower tests of its group: torch, whole networks, symbols.
- **fresh**: the quick tests in a process that has the mutant from its start, for code
  that runs while modules are imported.

*Score* is killed / (mutants − equivalent − not run). *By tests* is the same without the
mutants that types kill. Texts of messages are mutated too.

mutmut changes functions and methods. It leaves out {decorated} functions of these files
that are decorated (properties, overloads, context managers), the arguments of `len` and
`isinstance`, and statements of modules and classes: tables of rules
(`conventions/ways/*.py`, `rules/*.py`), `role`, `storage`, `arity` and defaults of
fields. Those have no score here.
"""


class Mutant(NamedTuple):
    """What one mutant changed: the lines that went and the lines that came."""

    file: str
    function: str
    was: str
    becomes: str


class Row(NamedTuple):
    """The counts of one file."""

    mutants: int
    killed: tuple[int, ...]
    equivalent: int
    unrun: int

    @property
    def run(self) -> int:
        """Return how many were run and may be seen."""
        return self.mutants - self.unrun - self.equivalent

    @property
    def score(self) -> str:
        return share(sum(self.killed), self.run)

    @property
    def by_tests(self) -> str:
        return share(sum(self.killed[1:]), self.run - self.killed[0])

    @property
    def unexplained(self) -> int:
        return self.run - sum(self.killed)


def share(part: int, whole: int) -> str:
    """Return a part in percent, rounded down: 100.0 % is all."""
    return f"{1000 * part // whole / 10:.1f} %" if whole else "–"


def file_of(group: str, mutant: str) -> Path:
    """Return the file of mutmut's copies that has a mutant."""
    path = SCRATCH / group / "mutants" / Path(*mutant.rpartition(".")[0].split("."))
    file = path.with_suffix(".py")
    return file if file.exists() else path / "__init__.py"


def named(file: Path) -> str:
    """Return a file by its path in the package."""
    return file.as_posix().rpartition("mutants/archcalc/")[2]


def change(file: Path, function: str) -> Mutant:
    """Return the lines in which a mutated function differs from the original."""
    lines, spans = sources(file)
    texts = []
    for name in (base(function) + "__mutmut_orig", function):
        first, last = spans[name]
        text = "\n".join(lines[first - 1 : last]).replace(name, "")
        texts.append([line.strip() for line in text.splitlines()])
    marked = [line for line in difflib.ndiff(texts[0], texts[1]) if line[0] in "-+"]
    was = " ".join(line[2:] for line in marked if line[0] == "-")
    becomes = " ".join(line[2:] for line in marked if line[0] == "+")
    shown = base(function).removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    return Mutant(named(file), shown, was, becomes)


@cache
def sources(file: Path) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """Return the lines of a file, and where its functions are."""
    return file.read_text("utf-8").splitlines(), function_spans(file)


def equivalents() -> dict[Mutant, str]:
    """Return why mutants change nothing, from the list that a person wrote."""
    listed = yaml.safe_load(EQUIVALENTS.read_text("utf-8")) or []
    return {Mutant(*row): entry["why"] for entry in listed for row in entry["mutants"]}


def changes(group: str, mutants: list[str]) -> dict[str, Mutant]:
    """Return what each of these mutants changed."""
    return {m: change(file_of(group, m), m.rpartition(".")[2]) for m in mutants}


def survivors(group: str) -> list[Mutant]:
    """Return what nothing killed in the last run of a group."""
    killers = load(group)["killers"]
    alive = [mutant for mutant, killer in killers.items() if killer is None]
    return list(changes(group, alive).values())


def rows(group: str, explained: dict[Mutant, str]) -> dict[str, Row]:
    """Return the counts of every file of a group."""
    killers: dict[str, list[str | None]] = defaultdict(list)
    for mutant, killer in load(group)["killers"].items():
        killers[named(file_of(group, mutant))].append(killer)
    same = [mutant.file for mutant in survivors(group) if mutant in explained]
    return {
        file: Row(
            len(found),
            tuple(map(found.count, SUITES)),
            same.count(file),
            found.count(UNRUN),
        )
        for file, found in sorted(killers.items())
    }


def line(name: str, row: Row) -> str:
    """Return a row of the table of scores."""
    counts = (row.mutants, *row.killed, row.equivalent, row.unexplained, row.unrun)
    cells = [name, *(f"{n:,}" for n in counts), row.score, row.by_tests]
    return f"| {' | '.join(cells)} |"


def total(found: list[Row]) -> Row:
    """Return the sums over files."""
    killed = tuple(sum(row.killed[i] for row in found) for i in range(len(SUITES)))
    mutants = sum(row.mutants for row in found)
    equivalent, unrun = (sum(column) for column in list(zip(*found, strict=True))[2:])
    return Row(mutants, killed, equivalent, unrun)


def scores(groups: list[str], explained: dict[Mutant, str]) -> list[str]:
    """Return the table of files."""
    heads = ("file", "mutants", *SUITES, "equivalent", "left")
    heads += (UNRUN, "score", "by tests")
    found = {g: rows(g, explained) for g in groups}
    lines = [f"| {' | '.join(heads)} |", "|---" + "|--:" * (len(heads) - 1) + "|"]
    for table in found.values():
        lines += [line(f"`{file}`", row) for file, row in table.items()]
    every = [row for table in found.values() for row in table.values()]
    return [*lines, line("**all**", total(every))]


def decorated(groups: list[str]) -> int:
    """Return how many functions of these files mutmut leaves out for a decorator."""
    patterns = [pattern for group in groups for pattern in GROUPS[group].files]
    paths = [path for p in patterns for path in (ROOT / "archcalc").glob(p)]
    nodes = [
        node
        for path in paths
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]
    marks = [n.decorator_list for n in nodes if isinstance(n, ast.FunctionDef)]
    plain: tuple[list[str], ...] = (["staticmethod"], ["classmethod"], [])
    return sum([ast.unparse(d) for d in mark] not in plain for mark in marks)


def shown(mutant: Mutant) -> str:
    """Return a row of a table of mutants."""
    was, becomes = (t.replace("|", "\\|") or "–" for t in (mutant.was, mutant.becomes))
    return f"| `{mutant.file}` | `{mutant.function}` | `{was}` | `{becomes}` |"


def listed(mutants: list[Mutant]) -> list[str]:
    """Return a table of mutants."""
    head = ["| file | function | was | becomes |", "|---|---|---|---|"]
    return [*head, *map(shown, mutants)] if mutants else ["None."]


def report() -> str:
    """Return docs/generated/mutation.md, of the groups that have been run."""
    groups = [g for g in GROUPS if (SCRATCH / g / "killers.json").exists()]
    explained = equivalents()
    alive = [mutant for group in groups for mutant in survivors(group)]
    parts = [ABOUT.format(when=when(groups), decorated=decorated(groups))]
    parts += ["## Scores\n", *scores(groups, explained), "\n## Suites\n"]
    parts += ["| files | quick | slow |", "|---|---|---|"]
    for group in groups:
        files, quick, slow = GROUPS[group].files, *map(tests_of, GROUPS[group][1:])
        cells = (", ".join(f"`{n}`" for n in names) for names in (files, quick, slow))
        parts.append(f"| {' | '.join(cells)} |")
    parts += [
        "\n## Left\n",
        "Mutants that no test killed and that nobody has explained yet.\n",
    ]
    parts += listed([mutant for mutant in alive if mutant not in explained])
    parts += [
        "\n## Equivalent\n",
        "Mutants that change nothing that a test could see.\n",
    ]
    for why in dict.fromkeys(explained.values()):
        same = [mutant for mutant in alive if explained.get(mutant) == why]
        parts += [f"**{why.strip()}**\n", *listed(same), ""] if same else []
    return "\n".join(parts).rstrip() + "\n"


def when(groups: list[str]) -> str:
    """Say when and with what the last runs were made, and what was not run."""
    runs = defaultdict(list)
    for group in groups:
        state = load(group)
        tools = ", ".join(state["tools"])
        runs[f"{state['date']} at {state['commit']} with {tools}"].append(group)
    said = [f"Run on {run}: {', '.join(names)}." for run, names in runs.items()]
    stopped = [g for g in groups if UNRUN in load(g)["killers"].values()]
    if stopped:
        said.append(
            f"Stopped before the end: {', '.join(stopped)}; what is left there the slow "
            "suite has not seen, and the fresh one only in part."
        )
    missing = [group for group in GROUPS if group not in groups]
    return " ".join(said + [f"Not run: {', '.join(missing)}."] * bool(missing))

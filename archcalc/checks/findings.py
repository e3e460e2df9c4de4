"""What a check finds in a file: problems with a severity, and their fixes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from archcalc.errors import Place, Problem, clean
from archcalc.records import dataclass, field
from archcalc.source.edits import Edit

Severity = Literal["error", "warning"]
VERBS = {
    "agrees": ("agrees", "agree"),
    "erratum": ("is an erratum", "are errata"),
    "loose": ("is loose", "are loose"),
}
"""What is said of one published figure, and of several."""
FINDINGS = 1
COULD_NOT_RUN = 2
UNREADABLE = "AC101"
"""A file that cannot be opened was not checked."""


@dataclass(frozen=True, slots=True)
class Fix:
    """What would put a finding right: a sentence, and edits of the file's text."""

    says: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem in one file. `fails` says whether it makes the check fail."""

    file: str
    problem: Problem
    severity: Severity = "error"
    fix: Fix | None = None
    fails: bool = True

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.problem.code

    @property
    def place(self) -> Place:
        """Where it stands; a file that could not be read has a first line."""
        return self.problem.place or Place(self.file, 1, 1)

    @property
    def message(self) -> str:
        """The sentence, safe to print."""
        return clean(self.problem.message)

    @property
    def details(self) -> str:
        """The sentence with the numbers that clashed and the help, a line each."""
        problem = self.problem
        used = [f"used at {place}" for place in dict.fromkeys(problem.via)]
        help = [f"help: {problem.help}"] if problem.help else []
        lines = [problem.message, *problem.facts, *used, *help]
        return "\n".join(map(clean, lines))

    def show(self) -> str:
        """Return the finding with its line drawn."""
        return self.problem.show(self.severity)


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome for one file: findings by line, and its claims by status."""

    path: str
    findings: tuple[Finding, ...] = ()
    claims: Counter[str] = field(default_factory=Counter)
    variants: int = 0

    @property
    def errors(self) -> int:
        """How many findings make the check fail."""
        return sum(finding.fails for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are only told."""
        return len(self.findings) - self.errors

    def summary(self) -> str:
        """Return one line about the file."""
        name = clean(self.path)
        warned = f"{self.warnings} {_plural('warning', self.warnings)}"
        if self.errors:
            found = f"{self.errors} {_plural('problem', self.errors)}"
            return f"{name}: {', '.join([found, *[warned] * bool(self.warnings)])}"
        said = [*_claimed(self.claims), *[warned] * bool(self.warnings)]
        count = f"{self.variants} {_plural('variant', self.variants)}"
        variants = f", {count}" if self.variants else ""
        return f"{name}: ok{variants} ({', '.join(said) or 'no figures in `expect`'})"


def _claimed(claims: Counter[str]) -> Iterator[str]:
    """Yield what became of published figures: `78 figures agree`, `5 are errata`."""
    noun = "figure"
    for status, count in sorted(claims.items()):
        said = VERBS.get(status, (status, status))[count != 1]
        subject = f"{count} {_plural(noun, count)}" if noun else f"{count}"
        yield f"{subject} {said}"
        noun = ""


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def everything(outcomes: Iterable[Checked]) -> Iterator[Finding]:
    """Yield the findings of all files, in order."""
    for outcome in outcomes:
        yield from outcome.findings


def exit_code(outcomes: Iterable[Checked]) -> int:
    """Return 0, 1 for findings that fail, 2 where a file could not be read at all."""
    found = list(everything(outcomes))
    if any(finding.code == UNREADABLE for finding in found):
        return COULD_NOT_RUN
    return FINDINGS if any(finding.fails for finding in found) else 0

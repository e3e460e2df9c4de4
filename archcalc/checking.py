"""Checking specs: valid, inferable, and true to the figures that they cite."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archcalc.errors import ArchcalcError, Problem, UsageError, clean
from archcalc.expectations import judge
from archcalc.library import ENDINGS, displayed, find, is_path, shipped
from archcalc.limits import DEFAULT, Limits
from archcalc.network import Network, load


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome for one file: what is wrong, and its claims by status."""

    path: str
    problems: tuple[Problem, ...]
    claims: Counter[str]
    variants: int = 0

    def summary(self) -> str:
        """Return one line about the file."""
        name = clean(self.path)
        if self.problems:
            count = len(self.problems)
            return f"{name}: {count} problem{'s' if count != 1 else ''}"
        said = [f"{count} {status}" for status, count in sorted(self.claims.items())]
        variants = f", {self.variants} variants" if self.variants else ""
        return f"{name}: ok{variants} ({', '.join(said) or 'no figures to meet'})"


def specs_at(paths: Sequence[str] | None) -> list[str]:
    """Return the files that paths and names stand for; folders are walked.

    Raises `UsageError` for a name that is not shipped and for a folder without specs.
    """
    if not paths:
        return [displayed(path) for path in shipped().values()]
    found: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            inside = sorted(
                str(p) for p in Path(path).rglob("*") if p.suffix in ENDINGS
            )
            if not inside:
                raise UsageError.of("AC512", f"no spec in the folder {path!r}")
            found += inside
        else:
            found.append(path if is_path(path) else find(path)[0])
    return found


def check_all(paths: Iterable[str], limits: Limits = DEFAULT) -> Iterator[Checked]:
    """Yield the outcome for each file, in order."""
    for path in paths:
        yield check_one(path, limits)


def check_one(path: str, limits: Limits = DEFAULT) -> Checked:
    """Return the outcome for one file; what is wrong with it is not raised."""
    claims: Counter[str] = Counter()
    problems: list[Problem] = []
    variants = 0
    try:
        network = load(path, limits=limits)
        network.analyze().total
        for variant in network.variants:
            Network(network.spec, variant, limits=limits).analyze().total
            variants += 1
        for one in judge(network):
            claims[one.status] += 1
            problem = one.problem()
            if problem is not None:
                problems.append(problem)
    except ArchcalcError as error:
        problems.extend(error.problems)
    return Checked(path, tuple(problems), claims, variants)

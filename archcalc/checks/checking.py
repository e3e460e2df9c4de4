"""Checking specs: valid, inferable, true to their figures, and meant so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from archcalc.checks.budgets import judged, judged_weights, read_budget
from archcalc.checks.cache import Cache
from archcalc.checks.catalogue import selected
from archcalc.checks.claims.expectations import Computed, Judged, judge_entry
from archcalc.checks.findings import Checked, Finding, Fix, Severity
from archcalc.checks.lint import (
    LINT,
    group_divisor,
    input_layout,
    opt_out,
    repeated_steps,
)
from archcalc.checks.lint.base import Linted
from archcalc.checks.project import Project
from archcalc.checks.sources import Sources
from archcalc.errors import ArchcalcError, Place, Problem, UsageError
from archcalc.language.about import Expected
from archcalc.language.library import find, is_shipped
from archcalc.language.spec import read_spec
from archcalc.limits import DEFAULT, Limits
from archcalc.network.named_figures import Others
from archcalc.network.network import Network
from archcalc.readers.weights.record import Weights, WeightsAlone
from archcalc.records import dataclass, field, replace
from archcalc.source.edits import Extents
from archcalc.source.parser import Source

NEVER_IGNORED = opt_out.KEPT
Heard = Callable[[Computed], None]
"""Takes the analyses of a file as its check begins."""
WARNINGS = "AC4"
AS_WRITTEN = repeated_steps.RULE.code


@dataclass(frozen=True)
class Selection:
    """Which rules are shown, and which findings make a check fail.

    `select` names the rules that are shown, beside those that cannot be ignored; lint
    that it names makes a check fail. If it is empty, every rule is shown and lint only
    warns. With `strict`, all lint makes a check fail. `budgets` hold for every network.
    """

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    strict: bool = False
    project: Project = field(default_factory=Project)
    budgets: tuple[Expected, ...] = ()

    def shows(self, code: str, path: str) -> bool:
        """Say whether a finding in a file is shown."""
        if code.startswith(NEVER_IGNORED):
            return True
        if code in self.ignore or code in selected(self.project.ignored_in(path)):
            return False
        return not self.select or code in self.select

    def fails(self, code: str) -> bool:
        """Say whether a finding makes the check fail."""
        return not code.startswith(WARNINGS) or self.strict or code in self.select

    def lints(self, path: str) -> bool:
        """Say whether a file is linted: shipped ones, which follow papers, if asked."""
        asked = self.strict or any(code.startswith(WARNINGS) for code in self.select)
        return asked or not is_shipped(path)

    def bears(self, path: str) -> tuple[object, ...]:
        """Return what the outcome for a file depends on beside its text and limits."""
        chosen = sorted(self.select), sorted(self.ignore), self.strict, self.lints(path)
        project = self.project.ignored_in(path), self.project.channels
        return *chosen, *project, self.budgets


def choice_from(
    select: Iterable[str],
    ignore: Iterable[str],
    strict: bool,
    project: Project,
    budgets: Iterable[str] = (),
) -> Selection:
    """Return the choice of a command's options above that of the project.

    Raises `UsageError` AC560 for an unknown rule, AC561 for one that is never ignored,
    AC508 for a budget that is none.
    """
    chosen = selected(list(select) or project.select)
    ignored = selected([*ignore, *project.ignore])
    everywhere = selected(
        [c for codes in project.per_file_ignores.values() for c in codes]
    )
    kept = sorted(c for c in ignored | everywhere if c.startswith(NEVER_IGNORED))
    if kept:
        message = (
            f"{kept[0]} cannot be ignored: a file with this error describes no network"
        )
        raise UsageError.of(
            "AC561", message, help="exclude the file: `exclude` in pyproject.toml"
        )
    bounds = tuple(map(read_budget, budgets))
    return Selection(chosen, ignored, strict or project.strict, project, bounds)


def check_all(
    paths: Iterable[str],
    limits: Limits = DEFAULT,
    choice: Selection | None = None,
    sources: Sources | None = None,
    cache: Cache | None = None,
    heard: Heard | None = None,
) -> Iterator[Checked]:
    """Yield the outcome for each file or module, in order.

    A file in which nothing was found is not checked again while `cache` knows it.
    `heard` takes the analyses of a file that is checked, before its outcome comes.
    """
    sources = sources or Sources((choice or Selection()).project)
    others = Others(sources.network)
    for path in paths:
        way = path, limits, choice, others, sources, heard
        yield _kept_or_checked(cache, *way) if cache else check_one(*way)


def _kept_or_checked(
    cache: Cache,
    path: str,
    limits: Limits,
    choice: Selection | None,
    others: Others,
    sources: Sources,
    heard: Heard | None,
) -> Checked:
    """Return the outcome that the cache has for a file, else check it and keep that."""
    key = cache.file_key("check", path, limits, *(choice or Selection()).bears(path))
    kept = cache.get(key, _is_outcome)
    if kept and all(_key_of(name, cache) == own for name, own in kept[2].items()):
        return Checked(path, (), Counter(kept[0]), kept[1])
    before = len(others.asked)
    outcome = check_one(path, limits, choice, others, sources, heard)
    named = {name: _key_of(name, cache) for name in others.asked[before:]}
    if not outcome.findings and None not in named.values():
        cache.keep(key, [dict(outcome.claims), outcome.variants, named])
    return outcome


def _key_of(name: str, cache: Cache) -> str | None:
    """Return the key of a network that a figure names; None where it is no spec."""
    try:
        return cache.file_key("network", find(name)[0])
    except UsageError:
        return None


def _is_outcome(kept: Any) -> bool:
    """Say whether what a cache has is an outcome.

    It is claims by status, the number of variants, and the networks that were named.
    """
    match kept:
        case [dict() as claims, int(), dict()]:
            return all(type(count) is int for count in claims.values())
    return False


def check_one(
    path: str,
    limits: Limits = DEFAULT,
    choice: Selection | None = None,
    others: Others | None = None,
    sources: Sources | None = None,
    heard: Heard | None = None,
) -> Checked:
    """Return the outcome for one file; what is wrong with it is not raised."""
    choice = choice or Selection()
    try:
        source = (sources or Sources(choice.project)).read(path, limits)
    except WeightsAlone as error:
        return check_weights(error.weights, path, choice)
    except ArchcalcError as error:
        return Checked(path, tuple(Finding(path, p) for p in error.problems))
    return check_source(source, path, limits, choice, others, heard)


def check_weights(weights: Weights, path: str, choice: Selection) -> Checked:
    """Return the outcome for a file of weights, which has no graph: its budgets."""
    claims: Counter[str] = Counter()
    problems: list[Problem] = []
    for one in judged_weights(weights, choice.budgets, Place(path, 1, 1)):
        problem = one if isinstance(one, Problem) else one.problem()
        if isinstance(one, Judged):
            claims[one.status] += 1
        if problem is not None:
            problems.append(problem)
    return Checked(path, tuple(Finding(path, p) for p in problems), claims)


def check_source(
    source: Source,
    path: str,
    limits: Limits,
    choice: Selection,
    others: Others | None = None,
    heard: Heard | None = None,
) -> Checked:
    """Return the outcome for a file that was read; `others` its claims may name."""
    check = _Check(source, path, limits, choice, others)
    check.run(heard)
    return check.outcome()


class _Check:
    """Collects the findings of one file."""

    def __init__(
        self,
        source: Source,
        path: str,
        limits: Limits,
        choice: Selection,
        others: Others | None,
    ) -> None:
        self.source = source
        self.path = path
        self.limits = limits
        self.choice = choice
        self.others = others
        self.layout = Extents(source)
        self.claims: Counter[str] = Counter()
        self.found: dict[tuple[str, str, object], Finding] = {}
        self.told: Counter[tuple[str, str]] = Counter()
        self.standing: Counter[str] = Counter()
        self.variants = 0

    def run(self, heard: Heard | None) -> None:
        """Run every rule; what stops one network does not stop the next."""
        try:
            spec = read_spec(self.source, self.limits)
        except ArchcalcError as error:
            self.errors(error)
            return
        computed = Computed(Network(spec, limits=self.limits), self.others)
        if heard is not None:
            heard(computed)
        networks = list(self.networks(computed))
        self.variants = len(spec.variants)
        if networks and networks[0].variant is None:
            self.judge(computed)
        if self.choice.lints(self.path):
            if not networks or networks[0].variant is not None:
                self.lint(computed.network, (input_layout,))  # may be why it fails
            for network in networks:
                self.lint(network)
            self.keep_fixes_of_all()

    def networks(self, computed: Computed) -> Iterator[Network]:
        """Yield the network and its variants as far as they can be inferred."""
        for variant in (None, *computed.network.variants):
            try:
                computed.analysis(variant).total  # noqa: B018 # so that it can fail here
            except ArchcalcError as error:
                self.errors(error, variant)
            else:
                yield computed.chosen(variant)

    def judge(self, computed: Computed) -> None:
        """Compare every claim with what is computed."""
        spec = computed.network.spec
        for entry, at in zip(spec.about.expect, spec.expected_at, strict=True):
            try:
                for one in judge_entry(computed, entry, at):
                    self.claims[one.status] += 1
                    problem = one.problem()
                    if problem is not None:
                        self.add(problem)
            except ArchcalcError as error:
                self.errors(error)
        self.judge_budgets(computed)

    def judge_budgets(self, computed: Computed) -> None:
        """Compare every budget of the command line with what is computed."""
        try:
            for one in judged(computed, self.choice.budgets, self.source.root):
                self.claims[one.status] += 1
                problem = one.problem()
                if problem is not None:
                    self.add(problem)
        except ArchcalcError as error:
            self.errors(error)

    def lint(self, network: Network, modules: tuple[Any, ...] = LINT) -> None:
        """Run the lint rules on one network."""
        asked = network.spec.about.lint
        channels = (asked and asked.channels) or self.choice.project.channels
        net = Linted(network, self.layout, channels)
        for module in modules:
            if asked and module.RULE.code in asked.ignore:
                continue
            for hint in module.check(net):
                place = self.source.place(hint.where)
                facts = (*hint.facts, *_variant(network.variant))
                problem = Problem(
                    module.RULE.code, hint.message, place, facts, hint.help
                )
                self.add(problem, hint.fix)
                self.told[module.RULE.code, str(place)] += 1
        if network.variants and modules is LINT:
            origins = {id(n.origin): n.origin for n in network.graph.nodes}
            self.standing.update(str(self.source.place(v)) for v in origins.values())

    def keep_fixes_of_all(self) -> None:
        """Leave out fixes of steps that are right in some variant.

        A rule that looks at the file as it is written tells each thing once.
        """
        for key, finding in self.found.items():
            code, place, _ = key
            here = self.standing[place]
            if finding.fix and code != AS_WRITTEN and here > self.told[code, place]:
                self.found[key] = replace(finding, fix=None)

    def errors(self, error: ArchcalcError, variant: str | None = None) -> None:
        """Note the problems of an error; one of a variant says which."""
        first = self.source.place(self.source.root)
        for problem in error.problems:
            told = problem.at(first)
            told = replace(told, facts=(*told.facts, *_variant(variant)))
            self.add(told, group_divisor.remedy(self.layout, told))

    def add(self, problem: Problem, remedy: Fix | None = None) -> None:
        """Note a finding, unless its rule has one at this place already."""
        code = problem.code
        fails = self.choice.fails(code)
        severity: Severity = "warning" if code.startswith(WARNINGS) else "error"
        finding = Finding(self.path, problem, severity, remedy, fails)
        key = (
            code,
            str(problem.place),
            () if severity == "warning" else problem.message,
        )
        self.found.setdefault(key, finding)

    def outcome(self) -> Checked:
        """Return what is left after comments and options, in order of lines."""
        comments = opt_out.opt_outs(self.source)
        kept = [f for f in self.found.values() if not _silenced(f, comments)]
        if self.choice.lints(self.path):
            unused = opt_out.unused(self.layout, comments)
            kept += [
                replace(f, file=self.path, fails=self.choice.fails(f.code))
                for f in unused
            ]
        shown = [f for f in kept if self.choice.shows(f.code, self.path)]
        shown.sort(key=lambda f: not f.fails)
        most = self.limits.findings
        if len(shown) > most:
            shown[most:] = [self.more(len(shown), shown[most])]
        shown.sort(key=lambda f: (f.place.line, f.place.column, f.code))
        return Checked(self.path, tuple(shown), self.claims, self.variants)

    def more(self, found: int, first: Finding) -> Finding:
        """Return the finding that there are more, which stands for those left out."""
        what = f"there are {found - self.limits.findings} more findings"
        error = self.limits.exceeded("findings", what, place=first.place, found=found)
        severity: Severity = "error" if first.fails else "warning"
        return Finding(self.path, error.problems[0], severity, None, first.fails)


def _variant(name: str | None) -> tuple[str, ...]:
    """Return the fact that something is so in a variant, if in one."""
    return () if name is None else (f"in the variant {name}",)


def _silenced(finding: Finding, comments: list[opt_out.OptOut]) -> bool:
    return sum(comment.silences(finding) for comment in comments) > 0

"""Whether a lesson's blanks are filled in rightly, as the engine judges it.

First the text is compared with the lesson's own, value by value: only blanks may
differ. Then the engine infers the network and checks what the lesson expects. Where an
expectation fails, its formula is shown with the numbers that were put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from archcalc.catalogue import FIGURES
from archcalc.checks.claims.expectations import BOUNDS, Claim, Judged, judge
from archcalc.errors import ArchcalcError, Problem, clean
from archcalc.figures.formulas.scripts import UNICODE
from archcalc.language.spec import read_spec
from archcalc.limits import DEFAULT, Limits
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.playground.lessons import BLANK, Hint, Lesson
from archcalc.records import NamedTuple
from archcalc.render.explained import chain
from archcalc.reports.explanation import Explainer, Section
from archcalc.source.parser import Mapping, Scalar, Sequence, Value, parse

FREE = ("name", "title", "notes")
"""What a student may change as well."""
SHOWN_BY = {
    "shape": ("channels", "height", "width"),
    "params": ("weight", "weights", "bias", "biases", "params"),
    "macs": ("MACs",),
    "activation_bytes": ("activations",),
}
"""The lines of an explanation that say why a figure of `expect` is what it is."""
SUMS = ("params", "macs", "activation_bytes")
"""Figures of `expect` that are sums over rows."""
LARGEST = 3
"""Rows that are named as those with the most of such a figure."""
ONLY_BLANKS = "Only the blanks of a lesson are to be changed."
BOUND_WORDS = {"<=": "at most", ">=": "at least", "<": "below", ">": "above"}


class Verdict(NamedTuple):
    """What is said of an answer: a sentence, what helps, and the line it is about."""

    done: bool
    message: str
    details: tuple[str, ...] = ()
    line: int | None = None


def verdict(lesson: Lesson, text: str, limits: Limits = DEFAULT) -> Verdict:
    """Return whether a text is the lesson's spec with its blanks filled in rightly."""
    try:
        source = parse(text, "the lesson", limits)
        for blank in _blanks(source.root):
            return _unfilled(blank, sum(1 for _ in _blanks(source.root)))
        for message, at in _changed(parse(lesson.spec, "lesson").root, source.root):
            return Verdict(False, message, (ONLY_BLANKS,), at.line)
        network = Network(read_spec(source, limits), limits=limits)
        analysis = network.analyze()
        for judged in judge(network):
            if judged.status != "agrees":
                return _failed(lesson, judged, analysis)
    except ArchcalcError as error:
        return _refused(error.problems[0])
    return Verdict(True, "Right.", (lesson.done,))


def _unfilled(blank: Scalar, count: int) -> Verdict:
    left = "one blank is" if count == 1 else f"{count} blanks are"
    message = f"Line {blank.line} has a blank; {left} left to fill in."
    return Verdict(False, message, (), blank.line)


def _refused(problem: Problem) -> Verdict:
    """Return what the engine has against the text, with the numbers that clash."""
    place = problem.place
    help = [f"Help: {problem.help}"] if problem.help else []
    details = tuple(clean(said) for said in (*problem.facts, *help))
    where = f"Line {place.line}: " if place else ""
    message = f"{where}{clean(problem.message)}"
    return Verdict(False, message, details, place.line if place else None)


def _failed(lesson: Lesson, judged: Judged, analysis: Analysis) -> Verdict:
    """Return what is wrong with a figure, and how its value comes about."""
    at, metric = judged.entry.at, judged.metric
    if at:
        why = formulas(analysis, at, SHOWN_BY.get(metric, ()))
    else:
        why = tuple(_largest(analysis, metric))
    advice = lesson.advice.get(metric)
    where = clean(at) if at else "the network"
    name, found = FIGURES[metric].total, clean(judged.figure)
    message = f"{name} of {where}: {found}, but it should be {_wanted(judged.claim)}."
    details = (*why, advice) if advice else why
    return Verdict(False, message, details, judged.place.line)


def _wanted(claim: Claim) -> str:
    """Return what is claimed: `at most 300M`, `34,944`, `96×55×55`."""
    if claim.bound in BOUNDS:
        return clean(f"{BOUND_WORDS[claim.bound]} {split_bound(claim.text)}")
    if isinstance(claim.value, Fraction) and claim.value.denominator == 1:
        return f"{claim.value.numerator:,}"
    return clean(claim.text)


def split_bound(text: str) -> str:
    """Return a bound without its sign."""
    return text.lstrip("<>= ")


def _largest(analysis: Analysis, metric: str) -> Iterator[str]:
    """Yield which rows have the most of a figure that is a sum over rows."""
    if metric in SUMS:
        rows = sorted(analysis.rows, key=lambda row: -getattr(row, metric))[:LARGEST]
        unit = FIGURES[metric].unit or ""
        most = ", ".join(
            f"{clean(row.name)} {getattr(row, metric):,} {unit}".rstrip()
            for row in rows
            if getattr(row, metric) != 0
        )
        yield f"The most: {most}."


def formulas(analysis: Analysis, at: str, figures: tuple[str, ...]) -> tuple[str, ...]:
    """Return lines of the explanation of a row: figure, rule, numbers, value."""
    part = _explained(analysis, at, figures)
    return tuple(
        clean(f"{line.figure}: {' = '.join(chain(line, UNICODE))}")
        for line in part.lines
        if line.figure in figures and not line.alike
    )


def _explained(analysis: Analysis, at: str, figures: tuple[str, ...]) -> Section:
    """Return the part of a row's explanation that has the figures.

    The first part of a layer is the layer itself, the last part of a group its sum.
    """
    explanation = Explainer(analysis).explain(at)
    parts = explanation.parts[::-1] if explanation.brief else explanation.parts
    having = (p for p in parts if any(line.figure in figures for line in p.lines))
    return next(having, parts[0])


def hint(lesson: Lesson) -> tuple[str, ...]:
    """Return the formula that a lesson is about, in symbols, and what they mean."""
    told: Hint = lesson.hint
    if told.words:
        return (told.words,)
    network = Network(read_spec(parse(lesson.solved, lesson.id)))
    part = _explained(network.analyze(), told.at, told.figures)
    lines = [line for line in part.lines if line.figure in told.figures]
    rules = (f"{line.figure} = {line.formula.rule(UNICODE)}" for line in lines)
    sizes = (f"{UNICODE.symbol(s.symbol)} {s.meaning}" for s in part.legend)
    return (*rules, ", ".join(sizes))


# -- what was changed beside the blanks ---------------------------------------------


def _blanks(value: Value) -> Iterator[Scalar]:
    """Yield every blank in a value, in the order of the text."""
    if isinstance(value, Scalar):
        if value.text == BLANK:
            yield value
    else:
        parts = value.items if isinstance(value, Sequence) else value.pairs[1::2]
        for part in parts:
            yield from _blanks(part)


Change = tuple[str, Value]


def _changed(own: Value, given: Value) -> Iterator[Change]:
    """Yield how a value differs from the lesson's, and where, blanks aside."""
    if isinstance(own, Scalar) and own.text == BLANK:
        return
    if isinstance(own, Mapping) and isinstance(given, Mapping):
        yield from _changed_keys(own, given)
    elif isinstance(own, Sequence) and isinstance(given, Sequence):
        yield from _changed_items(own, given)
    elif not (isinstance(own, Scalar) and isinstance(given, Scalar)):
        yield f"Line {given.line} is built differently from the lesson.", given
    elif own.text != given.text:
        written = clean(given.text)
        said = f"the lesson has {own.text} here, not {written}"
        yield f"Line {given.line}: {said}.", given


def _changed_keys(own: Mapping, given: Mapping) -> Iterator[Change]:
    for key, value in own.items:
        found = given.get(key.text)
        if found is None:
            yield f"Line {given.line}: `{key.text}` is missing.", given
        elif key.text not in FREE or not isinstance(value, Scalar):
            yield from _changed(value, found)
    for key, _ in given.items:
        if own.key(key.text) is None and key.text not in FREE:
            name = clean(key.text)
            yield f"Line {key.line}: the lesson has no `{name}` here.", key


def _changed_items(own: Sequence, given: Sequence) -> Iterator[Change]:
    """Compare lists; a blank item stands for one item or several."""
    wanted, found = own.items, given.items
    steps = [i for i, one in enumerate(wanted) if _is_blank(one)]
    if steps:
        before, after = steps[0], len(wanted) - steps[0] - 1
        if len(found) < len(wanted):
            yield f"Line {given.line}: a step of the lesson is missing.", given
            return
        found = [*found[:before], wanted[before], *found[len(found) - after :]]
    if len(wanted) != len(found):
        count = f"{len(wanted)} items, not {len(found)}"
        yield f"Line {given.line}: the lesson has {count} in this list.", given
        return
    for one, other in zip(wanted, found, strict=True):
        yield from _changed(one, other)


def _is_blank(value: Value) -> bool:
    return isinstance(value, Scalar) and value.text == BLANK

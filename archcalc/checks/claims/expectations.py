"""Published figures against computed ones: the claims of a spec's `expect`.

A claim is a number as it is printed (`138M`, `0.39G`, `58.1MiB`, `60_965_224`, of
operations also `600 MMACs`, `0.4 GFLOPs`), a bound (`"<= 5.5M"`), a shape, or
arithmetic on symbols (`27*C*C`). Whole numbers must be met
exactly, printed ones within half a unit of their last digit, unless `tol` says more.
A share is `42%`, a ratio `3.3x`, the kinds of layers a list of words.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Literal

from archcalc.catalogue import FIGURES
from archcalc.errors import Place, Problem, SpecError, UsageError
from archcalc.figures.conventions import USUAL
from archcalc.figures.countings import FIRST, recounted, told
from archcalc.language.about import Expected
from archcalc.layers.base import Shape, times
from archcalc.layers.fields import BOOLEANS
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import Others, derived, measure
from archcalc.network.network import Network
from archcalc.records import dataclass
from archcalc.sizes.dims import Poly, symbol
from archcalc.sizes.expressions import ExpressionError, parse
from archcalc.sizes.units import FLOPS, MACS, PRINTED, Amount, read_amount
from archcalc.source.values import Mapping, Value

CLAIM = re.compile(r"\s*(<=|>=|<|>|==?)?\s*([^,]*)")
BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
LONGEST_CLAIM = 40
OPERATIONS = (*MACS, *FLOPS)
"""Words that a claim may have behind its number."""
EVERY_VARIANT = "*"
Fit = Literal["exact", "rounds", "truncates", "bound"]
Status = Literal["agrees", "erratum", "loose", "fails", "stale"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure as it is printed: its value, and half a unit of its last digit."""

    text: str
    value: Fraction | Shape | Poly | bool | tuple[str, ...]
    half_unit: Fraction = Fraction(0)
    bound: str | None = None

    def holds(self, computed: Any, tolerance: Fraction | None = None) -> bool:
        """Say whether a computed value meets the claim."""
        if not isinstance(self.value, Fraction) or not isinstance(
            computed, (int, Fraction)
        ):
            return bool(self.value == computed)
        if self.bound in BOUNDS:
            return BOUNDS[self.bound](computed, self.value)
        allowed = self.half_unit if tolerance is None else abs(self.value) * tolerance
        return abs(computed - self.value) <= allowed

    def fit(self, computed: Any) -> Fit | None:
        """Say how a computed value gives the printed digits; None where it does not."""
        if isinstance(computed, bool) or not isinstance(computed, (int, Fraction)):
            return "exact" if self.value == computed else None
        if not isinstance(self.value, Fraction):
            return None
        if self.bound in BOUNDS:
            return "bound" if self.holds(computed) else None
        if computed == self.value:
            return "exact"
        if abs(computed - self.value) <= self.half_unit:
            return "rounds"
        above = computed - self.value
        return "truncates" if 0 < above < 2 * self.half_unit else None


def read_claim(given: Any, metric: str = "is") -> Claim:
    """Return the claim in what stands in `expect` under a metric.

    Raises `ValueError` where it is none, or counts what the metric does not.
    """
    if isinstance(given, list):
        return _listed(given)
    text = str(given)
    if text in BOOLEANS:
        return Claim(text, BOOLEANS[text])
    bound, amount = split_claim(text)
    if amount is None:
        return Claim(text, _symbolic(text))
    _check_unit(amount, text, metric)
    return Claim(text, amount.value, amount.half_unit, bound)


def split_claim(text: str) -> tuple[str | None, Amount | None]:
    """Return the bound and the amount of a figure in a spec, as far as it has them."""
    match = CLAIM.fullmatch(text) if len(text) <= LONGEST_CLAIM else None
    return (match[1], read_amount(match[2], OPERATIONS)) if match else (None, None)


def _check_unit(amount: Amount, text: str, metric: str) -> None:
    """Raise `ValueError` for operations that a metric does not count.

    Papers call multiply-accumulates FLOPs, so that `macs` takes both words; `flops`
    are operations, two a multiply-accumulate, whatever a source calls them.
    """
    word = amount.counts
    if not word or metric == "is":
        return
    if FIGURES[metric].kind != "operations":
        raise ValueError(f"{text!r} counts operations, but {metric} does not")
    if metric == "flops" and word not in FLOPS:
        raise ValueError(
            f"{text!r} counts multiply-accumulates, but flops counts every "
            "operation, two for each multiply-accumulate: write it as macs"
        )


def _listed(given: list[Any]) -> Claim:
    """Return a list of sizes or of words."""
    words = tuple(str(part) for part in given)
    if words and all(part.isidentifier() for part in words):
        return Claim(" ".join(words), words)
    return Claim("×".join(words), tuple(_size(part) for part in given))


def _symbolic(text: str) -> Poly:
    """Return arithmetic on symbols as a polynomial."""
    try:
        expression = parse(text)
        value = expression.evaluate({name: symbol(name) for name in expression.names})
    except ExpressionError:
        value = None
    if not isinstance(value, Poly):
        raise ValueError(
            f"{text!r} is not a figure: write 138M, 0.39G, 58.1MiB or 60_965_224"
        )
    return value


def _size(part: Any) -> int:
    if isinstance(part, str) and part.isascii() and part.isdigit() and len(part) < 19:
        return int(part)
    raise ValueError(f"{part!r} is not a size")


@dataclass(frozen=True, slots=True)
class Judged:
    """One claim beside the computed value.

    `status` is `agrees`; `erratum` where the figure is known to be wrong and is;
    `loose` where no single count gives it; `fails` where a figure that must hold does
    not; `stale` where a figure that must not hold does. `recounted` says of a figure
    that fails since when it is counted differently.
    """

    network: str
    metric: str
    entry: Expected
    claim: Claim
    computed: Any
    status: Status
    place: Place
    recounted: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """The metric in words; what the arithmetic of an `is` gives."""
        if self.metric == "is":
            return self.entry.what or str(self.entry.value)
        return FIGURES[self.metric].label

    @property
    def figure(self) -> str:
        """The computed value as text, a share or ratio as the claim has it."""
        value = self.computed
        if isinstance(value, (int, Fraction)) and self.claim.text.endswith(PRINTED):
            share = self.claim.text.endswith("%")
            return f"{float(value) * 100:.1f}%" if share else f"{float(value):.2f}x"
        return shown(value)

    @property
    def subject(self) -> str:
        """What the claim is about: the network, or one of its layers."""
        return f"{self.network} {self.entry.at}" if self.entry.at else self.network

    def problem(self) -> Problem | None:
        """Return what is wrong, or None."""
        if self.status == "fails":
            found = shown(self.computed)
            message = f"{self.subject}: {self.metric} is {found}, not {self.claim.text}"
        elif self.status == "stale":
            message = (
                f"{self.subject}: {self.metric} is {self.claim.text}, but it is "
                "marked as an erratum"
            )
        else:
            return None
        computed, expected = shown(self.computed), self.claim.text
        facts = (f"computed {computed}", f"expected {expected}", *self.recounted)
        code = "AC301" if self.status == "fails" else "AC302"
        return Problem(code, message, self.place, facts)


def shown(value: Any) -> str:
    """Return a computed figure as text: in full, a broken number to two places."""
    if value is None:  # a receptive field without an end
        return "the whole input"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return " ".join(value) if isinstance(value[0], str) else times(value)
    if isinstance(value, Fraction):
        return f"{float(value):,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def judge(network: Network, others: Others | None = None) -> Iterator[Judged]:
    """Yield every claim of a network's file beside the computed value.

    `others` are the networks that claims may name. Claims about a variant or another
    input are computed with it. Raises `SpecError` AC303 where a claim cannot be read,
    or names what is not there.
    """
    yield from judge_all(Computed(network, others))


def judge_all(computed: Computed) -> Iterator[Judged]:
    """Yield every claim of a file, as `judge`."""
    spec = computed.network.spec
    for entry, at in zip(spec.about.expect, spec.expected_at, strict=True):
        yield from judge_entry(computed, entry, at)


COST_OF_ONE = 20
"""A network costs as much as so many nodes, however small it is."""
STEPS_OF_A_NODE = 4
"""So many steps that `when` leaves out take as long as a node that is written out."""
PARAMS_OF_A_NODE = 20
"""So many params of a network take as long as a node."""


class Computed:
    """The networks of a file and their analyses, each computed once."""

    def __init__(self, network: Network, others: Others | None = None) -> None:
        self.network = network
        self.others = Others() if others is None else others
        self._networks: dict[tuple[str | None, str | None], Network] = {}
        if network.as_written:
            self._networks[network.variant, None] = network
        self._analyses: dict[tuple[object, ...], Analysis] = {}
        self._beside: dict[tuple[str | None, str | None], Analysis] = {}
        self._written = 0

    def chosen(self, variant: str | None, input: str | None = None) -> Network:
        """Return the network of a variant and input."""
        key = (variant, input)
        if key not in self._networks:
            spec, limits = self.network.spec, self.network.limits
            self._networks[key] = Network(spec, variant, input=input, limits=limits)
        return self._networks[key]

    def analysis(
        self, variant: str | None, input: str | None = None, **setting: Any
    ) -> Analysis:
        """Return the analysis of a variant; take and raise as `Network.analyze`."""
        key = (variant, input, *sorted(setting.items()))
        if key not in self._analyses:
            network = self.chosen(variant, input)
            if self._analyses:
                self.count(network)
            self._analyses[key] = network.analyze(**setting)
        return self._analyses[key]

    def beside(self, variant: str | None, input: str | None = None) -> Analysis:
        """Return an analysis that no claim asks for; it is not counted."""
        key = (variant, input)
        if key in self._analyses:
            return self._analyses[key]
        if key not in self._beside:
            self._beside[key] = self.chosen(variant, input).analyze()
        return self._beside[key]

    def count(self, network: Network) -> None:
        """Count what is written out beside the network; raise `LimitError` AC115."""
        limits = self.network.limits
        if self._written <= limits.checked_nodes:
            graph = network.graph
            self._written += max(len(graph.nodes), graph.visits // STEPS_OF_A_NODE)
            self._written += len(network.params) // PARAMS_OF_A_NODE + COST_OF_ONE
        if self._written > limits.checked_nodes:
            what = "the variants and claims of this file are too many to check"
            raise limits.exceeded("checked_nodes", what)


def judge_entry(computed: Computed, entry: Expected, at: Value) -> Iterator[Judged]:
    """Yield the claims of one entry of `expect`, which stands at a value of the file.

    `variant: "*"` speaks of the network and of every variant. Raises as `judge`.
    """
    source = computed.network.spec.source
    variants: tuple[str | None, ...] = (entry.variant,)
    if entry.variant == EVERY_VARIANT:
        variants = (None, *computed.network.variants)
    for variant in variants:
        try:
            analysis = computed.analysis(variant, entry.input, **entry.setting)
        except UsageError as error:
            raise _not_there(error, source.place(at)) from None
        for metric, given in entry.figures.items():
            written = at.key(metric) if isinstance(at, Mapping) else None
            place = source.place(written or at)
            yield _judged(analysis, entry, metric, given, place, computed.others)


def _not_there(error: UsageError, place: Place) -> SpecError:
    """Return the error of a claim about what the network does not have."""
    (problem, *_) = error.problems
    return SpecError.of("AC303", problem.message, place=place, help=problem.help)


def _judged(
    analysis: Analysis,
    entry: Expected,
    metric: str,
    given: Any,
    place: Place,
    others: Others,
) -> Judged:
    try:
        claim = read_claim(given, metric)
        computed = _computed(analysis, entry, metric, others)
    except ValueError as error:
        raise SpecError.of("AC303", str(error), place=place) from None
    except UsageError as error:
        raise _not_there(error, place) from None
    tolerance = Fraction(entry.tol[:-1]) / 100 if entry.tol else None
    holds = claim.holds(computed, tolerance)
    status: Status
    if entry.verdict == "agrees":
        status = "agrees" if holds else "fails"
    elif entry.verdict == "erratum":
        status = "stale" if holds else "erratum"
    else:
        status = "loose"
    changes = recounted(analysis.graph, FIRST) if status == "fails" else []
    said = tuple(told(changes, metric))
    return Judged(analysis.name, metric, entry, claim, computed, status, place, said)


def _computed(analysis: Analysis, entry: Expected, metric: str, others: Others) -> Any:
    """Return what the rules give; raise `ValueError` for no such figure."""
    if metric != "is":
        return measure(analysis, metric, entry.at)
    if entry.value is None:
        raise ValueError("`is` needs `value`, arithmetic on the figures of `with`")
    return derived(analysis, entry.value, entry.operands, others)


def judge_known(
    network: Network, analysis: Analysis, others: Others | None = None
) -> Iterator[Judged]:
    """Yield the errata and loose figures that speak of this very analysis.

    None where params, input or batch differ from what the claims were made for.
    """
    if network.settings or network.input or analysis.setting.batch != 1:
        return
    if analysis.setting.dtype != "float32":
        return
    entries = zip(network.spec.about.expect, network.spec.expected_at, strict=True)
    others = Others() if others is None else others
    for entry, at in entries:
        counted = entry.convention or USUAL
        same = (
            entry.variant == network.variant
            and not (entry.input or entry.batch or entry.dtype)
            and counted == analysis.setting.convention
        )
        if same and entry.verdict != "agrees":
            place = network.spec.source.place(at)
            for metric, given in entry.figures.items():
                yield _judged(analysis, entry, metric, given, place, others)

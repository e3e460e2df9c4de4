"""The largest value that fits a constraint, and compound scaling to a cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from archcalc.errors import UsageError
from archcalc.network.network import Network
from archcalc.sweeps.axes import RESOLUTION, value_of
from archcalc.sweeps.combinations import KNOWN_FIGURES, Combinations
from archcalc.sweeps.sweep import sweep
from archcalc.sweeps.values import SweepRow
from archcalc.sweeps.where import where_test

FIGURES = tuple(name for name in KNOWN_FIGURES if name != "top1")
Names = tuple[str | None, str | None, str | None]
"""The params of depth, width and resolution; None for what does not change."""
SAMPLES = 64
"""Values tried before bisection, to see whether what fits comes first."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The largest value of a param that meets a constraint.

    `row` has the figures there, by name; `next_row` those of the next value of the
    grid, None at its end or where it is no network. `monotone` is False where, among
    the values tried, one that fits stands behind one that does not: then all are tried.
    """

    param: str
    row: Mapping[str, Any] | None
    next_row: Mapping[str, Any] | None
    monotone: bool
    tried: int


class _Trial:
    """Looks up what a value gives, each at most once."""

    def __init__(self, found: Combinations, constraint: str) -> None:
        self.found = found
        self.test = where_test(constraint, found.columns, found.axes)
        self.known: dict[int, SweepRow | None] = {}

    def row(self, place: int) -> Mapping[str, Any] | None:
        """Return the figures at a place of the grid; None where it is no network."""
        if place not in self.known:
            self.known[place] = self.found.numbered(place)
        row = self.known[place]
        if row is None:
            return None
        return dict(zip(self.found.columns, row, strict=True))

    def fits(self, place: int) -> bool:
        """Say whether the value at a place meets the constraint."""
        self.row(place)
        row = self.known[place]
        return row is not None and self.test(row)


def solve(
    network: Network,
    constraint: str,
    param: str,
    values: Sequence[Any],
    batch: int = 1,
) -> Solved:
    """Return the largest of ascending `values` of a param that meets a constraint.

    By bisection where, among evenly spread samples, all that fit come before all that
    do not; else every value is tried, and the last one that fits is taken. Raises
    `UsageError` AC580 and AC581 as a sweep does.
    """
    figures = tuple(name for name in FIGURES if name != param)
    found = sweep(network, {param: sorted(values)}, figures=figures, batch=batch)
    trial = _Trial(found, constraint)
    end = len(found) - 1
    places = sorted({round(i * end / SAMPLES) for i in range(SAMPLES + 1)})
    fitting = [trial.fits(place) for place in places]
    monotone = fitting == sorted(fitting, reverse=True)
    if monotone:
        best = _bisected(trial, places, sum(fitting))
    else:
        best = max(place for place in range(end + 1) if trial.fits(place))
    row = trial.row(best) if best >= 0 else None
    after = trial.row(best + 1) if best < end else None
    return Solved(param, row, after, monotone, len(trial.known))


def _bisected(trial: _Trial, places: Sequence[int], fitting: int) -> int:
    """Return the last place that fits, -1 for none, from the samples around it."""
    if not fitting:
        return -1
    low = places[fitting - 1]
    high = places[fitting] if fitting < len(places) else low + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if trial.fits(middle) else (low, middle)
    return low


@dataclass(frozen=True, slots=True)
class Scaled:
    """One way to scale: factors, the settings they give, and the figures there."""

    factors: tuple[Fraction, ...]
    settings: tuple[Any, ...]
    params: int
    macs: int
    ratio: Fraction


def scale(
    network: Network,
    ratio: Fraction,
    names: Names = ("depth", "width", "size"),
    step: Fraction = Fraction(1, 20),
    tolerance: Fraction = Fraction(1, 50),
    divisor: int = 8,
) -> list[Scaled]:
    """Return how to scale depth, width and resolution to `ratio` times the MACs.

    The grid search of Tan and Le 2019 (section 3.3) without its training: factors
    alpha, beta, gamma of at least 1 with `alpha * beta² * gamma² ≈ ratio`, taken where
    the MACs of the network itself, whose channels and repeats are rounded, come within
    `tolerance` of it; nearest first. The resolution is a multiple of `divisor`. What
    has no name stays as it is.

    Raises `UsageError` AC580 for what is no number, or where nothing has a name.
    """
    base = {name: _number(network, name) for name in names if name is not None}
    if not base:
        message = f"{network.name} has no depth, width or resolution to scale"
        raise UsageError.of("AC580", message, help="--width names a param of the file")
    most = zip(names, (ratio, _root(ratio), _root(ratio)), strict=True)
    factors = {
        name: [1 + step * i for i in range(int((m - 1) / step) + 1)]
        for name, m in most
        if name is not None
    }
    over = {name: [base[name] * f for f in factors[name]] for name in base}
    if names[2] is not None:
        sides = over[names[2]]
        over[names[2]] = [Fraction(max(1, round(v / divisor)) * divisor) for v in sides]
    found = sweep(network, over, figures=("params", "macs"))
    whole = network.analyze().total.macs
    assert isinstance(whole, int)  # a sweep refuses names
    fitting: dict[Any, Scaled] = {}
    for given, row in zip(product(*factors.values()), found.every_row(), strict=True):
        if row is None:
            continue
        *settings, params, macs = row
        times = Fraction(macs, whole)
        if abs(times / ratio - 1) <= tolerance:
            scaled = Scaled(given, tuple(settings), params, macs, times)
            fitting.setdefault((settings[-1], params, macs), scaled)
    return sorted(fitting.values(), key=lambda s: (abs(s.ratio / ratio - 1), s.params))


def scalable(
    network: Network, depth: str | None, width: str | None, size: str | None
) -> Names:
    """Return what to scale: what is named, or else what the network has of it.

    These are its params `depth`, `width` and `size`, and `resolution` without the last.
    """
    has = [
        name
        for name in ("depth", "width", "size", RESOLUTION)
        if _is_number(value_of(network, name))
    ]
    usual = [name if name in has else None for name in ("depth", "width")]
    side = next((name for name in ("size", RESOLUTION) if name in has), None)
    return depth or usual[0], width or usual[1], size or side


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def _number(network: Network, name: str) -> Fraction:
    value = value_of(network, name)
    if not _is_number(value):
        known = ", ".join(network.params) or "none"
        message = f"{network.name} has no param {name!r} that is a number"
        help = f"--depth, --width and --size name params of the file: {known}"
        raise UsageError.of("AC580", message, help=help)
    return Fraction(value)


def _root(value: Fraction) -> Fraction:
    """Return the square root, rounded up to four decimals."""
    root = Fraction(int(float(value) ** 0.5 * 10_000) + 1, 10_000)
    return max(root, Fraction(1))

"""What `expect` can say: printed figures, structure, arithmetic; and how it is met."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from archcalc import loads
from archcalc.checks.claims.audit import verdict_of
from archcalc.checks.claims.expectations import judge, read_claim
from archcalc.errors import ArchcalcError, SpecError

OWN = (
    "{name: own, input: [3, 8, 8], layers: [{conv: 4, kernel: 3}, {fc: 10}],"
    " expect: [%s]}"
)
# 112 + 1,450 = 1,562 parameters
VERDICTS = [
    ("{params: 1562}", "exact"),
    ("{params: 1.6k}", "rounds"),
    ("{params: 1.56k}", "rounds"),
    ("{params: 1.5k, tol: 5%}", "truncates"),
    ("{params: 1.65k, tol: 8%}", "tolerance"),
    ("{params: '<= 2k'}", "budget"),
    ("{params: 1.5k, verdict: erratum, why: slip}", "erratum"),
    ("{params: 1.5k, verdict: loose, why: unclear}", "loose"),
    ("{params: 1.5k}", "fails"),
    ("{params: [15, 62]}", "fails"),
    ("{params: 1.6k, verdict: erratum, why: slip}", "stale"),
    ("{at: conv, shape: [4, 6, 6]}", "exact"),
    ("{kinds: [conv, fc]}", "exact"),
    ("{is: 7.2%, value: a / b, with: {a: params at conv, b: params}}", "rounds"),
    (
        "{is: 7.1%, value: a / b, with: {a: params at conv, b: params}, tol: 5%}",
        "truncates",
    ),
    ("{is: true, value: a < b, with: {a: macs at conv, b: macs of vgg16}}", "exact"),
    ("{is: 13.9x, value: b / a, with: {a: params at conv, b: params}}", "rounds"),
]


@pytest.mark.parametrize(("entry", "verdict"), VERDICTS)
def test_verdicts(entry: str, verdict: str) -> None:
    (one,) = judge(loads(OWN % entry))
    assert verdict_of(one) == verdict


METRICS = [
    ("{at: conv, weight_shape: [4, 3, 3, 3]}", (4, 3, 3, 3)),
    ("{at: conv, kernel: 3}", 3),
    ("{at: conv, stride: 1}", 1),
    ("{at: conv, groups: 1}", 1),
    ("{at: conv, channels: 4}", 4),
    ("{channels: 10}", 10),
    ("{convs: 1}", 1),
    ("{heads: 0}", 0),
    ("{norms: 0}", 0),
    ("{relu_kept: 346}", 346),
]


@pytest.mark.parametrize(("entry", "value"), METRICS)
def test_figures_of_structure(entry: str, value: Any) -> None:
    (one,) = judge(loads(OWN % entry))
    assert one.computed == value
    assert one.status == "agrees"


MISTAKES = [
    "{is: 3}",
    "{is: 3, value: a + 1}",
    "{is: 3, value: a, with: {a: parms}}",
    "{is: 3, value: a, with: {a: params of nothing-known}}",
    "{is: 3, value: a, with: {a: params at nowhere}}",
    "{is: 3, value: a +, with: {a: params}}",
    "{kernel: 3}",
    "{at: fc, kernel: 3}",
    "{at: conv.relu, weight_shape: [1]}",
    "{at: input, weight_shape: [1]}",
    "{kinds: [conv, 3]}",
    "{is: 3, value: a, with: [a]}",
]


@pytest.mark.parametrize("entry", MISTAKES)
def test_mistakes_are_answered(entry: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        list(judge(loads(OWN % entry)))
    assert caught.value.problems[0].code[:2] == "AC"


SAID = [
    ("{at: fc, receptive_field: 5}", "computed the whole input"),
    ("{at: conv, receptive_field: 5}", "computed 3"),
    (
        "{is: 7.9%, value: a / b, with: {a: params at conv, b: params}}",
        "computed 0.07",
    ),
    ("{is: false, value: a < b, with: {a: macs at conv, b: macs}}", "computed true"),
    ("{kinds: [fc]}", "computed conv fc"),
]


@pytest.mark.parametrize(("entry", "said"), SAID)
def test_a_claim_that_fails_is_told_with_what_is_computed(
    entry: str, said: str
) -> None:
    (one,) = judge(loads(OWN % entry))
    problem = one.problem()
    assert problem is not None
    assert problem.code == "AC301"
    assert problem.facts[0] == said


PRINTED = [
    ("42%", Fraction(42, 100), Fraction(1, 200)),
    ("3.3x", Fraction(33, 10), Fraction(1, 20)),
    ("12x", Fraction(12), Fraction(1, 2)),
    ("138M", Fraction(138_000_000), Fraction(500_000)),
    ("60_965_224", Fraction(60_965_224), Fraction(0)),
    ("600 MMACs", Fraction(600_000_000), Fraction(500_000)),
    ("0.4 GFLOPs", Fraction(400_000_000), Fraction(50_000_000)),
    ("569M mult-adds", Fraction(569_000_000), Fraction(500_000)),
    ("1.8 BFLOPS", Fraction(1_800_000_000), Fraction(50_000_000)),
    ("216 MACs", Fraction(216), Fraction(0)),
]


@pytest.mark.parametrize(("text", "value", "half"), PRINTED)
def test_shares_and_ratios_are_printed_figures(
    text: str, value: Fraction, half: Fraction
) -> None:
    claim = read_claim(text)
    assert (claim.value, claim.half_unit) == (value, half)


# 3·3·3·4·36 + 144·10 = 5,328 multiply-accumulates, 2·5,328 + 154 biases = 10,810
UNITS = [
    # macs takes what papers call multiply-accumulates, flops what are operations.
    ("{macs: 5.33 kMACs}", "agrees"),
    ("{macs: 5.3 kFLOPs}", "agrees"),
    ("{macs: 5.3 k multiply-adds}", "agrees"),
    ("{macs: 5_328 MACs}", "agrees"),
    ("{macs: '<= 5.4 kMACs'}", "agrees"),
    ("{macs: 10.8 kFLOPs}", "fails"),
    ("{macs: 5_327 MACs}", "fails"),
    ("{flops: 10.8 kFLOPs}", "agrees"),
    ("{flops: 5.3 kFLOPs}", "fails"),
    ("{at: fc, macs: 1.44 KMACs}", "agrees"),
]


@pytest.mark.parametrize(("entry", "status"), UNITS)
def test_operations_may_have_their_unit(entry: str, status: str) -> None:
    (one,) = judge(loads(OWN % entry))
    assert one.status == status


WRONG_UNITS = [
    ("{flops: 1 GMACs}", "counts multiply-accumulates, but flops counts every"),
    ("{params: 1 MMACs}", "counts operations, but params does not"),
    ("{disk: 1 MFLOPs}", "counts operations, but disk does not"),
    ("{macs: 1 Mparams}", "is not a figure"),
    ("{macs: 1 MiMACs}", "is not a figure"),
]


@pytest.mark.parametrize(("entry", "said"), WRONG_UNITS)
def test_a_unit_that_counts_something_else_is_refused(entry: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        list(judge(loads(OWN % entry)))
    assert caught.value.problems[0].code == "AC303"


def test_a_shape_is_no_printed_figure() -> None:
    claim = read_claim(["15", "62"])
    assert claim.fit(1562) is None
    assert claim.fit((15, 62)) == "exact"

"""Figures of small networks worked out by hand, rows and groups by name, refusals.

Found by mutation testing (docs/mutation.md).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from test_memory_reports import NETWORK

import archcalc
from archcalc import UsageError
from archcalc.metrics import Others, counted_as, derived, measure

SMALL = NETWORK.analyze()
TWINS = archcalc.loads(
    """\
archcalc: 1
name: twins
input: [4, 6, 6]
layers:
  - name: first
    stage:
      - {conv: 4, kernel: [1, 3], pad: [0, 1], groups: 2, bias: false}
      - residual:
          - {name: one, conv: 4}
          - bn
          - swish
  - name: second
    stage:
      - {conv: 4}
      - dropout
      - concat:
          left: [{conv: 2}]
          right: [identity]
  - {fc: 3}
  - softmax
"""
).analyze()


@pytest.mark.parametrize(
    ("metric", "at", "expected"),
    [
        # stem 112 and its norm 8, a 10, b 40 + 146, head 45; the side head apart
        ("params", None, 112 + 8 + 10 + 40 + 146 + 45),
        ("params", "stem", 120),
        ("params", "aux", 2565),
        ("macs", None, 64 * (4 * 27 + 2 * 4 + 8 * 4 + 2 * 72) + 8 * 5),
        ("shape", None, (5,)),
        ("shape", "mixed", (8, 8, 8)),
        ("depth", None, 4),  # stem, b.conv1, b.conv2, head
        ("depth", "stem", 1),
        ("receptive_field", "stem", 3),
        ("receptive_field", "mixed", 5),  # 3 + 2, by b's second as by c's pool
        ("receptive_field", None, None),  # everything, after a global pool
        ("convs", None, 4),
        ("convs", "mixed", 3),
        ("heads", None, 1),
        ("heads", "aux", 1),
        ("heads", "mixed", 0),
        ("layers", None, 8),
        ("layers", "mixed", 5),
        ("kinds", None, ("conv",) * 4 + ("maxpool", "concat", "gap", "fc")),
        ("kinds", "stem", ("conv",)),
        ("activations", None, 1997),
        ("relu_kept", None, 1997 + 256 + 512),
        ("relu_kept", "stem", 512),
        ("channels", None, 5),
        ("channels", "stem", 4),
        ("weight_shape", "stem", (4, 3, 3, 3)),
        ("weight_shape", "head", (5, 8)),
        ("kernel", "stem", 3),
        ("stride", "stem", 1),
        ("groups", "stem", 1),
        ("stride", "mixed.c.maxpool", 1),
        ("peak", "stem", 4 * (192 + 256) + 256),
        ("disk", "stem", 4 * 120 + 4 * 8 + 8),
    ],
)
def test_metrics_by_hand(metric: str, at: str | None, expected: Any) -> None:
    assert measure(SMALL, metric, at) == expected


@pytest.mark.parametrize(
    ("metric", "at", "expected"),
    [
        ("kernel", "first.conv", (1, 3)),
        ("groups", "first.conv", 2),
        ("weight_shape", "first.conv", (4, 2, 1, 3)),
        ("depth", None, 5),  # both convolutions of the first, two of the second, fc
        ("relu_kept", None, 144 * 5 + 72 + 216 + 3 + 144),
        ("activations", None, 144 * 5 + 72 + 216 + 3),
        ("layers", None, 8),
    ],
)
def test_metrics_of_twins(metric: str, at: str | None, expected: Any) -> None:
    assert measure(TWINS, metric, at) == expected


@pytest.mark.parametrize(
    ("metric", "at", "message"),
    [
        ("kernel", None, "say at which layer: `at: conv1`"),
        ("kernel", "gap", "gap has no kernel"),
        ("groups", "gap", "gap has no groups"),
        ("weight_shape", "gap", "gap has no weight"),
        (
            "training",
            "stem",
            "training memory is of the whole network: leave `at` out",
        ),
    ],
)
def test_figures_that_are_not_there(metric: str, at: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        measure(SMALL, metric, at)


@pytest.mark.parametrize(
    ("metric", "convention", "expected"),
    [
        ("macs", "macs", "macs"),
        ("macs", "thop", "operations"),
        ("flops", "torch", "operations"),
        ("params", "keras", "reported_params"),
        ("depth", "thop", "depth"),
    ],
)
def test_a_tools_words_mean_its_own_figures(
    metric: str, convention: str, expected: str
) -> None:
    assert counted_as(metric, convention) == expected


def test_arithmetic_on_figures() -> None:
    def of(arithmetic: str, **operands: str) -> Any:
        return derived(SMALL, arithmetic, operands, Others())

    assert of("a / b", a="params", b="params at stem") == Fraction(361, 120)
    assert of("a - b", a="params of vgg16", b="params  at  fc8 of vgg16") == (
        138_357_544 - 4_097_000
    )
    for arithmetic, operand, message in (
        (
            "a",
            "parms",
            "'parms' is not a figure: write `METRIC at LAYER of NET`; "
            "did you mean params?",
        ),
        (
            "a",
            "qqqqq",
            "'qqqqq' is not a figure: write `METRIC at LAYER of NET`",
        ),
        ("a + b", "params", "a + b: unknown name b"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            of(arithmetic, a=operand)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("stem", "stem"),
        ("mixed", "mixed"),
        ("mixed.b", "mixed.b"),
        ("conv2", "mixed.b.conv2"),
        ("bn", "bn"),  # folded into the stem's row, found as an operation
    ],
)
def test_rows_by_name(name: str, found: str) -> None:
    assert SMALL.row(name).name == found


def test_a_name_that_nothing_has() -> None:
    with pytest.raises(UsageError) as caught:
        SMALL.row("zzz")
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("AC502", "small has no layer 'zzz'")
    assert problem.help is not None
    assert problem.help.startswith("names: input, stem, mixed.a.conv, mixed.b.conv1, ")
    assert problem.help.count(", ") == 11
    with pytest.raises(UsageError) as caught:
        SMALL.row("heat")
    assert caught.value.problems[0].help == "did you mean head?"


def test_a_name_of_several_rows_names_them() -> None:
    with pytest.raises(UsageError, match=r"no layer 'conv' alone: first\.conv, second"):
        TWINS.row("conv")


def test_levels() -> None:
    with pytest.raises(UsageError) as caught:
        list(SMALL.outline("layer"))  # type: ignore[arg-type]  # what a user may write
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.help) == (
        "AC504",
        "there is no level 'layer'",
        "did you mean layers?",
    )
    with pytest.raises(UsageError) as caught:
        list(SMALL.outline("?"))  # type: ignore[arg-type]
    assert caught.value.problems[0].help == "levels: ops, layers, blocks, stages"


def test_a_pools_stride_is_its_kernel_where_it_is_left_out() -> None:
    text = "archcalc: 1\nname: pool\ninput: [3, 8, 9]\nlayers: [{maxpool: [2, 3]}]\n"
    assert measure(archcalc.loads(text).analyze(), "stride", "maxpool") == (2, 3)


@pytest.mark.parametrize(
    ("level", "names"),
    [
        ("stages", "input first second fc"),
        (
            "blocks",
            "input first: conv residual second: conv concat fc",
        ),
    ],
)
def test_outlines(level: Any, names: str) -> None:
    """Heads end in a colon; the rows under them have their own part of the name."""
    rows = TWINS.outline(level)
    found = [f"{r.short or r.name}{':' if r.kind == 'head' else ''}" for r in rows]
    assert " ".join(found) == names

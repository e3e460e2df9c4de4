"""Shortcuts of residuals: the words, and a param that holds one of them."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import SpecError

NET = """
name: net
input: [4, 8, 8]
params: {{kind: {kind}}}
variants: {{b: {{kind: projection}}}}
layers:
  - residual: [{{conv: 6, kernel: 3, stride: 2, pad: 1, bias: false}}]
    shortcut: kind
"""
BODY = 6 * 4 * 9


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("projection", BODY + 4 * 6),
        ("identity-or-projection", BODY + 4 * 6),
        ("identity-or-pad", BODY),
        ("identity-or-none", BODY),
    ],
)
def test_a_param_may_hold_the_shortcut(kind: str, params: int) -> None:
    network = archcalc.loads(NET.format(kind=kind))
    analysis = network.analyze()
    # The file has no `conv` defaults, so a projection has a bias.
    extra = 6 if kind.endswith("projection") else 0
    assert analysis.total.params == params + extra
    assert analysis.output == (6, 4, 4)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("projektion", "projektion, which is not a shortcut"),
        ("3", "3, which is not a shortcut"),
    ],
)
def test_a_param_without_a_shortcut_is_told(kind: str, told: str) -> None:
    network = archcalc.loads(NET.format(kind=kind))
    with pytest.raises(SpecError) as caught:
        network.analyze()
    (problem,) = caught.value.problems
    assert problem.code == "AC147"
    assert told in problem.message
    assert problem.help


def test_a_word_that_is_neither_shortcut_nor_param_is_told_when_read() -> None:
    text = NET.format(kind="projection").replace("shortcut: kind", "shortcut: kinds")
    with pytest.raises(SpecError, match="'kinds' is not a shortcut"):
        archcalc.loads(text)

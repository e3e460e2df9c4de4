"""Shortcuts of residuals: the words, and a param that holds one of them."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import ShapeError, SpecError

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
    ("out", "stride", "steps"),
    [(6, 2, ["avgpool", "pad"]), (4, 2, ["avgpool"]), (6, 1, ["pad"]), (4, 1, [])],
)
def test_padding_does_what_the_body_does_and_no_more(
    out: int, stride: int, steps: list[str]
) -> None:
    """He 2015, option A: every stride-th pixel, and zeros for the new channels."""
    text = NET.format(kind="identity-or-pad")
    text = text.replace("conv: 6", f"conv: {out}").replace(
        "stride: 2", f"stride: {stride}"
    )
    graph = archcalc.loads(text).graph
    found = [node.layer.key for node in graph.nodes]
    assert found == ["input", "conv", *steps, "add"]
    assert graph.nodes[-1].shape == (out, 8 // stride, 8 // stride)


def test_vectors_that_do_not_fit_are_offered_no_convolution() -> None:
    text = "name: a\ninput: [4]\nlayers: [{add: {x: [{fc: 3}], y: identity}}]\n"
    with pytest.raises(ShapeError) as caught:
        archcalc.loads(text).analyze()
    (problem,) = caught.value.problems
    assert problem.facts[0].startswith("x = 3")
    assert "conv" not in (problem.help or "")


def test_numbers_of_unnamed_steps_leave_names_alone() -> None:
    text = (
        "name: a\ninput: [4, 8, 8]\n"
        "layers: [{conv: 4}, {name: conv2, conv: 4}, {conv: 4}, {name: gap, relu: }, gap]"
    )
    names = [node.name for node in archcalc.loads(text).graph.nodes]
    assert names == ["input", "conv1", "conv2", "conv3", "gap", "gap1"]


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

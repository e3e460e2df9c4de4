"""Frozen parts of a network and LoRA: which nodes they are, and what is told of mistakes."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc import SpecError, UsageError
from archcalc.checks.lock import entry_of, fingerprint
from archcalc.graph.graph import Graph
from archcalc.reports.diff import Difference, Side

TEXT = """
archcalc: 1
name: net
input: [3, 9, 9]
EXTRA
params: {fixed: true, rank: 4}
blocks:
  body:
    params: {channels: required}
    layers:
      - {name: conv, conv: channels, kernel: 3, pad: 1, norm: bn, act: relu}
      - {name: norm, bn: }
layers:
  - {name: conv1, conv: 4, kernel: 3, norm: bn, act: relu}
  - {name: layer, use: body, channels: 4, repeat: 3}
  - {name: conv2, conv: 2, kernel: 1}
  - {name: head, fc: 3}
"""


def net(extra: str = "", *changes: tuple[str, str], **how: Any) -> archcalc.Network:
    text = TEXT.replace("EXTRA", extra)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    network = archcalc.loads(text)
    return type(network)(network.spec, **how)


def frozen(graph: Graph) -> set[str]:
    """Return the names of the layers with weights that are frozen."""
    return {
        n.name
        for n in graph.nodes
        if n.frozen and n.layer.weights(*graph.input_shapes(n))
    }


ALL = {
    *("conv1", "conv1.bn", "conv2", "head"),
    *(f"layer.{i}.{n}" for i in (1, 2, 3) for n in ("conv", "conv.bn", "norm")),
}
PATTERNS = [
    ("conv*", {"conv1", "conv1.bn", "conv2"}),
    ("conv1", {"conv1", "conv1.bn"}),
    ("layer", {name for name in ALL if "layer" in name}),
    ("layer.1", {"layer.1.conv", "layer.1.conv.bn", "layer.1.norm"}),
    ("layer.[12].norm", {"layer.1.norm", "layer.2.norm"}),
    ("*.bn", {name for name in ALL if name.endswith(".bn")}),
    ("*", ALL),
    ("hea?", {"head"}),
]


@pytest.mark.parametrize(("pattern", "names"), PATTERNS)
def test_a_pattern_freezes_what_it_fits_and_all_in_it(
    pattern: str, names: set[str]
) -> None:
    assert frozen(net(freeze=(pattern,)).graph) == names
    assert frozen(net(f'frozen: "{pattern}"').graph) == names
    assert frozen(net(f'frozen: ["{pattern}", head]').graph) == {*names, "head"}


STEPS = [
    ("repeat: 3", "repeat: 3, frozen: true", {n for n in ALL if "layer" in n}),
    ("repeat: 3", "repeat: 3, frozen: i < 3", {n for n in ALL if "layer" in n} - {"3"}),
    ("{name: norm, bn: }", "{name: norm, bn: , frozen: fixed}", {"norm"}),
    ("{name: norm, bn: }", "{name: norm, bn: , frozen: not fixed}", set()),
]


@pytest.mark.parametrize(("old", "new", "names"), STEPS)
def test_frozen_on_a_step(old: str, new: str, names: set[str]) -> None:
    found = frozen(net("", (old, new)).graph)
    if names == {"norm"}:
        names = {f"layer.{i}.norm" for i in (1, 2, 3)}
    if "i <" in new:
        names = {n for n in names if not n.startswith("layer.3")}
    assert found == names


def test_a_step_inside_a_frozen_one_can_be_trained() -> None:
    changes = [
        ("repeat: 3", "repeat: 3, frozen: true"),
        ("bn: }", "bn: , frozen: false}"),
    ]
    found = frozen(net("", *changes).graph)
    assert found == {n for n in ALL if "layer" in n and not n.endswith("norm")}


def test_parameters_that_are_trained_and_frozen_add_up() -> None:
    whole, part = net().analyze(), net(freeze=("conv*",)).analyze()
    assert part.total.params == whole.total.params == whole.total.trainable
    assert part.total.frozen == 112 + 8 + 10  # conv1, its norm, conv2
    assert part.total.trainable == whole.total.params - 130
    assert part.row("conv1").figures.frozen == 120
    assert (part.total.macs, part.total.flops) == (whole.total.macs, whole.total.flops)


def test_shared_weights_are_frozen_together() -> None:
    text = """
archcalc: 1
name: tied
input: [3, 5, 5]
layers:
  - {name: a, conv: 3}
  - {name: b, conv: 3, share: a}
  - {name: c, conv: 3, share: b}
"""
    for pattern in ("a", "b", "c"):
        network = archcalc.loads(text)
        graph = type(network)(network.spec, freeze=(pattern,)).graph
        assert [n.frozen for n in graph.nodes] == [False, True, True, True]
    graph = archcalc.loads(text.replace("share: b", "share: b, frozen: true")).graph
    assert [n.frozen for n in graph.nodes] == [False, True, True, True]


MISTAKES = [
    ("conv9", "fits no layer", "did you mean conv2?"),
    ("norm", "fits no layer", "a path begins at the top: layer.1.norm, or *.norm"),
    ("nor*", "fits no layer", "a path begins at the top: layer.1.norm, or *.nor*"),
    ("conv1.relu", "fits 1 layer, none with parameters", "name a convolution"),
]


@pytest.mark.parametrize(("pattern", "said", "help"), MISTAKES)
def test_a_pattern_that_freezes_nothing(pattern: str, said: str, help: str) -> None:
    with pytest.raises(UsageError, match="AC502") as usage:
        _ = net(freeze=(pattern,)).graph
    with pytest.raises(SpecError, match="AC154") as spec:
        _ = net(f"frozen: {pattern}").graph
    for error, where in ((usage.value, None), (spec.value, 5)):
        (problem,) = error.problems
        assert said in problem.message
        assert repr(pattern) in problem.message
        assert help in (problem.help or "")
        assert (problem.place and problem.place.line) == where


# -- LoRA ------------------------------------------------------------------------------

ONE = """
archcalc: 1
name: one
input: {input}
params: {{rank: 3}}
layers:
  - {step}
"""
ADAPTED = [
    ("[7, 16]", "{linear: 8, lora: 2}", 2 * 16 + 8 * 2, 7 * (2 * 16 + 8 * 2)),
    ("[7, 16]", "{linear: 8, lora: {rank: rank, alpha: 6}}", 3 * 24, 7 * 3 * 24),
    ("[3, 4, 4]", "{fc: 5, lora: 2}", 2 * 48 + 5 * 2, 2 * 48 + 5 * 2),
    (
        "[3, 6, 6]",
        "{conv: 8, kernel: 3, stride: 2, pad: 1, lora: 2}",
        2 * 27 + 8 * 2,
        9 * (2 * 27 + 8 * 2),
    ),
    (
        "[5, 12]",
        "{attention: 2, q: {linear: 12}, k: {linear: 12}, v: {linear: 6}, lora: 4}",
        4 * (12 + 12) + 4 * (12 + 6),
        5 * (4 * 24 + 4 * 18),
    ),
    (
        "[5, 12]",
        "{attention: 2, k: {linear: 12}, v: {linear: 6}, lora: {rank: 4, on: [v]}}",
        4 * (12 + 6),
        5 * 4 * 18,
    ),
]


@pytest.mark.parametrize(("input", "step", "params", "macs"), ADAPTED)
def test_lora_adds_two_matrices_which_are_trained(
    input: str, step: str, params: int, macs: int
) -> None:
    plain = step[: step.index(", lora")] + "}"
    before = archcalc.loads(ONE.format(input=input, step=plain)).analyze()
    after = archcalc.loads(ONE.format(input=input, step=step)).analyze()
    assert after.total.params - before.total.params == params
    assert after.total.macs - before.total.macs == macs
    assert after.output == before.output
    assert frozen(after.graph)
    trained = {n.name for n in after.graph.nodes if not n.frozen}
    assert all(name.rpartition(".")[2] not in trained for name in frozen(after.graph))


def test_no_pattern_freezes_the_matrices_of_lora() -> None:
    network = archcalc.loads(ONE.format(input="[7, 16]", step=ADAPTED[0][1]))
    total = type(network)(network.spec, freeze=("*",)).analyze().total
    assert total.trainable == 48


WRONG = [
    ("{maxpool: 1, lora: 4}", "AC157", "lora adapts a matrix, and maxpool has none"),
    ("{conv: 4, lora: {alpha: 4}}", "AC157", "lora needs a rank"),
    ("{conv: 4, lora: {rank: 4, alhpa: 4}}", "AC157", "no argument 'alhpa'"),
    ("{conv: 4, lora: 0}", "AC142", "lora"),
    ("{conv: 4, lora: {rank: rank - 3}}", "AC142", "lora: rank"),
    ("{conv: 6, groups: 3, lora: 2}", "AC157", "one for each group"),
    ("{conv: 4, lora: {rank: 2, on: [q]}}", "AC157", "lora needs no `on`"),
    ("{conv: 4, frozen: maybe}", "AC142", "maybe"),
]


@pytest.mark.parametrize(("step", "code", "said"), WRONG)
def test_mistakes_in_lora(step: str, code: str, said: str) -> None:
    with pytest.raises(SpecError, match=code) as caught:
        _ = archcalc.loads(ONE.format(input="[3, 6, 6]", step=step)).graph
    (problem,) = caught.value.problems
    assert said in problem.message
    assert problem.place is not None
    assert problem.place.line == 7


ATTENTION = [
    ("{attention: 2, lora: 4}", "reads no step of its own there"),
    ("{attention: 2, k: {linear: 12}, v: {linear: 6}, lora: 4}", "lora on q"),
    ("{attention: 2, q: ln, k: ln, v: ln, lora: {rank: 4, on: [w]}}", "reads no 'w'"),
]


@pytest.mark.parametrize(("step", "said"), ATTENTION)
def test_mistakes_in_lora_of_attention(step: str, said: str) -> None:
    with pytest.raises(SpecError, match="AC157") as caught:
        archcalc.loads(ONE.format(input="[5, 12]", step=step))
    assert any(said in problem.message for problem in caught.value.problems)


# -- what changes ----------------------------------------------------------------------


def test_a_lock_and_a_difference_see_what_is_frozen() -> None:
    before, after = net(), net(freeze=("layer.2",))
    assert fingerprint(before.graph) != fingerprint(after.graph)
    assert "frozen" not in entry_of(before.analyze())
    assert entry_of(after.analyze())["frozen"] == 148 + 8 + 8
    sides = (Side(n, n.analyze()) for n in (before, after))
    changes = Difference(*sides).changes
    assert [(c.row.name, c.what) for c in changes] == [
        ("layer.2.conv", "frozen parameters 0 → 164"),
    ]


def test_a_sweep_gives_trainable_and_frozen_parameters() -> None:
    network = net(
        "", ("repeat: 3", "repeat: fixed, frozen: true"), ("true, rank", "2, rank")
    )
    found = archcalc.sweep(
        network, {"fixed": [1, 2]}, figures=("params", "frozen", "trainable")
    )
    assert [row[1:] for row in found] == [(591, 164, 427), (755, 328, 427)]

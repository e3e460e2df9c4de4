"""Shapes that do not fit where tensors meet: the help is what makes them fit."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import ArchcalcError, Problem

FPN = [
    "{name: c4, conv: %d, stride: 2}",
    "{name: c5, conv: 256, kernel: %d, stride: 2}",
    "{name: l4, conv: %d, from: c4}",
]
FIT = "{add: [l4, c5]}"


def fpn(channels: int, kernel: int, top: str = "") -> list[str]:
    """Return a sum of a lateral and a coarser, deeper map, `top` before it."""
    given = zip(FPN, (channels, kernel, channels), strict=True)
    after = [top, "{add: [l4, up]}"] if top else [FIT]
    return [*(step % value for step, value in given), *after]


CASES = [
    (
        "a body without padding",
        ["{residual: [{conv: 3, kernel: 3}]}"],
        "pad: half in line 4",
        ["{residual: [{conv: 3, kernel: 3, pad: half}]}"],
    ),
    (
        "a strided body without padding, already projected",
        ["{residual: [{conv: 8, kernel: 3, stride: 2}], shortcut: projection}"],
        "pad: half in line 4",
        [
            "{residual: [{conv: 8, kernel: 3, stride: 2, pad: half}],"
            " shortcut: projection}"
        ],
    ),
    (
        "a strided body without padding or projection",
        ["{residual: [{conv: 8, kernel: 3, stride: 2}]}"],
        "pad: half in line 4, and shortcut: projection",
        [
            "{residual: [{conv: 8, kernel: 3, stride: 2, pad: half}],"
            " shortcut: projection}"
        ],
    ),
    (
        "a padded body with a stride",
        ["{residual: [{conv: 8, kernel: 3, stride: 2, pad: half}]}"],
        "shortcut: projection, or identity-or-projection for a repeated block",
        [
            "{residual: [{conv: 8, kernel: 3, stride: 2, pad: half}],"
            " shortcut: identity-or-projection}"
        ],
    ),
    (
        "an even kernel that is padded by half",
        ["{residual: [{conv: 3, kernel: 4, pad: half}], shortcut: projection}"],
        "pad: same in line 4",
        ["{residual: [{conv: 3, kernel: 4, pad: same}], shortcut: projection}"],
    ),
    (
        "several windows in two lines",
        ["residual:", "  - {conv: 8, kernel: 3}", "  - {conv: 3, kernel: 5}"],
        "pad: half in lines 5, 6",
        [
            "residual:",
            "  - {conv: 8, kernel: 3, pad: half}",
            "  - {conv: 3, kernel: 5, pad: half}",
        ],
    ),
    (
        "a residual in the body",
        [
            "{residual: [{conv: 3, kernel: 3}, {residual: [{conv: 3, kernel: 3,"
            " pad: 1}]}]}"
        ],
        "pad: half in line 4",
        [
            "{residual: [{conv: 3, kernel: 3, pad: half}, {residual: [{conv: 3,"
            " kernel: 3, pad: 1}]}]}"
        ],
    ),
    (
        "tokens of another size",
        ["tokens", "{residual: [{linear: 5}]}"],
        "{linear: 3} at the end of the body",
        ["tokens", "{residual: [{linear: 5}, {linear: 3}]}"],
    ),
    (
        "channels of a shortcut of its own",
        ["{residual: [{conv: 3}], shortcut: [{conv: 4}]}"],
        "as many channels on both sides: 3 or 4",
        ["{residual: [{conv: 4}], shortcut: [{conv: 4}]}"],
    ),
    (
        "branches of an Inception module without padding",
        ["{concat: {a: [{conv: 4}], b: [{conv: 4, kernel: 3}], c: [{maxpool: 3}]}}"],
        None,
        [],
    ),
    (
        "the same with a pool of stride 1",
        [
            "{concat: {a: [{conv: 4}], b: [{conv: 4, kernel: 3}],"
            " c: [{maxpool: 3, stride: 1}]}}"
        ],
        "pad: half in line 4",
        [
            "{concat: {a: [{conv: 4}], b: [{conv: 4, kernel: 3, pad: half}],"
            " c: [{maxpool: 3, stride: 1, pad: half}]}}"
        ],
    ),
    ("the sum of an FPN", fpn(256, 1), "{upsample: 2} on c5", None),
    (
        "the same with other channels",
        fpn(128, 1),
        "a 1×1 conv of 128 and {upsample: 2} on c5",
        None,
    ),
    (
        "the same without padding",
        fpn(256, 3),
        "{resize: [16, 16]} on c5",
        fpn(256, 3, "{name: up, resize: [16, 16], from: c5}"),
    ),
    (
        "the same, enlarged",
        fpn(256, 1),
        "{upsample: 2} on c5",
        fpn(256, 1, "{name: up, upsample: 2, from: c5}"),
    ),
    (
        "a map and one that was made of it",
        ["{name: a, conv: 8}", "{name: b, conv: 8, stride: 2}", "{add: [a, b]}"],
        "a 1×1 conv of 8 with stride 2 on a, or {upsample: 2} on b",
        None,
    ),
    (
        "maps of two sizes behind each other",
        ["{name: a, conv: 8}", "{name: b, conv: 4, stride: 2}", "{concat: [a, b]}"],
        "{upsample: 2} on b",
        None,
    ),
    (
        "a gate of other channels",
        ["{multiply: {x: identity, gate: [gap, {reshape: [3, 1, 1]}, {conv: 4}]}}"],
        "a 1×1 conv of 3 on gate",
        ["{multiply: {x: identity, gate: [gap, {reshape: [3, 1, 1]}, {conv: 3}]}}"],
    ),
    (
        "columns and rows",
        ["tokens", "{name: a, linear: 4}", "{matmul: [a, a]}"],
        None,
        None,
    ),
]


def written(steps: list[str]) -> str:
    """Return a spec of these steps, the first of which stands in line 4."""
    lines = [step if step.startswith("  ") else f"- {step}" for step in steps]
    return "\n".join(["name: net", "input: [3, 32, 32]", "layers:", *lines, ""])


def refused(text: str) -> Problem:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.loads(text, "net.yaml").analyze()
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("wrong", "help", "right"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_help(wrong: list[str], help: str | None, right: list[str] | None) -> None:
    assert refused(written(wrong)).help == help
    if right:
        assert archcalc.loads(written(right)).analyze().total.activations > 0


def test_sizes_that_are_names_are_answered() -> None:
    text = (
        "name: net\ninput: [3, H, H]\nlayers:\n- {residual: [{conv: 3, kernel: 3}]}\n"
    )
    assert refused(text).code == "AC201"


SHARED = [
    (
        "{name: b, fc: 4, share: a}",
        "share needs steps with equal weights",
        "b: weight 4×4096, bias 4   from line 5, fc 4",
    ),
    (
        "{name: b, conv: 4, kernel: 3, share: a}",
        "share needs steps with equal weights",
        "b: weight 4×4×3×3, bias 4   from line 5, conv 3×3, 4",
    ),
    (
        "{name: b, relu: , share: a}",
        "share needs steps with equal weights",
        "b: no weights   from line 5, relu",
    ),
]


@pytest.mark.parametrize(("step", "message", "fact"), SHARED)
def test_weights_that_cannot_be_shared(step: str, message: str, fact: str) -> None:
    problem = refused(written(["{name: a, conv: 4}", step]))
    assert (problem.code, problem.message) == ("AC214", message)
    assert problem.facts == (
        "a: weight 4×3×1×1, bias 4   from line 4, conv 1×1, 4",
        fact,
    )


REPEATED = "{name: layer, stage: [{name: sum, relu: }], repeat: 30}"
NAMED = "a repetition has its number in its name"


@pytest.mark.parametrize(
    ("step", "help"),
    [
        ("{relu: , from: layer.sum}", f"did you mean layer.30.sum? {NAMED}"),
        ("{relu: , from: layer.99.sum}", f"did you mean layer.30.sum? {NAMED}"),
        ("{add: [layer.sum, layer]}", f"did you mean layer.30.sum? {NAMED}"),
        ("{relu: , from: layr}", "did you mean layer?"),
        ("{relu: , from: nowhere.sum}", "only earlier steps can be named"),
    ],
)
def test_a_step_inside_a_repetition(step: str, help: str) -> None:
    problem = refused(written([REPEATED, step]))
    assert (problem.code, problem.help) == ("AC154", help)

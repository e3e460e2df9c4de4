"""Specs as a careful author writes them: nothing is said, and no fix changes them."""

from __future__ import annotations

import pytest
from linted import checked, fixed, layers, lint

from archcalc.network.network import loads

SIGNAL = "name: net\ninput: [8, 100]\n"
TOKENS = "name: net\ninput: [16, 64]\n"
IMAGE = "name: net\ninput: [8, 32, 32]\n"
SMALL = "name: net\ninput: [64, 4, 4]\n"
CHANNELS = "lint: {channels: 8}\n"

# head; steps
SILENT = [
    # The norm works on another axis than the bias, or is not that of the batch.
    (TOKENS, "- {linear: 32}\n- bn"),
    (TOKENS, "- {linear: 32}\n- in"),
    (IMAGE, "- {conv: 8, kernel: 3, norm: {bn: , fixed: true}}"),
    # The layer is an output, or another step uses its weights without a norm.
    (
        f"{IMAGE}outputs: [raw, out]\n",
        "- {name: raw, conv: 8}\n- bn\n- {name: out, relu: }",
    ),
    (
        "name: net\ninput: {a: [8, 32, 32], b: [8, 32, 32]}\n",
        "- {name: c, conv: 8, from: a}\n- {name: n, bn: }\n"
        "- {name: d, conv: 8, from: b, share: c}\n- {add: [n, d]}",
    ),
    # A projection shortcut that is written out.
    (
        IMAGE,
        "- residual: [{conv: 16, kernel: 3, stride: 2, pad: 1}]\n"
        "  shortcut: [{conv: 16, stride: 2, bias: false}, bn]",
    ),
    # Half of an even kernel, where the stride hides the difference.
    (
        "name: net\ninput: [8, 33, 33]\n",
        "- {conv: 8, kernel: 4, stride: 2, pad: half}",
    ),
    # A state that the next repetition reads, and nothing after the last one.
    (
        "name: net\ninput: {frames: [15, 16], state: [16], seen: [16]}\n",
        "- name: step\n  repeat: 5\n  share: step\n  stage:\n"
        "    - {name: frame, slice: [3*i - 3, 3*i], from: frames}\n"
        "    - {name: m, mean: 0}\n    - {name: g, add: [m, seen]}\n"
        "    - {name: seen, linear: 16}\n    - {name: h, linear: 16, from: g}\n"
        "    - {name: state, add: [h, state]}",
    ),
    (
        "name: net\ninput: {x: [16], state: [16]}\n",
        "- name: step\n  repeat: 3\n  stage:\n"
        "    - {name: both, add: [x, state]}\n    - {name: out, linear: 4}\n"
        "    - {name: state, linear: 16, from: both}\n"
        "- {concat: [step.1.out, step.2.out, step.3.out]}",
    ),
    # What is only asked for its size, or only shared.
    (
        IMAGE,
        "- {name: ref, identity: }\n- {name: s, maxpool: 2, from: input}\n"
        "- {resize: [h of ref, w of 'ref']}",
    ),
    (
        f"{IMAGE}blocks:\n  up: {{params: {{like: required}}, layers: [relu, "
        "{resize: [h of like, w of like]}]}\n",
        "- {name: ref, identity: }\n- {name: s, maxpool: 2, from: input}\n"
        "- {use: up, like: ref}",
    ),
    (
        "name: net\ninput: {x: [8, 9, 9], like: [8, 20, 20]}\n",
        "- {conv: 3, from: x}\n- {resize: [h of like, w of like]}",
    ),
    (
        IMAGE,
        "- {name: k, parameter: [8, 8, 3, 3]}\n"
        "- {name: a, conv: 8, kernel: 3, bias: false, share: k, from: input}\n"
        "- {name: b, conv: 8, kernel: 3, bias: false, share: k, from: input}\n"
        "- {add: [a, b]}",
    ),
    # The channels of a signal are its first axis, those of `linear` the last one.
    (
        f"{SIGNAL}{CHANNELS}",
        "- {conv: 16, kernel: 3}\n- {conv: 24}\n- gap\n- {fc: 10}",
    ),
    (
        f"name: net\ninput: [14, 14, 64]\n{CHANNELS}",
        "- {linear: 64}\n- {linear: 32}\n- {linear: 10}",
    ),
    # A feature pyramid of odd sizes: 25 positions, 13 of the level above.
    (
        "name: net\ninput: [3, 100, 100]\n",
        "- {name: c3, conv: 8, kernel: 4, stride: 4}\n"
        "- {name: c4, conv: 8, kernel: 3, stride: 2, pad: 1}\n"
        "- {name: c5, conv: 8, kernel: 3, stride: 2, pad: 1}\n"
        "- {name: u4, resize: [h of c4, w of c4]}\n- {name: p4, add: [c4, u4]}\n"
        "- {name: u3, resize: [h of c3, w of c3]}\n- {name: p3, add: [c3, u3]}",
    ),
    # Pools that keep the size of a small map.
    (
        SMALL,
        "- concat:\n    x: identity\n    a: [{maxpool: 5, stride: 1, pad: 2}]\n"
        "    b: [{maxpool: 9, stride: 1, pad: 4}]",
    ),
    # Steps that only look equal.
    (
        f"{IMAGE}params: {{w: [8, 16, 32]}}\n",
        "- repeat: 3\n  stage: [{conv: 'w[i]'}, {conv: 'w[i]'}, {conv: 'w[i]'}]",
    ),
    (
        IMAGE,
        "- {conv: 8, kernel: 3, pad: 1}\n- sigmoid\n- {add: [conv1, sigmoid1]}\n"
        "- {conv: 8, kernel: 3, pad: 1}\n- sigmoid\n- {add: [conv1, sigmoid1, sigmoid2]}",
    ),
    # A pool that lost a row; sizes that are names.
    (
        "name: net\ninput: [8, 45, 45]\n",
        "- {maxpool: 2}  # archcalc: ignore[AC402]\n- {max_unpool: 2}",
    ),
    ("name: net\ninput: [8, H, W]\n", "- {maxpool: 2}\n- {max_unpool: 2}"),
    # `linear` on the last axis of maps: frequencies, channels that were moved, a forecast.
    (
        "name: net\ninput: [2, 100, 64]\n",
        "- {conv: 8, kernel: 3, pad: half}\n- {linear: 16}\n- relu\n- {linear: 64}\n"
        "- {conv: 2}",
    ),
    (
        IMAGE,
        "- {dwconv: 1, kernel: 7, pad: 3}\n- {permute: [1, 2, 0]}\n- ln\n- {linear: 32}",
    ),
    (SIGNAL, "- {conv: 8, kernel: 3, pad: half}\n- {linear: 24}"),
    (IMAGE, "- {conv: 16, kernel: 8, stride: 8}\n- tokens\n- {linear: 10}"),
    (IMAGE, "- {conv: 16, kernel: 3}\n- {mean: [1, 2]}\n- {linear: 10}"),
    # Layouts that the first step makes right.
    ("name: net\ninput: [512, 32, 3]\n", "- {linear: 64, act: relu}\n- {max: 1}"),
    ("name: net\ninput: [28, 28, 1]\n", "- flatten\n- {fc: 10}"),
    ("name: net\ninput: [32, 32, 3]\n", "- {permute: [2, 0, 1]}\n- {conv: 8}"),
    (
        "name: net\ninput: [1, 3, 64, 64]\n",
        "- {conv: 8, kernel: [3, 3, 3], pad: half}",
    ),
]


@pytest.mark.parametrize(("head", "steps"), SILENT)
def test_nothing_is_said(head: str, steps: str) -> None:
    assert [f.show() for f in lint(layers(steps, head))] == []


# head; steps; code; what is said
TOLD = [
    (
        IMAGE,
        "- {name: c, conv: 8, norm: bn, repeat: 3, share: c}",
        "AC401",
        "8 parameters",
    ),
    (
        IMAGE,
        "- {conv: 8, norm: bn, repeat: 3, last: {norm: none}}",
        "AC401",
        "bias: false where a norm follows",
    ),
    (
        f"{IMAGE}params: {{norm: none}}\nvariants: {{bn: {{norm: bn}}}}\n",
        "- {conv: 8, norm: norm}",
        "AC401",
        "in the variant bn",
    ),
    (
        f"{IMAGE}params: {{s: 1}}\nvariants: {{half: {{s: 2}}}}\n",
        "- {maxpool: 3, stride: s}",
        "AC402",
        "in the variant half",
    ),
    (
        "name: net\ninput: [64, 8, 8]\n",
        "- {avgpool: 7}",
        "AC402",
        "gap, or a kernel of the input's size, 8×8",
    ),
    (IMAGE, "- {conv: 8, kernel: 4, stride: 4, pad: half}", "AC403", "9, not 8"),
    (
        f"{SIGNAL}{CHANNELS}",
        "- {conv: 2*6}\n- {conv: 16}\n- gap\n- {fc: 10}",
        "AC405",
        "12 channels are not a multiple of 8",
    ),
    (
        "name: net\ninput: [8, 44, 44]\n",
        "- {maxpool: 2}\n- {max_unpool: 4}",
        "AC415",
        "maxpool makes 8×22×22 of 8×44×44",
    ),
    (
        IMAGE,
        "- {conv: 8, kernel: 3}\n- relu\n- {maxpool: 2}\n- {linear: 10}\n- softmax",
        "AC417",
        "maxpool, line 6, has 8 channels; linear makes 8×15×10",
    ),
    (
        SIGNAL,
        "- {conv: 8, kernel: 3}\n- gap\n- {linear: 10}",
        "AC417",
        "{fc: 10} flattens first",
    ),
    (
        IMAGE,
        "- multiply: {x: identity, g: [gap, {linear: 1}, sigmoid]}\n- {conv: 8}",
        "AC417",
        "the width of a map",
    ),
    (
        IMAGE,
        "- name: down\n  repeat: 3\n  stage:\n    - {name: c, relu: }\n"
        "    - {name: side, conv: 4, from: c}\n    - {maxpool: 2, from: c}\n"
        "- {name: up, resize: [16, 16]}\n- {concat: [up, down.2.side]}",
        "AC404",
        "the result of down.1.side is not used",
    ),
    (
        IMAGE,
        "- {name: a, conv: 8}\n- repeat: 3\n  stage: [relu, {conv: 8}]\n"
        "- {conv: 8, from: a}",
        "AC404",
        "conv is not used",
    ),
]


@pytest.mark.parametrize(("head", "steps", "code", "said"), TOLD)
def test_what_is_told_has_no_fix_that_changes_more(
    head: str, steps: str, code: str, said: str
) -> None:
    text = layers(steps, head)
    (found,) = lint(text)
    assert found.code == code
    assert said in found.show()
    assert (found.fix is None) == (fixed(text) == text)


BATCHES = [
    ("[None, 3, 224, 224]", "[3, 224, 224]"),
    ("[None, 224, 224, 3]", "[3, 224, 224]"),
    ("[N, 3, 64, 64]", "[3, 64, 64]"),
    ("[batch, 784]", "[784]"),
]


@pytest.mark.parametrize(("input", "likely"), BATCHES)
def test_a_batch_that_has_a_name(input: str, likely: str) -> None:
    (found,) = checked(f"name: net\ninput: {input}\nlayers: [relu]\n").findings
    assert (found.code, found.place.line) == ("AC411", 2)
    assert "begin with the batch" in found.message
    assert found.problem.help == f"write {likely}"


@pytest.mark.parametrize("input", ["[C, 64, 64]", "[N, 784]", "[C, 16, 64, 64]"])
def test_a_first_size_may_have_a_name(input: str) -> None:
    assert checked(f"name: net\ninput: {input}\nlayers: [relu]\n").findings == ()


CHANGED = [
    # `conv3` would be another step without the unused one.
    f"{IMAGE}outputs: [conv3]\n"
    + "layers:\n  - {conv: 8}\n  - {conv: 9, from: conv1}\n"
    "  - {conv: 8, kernel: 3, from: conv1}\n  - {conv: 16, from: conv1}\n",
    # `conv2` would be the one of 16.
    layers(
        "- {conv: 8, kernel: 3}\n- {conv: 8, kernel: 3}\n- {conv: 8, kernel: 3}\n"
        "- {name: a, conv: 16, kernel: 3}\n- {conv: 5}\n- {name: y, gap: }\n"
        "- {name: conv3, conv: 4, from: conv2}",
        f"{IMAGE}outputs: [conv3, y]\n",
    ),
]


@pytest.mark.parametrize("text", CHANGED)
def test_no_fix_changes_what_an_output_is(text: str) -> None:
    before, after = loads(text).analyze(), loads(fixed(text)).analyze()
    assert after.output == before.output
    macs = before.row("conv3").macs, after.row("conv3").macs
    assert macs[0] == macs[1]


def test_no_fix_breaks_a_figure_of_a_step() -> None:
    """With `repeat`, `conv2` is the whole of what follows."""
    step = "  - {conv: 8, kernel: 3, pad: 1}\n"
    text = f"{IMAGE}layers:\n{3 * step}  - {{conv: 16}}\n  - {{conv: 32}}\n"
    expect = "expect:\n  - {at: conv2, params: 584}\n"
    assert fixed(text) != text
    assert fixed(text + expect) == text + expect


@pytest.mark.parametrize(
    ("source", "kept"),
    [(", cite: 'Lin 2013'", True), (", said: 88", True), ("", False)],
)
def test_no_fix_breaks_a_figure_that_has_a_source(source: str, kept: bool) -> None:
    """The bias does nothing; the paper counts it. 8·8 + 8 and 2·8 for the norm."""
    text = layers("- {conv: 8, norm: bn}", IMAGE)
    expect = f"expect:\n  - {{params: 88{source}}}\n"
    assert (fixed(text + expect) == text + expect) == kept


def test_a_fix_is_made_where_it_is_right_in_every_variant() -> None:
    head = f"{IMAGE}params: {{norm: none}}\nvariants: {{bn: {{norm: bn}}}}\n"
    steps = "- {conv: 8, norm: norm}\n- {conv: 9, norm: bn}\n- {conv: 7, norm: bn, when: norm == 'bn'}"
    after = fixed(layers(steps, head))
    assert "{conv: 8, norm: norm}" in after
    assert "{conv: 9, bias: false, norm: bn}" in after
    assert "{conv: 7, bias: false, norm: bn" in after

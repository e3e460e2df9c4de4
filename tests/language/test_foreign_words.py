"""Words of other tools: each points to something that a spec may say."""

from __future__ import annotations

import doctest
import re

import pytest

import archcalc
from archcalc.errors import ArchcalcError, SpecError
from archcalc.language import foreign_words
from archcalc.language.foreign_words import (
    ARGUMENTS,
    INFERRED,
    KINDS,
    NO_EFFECT,
    NO_KIND,
    OR,
    PRINCIPAL,
    THEN,
    folded,
)
from archcalc.language.steps import COMMON, FOLLOWERS
from archcalc.language.steps import KINDS as OURS
from archcalc.layers import CATALOGUE

INPUTS = ("[8, 16, 16]", "[8, 16]", "[8]", "[16, 96]")
HEAD = "name: net\ninput: {}\nlayers: [{}]\n"
STEM = "{name: stem, linear: 16}"
SIGNS = {PRINCIPAL, INFERRED, NO_EFFECT}
TAKEN = (*COMMON, *FOLLOWERS, "shortcut")


def fits(steps: str) -> bool:
    """Say whether steps are a network behind one of a few inputs."""
    if "stem" in steps and "name:" not in steps:
        steps = f"{STEM}, {steps}"
    for sizes in INPUTS:
        try:
            archcalc.loads(HEAD.format(sizes, steps)).analyze()
        except ArchcalcError:
            continue
        return True
    return False


@pytest.mark.parametrize("meant", sorted({*KINDS.values()} - {NO_KIND}))
def test_what_a_kind_points_to_is_a_network(meant: str) -> None:
    for steps in meant.split(OR):
        assert fits(steps.replace(THEN, ", ")), steps


@pytest.mark.parametrize("meant", sorted({*ARGUMENTS.values()} - SIGNS))
def test_what_an_argument_points_to_is_taken_by_some_kind(meant: str) -> None:
    for pair in meant.split(OR):
        key = pair.partition(":")[0]
        if key == "shortcut":
            assert fits(f"{{residual: [relu], {pair}}}")
            continue
        kinds = [k for k, layer in CATALOGUE.items() if key in layer.fields]
        examples = [e.partition(" @")[0] for k in kinds for e in CATALOGUE[k].examples]
        steps = [e[1:-1] if e[0] == "{" else f"{e}: " for e in examples]
        if key in TAKEN:
            steps = ["linear: 16"]
        alone = (re.sub(rf", {key}: [^,]+", "", step) for step in steps)
        assert any(fits(f"{{{step}, {pair}}}") for step in alone), pair


def test_no_word_is_ours_and_each_is_written_as_it_is_compared() -> None:
    assert not KINDS.keys() & OURS
    for word in (*KINDS, *ARGUMENTS):
        assert folded(word) == word


def help_of(step: str) -> str:
    """Return the help of the only problem that a step has."""
    with pytest.raises(ArchcalcError) as caught:
        archcalc.loads(f"name: net\ninput: [8, 16, 16]\nlayers:\n  - {step}\n")
    (problem,) = caught.value.problems
    return problem.help or ""


WORDS = [
    ("{dense: 10}", "did you mean fc, as in {fc: 10}?"),
    ("batchnorm", "did you mean bn?"),
    ("{batch_norm: }", "did you mean bn?"),
    ("LayerNorm", "did you mean ln?"),
    ("nn.GroupNorm", "did you mean gn, as in {gn: 4}?"),
    ("silu", "did you mean swish?"),
    ("{conv: 8, act: SiLU}", "did you mean swish?"),
    ("{conv: 8, norm: BatchNorm2d}", "did you mean bn?"),
    ("{ConvTranspose2d: 8}", "as in {deconv: 64, kernel: 2, stride: 2}?"),
    ("{conv_transpose: 8}", "as in {deconv: 64, kernel: 2, stride: 2}?"),
    ("{upconv: 8}", "as in {deconv: 64, kernel: 2, stride: 2}?"),
    ("{depthwise: 1}", "did you mean dwconv, as in"),
    (
        "{sepconv: 8}",
        "did you mean {dwconv: 1, kernel: 3, pad: half}, then {conv: 64}?",
    ),
    ("{mha: 8}", "{linear: 3*dim}, then {attention: 4}, then {linear: dim}?"),
    ("globalavgpool", "did you mean gap?"),
    ("gmp", "did you mean adaptive_maxpool, as in {adaptive_maxpool: 1}?"),
    ("{pool: 2}", "did you mean {maxpool: 2}, or {avgpool: 2}?"),
    ("{zeropad: 1}", "did you mean pad, as in {pad: 1}?"),
    ("MaxPool", "did you mean maxpool?"),
    ("{convlstm: 100}", "no kind does the same"),
    ("{maxout: 2}", "no kind does the same"),
    ("{activation: relu}", "did you mean relu, or gelu, or swish?"),
    ("{conv: 8, kernel_size: 3}", "it is called kernel here, as in kernel: 3"),
    ("{conv: 8, size: 3}", "it is called kernel here, as in kernel: 3"),
    ("{conv: 8, k: 3}", "it is called kernel here, as in kernel: 3"),
    ("{conv: 8, s: 2}", "it is called stride here, as in stride: 2"),
    ("{conv: 8, p: 1}", "it is called pad here, as in pad: 1"),
    ("{dropout: , p: 0.5}", "it is called rate here, as in rate: 0.5"),
    ("{conv: 8, activation: relu}", "it is called act here, as in act: relu"),
    (
        "{maxpool: 2, ceil_mode: true}",
        "it is called rounding here, as in rounding: ceil",
    ),
    ("{conv: 8, in_channels: 3}", "it is known from the tensor that enters"),
    ("{conv: 8, Stride: 2}", "did you mean stride?"),
    ("{bn: , momentum: 0.1}", "leave it out: no figure depends on it"),
    ("{conv: , filters: 3}", "its value follows the kind: `conv: …`"),
    ("{conv: 8, kernal: 3}", "did you mean kernel?"),
    ("dropout 0.5", "a colon is missing: dropout: 0.5"),
    ("{conv 32: }", "a colon is missing: conv: 32"),
    ("dropout:0.5", "a space is missing: dropout: 0.5"),
    ("relu()", "write relu"),
    ("conv(32)", "a step is a word, or a mapping: {conv: …}"),
    ("{bn: , act: relu}", "as a step of its own behind it: `- relu`"),
    ("{ln: , norm: }", "as a step of its own behind it: `- relu`"),
    ("{conv: 8, act: linear}", "for no activation, leave act out or write act: none"),
    ("{conv: 8, relu: }", "write act: relu, or give each its own `- ` line"),
    ("{conv: 8, bn: }", "write norm: bn, or give each its own `- ` line"),
    ("{relu: , bn: }", "give each its own `- ` line"),
    ("{maxpool: }", "for example {maxpool: 3, stride: 2, pad: 1}"),
    ("{conv: 32 kernel: 5}", "write {…: 32, kernel: …}, or `kernel:` on a line"),
    ("conv: 32 kernel: 5", "write {…: 32, kernel: …}, or `kernel:` on a line"),
]


@pytest.mark.parametrize(("step", "help"), WORDS, ids=[w[0] for w in WORDS])
def test_words(step: str, help: str) -> None:
    assert help in help_of(step)


BESIDE_PAD = [
    ("{conv2d: 32, kernel: 3, pad: same}", "conv2d"),
    ("{pad: 1, depthwise_conv: 1, kernel: 3}", "depthwise_conv"),
    ("{kernel: 3, stride: 2, convv: 8}", "convv"),
    ("{whatever: 8, pad: 1}", "whatever"),
]


@pytest.mark.parametrize(("step", "kind"), BESIDE_PAD)
def test_the_kind_is_what_no_sibling_can_be(step: str, kind: str) -> None:
    with pytest.raises(SpecError) as caught:
        archcalc.loads(f"name: net\ninput: [8, 16, 16]\nlayers:\n  - {step}\n")
    (problem,) = caught.value.problems
    assert problem.code == "AC134"
    assert problem.message == f"{kind!r} is not a kind of step"
    assert problem.place is not None
    assert problem.place.column == 5 + step.index(kind)


@pytest.mark.parametrize(
    ("step", "code", "message"),
    [
        ("{pad: 1, mod: zeros}", "AC141", "pad has no argument 'mod'"),
        ("{pad: 1, kernel: 3}", "AC141", "pad has no argument 'kernel'"),
        ("{kernel: 3, stride: 2}", "AC135", "a step needs one kind key"),
    ],
)
def test_a_misspelt_argument_is_no_kind(step: str, code: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        archcalc.loads(f"name: net\ninput: [8, 16, 16]\nlayers:\n  - {step}\n")
    (problem,) = caught.value.problems
    assert (problem.code, problem.message[: len(message)]) == (code, message)


def test_examples_in_docstrings() -> None:
    result = doctest.testmod(foreign_words)
    assert result.attempted > 3
    assert result.failed == 0

"""Norms and gates over the positions of a signal: what is told, and what is not."""

from __future__ import annotations

import pytest
from linted import fixed, layers, lint

SIGNAL = "name: net\ninput: [8, 128]\n"
IMAGE = "name: net\ninput: [8, 16, 16]\n"
CONV = "- {conv: 16, kernel: 3}\n"

# steps; line and column; what is told; what the fix writes
TOLD = [
    (
        f"{CONV}- ln",
        (5, 5),
        "ln works on the last axis of 16×126",
        f"{CONV}- {{ln: channels}}",
    ),
    (
        f"{CONV}- rms",
        (5, 5),
        "reads 8 channels of 128 positions",
        f"{CONV}- {{rms: channels}}",
    ),
    (f"{CONV}- glu", (5, 5), "glu works on the last axis", f"{CONV}- {{glu: 0}}"),
    (f"{CONV}- softmax", (5, 5), "{softmax: 1}", f"{CONV}- {{softmax: 0}}"),
    (f"{CONV}- log_softmax", (5, 5), "line 4", f"{CONV}- {{log_softmax: 0}}"),
    (
        "- {conv: 16, kernel: 3, norm: ln}",
        (4, 33),
        "{ln: last} if the last axis is intended",
        "- {conv: 16, kernel: 3, norm: {ln: channels}}",
    ),
    (
        "- {conv: 16, kernel: 3, act: glu}",
        (4, 32),
        "16×126",
        "- {conv: 16, kernel: 3, act: {glu: 0}}",
    ),
    (
        f"{CONV}- {{name: n, ln: }}",
        (5, 15),
        "positions of a signal",
        f"{CONV}- {{name: n, ln: channels }}",
    ),
    (
        f"{CONV}- name: n\n  ln:\n  affine: false",
        (6, 5),
        "positions of a signal",
        f"{CONV}- name: n\n  ln: channels\n  affine: false",
    ),
    # what comes behind counts as well, and what leaves the axes as they are is passed
    (
        "- ln\n- relu\n- {maxpool: 2}",
        (4, 5),
        "maxpool",
        "- {ln: channels}\n- relu\n- {maxpool: 2}",
    ),
    (
        "- {conv: 16, kernel: 1}\n- glu\n- {dwconv: 1, kernel: 3}",
        (5, 5),
        "dwconv, line 6",
        "- {conv: 16, kernel: 1}\n- {glu: 0}\n- {dwconv: 1, kernel: 3}",
    ),
    (
        f"{CONV}- residual: [{{conv: 16, kernel: 3, pad: 1}}, {{dropout: 0.1}}]\n- ln",
        (6, 5),
        "16×126",
        f"{CONV}- residual: [{{conv: 16, kernel: 3, pad: 1}}, {{dropout: 0.1}}]\n"
        "- {ln: channels}",
    ),
    ("- bn\n- ln", (5, 5), "reads 8 channels", "- bn\n- {ln: channels}"),
    (
        f"{CONV}- {{repeat: 3, stage: [{{conv: 16, kernel: 3}}, ln]}}",
        (5, 48),
        "16×124",
        f"{CONV}- {{repeat: 3, stage: [{{conv: 16, kernel: 3}}, {{ln: channels}}]}}",
    ),
]


@pytest.mark.parametrize(("steps", "at", "said", "wanted"), TOLD)
def test_what_is_told(steps: str, at: tuple[int, int], said: str, wanted: str) -> None:
    text = layers(steps, SIGNAL)
    found = [f for f in lint(text) if f.code == "AC412"]
    assert [(f.place.line, f.place.column) for f in found] == [at]
    assert said in found[0].details
    assert fixed(text) == layers(wanted, SIGNAL)
    assert [f for f in lint(fixed(text)) if f.code == "AC412"] == []


QUIET = [
    (f"{CONV}- {{ln: channels}}", SIGNAL),
    (f"{CONV}- {{ln: last}}", SIGNAL),
    (f"{CONV}- {{ln: all}}", SIGNAL),
    (f"{CONV}- {{glu: 0}}\n- {{glu: 1}}\n- {{softmax: -1}}", SIGNAL),
    (f"{CONV}- bn\n- relu", SIGNAL),
    (f"{CONV}- transpose\n- ln\n- {{linear: 4}}\n- glu", SIGNAL),  # tokens from here on
    ("- ln\n- {linear: 32}\n- glu\n- softmax", SIGNAL),
    ("- ln\n- transpose\n- {conv: 8, kernel: 3}", SIGNAL),
    ("- ln\n- {conv: 8, kernel: 1}\n- {linear: 4}", SIGNAL),  # mixes tokens
    ("- ln\n- {linear: 384}\n- {attention: 4}\n- ln", SIGNAL),
    (f"{CONV}- ln\n- glu", IMAGE),
    (f"{CONV}- gap\n- flatten\n- ln\n- {{fc: 10}}\n- softmax", SIGNAL),
    (f"{CONV}- flatten\n- ln", SIGNAL),
]


@pytest.mark.parametrize(("steps", "head"), QUIET)
def test_what_is_not_told(steps: str, head: str) -> None:
    assert [f for f in lint(layers(steps, head)) if f.code == "AC412"] == []


@pytest.mark.parametrize("word", ["norm: n", "act: a"])
def test_a_word_that_a_param_names_has_no_fix(word: str) -> None:
    head = f"{SIGNAL}params: {{n: ln, a: glu}}\n"
    text = layers(f"- {{conv: 16, kernel: 3, {word}}}", head)
    (found,) = [f for f in lint(text) if f.code == "AC412"]
    assert (found.place.line, found.fix) == (5, None)

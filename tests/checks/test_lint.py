"""Lint: what each rule says, where, and what its fix makes of the file."""

from __future__ import annotations

import pytest
from linted import HEAD, checked, fixed, layers, lint

from archcalc.checks.catalogue import every_rule
from archcalc.checks.checking import Selection, check_source
from archcalc.checks.fixing import fix_text
from archcalc.checks.lint import LINT
from archcalc.checks.rule import as_file
from archcalc.language.library import shipped
from archcalc.limits import DEFAULT
from archcalc.network.network import loads
from archcalc.source.parser import parse, read

# steps; code; line and column; what is said; what the fix writes (None: no fix)
STEPS = [
    (
        "- {conv: 8, kernel: 3}\n- bn",
        "AC401",
        (4, 6),
        "the bias has no effect",
        "- {conv: 8, bias: false, kernel: 3}\n- bn",
    ),
    (
        "- {conv: 8, kernel: 3, norm: bn}",
        "AC401",
        (4, 6),
        "8 parameters",
        "- {conv: 8, bias: false, kernel: 3, norm: bn}",
    ),
    (
        "- conv: 8   # first\n  kernel: 3\n- in",
        "AC401",
        (4, 5),
        "the in after it",
        "- conv: 8   # first\n  bias: false\n  kernel: 3\n- in",
    ),
    (
        "- {conv: 8, bias: true}\n- bn",
        "AC401",
        (4, 6),
        "bias: false",
        "- {conv: 8, bias: false}\n- bn",
    ),
    ("- {conv: 8, bias: 1 == 1}\n- bn", "AC401", (4, 6), "8 parameters", None),
    (
        "- {maxpool: 3, stride: 2}",
        "AC402",
        (4, 6),
        "the last row and column",
        "- {maxpool: 3, rounding: ceil, stride: 2}",
    ),
    (
        "- {conv: 8, kernel: 11, stride: 4, pad: 0}",
        "AC402",
        (4, 6),
        "(32 - 11) / 4 = 5, remainder 1",
        "- {conv: 8, kernel: 11, stride: 4, pad: 2}",
    ),
    (
        "- {conv: 8, kernel: [3, 5], stride: 3}",
        "AC402",
        (4, 6),
        "no window reads the last 2 rows",
        "- {conv: 8, pad: 2, kernel: [3, 5], stride: 3}",
    ),
    (
        "- {conv: 8, stride: 2}",
        "AC402",
        (4, 6),
        "only 1 of 2 rows and columns is read",
        None,
    ),
    (
        "- {conv: 8, kernel: 3, stride: 5, dilation: 1}",
        "AC402",
        (4, 6),
        "only 3 of 5 rows and columns are read",
        None,
    ),
    (
        "- {conv: 8, kernel: 4, pad: half}",
        "AC403",
        (4, 6),
        "32 becomes 33",
        "- {conv: 8, kernel: 4, pad: same}",
    ),
    (
        "- residual:\n    - {name: a, conv: 8}\n    - {name: lost, conv: 9}\n"
        "    - {conv: 3, from: a}",
        "AC404",
        (6, 22),
        "the result of lost is not used",
        "- residual:\n    - {name: a, conv: 8}\n    - {conv: 3, from: a}",
    ),
    (
        "- repeat: 2\n  stage:\n    - {name: a, conv: 8}\n    - {name: x, conv: 9}\n"
        "    - {name: y, relu: }\n    - {conv: 8, from: a}",
        "AC404",
        (8, 19),
        "the result of stage.1.y is not used",
        "- repeat: 2\n  stage:\n    - {name: a, conv: 8}\n    - {conv: 8, from: a}",
    ),
    (
        "- add:\n    a: [{conv: 8, kernel: 4, stride: 2}]\n"
        "    b: [{conv: 8, kernel: 18}]",
        "AC406",
        (4, 5),
        "a.conv has a total stride of 2×2",
        None,
    ),
    (
        "- {maxpool: 48, rounding: ceil}",
        "AC407",
        (4, 6),
        "48×48 is larger than its input 32×32",
        "- {maxpool: 32, rounding: ceil}",
    ),
    (
        "- {name: a, conv: 8}\n- {name: side, fc: 10}\n- {name: p, softmax: }\n"
        "- {conv: 8, from: a}\n- {fc: 10}",
        "AC408",
        (5, 18),
        "it counts 81930 parameters in inference",
        "- {name: a, conv: 8}\n- aux:\n    - {name: side, fc: 10}\n"
        "    - {name: p, softmax: }\n- {conv: 8, from: a}\n- {fc: 10}",
    ),
    (
        "- {conv: 8}\n- {conv: 8}  # twice\n- {conv: 8}",
        "AC409",
        (4, 6),
        "the same step is written 3 times in a row",
        "- {conv: 8, repeat: 3}",
    ),
    (
        "- {conv: 8}\n- relu\n- bn\n- {conv: 8}\n- relu\n- bn\n- gap",
        "AC409",
        (4, 6),
        "the same 3 steps are written 2 times in a row",
        "- repeat: 2\n  stage:\n    - {conv: 8}\n    - relu\n    - bn\n- gap",
    ),
    (
        # What stands on several lines is no obstacle, and keeps its comments.
        "- {name: a, conv: 8}\n- name: side  # of one classifier\n\n  fc: 10\n"
        "- {conv: 8, from: a}\n- {fc: 10}",
        "AC408",
        (7, 5),
        "nothing reads side",
        "- {name: a, conv: 8}\n- aux:\n    - name: side  # of one classifier\n\n"
        "      fc: 10\n- {conv: 8, from: a}\n- {fc: 10}",
    ),
    (
        "- {conv: 8, kernel: 3}  # archcalc: ignore[AC402]",
        "AC410",
        (4, 27),
        "there is no finding of AC402 here",
        "- {conv: 8, kernel: 3}",
    ),
]


@pytest.mark.parametrize(
    ("steps", "code", "at", "said", "wanted"), STEPS, ids=[s[0] for s in STEPS]
)
def test_rule(
    steps: str, code: str, at: tuple[int, int], said: str, wanted: str | None
) -> None:
    text = layers(steps)
    (finding,) = lint(text)
    assert (finding.code, finding.severity, finding.fails) == (code, "warning", False)
    assert (finding.place.line, finding.place.column) == at
    assert said in finding.show()
    assert (finding.fix is not None) == (wanted is not None)
    if wanted is not None:
        assert fixed(text) == layers(wanted)
        assert [f.code for f in lint(fixed(text))] == []


SILENT = [
    "- {conv: 8, bias: false}\n- bn",
    "- {conv: 8}\n- ln",
    "- {name: a, conv: 8}\n- {name: n, bn: }\n- {conv: 8, from: a}\n- {add: [n, conv]}",
    "- {conv: 8, kernel: 3, stride: 2, pad: same}",
    "- {conv: 8, kernel: 7, stride: 2, pad: 3}",
    "- {conv: 8, kernel: 32, stride: 40}",
    "- {conv: 8, kernel: 4, pad: same}",
    "- {conv: 8, kernel: 3, pad: half}",
    "- {residual: [{conv: 8, kernel: 3, stride: 2, pad: same}], shortcut: projection}",
    "- multiply: {x: identity, gate: [gap, {conv: 3}, sigmoid]}",
    "- {conv: 8}\n- aux: [{fc: 10}]\n- relu",
    "- {conv: 8}\n- relu\n- {conv: 8}\n- relu",
    "- {name: a, conv: 8}\n- {name: b, conv: 8}\n- {name: c, conv: 8}",
    "- {conv: 60}",
    # Lists of sizes and of names are no steps.
    "- {reshape: [3, 1, 32, 32]}\n- {conv: 8, kernel: [3, 3, 3], pad: [1, 1, 1]}",
    "- {add: [input, input, input]}",
    "- {relu: , name: a}\n- {concat: [a, a, a], axis: 1}",
]


@pytest.mark.parametrize("steps", SILENT)
def test_nothing_is_said_where_all_is_meant(steps: str) -> None:
    assert [f.show() for f in lint(layers(steps))] == []


def test_two_inputs_may_have_strides_of_their_own() -> None:
    head = "name: net\ninput: {slow: [8, 4], fast: [8, 8]}\n"
    steps = "- {conv: 8, kernel: 2, stride: 2, from: fast}\n- {add: [slow, conv]}"
    assert [f.show() for f in lint(layers(steps, head))] == []


def test_channels_are_asked_for_by_the_file() -> None:
    head = f"{HEAD}lint: {{channels: 8}}\n"
    text = layers(
        "- {conv: 60}\n- {conv: 2*30}\n- {dwconv: 1}\n- gap\n- {fc: 10}", head
    )
    first, second = lint(text)
    assert (first.code, second.code) == ("AC405", "AC405")
    assert "60 channels are not a multiple of 8" in first.message
    assert second.fix is None
    assert "conv: 64" in fixed(text)


def test_channels_of_what_leaves_the_network_are_its_own() -> None:
    """The last weights on every way to an output, also behind what has none."""
    head = f"{HEAD}lint: {{channels: 8}}\n"
    steps = "- {conv: 60}\n- add: {x: [relu], y: identity}\n- gap"
    assert lint(layers(steps, head)) == []
    (finding,) = lint(layers(f"- {{conv: 50}}\n{steps}", head))
    assert "50 channels" in finding.message


def test_a_file_leaves_a_rule_out() -> None:
    assert len(lint(layers("- {conv: 8, stride: 2}"))) == 1
    head = f"{HEAD}lint: {{ignore: [AC402]}}\n"
    assert lint(layers("- {conv: 8, stride: 2}", head)) == []
    wrong = checked(layers("- relu", f"{HEAD}lint: {{ignore: [AC201]}}\n"))
    assert [f.code for f in wrong.findings] == ["AC125"]


def test_a_step_of_a_block_is_told_once_for_every_use() -> None:
    text = f"""{HEAD}blocks:
  b: {{params: {{out: required}}, layers: [{{conv: out, norm: bn}}]}}
variants: {{}}
layers:
  - {{use: b, out: 8}}
  - {{use: b, out: 16}}
"""
    (finding,) = lint(text)
    assert finding.place.line == 4
    assert "24 parameters" in finding.show()


def test_what_only_a_variant_does_is_told() -> None:
    text = f"""{HEAD}params: {{s: 1}}
variants: {{fast: {{s: 2}}}}
layers: [{{conv: 8, stride: s}}]
"""
    assert [f.code for f in lint(text)] == ["AC402"]


def test_an_input_that_nothing_reads() -> None:
    text = (
        "name: n\ninput: {a: [3, 8, 8], b: [3, 8, 8]}\nlayers: [{conv: 8, from: a}]\n"
    )
    assert [f.message for f in lint(text)] == ["this input is not used"]


def test_sizes_that_are_names_are_no_obstacle() -> None:
    text = "name: n\ninput: [C, H, W]\nlayers: [{conv: 8, kernel: 3, norm: bn}]\n"
    assert [f.code for f in lint(text)] == ["AC401"]


OPT_OUTS = [
    ("# archcalc: ignore[AC402]", []),
    ("# archcalc: ignore", []),
    ("#  archcalc:ignore[ac4]", []),
    ("# skips on purpose  # archcalc: ignore[AC402, AC401]", ["AC410"]),
    ("# archcalc: ignore[AC401]", ["AC402", "AC410"]),
]


@pytest.mark.parametrize(("comment", "codes"), OPT_OUTS)
def test_a_comment_silences_its_line(comment: str, codes: list[str]) -> None:
    found = lint(layers(f"- {{conv: 8, stride: 2}}  {comment}"))
    assert [f.code for f in found] == codes


def test_a_comment_in_quotes_is_a_text() -> None:
    text = layers('- {conv: 8, stride: 2, note: " # archcalc: ignore"}')
    assert [f.code for f in lint(text)] == ["AC402"]


def test_what_makes_a_network_impossible_cannot_be_silenced() -> None:
    text = layers("- {conv: 8, groups: 2}  # archcalc: ignore[AC203]")
    assert [f.code for f in checked(text).findings] == ["AC203", "AC410"]


@pytest.mark.parametrize("module", LINT, ids=lambda m: m.RULE.code)
def test_the_fix_of_an_example_leaves_nothing_to_say(module: object) -> None:
    rule = every_rule()[module.RULE.code]  # type: ignore[attr-defined]
    after = fixed(as_file(rule.wrong))
    assert rule.fixable == (after != as_file(rule.wrong))
    if rule.fixable:
        assert [f.code for f in lint(after)] == []
        assert loads(after).analyze().output


@pytest.mark.parametrize("name", ["vgg16", "googlenet", "bn-inception", "densenet"])
def test_fixed_networks_are_still_networks(name: str) -> None:
    """Every fix that the shipped specs get, on their own text without its figures."""
    text = read(shipped()[name]).text.partition("\nexpect:")[0] + "\n"
    choice = Selection(strict=True)
    after, count = fix_text(text, f"{name}.yaml", DEFAULT, choice)
    found = check_source(parse(after, "a.yaml"), "a.yaml", DEFAULT, choice).findings
    left = [f for f in found if f.fix]
    assert (count > 0) == (after != text)
    assert not left


def test_a_network_keeps_the_figures_that_its_paper_has() -> None:
    """Its table counts the biases before its norms (AC401)."""
    text = read(shipped()["bn-inception"]).text
    assert fix_text(text, "a.yaml", DEFAULT, Selection(strict=True)) == (text, 0)

"""Fixes of lint: what they leave alone, and what they make in turn."""

from __future__ import annotations

import pytest
from linted import HEAD, checked, fixed, layers, lint

from archcalc.checks.checking import Selection
from archcalc.checks.fixing import fix_text
from archcalc.limits import DEFAULT
from archcalc.source.edits import Edit, applied

# steps; code; line and column; what is said
UNFIXED = [
    ("- conv: 4 +\n    4\n- bn", "AC401", (4, 5), "the bias has no effect"),
    (
        # At 20 of 40 both paddings and `ceil` leave rows unread; 1 of 40 takes none.
        "- {maxpool: [20, 1], stride: 40}",
        "AC402",
        (4, 6),
        "another input size, kernel or stride",
    ),
    (
        "[{residual: [{name: a, conv: 8}, {name: b, conv: 9}, {conv: 3, from: a}]}]",
        "AC404",
        (4, 46),
        "the result of b is not used",
    ),
    (
        # 24 of padding is more than half of 32, which no pool takes.
        "- {maxpool: 48, pad: 24, stride: 8}",
        "AC407",
        (4, 6),
        "48×48 is larger than its input 32×32",
    ),
    (
        # 3 outputs; a window of 32 would have 5.
        "- {maxpool: 40, pad: 8, stride: 4}",
        "AC407",
        (4, 6),
        "40×40 is larger than its input 32×32",
    ),
    (
        "[{name: a, conv: 8}, {name: side, fc: 9}, {conv: 8, from: a}, {fc: 9}]",
        "AC408",
        (4, 37),
        "nothing reads side",
    ),
    (
        "- {name: a, conv: 8}\n- {name: side, fc: 10}\n"
        "- {name: b, conv: 8, from: a}\n- {softmax: , from: side}\n"
        "- {conv: 8, from: b}\n- {fc: 10}",
        "AC408",
        (5, 18),
        "nothing reads softmax",
    ),
    ("- relu\n- relu\n- relu", "AC409", (4, 5), "3 times in a row"),
    (
        "- {conv: 8, repeat: 2}\n- {conv: 8, repeat: 2}\n- {conv: 8, repeat: 2}",
        "AC409",
        (4, 6),
        "3 times in a row",
    ),
    (
        "[{conv: 8}, {conv: 8}, {conv: 8}]",
        "AC409",
        (4, 5),
        "3 times in a row",
    ),
]


@pytest.mark.parametrize(
    ("steps", "code", "at", "said"), UNFIXED, ids=[s[0] for s in UNFIXED]
)
def test_a_fix_that_would_write_more_than_its_lines_is_none(
    steps: str, code: str, at: tuple[int, int], said: str
) -> None:
    text = layers(steps)
    (finding,) = lint(text)
    assert (finding.code, finding.fix) == (code, None)
    assert (finding.place.line, finding.place.column) == at
    assert said in finding.show()
    assert fixed(text) == text


def test_groups_that_do_not_divide_have_a_fix() -> None:
    text = layers("- {conv: 32}\n- {conv: 64, groups: 3}")
    (finding,) = checked(text).findings
    assert (finding.code, finding.severity) == ("AC203", "error")
    assert fixed(text) == layers("- {conv: 32}\n- {conv: 64, groups: 2}")


def test_a_fix_that_would_break_the_network_is_left_out() -> None:
    steps = (
        "- {name: a, maxpool: 3, stride: 2}\n- add: {x: [{conv: 3}], y: [{conv: 3}]}"
    )
    more = "- {name: s, slice: [0, 1]}\n- {reshape: [15, 15]}"
    text = layers(f"{steps}\n{more}")
    assert [f.code for f in lint(text)] == ["AC402"]
    assert fixed(text) == text


def test_a_fix_beside_one_that_breaks_is_made() -> None:
    steps = (
        "- {name: a, maxpool: 3, stride: 2}\n- add: {x: [%s], y: [{conv: 3}]}\n"
        "- {slice: [0, 1]}\n- {reshape: [15, 15]}"
    )
    text = layers(steps % "{conv: 3, norm: bn}")
    assert [f.code for f in lint(text)] == ["AC402", "AC401"]
    assert fixed(text) == layers(steps % "{conv: 3, bias: false, norm: bn}")


def test_two_fixes_at_one_place_are_made_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = layers("- {conv: 8, kernel: 11, stride: 4, norm: bn}")
    assert [f.code for f in lint(text)] == ["AC401", "AC402"]
    done, count = fix_text(text, "net.yaml", DEFAULT, Selection())
    assert (lint(done), count) == ([], 2)
    monkeypatch.setattr("archcalc.checks.fixing.MOST_ROUNDS", 1)
    done, count = fix_text(text, "net.yaml", DEFAULT, Selection())
    assert ([f.code for f in lint(done)], count) == (["AC402"], 1)


def test_what_is_no_yaml_is_left_as_it_is() -> None:
    assert fix_text("layers: [", "a", DEFAULT, Selection()) == ("layers: [", 0)


def test_an_edit_inside_another_is_left_out() -> None:
    edits = [Edit(0, 4, "X"), Edit(2, 3, "Y"), Edit(4, 5, "Z"), Edit(4, 5, "Z")]
    assert applied("abcdef", edits) == "XZf"


def test_an_argument_has_no_place_where_a_step_is_a_word() -> None:
    head = f"{HEAD}defaults: {{maxpool: {{kernel: 3, stride: 2}}}}\n"
    (finding,) = lint(layers("- maxpool", head))
    assert (finding.code, finding.fix) == ("AC402", None)


def test_rows_that_two_paddings_would_read() -> None:
    """34 rows need a padding of 1 and 31 columns one of 2: no padding is both."""
    head = "name: net\ninput: [3, 34, 31]\n"
    (finding,) = lint(layers("- {conv: 8, kernel: 5, stride: 5}", head))
    assert (finding.code, finding.fix) == ("AC402", None)
    for pad in (1, 2):
        step = f"- {{conv: 8, kernel: 5, stride: 5, pad: {pad}}}"
        assert [f.code for f in lint(layers(step, head))] == ["AC402"]

"""What the views of the page get: figures worked out elsewhere, and plain answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.checks.claims.expectations import judge
from archcalc.playground.actions.export import FORMS
from archcalc.playground.driver import answer

SMALL = """\
name: small
input: [3, 8, 8]
layers:
  - {name: first, conv: 4, kernel: 3, pad: half, norm: bn, act: relu}
  - {name: stage, stage: [{conv: 4, kernel: 3, pad: half}, relu], repeat: 2}
  - {maxpool: 2}
  - {name: scores, fc: 10}
"""
SYMBOLS = SMALL.replace("[3, 8, 8]", "[3, H, W]").replace(
    "{name: scores, fc: 10}", "gap"
)


def asked(do: str, text: str = SMALL, **more: Any) -> dict[str, Any]:
    """Return the answer of the driver."""
    request = {"do": do, "text": text, "name": "nets/small.yaml", **more}
    found: dict[str, Any] = json.loads(answer(json.dumps(request)))
    return found


def result(do: str, text: str = SMALL, **more: Any) -> Any:
    """Return the result of an action that must succeed."""
    found = asked(do, text, **more)
    assert found["ok"], found
    return found["result"]


def message(do: str, text: str = SMALL, **more: Any) -> str:
    """Return the message of an action that must be refused."""
    found = asked(do, text, **more)
    assert not found["ok"], found
    error: str = found["error"]["message"]
    return error


def rows(table: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the texts of a table's cells by the path of the row."""
    return {
        row["path"]: {key: cell["text"] for key, cell in row["cells"].items()}
        for row in table["rows"]
    }


# -- the drawing -----------------------------------------------------------------------


@pytest.mark.parametrize("style", ["blocks", "volumes"])
def test_boxes_lie_where_the_picture_has_them(style: str) -> None:
    """Every group of the SVG is one box around what it holds."""
    drawn = result("draw", style=style)
    paths = re.findall(r'<g data-path="([^"]+)"', drawn["svg"])
    assert sorted(box["path"] for box in drawn["boxes"]) == sorted(paths)
    assert {"first", "maxpool", "scores"} <= set(paths)
    wide, high = map(
        float, re.search(r'viewBox="0 0 (\S+) (\S+)"', drawn["svg"]).groups()
    )  # type: ignore[union-attr]
    for box in drawn["boxes"]:
        assert 0 <= box["x"] < box["x"] + box["width"] <= wide
        assert 0 <= box["y"] < box["y"] + box["height"] <= high


def test_a_box_is_the_rectangle_of_the_picture() -> None:
    drawn = result("draw")
    box = next(box for box in drawn["boxes"] if box["path"] == "first")
    group = drawn["svg"].partition('data-path="first"')[2].partition("</g>")[0]
    rect = dict(re.findall(r'\b(x|y|width|height)="([^"]+)"', group.partition("/>")[0]))
    for key, written in rect.items():
        assert float(written) == pytest.approx(box[key], abs=0.06)
    assert not box["frame"]


def test_frames_are_told_from_boxes() -> None:
    net = archcalc.loads(
        "name: n\ninput: [4, 8, 8]\nlayers: [{name: r, residual: [{conv: 4, kernel: 3, pad: 1}]}]"
    )
    drawn = result("draw", net.spec.source.text)
    assert {b["path"] for b in drawn["boxes"] if b["frame"]} == {"r"}


def test_pictures_that_cannot_be_drawn() -> None:
    assert "volumes need numbers" in message("draw", SYMBOLS, style="volumes")
    assert "no style 'cubes'" in message("draw", style="cubes")


# -- one row ---------------------------------------------------------------------------


def test_formulas_of_a_layer() -> None:
    """3·3·3·4 + 0 biases; 8·8·4·27 = 6,912 MACs, worked out by hand."""
    told = result("explain", row="first")
    conv = told["parts"][0]
    lines = {line["name"]: line for line in conv["lines"]}
    assert conv["shapes"] == "3×8×8 → 4×8×8"
    assert {s["symbol"]: s["value"] for s in conv["symbols"]}["k"] == "3"
    assert lines["height"]["symbol"] == "H′"
    assert lines["height"]["steps"][0] == "⌊(H + 2p − k)/s + 1⌋"
    assert lines["width"]["note"] == "as the height"
    assert lines["weight"]["steps"][-1] == "(3·3·3)·4"
    assert lines["weight"]["value"] == {"text": "108", "value": 108}
    assert lines["MACs"]["value"]["value"] == 6912


def test_formulas_of_the_whole() -> None:
    """Without a row: how the totals add up. (108 + 144 + 4 + 144 + 4 + 8) + 650."""
    (part,) = result("explain")["parts"]
    value = next(
        line["value"]["value"] for line in part["lines"] if line["name"] == "params"
    )
    assert value == archcalc.loads(SMALL).analyze().total.params
    assert "no layer 'nothing'" in message("explain", row="nothing")


def test_many_parts_are_cut() -> None:
    text = "name: n\ninput: [3, 8, 8]\nlayers:\n  - {name: s, stage: [relu, {conv: 3, kernel: 1}], repeat: 300}\n"
    told = result("explain", text, row="s")
    assert len(told["parts"]) == 201
    assert told["left_out"] == 600 + 1 - 201
    assert told["parts"][-1]["name"] == "s, together"


def test_receptive_field() -> None:
    """Three 3×3 convolutions see 7; pooling 2×2 adds one: 8, in steps of two."""
    told = result("receptive", row="maxpool")
    (axis, same) = told["axes"]
    assert axis == same
    assert (axis["size"], axis["jump"], axis["start"]) == (8, "2", -3)
    assert (axis["input"], axis["output"]) == (8, 4)
    # output 1, the middle of 0 to 3, sees from 2 − 3 = −1 to −1 + 8 − 1 = 6
    assert axis["at"] == {"output": 1, "first": -1, "last": 6}
    moved = result("receptive", row="maxpool", at=[0, 99])["axes"]
    assert moved[0]["at"] == {"output": 0, "first": -3, "last": 4}
    assert moved[1]["at"] == {"output": 3, "first": 3, "last": 10}
    growth = rows(told["growth"])
    assert growth["first"]["receptive_field"] == "3"
    assert growth["maxpool"]["receptive_field"] == "8"
    assert "scores" not in growth


def test_receptive_field_of_all() -> None:
    told = result("receptive", row="scores")
    assert told["axes"] is None
    assert rows(told["growth"])["scores"]["receptive_field"] == "all"


def test_receptive_field_without_a_row() -> None:
    """That of the last row that does not see everything, here the pooling."""
    told = result("receptive")
    assert (told["row"], told["chosen"]) == ("maxpool", False)
    assert told["axes"] == result("receptive", row="maxpool")["axes"]
    all_seen = result("receptive", "name: n\ninput: [3]\nlayers: [{fc: 2}]")
    assert (all_seen["row"], all_seen["axes"]) == ("fc", None)


@pytest.mark.parametrize(
    "text",
    [
        SYMBOLS,
        SMALL.replace("[3, 8, 8]", "[8, 3]").replace(
            "conv: 4, kernel: 3", "conv: 4, kernel: 3"
        ),
    ],
)
def test_receptive_field_without_a_picture(text: str) -> None:
    """Symbols have no picture; a signal has one axis."""
    told = result("receptive", text, row="first")
    assert told["axes"] is None if "H, W" in text else len(told["axes"]) == 1


def test_field_grows_along_one_path() -> None:
    """A branch beside the row is no part of what the row sees."""
    text = "name: n\ninput: [4, 8, 8]\nlayers: [{name: j, concat: {a: [{name: x, conv: 4, kernel: 3, pad: 1}], b: [{name: y, conv: 4}]}}]"
    shown = rows(result("receptive", text, row="j.a.x")["growth"])
    assert list(shown) == ["input", "j.a.x"]


# -- memory ----------------------------------------------------------------------------


def test_memory() -> None:
    told = result("memory")
    figures = rows(told["tables"][0])
    # 192 + 256 (conv, bn and ReLU in place) + 2·256 (ReLUs in place) + 64 + 10 values
    assert figures["activations"]["bytes"] == "4.14 kB"
    assert told["timeline"].startswith("<svg")
    assert "inference" in told["timeline"]
    training = result("memory", training=True)
    assert "a step of training" in training["timeline"]
    assert training["title"] == "small"


def test_memory_of_symbols() -> None:
    told = result("memory", SYMBOLS)
    assert told["timeline"] is None
    assert "needs numbers" in told["why"]


# -- beside others ---------------------------------------------------------------------


def test_choices() -> None:
    told = result("choices", "")
    assert "bfloat16" in told["dtypes"]
    assert {"macs", "fvcore"} <= {one["name"] for one in told["conventions"]}


def test_conventions() -> None:
    told = result("conventions")
    shown = rows(told["tables"][0])
    assert (
        shown["macs"]["operations"] == f"{archcalc.loads(SMALL).analyze().total.macs:,}"
    )
    assert {note["text"].partition(":")[0] for note in told["notes"]} >= set(shown)


def test_conventions_of_a_batch() -> None:
    one, two = (
        rows(result("conventions", settings={"batch": n})["tables"][0]) for n in (1, 2)
    )
    count = [int(shown["macs"]["operations"].replace(",", "")) for shown in (one, two)]
    assert count[1] == 2 * count[0]


def test_compare() -> None:
    wider = SMALL.replace("conv: 4,", "conv: 8,").replace("name: small", "name: wide")
    told = result(
        "compare", other={"text": wider, "name": "wide.yaml"}, settings={"set": {}}
    )
    totals = rows(told["tables"][0])
    nets = [archcalc.loads(text).analyze().total.params for text in (SMALL, wider)]
    assert totals["parameters"]["net0"] == f"{nets[0]:,}"
    assert totals["parameters"]["net1"] == f"{nets[1]:,}"
    assert "needs other" in message("compare")
    broken = {"text": SMALL.replace("relu]", "rlu]"), "name": "b.yaml"}
    assert re.match(
        r"b\.yaml, line \d: 'rlu' is not a kind", message("compare", other=broken)
    )


def test_each_network_that_is_compared_has_its_own_settings() -> None:
    """The first has a param `width`; a second that has none is not refused."""
    one = SMALL.replace("input:", "params: {width: 4}\ninput:").replace(
        "conv: 4, kernel: 3, pad: half, norm", "conv: width, kernel: 3, pad: half, norm"
    )
    told = result(
        "compare",
        one,
        other={"text": SMALL, "name": "b"},
        settings={"set": {"width": 8}},
    )
    assert told["tables"]
    mine = {"text": one, "name": "b", "settings": {"set": {"width": 6}, "batch": 2}}
    told = result("compare", one, other=mine, settings={"set": {"width": 8}})
    totals = rows(told["tables"][0])
    wide = [one.replace("{width: 4}", f"{{width: {width}}}") for width in (8, 6)]
    for key, text in zip(("net0", "net1"), wide, strict=True):
        total = archcalc.loads(text).analyze().total
        assert totals["parameters"][key] == f"{total.params:,}"
        assert totals["activations"][key] == f"{total.activations:,}"


def test_reconcile() -> None:
    total = archcalc.loads(SMALL).analyze().total.params
    told = result("reconcile", figure=f"{total} params")
    assert told["ok"]
    assert rows(told["tables"][0])
    for figure in ("", "x" * 61):
        assert "1 to 60 characters" in message("reconcile", figure=figure)
    assert "is not a figure" in message("reconcile", figure="many")


# -- the quiz --------------------------------------------------------------------------


def test_quiz_hides_its_answers() -> None:
    sheet = result("quiz", seed=3, count=4)
    answers = result("solution", seed=3, count=4)["answers"]
    assert len(sheet["questions"]) == len(answers) == 4
    assert len(sheet["tables"]) == 1
    assert all(q["right"] is None and q["worked"] is None for q in sheet["questions"])
    for question in sheet["questions"]:
        row = sheet["tables"][0]["rows"][question["row"]]
        assert "____" in row["cells"][question["blank"]]["text"]


def test_quiz_marks_answers() -> None:
    """The engine's answers are right, others are not, nothing is not marked."""
    answers = [one["text"] for one in result("solution", seed=3, count=4)["answers"]]
    given = [answers[0], "1", "  "]
    marked = result("quiz", seed=3, count=4, answers=given)["questions"]
    assert [one["right"] for one in marked] == [True, False, None, None]
    assert answers[0] in marked[0]["worked"]
    right = result("quiz", seed=3, count=4, answers=answers)["questions"]
    assert all(one["right"] for one in right)


LENET = "name: l\ninput: [1, 32, 32]\nlayers: [{name: c, conv: 6, kernel: 5}, {name: f, fc: 10}]"
WAYS = {
    "6x28x28": True,
    "6 × 28 × 28": True,
    "(6, 28, 28)": True,
    "28x28x6": False,
    "6x28": False,
    "six by 28": False,
}


@pytest.mark.parametrize(("text", "right"), WAYS.items())
def test_shapes_may_be_written_in_many_ways(text: str, right: bool) -> None:
    sheet = result("quiz", LENET, seed=0, count=20)["questions"]
    at = next(
        i for i, q in enumerate(sheet) if (q["layer"], q["blank"]) == ("c", "shape")
    )
    given = [""] * at + [text]
    assert (
        result("quiz", LENET, seed=0, count=20, answers=given)["questions"][at]["right"]
        is right
    )


@pytest.mark.parametrize("text", ["47,050", "47050", "47 050", "47.050", "47'050"])
def test_numbers_may_be_grouped(text: str) -> None:
    """6·28·28·10 + 10 = 47,050 parameters."""
    sheet = result("quiz", LENET, seed=0, count=20)["questions"]
    at = next(
        i for i, q in enumerate(sheet) if (q["layer"], q["blank"]) == ("f", "params")
    )
    given = [""] * at + [text]
    assert result("quiz", LENET, seed=0, count=20, answers=given)["questions"][at][
        "right"
    ]


def test_symbols_are_answered_as_they_are_written() -> None:
    text = "name: s\ninput: [C, 8, 8]\nlayers: [{name: c, conv: 4, kernel: 3}]"
    sheet = result("quiz", text, seed=0, count=20)["questions"]
    at = next(i for i, q in enumerate(sheet) if q["blank"] == "params")
    for given, right in (("36*C + 4", False), ("36C + 4", True), ("36C+4", True)):
        marked = result("quiz", text, seed=0, count=20, answers=[""] * at + [given])
        assert marked["questions"][at]["right"] is right


def test_quiz_without_questions() -> None:
    assert "no shape or params to ask for" in message(
        "quiz", "name: n\ninput: [3]\nlayers: [relu]"
    )


# -- export ----------------------------------------------------------------------------

BEGINS = {
    "yaml": "name: small\n",
    "markdown": "### small",
    "csv": "kind,path,",
    "latex": "% small",
    "json": "{\n",
    "svg": "<svg ",
    "volumes": "<svg ",
    "mermaid": "flowchart TB",
    "tikz": "% small",
    "torch": '"""small: 3×8×8 to 10.',
    "keras": '"""small: 8×8×3 to 10.',
    "jax": '"""small: 8×8×3 to 10.',
}


@pytest.mark.parametrize("format", FORMS)
def test_export(format: str) -> None:
    made = result("export", format=format)
    assert made["text"].startswith(BEGINS[format])
    assert made["text"].endswith("\n")
    assert made["file"].startswith("small.")


def test_export_is_what_the_command_line_writes() -> None:
    net = archcalc.loads(SMALL)
    assert (
        result("export", format="csv")["text"] == archcalc.table(net).text("csv") + "\n"
    )
    assert (
        result("export", format="torch")["text"].rstrip()
        == archcalc.export(net).rstrip()
    )  # type: ignore[union-attr] # code is text
    assert result("export", format="svg")["text"].rstrip() == archcalc.draw(net).svg


def test_formats() -> None:
    listed = result("formats", "")
    assert [one["format"] for one in listed] == list(FORMS)
    assert "no export 'doc'" in message("export", format="doc")


# -- lessons ---------------------------------------------------------------------------


def test_lessons() -> None:
    listed = result("lessons", "")
    assert len(listed) == 7
    assert not {"answers", "solved"} & set(listed[0])
    first = listed[0]
    blank = result("lesson", first["spec"], id=first["id"])
    assert not blank["done"]
    assert blank["hint"]
    right = first["spec"].replace("___", "4", 1).replace("___", "2", 1)
    assert result("lesson", right, id=first["id"])["done"]
    assert "no lesson 'x'" in message("lesson", id="x")


def test_no_text_makes_the_engine_read_a_file(tmp_path: Path) -> None:
    """A claim may name another network by path on the command line, but not here."""
    other = tmp_path / "other.yaml"
    other.write_text(SMALL, encoding="utf-8")
    claim = f'[{{is: 1x, value: a / b, with: {{a: params, b: "params of {other}"}}}}]'
    text = f"{SMALL}expect: {claim}\n"
    assert [one.status for one in judge(archcalc.loads(text))] == ["agrees"]
    assert "no shipped network" in message("reconcile", text, figure="1 params")

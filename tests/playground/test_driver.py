"""The driver: JSON in, JSON out, and nothing that a request says makes it fail."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from archcalc import load, loads
from archcalc.language.library import shipped
from archcalc.language.schema import language_schema
from archcalc.playground.actions import ACTIONS
from archcalc.playground.driver import answer
from archcalc.playground.findings import units
from archcalc.playground.values import EXACT, number

SPEC = "name: net\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3}\n"
STAGES = """\
name: net
input: [3, 32, 32]
params: {width: 8}
blocks:
  two:
    params: {out: required}
    layers:
      - {conv: out, kernel: 3, pad: 1}
      - relu
layers:
  - {name: first, use: two, out: width, repeat: 4}
  - {name: last, use: two, out: 2*width}
"""


def ask(action: str, **more: Any) -> dict[str, Any]:
    """Return the whole answer to a request."""
    told = json.loads(answer(json.dumps({"do": action, **more})))
    assert isinstance(told, dict)
    return told


def result(action: str, **more: Any) -> Any:
    told = ask(action, **more)
    assert told["ok"], told
    return told["result"]


# -- requests --------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_a_documented_function(action: str) -> None:
    module = import_module(f"archcalc.playground.actions.{ACTIONS[action]}")
    assert getattr(module, action).__doc__


WRONG = {
    "not JSON": "{",
    "a list": "[]",
    "nothing to do": "{}",
    "an unknown action": '{"do": "lok"}',
    "a module": '{"do": "__import__"}',
    "no text": '{"do": "draw", "text": 1}',
    "no name": '{"do": "draw", "text": "", "name": 2}',
    "no settings": '{"do": "draw", "settings": []}',
    "no params": '{"do": "draw", "settings": {"set": 3}}',
    "no batch": '{"do": "draw", "settings": {"batch": "8"}}',
    "no input": '{"do": "draw", "settings": {"input": 8}}',
    "deep JSON": "[" * 100_000,
    "no base64": '{"do": "read", "file": "a.onnx", "bytes": "é"}',
    "a missing key": '{"do": "source"}',
    "a path": '{"do": "source", "net": "../../etc/passwd"}',
    "a file": '{"do": "source", "net": "pyproject.toml"}',
    "a weight": '{"do": "read", "file": "a.pt", "bytes": "AAAA"}',
}


@pytest.mark.parametrize("request_text", WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_refused(request_text: str) -> None:
    told = json.loads(answer(request_text))
    assert told["ok"] is False
    assert told["error"]["message"]
    assert "bug" not in told["error"]["message"]


def test_a_long_request_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.playground import driver

    monkeypatch.setattr(driver, "LONGEST", 10)
    assert "at most 10 characters" in ask("look")["error"]["message"]


def test_a_bug_of_ours_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.playground.actions import look

    monkeypatch.setattr(look, "look", lambda asked: 1 / 0)
    assert "a bug in archcalc: ZeroDivisionError" in ask("look")["error"]["message"]


def test_limits_hold() -> None:
    told = result("look", text=SPEC.replace("kernel: 3}", "kernel: 1, repeat: 30000}"))
    (found,) = told["findings"]
    assert (found["code"], told["rows"]) == ("AC115", [])
    assert "nodes = 20000" in found["message"]


def test_the_way_of_an_answer_loads_nothing_heavy() -> None:
    """A page has neither typer nor rich nor pydantic."""
    code = f"""
import json, sys
from archcalc.playground.driver import answer
text = {shipped()["lenet5"].read_text(encoding="utf-8")!r}
for action in {[a for a in ACTIONS if a not in ("shelf", "read", "lesson")]!r}:
    more = {{"net": "vgg16", "row": "c1", "figure": "61.7k", "other": {{"text": text}}}}
    told = json.loads(answer(json.dumps({{"do": action, "text": text, **more, "format": "torch"}})))
    assert told["ok"], (action, told)
print([m for m in ("typer", "rich", "pydantic", "torch", "numpy") if m in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


# -- the shelf -------------------------------------------------------------------------


def test_the_shelf_has_every_network_and_layer() -> None:
    told = result("shelf")
    assert {one["name"] for one in told["networks"]} >= set(shipped())
    for one in told["layers"]:
        found = result("look", text=one["text"])["findings"]
        assert [f for f in found if f["severity"] == "error"] == [], one["key"]
    found = result("check", text=told["starter"])["findings"]
    assert found == []


def test_a_variant_by_its_own_name() -> None:
    told = result("source", net="resnet56")
    assert (told["name"], told["variant"]) == ("resnet-cifar.yaml", "56")
    assert told["text"] == shipped()["resnet-cifar"].read_text(encoding="utf-8")


def test_the_schema_is_the_published_one() -> None:
    assert result("schema") == json.loads(json.dumps(language_schema()))


# -- look ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "gpt2"])
def test_rows_are_those_of_the_analysis(name: str) -> None:
    told = result("look", text=shipped()[name].read_text(encoding="utf-8"))
    analysis = load(name).analyze()
    rows = {row.name: row for row in analysis.outline("layers") if row.kind == "row"}
    shown = {one["path"]: one for one in told["rows"] if one["kind"] == "row"}
    assert list(shown) == [p for p, row in rows.items() if not row.aux]
    for path, one in shown.items():
        for key in ("params", "macs", "activations"):
            assert one["cells"][key]["value"] == getattr(rows[path], key)
    (total,) = [one for one in told["totals"] if one["kind"] == "total"]
    assert total["cells"]["params"]["value"] == analysis.total.params


def test_folds_stand_for_the_rows_that_they_name() -> None:
    told = result("look", text=STAGES)
    (fold,) = told["folds"]
    inside = told["rows"][fold["first"] : fold["end"]]
    paths = [one["path"] for one in inside]
    assert [p for p in paths if p.count(".") == 1] == ["first.2", "first.3", "first.4"]
    params = [one["cells"]["params"]["value"] for one in inside if one["kind"] == "row"]
    assert fold["cells"]["params"]["value"] == sum(params)


def test_rows_and_hints_name_the_lines_of_their_steps() -> None:
    told = result("look", text=STAGES)
    lines = {one["path"]: one["line"] for one in told["rows"]}
    assert (lines["input"], lines["first"], lines["last"]) == (2, 11, 12)
    assert lines["last.conv"] == 8
    parents = {one["path"]: one["parent"] for one in told["rows"]}
    assert (parents["last.conv"], parents["first.2"]) == ("last", "first")
    hints = {one["line"]: one["shape"] for one in told["hints"]}
    assert (hints[11], hints[12]) == ("8×32×32", "16×32×32")
    assert hints[8] == "8×32×32, 16×32×32"


def test_settings_change_the_figures_and_the_command() -> None:
    settings = {"set": {"width": 16}, "input": "3x64x64", "batch": 4, "training": True}
    told = result("look", text=STAGES, name="my net.yaml", settings=settings)
    wanted = loads(STAGES.replace("width: 8", "width: 16")).analyze().total.params
    (total,) = told["totals"]
    assert total["cells"]["params"]["value"] == wanted
    assert "backward_macs" in total["cells"]
    assert told["command"] == (
        "archcalc table 'my net.yaml' --set width=16 --input 3x64x64 --batch 4 --training"
    )
    (width,) = told["params"]
    assert (width["value"]["value"], width["set"]) == (16, True)
    assert (width["low"], width["high"]) == (1, 32)


# -- findings --------------------------------------------------------------------------


def cut(text: str, finding: dict[str, Any]) -> str:
    """Return what a finding marks."""
    begin, end = finding["from"], finding["to"]
    assert begin["line"] == end["line"]
    line = text.split("\n")[begin["line"] - 1].encode("utf-16-le")
    marked = line[2 * (begin["column"] - 1) : 2 * (end["column"] - 1)]
    return marked.decode("utf-16-le")


def mended(text: str, finding: dict[str, Any]) -> str:
    """Return a text with the first fix of a finding."""
    data = text.encode("utf-16-le")
    for edit in reversed(finding["fixes"][0]["edits"]):
        begin, end = 2 * edit["from"], 2 * edit["to"]
        data = data[:begin] + edit["text"].encode("utf-16-le") + data[end:]
    return data.decode("utf-16-le")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        *[("kernal", "kernel"), ("covn", "conv"), ("'kernal'", "kernel")],
        *[("nn.Conv2d", "conv"), ("kernel_size", "kernel"), ("conv 4", "conv: 4")],
        *[("kernel=3", "kernel: 3"), ("04", "4")],
    ],
)
@pytest.mark.parametrize("before", ["", "# a 𝛼 comment\n"], ids=["plain", "wide"])
def test_a_word_that_was_meant_is_a_fix(wrong: str, right: str, before: str) -> None:
    text = before + SPEC.replace(right, wrong)
    (found,) = result("look", text=text)["findings"]
    assert cut(text, found) == wrong
    assert mended(text, found) == before + SPEC


@pytest.mark.parametrize("step", ["{conv: whidt * 2}", "{relu: 3}", "{relu: relu}"])
def test_what_holds_more_than_the_wrong_word_has_no_fix(step: str) -> None:
    text = f"name: a\ninput: [3, 8, 8]\nparams: {{width: 4}}\nlayers:\n  - {step}\n"
    (found,) = result("look", text=text)["findings"]
    assert found["help"]
    assert found["fixes"] == []


def test_fixes_of_a_check_mend_the_text() -> None:
    text = SPEC.replace("kernel: 3", "kernel: 3, bias: true, norm: bn")
    (found,) = result("check", text=text)["findings"]
    assert found["severity"] == "hint"
    after = mended(text, found)
    assert after != text
    assert result("check", text=after)["findings"] == []


@pytest.mark.parametrize(
    "text", ["name: [", "", "name: é𝛼: x", "- a", "\0", "a: b\n" * 3]
)
def test_every_finding_marks_something_or_the_beginning(text: str) -> None:
    for found in result("look", text=text)["findings"]:
        begin, end = found["from"], found["to"]
        assert begin["line"] <= end["line"]
        assert begin["column"] <= end["column"]
        assert found["message"]


def test_an_expectation_may_name_shipped_networks_and_no_file(tmp_path: Path) -> None:
    """A text must not make the engine read a file, on a server of this machine."""
    other = tmp_path / "other.yaml"
    other.write_text(SPEC, encoding="utf-8")
    claim = (
        "expect:\n- is: %d\n  value: other\n"
        "  with: {other: params of %s}\n  what: params of the other one\n"
    )
    (found,) = result("check", text=SPEC + claim % (112, other))["findings"]
    assert "there is no shipped network" in found["message"]
    shipped = result("check", text=SPEC + claim % (61_706, "lenet5"))
    assert shipped["findings"] == []


def test_a_shipped_spec_has_no_lint_until_it_is_edited() -> None:
    text = shipped()["alexnet"].read_text(encoding="utf-8")
    assert result("check", text=text, name="alexnet.yaml")["findings"] == []


# -- values, files ---------------------------------------------------------------------


def test_numbers_are_exact_in_javascript() -> None:
    assert number(EXACT - 1) == EXACT - 1
    assert number(EXACT) == str(EXACT)
    assert number((3, EXACT)) == [3, str(EXACT)]
    assert units("a𝛼") == 3


CFG = b"[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=16\nsize=3\n"


def test_a_model_becomes_a_spec() -> None:
    told = result("read", file="tiny.cfg", bytes=b64encode(CFG).decode())
    assert told["name"] == "tiny.yaml"
    assert (
        result("look", text=told["text"])["totals"][0]["cells"]["params"]["value"]
        == (3 * 3 * 3 + 1) * 16
    )


def test_a_yaml_file_stays_as_it_is() -> None:
    told = result("read", file="x.yaml", bytes=b64encode(SPEC.encode()).decode())
    assert told == {"name": "x.yaml", "text": SPEC, "notes": []}

"""The JSON Schema of the language: fresh, described, and as strict as the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from commands import archcalc

from archcalc.checks.catalogue import every_rule
from archcalc.checks.rule import as_file, is_file
from archcalc.language.library import shipped
from archcalc.language.schema import FILE, language_schema, schema_text
from archcalc.language.steps import USERS
from archcalc.layers import CATALOGUE

SCHEMA = language_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
PUBLISHED = Path(__file__).parents[2] / "archcalc" / FILE
HEAD = "name: net\ninput: [3, 32, 32]\n"


def errors(text: str) -> list[str]:
    data = yaml.safe_load(text)
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_the_published_schema_is_fresh() -> None:
    """`archcalc schema -o archcalc/archcalc.schema.json` writes it anew."""
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()
    assert json.loads(schema_text()) == SCHEMA


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every property with its path."""
    if isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from properties(inner, f"{path}[{number}]")
    elif isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "properties":  # True: a name that another part describes
                named = inner.items()
                yield from ((f"{path}.{n}", one) for n, one in named if one is not True)
            yield from properties(inner, f"{path}.{key}")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


def test_every_field_has_a_description() -> None:
    found = list(properties(SCHEMA))
    assert len(found) > 500
    assert [
        path for path, value in found if not resolved(value).get("description")
    ] == []


@pytest.mark.parametrize("kind", sorted(USERS))
def test_every_layer_has_its_arguments(kind: str) -> None:
    known = SCHEMA["definitions"][f"kind-{kind}"]["properties"]
    assert known.keys() >= {kind, *CATALOGUE[kind].fields} - {CATALOGUE[kind].principal}


@pytest.mark.parametrize("name", shipped())
def test_shipped_specs_are_valid(name: str) -> None:
    assert errors(shipped()[name].read_text(encoding="utf-8")) == []


EXAMPLES = [
    pytest.param(rule.right, id=rule.code)
    for rule in every_rule().values()
    if is_file(rule.right)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_right_examples_are_valid(example: str) -> None:
    assert errors(as_file(example)) == []


SEEN = [
    "AC121", "AC122", "AC123", "AC124", "AC125", "AC127", "AC128", "AC129", "AC130",
    "AC131", "AC132", "AC133", "AC134", "AC135", "AC136", "AC137", "AC138", "AC139",
    "AC141", "AC142", "AC143", "AC145", "AC146",
]  # fmt: skip
"""Rules that a schema can know: what needs no sizes, no arithmetic, no names."""


@pytest.mark.parametrize("code", SEEN)
def test_wrong_examples_are_refused(code: str) -> None:
    text = as_file(every_rule()[code].wrong)
    assert bool(errors(text)) == (code not in UNKNOWN_TO_A_SCHEMA), text


UNKNOWN_TO_A_SCHEMA = {"AC127"}  # the params of a variant are names of the file


STEPS = [
    ("{conv: 8, kernal: 3}", "kernal"),
    ("{convv: 8}", "'convv' was unexpected"),
    ("rellu", "is not one of"),
    ("conv", "is not one of"),
    ("{conv: 8, kernel: 0}", ""),
    ("{conv: 8, kernel: true}", ""),
    ("{conv: [8]}", ""),
    ("{bn: , bais: true}", "bais"),
    ("{concat: {a: [rellu]}}", ""),
    ("{residual: [{konv: 3}]}", "'konv' was unexpected"),
    ("{residual: [relu], kernel: 3}", "kernel"),
    ("{conv: 8, first: {kernal: 3}, repeat: 2}", ""),
]


@pytest.mark.parametrize(("step", "said"), STEPS)
def test_mistakes_in_steps(step: str, said: str) -> None:
    found = errors(f"{HEAD}layers:\n  - {step}\n")
    assert found
    assert any(said in message for message in found)


GOOD = [
    "{conv: 8, kernel: 1x7, pad: [0, 3]}",
    "{conv: 2*width, stride: s if a else 1, pad: same}",
    "{conv: 8, act: none, norm: {gn: 4}}",
    "{use: block, conv: 3, kernel: 5, anything: true}",
    "{pad: 1}",
    "{conv: 8, pad: 1}",
    "{name: 1.10, relu: }",
    "{gap: }",
    "{concat: [a, b]}",
    "{add: {a: identity, b: {conv: 8}}}",
    "{residual: [relu], shortcut: [{conv: 8}], act: relu}",
]


@pytest.mark.parametrize("step", GOOD)
def test_what_may_be_written(step: str) -> None:
    assert errors(f"{HEAD}layers:\n  - {step}\n") == []


def test_the_command_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archcalc(capsys, monkeypatch, "schema").out == schema_text()
    file = tmp_path / "s.json"
    archcalc(capsys, monkeypatch, "schema", "-o", str(file))
    assert file.read_text(encoding="utf-8") == schema_text()

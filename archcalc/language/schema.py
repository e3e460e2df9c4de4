"""The JSON Schema of the spec language, for editors and other checkers.

It is made from what reads the files: the fields of every layer, the keys of a step, and
the parts that say something about a network. It follows draft 7, which
yaml-language-server reads. A schema knows no sizes and no names of the file, so that
what it accepts may still be refused.
"""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from archcalc.catalogue import FIGURES
from archcalc.language import schema_words as words
from archcalc.language.about import (
    METRICS,
    Accuracy,
    Expected,
    Lint,
    Paper,
    Task,
    Within,
    key_of,
)
from archcalc.language.lora_reader import FIELDS, ON, RANK
from archcalc.language.spec import LANGUAGE_VERSION, SECTIONS
from archcalc.language.steps import (
    BRANCHES,
    COMMON,
    CONDITION,
    COPIES,
    FOLLOWERS,
    KINDS,
    REPEAT,
    ROLES_WITH_FOLLOWERS,
    SHORTCUTS,
    STRUCTURES,
    USERS,
)
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer
from archcalc.records import fields

Schema = dict[str, Any]
FILE = "archcalc.schema.json"
DRAFT = "http://json-schema.org/draft-07/schema#"
TEXT: Schema = {"type": ["string", "number", "boolean"]}
NAME: Schema = {"type": ["string", "number"]}
NAMES: Schema = {"anyOf": [NAME, {"type": "array", "items": NAME, "minItems": 1}]}
PARAM: Schema = {
    "anyOf": [
        {"type": ["number", "string", "boolean"]},
        {"type": "array", "items": {"type": ["number", "string", "boolean"]}},
    ]
}
BOUNDS = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "ge": "minimum",
    "le": "maximum",
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def language_schema() -> Schema:
    """Return the whole schema."""
    return _Writer().whole()


def schema_text() -> str:
    """Return the schema as it is published, a definition a line."""
    schema = language_schema()
    definitions = schema.pop("definitions")
    lines = ",\n".join(
        f"  {_dump(name)}: {_dump(definition)}"
        for name, definition in definitions.items()
    )
    head = ",\n".join(f" {_dump(key)}: {_dump(value)}" for key, value in schema.items())
    return f'{{\n{head},\n "definitions": {{\n{lines}\n }}\n}}\n'


def installed() -> Path:
    """Return where the installed package has the schema."""
    return Path(__file__).resolve().parents[1] / FILE


def address(folder: Path) -> str:
    """Return what a file in `folder` names its schema by: a relative path or a URI.

    A package that is installed below the current folder, as in `.venv`, is at the same
    place for everyone who works there. The address has no spaces, which would end it.
    """
    file, here = installed(), Path.cwd().resolve()
    if file.is_relative_to(here) and folder.resolve().is_relative_to(here):
        relative = Path(os.path.relpath(file, folder.resolve())).as_posix()
        if not re.search(r"\s", relative):
            return relative
    return file.as_uri()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Writer:
    """Writes the schema; what is said of a key stands once, however many have it."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def whole(self) -> Schema:
        """Return the schema of a file."""
        sections = {name: self.section(name) for name in SECTIONS}
        self.definitions |= {
            "steps": {"type": "array", "items": _ref("step"), "minItems": 1},
            "branches": _branches(),
            "follower": {"anyOf": [{"type": ["string", "null"]}, _ref("step")]},
            "step": {
                "if": {"type": "object"},
                "then": _ref("mapping"),
                "else": _word(),
            },
            "mapping": _mapping(),
            "block": self.block(),
            "expected": self.expected(),
        }
        for kind in sorted(KINDS):
            self.definitions[f"kind-{kind}"] = self.kind(kind)
        return {
            "$schema": DRAFT,
            "title": "archcalc",
            "description": "A neural network, layer by layer.",
            "type": "object",
            "properties": sections,
            "required": ["name", "input", "layers"],
            "additionalProperties": False,
            "definitions": dict(sorted(self.definitions.items())),
        }

    def said(self, name: str, schema: Schema, description: str) -> Schema:
        """Return a reference to a schema with what an editor shows for it."""
        if "$ref" in schema:  # draft 7 reads nothing beside a reference
            schema = {"allOf": [schema]}
        whole = {"description": description, **schema}
        key, number = f"key-{name}", 1
        while self.definitions.setdefault(key, whole) != whole:
            number += 1
            key = f"key-{name}-{number}"
        return _ref(key)

    # -- sections ----------------------------------------------------------------------

    def section(self, name: str) -> Schema:
        """Return the schema of one section."""
        known: dict[str, Schema] = {
            "archcalc": {"const": LANGUAGE_VERSION},
            "name": NAME,
            "paper": self.part(Paper, words.PAPER),
            "lint": self.part(Lint, words.LINT),
            "accuracy": _one_or_many(self.part(Accuracy, words.ACCURACY)),
            "tags": _one_or_many(TEXT),
            "task": _one_or_many({"enum": list(get_args(Task))}),
            "input": _input(),
            "outputs": NAMES,
            "frozen": NAMES,
            "params": _mapping_of(PARAM),
            "variants": _mapping_of(_mapping_of(PARAM)),
            "aliases": _mapping_of(NAME),
            "defaults": self.defaults(),
            "blocks": _mapping_of(_ref("block")),
            "layers": _ref("steps"),
            "expect": {"type": "array", "items": _ref("expected")},
        }
        return self.said(name, known.get(name, TEXT), words.SECTIONS[name])

    def defaults(self) -> Schema:
        """Return the schema of arguments by kind."""
        known = {}
        for kind in sorted(USERS):
            self.definitions[f"arguments-{kind}"] = self.arguments(CATALOGUE[kind])
            known[kind] = _ref(f"arguments-{kind}")
        return {"type": "object", "properties": known, "additionalProperties": False}

    def block(self) -> Schema:
        """Return the schema of a template."""
        known = {
            "params": _mapping_of(PARAM),
            "inputs": NAMES,
            "layers": _ref("steps"),
            "note": TEXT,
        }
        said = {key: self.said(key, known[key], words.BLOCK[key]) for key in known}
        return {
            "type": "object",
            "properties": said,
            "required": ["layers"],
            "additionalProperties": False,
        }

    # -- what a file says about its network --------------------------------------------

    def part(self, part: type[Any], said: Mapping[str, str]) -> Schema:
        """Return the schema of a part that is a dataclass."""
        hints = get_type_hints(part, include_extras=True)
        names = [f.name for f in fields(part) if f.name != "figures"]
        known = {key_of(name): _of_type(hints[name]) for name in names}
        return {
            "type": "object",
            "description": inspect.getdoc(part),
            "properties": {key: self.said(key, known[key], said[key]) for key in known},
            "additionalProperties": False,
        }

    def expected(self) -> Schema:
        """Return the schema of an entry of `expect`."""
        schema = self.part(Expected, words.EXPECTED)
        value: Schema = {"type": ["number", "string", "boolean", "array"]}
        metrics = {key: self.said(key, value, FIGURES[key].asserts) for key in METRICS}
        return {**schema, "properties": {**schema["properties"], **metrics}}

    # -- kinds -------------------------------------------------------------------------

    def kind(self, kind: str) -> Schema:
        """Return the schema of the steps of one kind."""
        if kind in STRUCTURES:
            keys = self.structure(kind)
        else:
            keys = self.layer(CATALOGUE[kind])
        return {
            "type": "object",
            "description": _about(kind),
            "properties": {**keys, **self.common(kind)},
            "required": [kind],
            "additionalProperties": PARAM if kind == "use" else False,
        }

    def structure(self, kind: str) -> dict[str, Schema]:
        """Return the keys of a step that holds steps or uses a block."""
        value = NAME if kind == "use" else _ref("steps")
        keys = {kind: self.said(kind, value, words.STRUCTURES[kind])}
        if kind == "residual":
            word: Schema = {"enum": list(SHORTCUTS)}
            any_of: Schema = {"anyOf": [word, {"type": "string"}, _ref("steps")]}
            keys["shortcut"] = self.said("shortcut", any_of, words.SHORTCUT)
            keys |= self.followers()
        return keys

    def layer(self, layer: type[Layer]) -> dict[str, Schema]:
        """Return the keys of a layer: its kind key, arguments, norm and act."""
        about = _about(layer.key)
        value: Schema = {"type": "null"}
        if layer.arity not in (0, 1):
            about, value = f"{about} {words.BRANCHES}", _ref("branches")
        elif layer.principal is not None:
            about = f"{about} The value: {argument_words(layer, layer.principal)}"
            value = layer.fields[layer.principal].schema()
            if layer.principal not in layer.required:
                value = {"anyOf": [*value["anyOf"], {"type": "null"}]}
            if layer.arguments_in_value:
                value = {"anyOf": [*value["anyOf"], self.arguments(layer)]}
        own = {layer.key: self.said(layer.key, value, about)}
        if layer.arity is None:
            own[BRANCHES] = self.said(BRANCHES, COPIES.schema(), words.COPIES)
        part = _branch()
        parts = {
            name: self.said(name, part, argument_words(layer, name))
            for name in layer.named_inputs
        }
        return {**self.arguments(layer)["properties"], **parts, **own}

    def arguments(self, layer: type[Layer]) -> Schema:
        """Return the schema of arguments of a layer, none of them required."""
        known = {
            name: self.said(name, accepts.schema(), argument_words(layer, name))
            for name, accepts in layer.fields.items()
        }
        followers = self.followers() if layer.role in ROLES_WITH_FOLLOWERS else {}
        return {
            "type": "object",
            "description": f"Arguments of {layer.key}.",
            "properties": {**known, **followers},
            "additionalProperties": False,
        }

    def followers(self) -> dict[str, Schema]:
        """Return `norm` and `act`."""
        ref = _ref("follower")
        return {key: self.said(key, ref, words.FOLLOWERS[key]) for key in FOLLOWERS}

    def common(self, kind: str) -> dict[str, Schema]:
        """Return the keys that go with every kind."""
        once = _ref(f"arguments-{kind}") if kind in CATALOGUE else _mapping_of(PARAM)
        known: dict[str, Schema] = {
            "name": NAME,
            "from": NAMES,
            "repeat": REPEAT.schema(),
            "first": once,
            "last": once,
            "when": CONDITION.schema(),
            "note": TEXT,
            "share": NAME,
            "frozen": CONDITION.schema(),
            "lora": _lora(),
        }
        return {key: self.said(key, known[key], words.COMMON[key]) for key in COMMON}


def argument_words(layer: type[Layer], name: str) -> str:
    """Return what is said of an argument: the layer's own words, else the usual ones.

    Raises `KeyError` for an argument without words.
    """
    return layer.words.get(name) or words.ARGUMENTS[name]


def _mapping_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _one_or_many(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _input() -> Schema:
    size: Schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}
    listed = {"type": "array", "items": size, "minItems": 1, "maxItems": 4}
    sizes = [*size["anyOf"], listed]
    named = {**_mapping_of({"anyOf": sizes}), "minProperties": 1}
    return {"anyOf": [*sizes, named]}


def _lora() -> Schema:
    """Return the schema of an adapter: its rank, or a mapping."""
    known = {**{name: field.schema() for name, field in FIELDS.items()}, ON: NAMES}
    whole = {
        "type": "object",
        "properties": {
            name: {"description": words.LORA[name], **one}
            for name, one in known.items()
        },
        "required": ["rank"],
        "additionalProperties": False,
    }
    return {"anyOf": [*RANK.schema()["anyOf"], whole]}


def _of_type(hint: Any) -> Schema:
    """Return the schema of a field's type."""
    origin, given = get_origin(hint), get_args(hint)
    if origin is Annotated:
        bounds = [extra.bounds for extra in given[1:] if isinstance(extra, Within)]
        found = {BOUNDS[key]: value for each in bounds for key, value in each.items()}
        return _of_text(found) if given[0] is str else {**_of_type(given[0]), **found}
    if origin in (Union, UnionType):
        return _of_type(next(one for one in given if one is not NoneType))
    if origin is Literal:
        return {"enum": list(given)}
    if origin is tuple:
        return _one_or_many(_of_type(given[0]))
    if origin is dict:
        return _mapping_of(TEXT)
    return {"type": {int: "integer", float: "number"}[hint]}


def _of_text(bounds: Schema) -> Schema:
    """Return the schema of a text; what reads as a number is one too."""
    return {"type": "string", **bounds} if "pattern" in bounds else TEXT


def _word() -> Schema:
    """Return the schema of a step that is one word."""
    users = sorted(USERS)
    alone = [k for k in users if CATALOGUE[k].arity == 1 and not CATALOGUE[k].required]
    return {"enum": alone, "markdownEnumDescriptions": list(map(_about, alone))}


def _mapping() -> Schema:
    """Return the schema of a step with arguments: its kind key says which they are."""
    kinds = sorted(KINDS)
    keys = {kind: {"description": _about(kind)} for kind in kinds}
    common = {key: {"description": said} for key, said in words.COMMON.items()}
    return {
        "type": "object",
        "properties": {**keys, **common},
        "allOf": [{"if": _is_kind(k), "then": _ref(f"kind-{k}")} for k in kinds],
        "if": {"anyOf": [{"required": [kind]} for kind in kinds]},
        "else": {
            "properties": dict.fromkeys((*kinds, *COMMON, *FOLLOWERS), True),
            "additionalProperties": False,
            "required": ["conv"],  # no such key, named as an example of what is missing
        },
    }


def _is_kind(kind: str) -> Schema:
    """Return the schema of mappings of a kind, which others may have as an argument."""
    takers = [k for k in sorted(USERS) if kind in CATALOGUE[k].fields and k != kind]
    takers += ["use"] if kind != "use" else []
    others = {"anyOf": [{"required": [taker]} for taker in takers]}
    return {"required": [kind], **({"not": others} if takers else {})}


def _about(kind: str) -> str:
    """Return what a kind does, in one sentence."""
    if kind in STRUCTURES:
        return words.STRUCTURES[kind]
    doc = inspect.getdoc(CATALOGUE[kind]) or ""
    return " ".join(doc.split("\n\n")[0].split())


def _branch() -> Schema:
    return {"anyOf": [{"type": "string"}, _ref("steps"), _ref("mapping")]}


def _branches() -> Schema:
    named = {**_mapping_of(_branch()), "minProperties": 1}
    earlier = {"type": "array", "items": NAME, "minItems": 1}
    return {"anyOf": [named, earlier, _ref("steps"), {"type": "null"}]}

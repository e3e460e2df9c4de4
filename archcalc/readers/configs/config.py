"""A `config.json` read: the spec of its family, with its sizes put in.

A config names an architecture and its sizes. Nothing else is opened: the shelf has the
network. What a spec cannot say is refused with the field that asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

from archcalc.errors import clean, suggestion
from archcalc.language.library import shipped
from archcalc.limits import Limits
from archcalc.readers.configs import families, seeing
from archcalc.readers.configs.families import Chosen
from archcalc.readers.records import Record
from archcalc.source.parser import Mapping, Sequence, Source, Value, parse
from archcalc.source.values import Scalar

CALLED = "Hugging Face's config.json"
TYPE = "model_type"
SECTION = re.compile(r"^(?=[A-Za-z])", re.MULTILINE)
DROPPED = (
    "name",
    "title",
    "notes",
    "accuracy",
    "aliases",
    "variants",
    "expect",
    "paper",
)
"""Sections that hold for the shipped sizes alone, or that are written anew."""
WORD = re.compile(r"[^A-Za-z0-9_.-]+")
FAMILIES: dict[str, Callable[[Record], Chosen]] = {
    "llama": families.llama,
    "mistral": families.mistral,
    "mixtral": families.mixtral,
    "qwen2": families.qwen2,
    "mamba": families.mamba,
    "gpt2": families.gpt2,
    "bert": families.bert,
    "t5": families.t5,
    "vit": seeing.vit,
    "dinov2": seeing.dinov2,
    "dinov2_with_registers": seeing.dinov2,
    "swin": seeing.swin,
    "segformer": seeing.segformer,
    "convnext": seeing.convnext,
    "convnextv2": seeing.convnext_v2,
    "resnet": seeing.resnet,
    "detr": seeing.detr,
    "wav2vec2": seeing.wav2vec2,
    "whisper": seeing.whisper,
}
"""What reads the config of each `model_type`."""


def is_config(record: Record) -> bool:
    """Say whether a JSON is a model's config: it names the type of the model."""
    return isinstance(record.get(TYPE), str)


def read_config(record: Record, name: str, limits: Limits) -> Source:
    """Return the spec of a config's network.

    Raises `SourceError` AC592 for a family that is not on the shelf, and for a field
    that its spec has no place for.
    """
    kind = record.text(TYPE)
    choose = FAMILIES.get(kind)
    if choose is None:
        _refuse(record, kind)
    chosen = choose(record)
    text = shipped()[chosen.spec].read_text(encoding="utf-8")
    return parse(_with_sizes(text, chosen, record, kind), name, limits)


def _refuse(record: Record, kind: str) -> NoReturn:
    help = suggestion(kind[:60], FAMILIES, "families that are")
    message = f"the shelf has no spec for the model type {clean(kind, 60)!r}"
    record.wrong(message, TYPE, help)


def _with_sizes(text: str, chosen: Chosen, record: Record, kind: str) -> str:
    """Return the text of a spec with other params, and without what then is wrong."""
    found: dict[str, str] = {}
    for section in filter(str.strip, SECTION.split(text)):
        found[section.partition(":")[0]] = section.rstrip() + "\n"
    root = parse(text, chosen.spec).root
    assert isinstance(root, Mapping)
    for old, new in chosen.edits:
        parts = [key for key, section in found.items() if old in section]
        assert parts, (chosen.spec, old)
        for key in parts:
            found[key] = found[key].replace(old, new)
    found["params"] = _params(root.get("params"), chosen)
    kept = [section for key, section in found.items() if key not in DROPPED]
    head = f"name: {_named(record, kind)}\ntitle: {_title(record, kind)}\n"
    said = f"The network of the shipped spec {chosen.spec}, with the sizes of a config."
    notes = f"notes: {said}\n"
    return "".join([*kept[:1], head, notes, *kept[1:]])


def _params(given: Value | None, chosen: Chosen) -> str:
    """Return the section of params with those that a config sets."""
    assert isinstance(given, Mapping)
    values = {key.text: _written(value) for key, value in given.items}
    for name, value in chosen.params.items():
        assert name in values, (chosen.spec, name)
        values[name] = _text(value)
    return f"params: {{{', '.join(f'{k}: {v}' for k, v in values.items())}}}\n"


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    return str(value)


def _written(value: Value) -> str:
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_written, value.items))}]"
    assert isinstance(value, Scalar)
    return value.text


def _named(record: Record, kind: str) -> str:
    """Return the name of the network: that of the repository, or the family's."""
    said = record.get("_name_or_path")
    name = said.rpartition("/")[2] if isinstance(said, str) else ""
    return WORD.sub("-", name).strip("-.")[:60] or WORD.sub("-", kind)


def _title(record: Record, kind: str) -> str:
    """Return what the network is: the class that the config names."""
    named = record.get("architectures")
    first = named[0] if isinstance(named, list) and named else kind
    return WORD.sub("-", str(first))[:80] or kind

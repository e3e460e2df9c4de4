"""Each published accuracy of a shipped network, against where it was read.

`evidence/accuracies.yaml` has the sources, and what each prints: errors or accuracies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

import archcalc
from archcalc.language.library import shipped

Printed = tuple[str, str, Decimal]
"""Network and variant, `top1` or `top5`, and the accuracy in per cent."""

SOURCES: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parents[1] / "evidence/accuracies.yaml").read_text(
        encoding="utf-8"
    ),
    yaml.BaseLoader,
)


def read() -> Iterator[Printed]:
    """Yield what the sources print, as accuracies of two decimals."""
    for source in SOURCES:
        for kind in ("errors", "accuracies"):
            for name, figures in source.get(kind, {}).items():
                for key, text in zip(("top1", "top5"), figures, strict=True):
                    if text != "null":
                        value = Decimal(text)
                        found = 100 - value if kind == "errors" else value
                        yield name, key, round(found, 2).normalize()


def said() -> Iterator[Printed]:
    """Yield what the files of the networks say."""
    for name in shipped():
        for entry in archcalc.load(name).spec.about.accuracy:
            at = name if entry.variant is None else f"{name}:{entry.variant}"
            for key, value in (("top1", entry.top1), ("top5", entry.top5)):
                if value is not None:
                    yield at, key, Decimal(str(value)).normalize()


def test_each_accuracy_was_read_at_its_source() -> None:
    assert len(set(said())) > 240
    assert sorted(said()) == sorted(read())


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source["source"]))
def test_a_source_can_be_found_again(source: dict[str, Any]) -> None:
    assert set(source) <= {"source", "paper", "row", "errors", "accuracies"}
    named = re.match(r"gist |torchvision, |[\w.-]+/[\w.-]+, ", source["source"])
    assert named or source.get("row"), "a repository, or the words to search for"


def test_each_citation_says_where_the_accuracy_was_read() -> None:
    """The paper's table, or the repository that prints it."""
    sources = {
        at: source
        for source in SOURCES
        for kind in ("errors", "accuracies")
        for at in source.get(kind, {})
    }
    for name in shipped():
        for entry in archcalc.load(name).spec.about.accuracy:
            at = name if entry.variant is None else f"{name}:{entry.variant}"
            place = sources[at]["source"].partition(",")[0]
            paper = sources[at].get("paper", place)
            assert entry.cite, at
            assert place in entry.cite or paper in entry.cite, at

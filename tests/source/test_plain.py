"""What is read without libyaml is read as libyaml reads it, places included."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archcalc.errors import ArchcalcError
from archcalc.limits import DEFAULT, Limits
from archcalc.source import parser
from archcalc.source.events import build
from archcalc.source.plain import DEEPEST, SHORT, plain
from archcalc.source.text import Text
from archcalc.source.values import Scalar, Sequence, Value

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))
HOSTILE = sorted((ROOT / "tests/cases/hostile").glob("*.yaml"))
SIGNS = [*" \n:-#,[]{}'\"!&*|>%@`?.~()=+/\\ab09\té×"]
SIGNS += [": ", " #", "\n ", "\n  ", "- ", "\n- ", ": \n", " >-\n", "---\n", "...\n"]
SIGNS += ["<<", "''", '""', "{}", "[]", "}\n", "]\n", "-1", ".5", "null"]
CHANGED = 6000


def tree(value: Value) -> Any:
    """Return a value with its places, as what can be compared."""
    if isinstance(value, Scalar):
        return value.text, value.quoted, value.line, value.column
    begin = type(value).__name__, value.line, value.column, value.flow
    parts = value.items if isinstance(value, Sequence) else value.pairs
    return *begin, tuple(map(tree, parts))


def by_libyaml(text: str) -> Any:
    """Return what libyaml reads, or what is told of it."""
    try:
        return tree(build(Text("net.yaml", text), DEFAULT))
    except ArchcalcError as error:
        return str(error)


def allowed(text: str) -> bool:
    """Say whether a text may be YAML at all, which is looked at before."""
    try:
        return bool(parser._allowed(text, "net.yaml", DEFAULT))
    except ArchcalcError:
        return False


def test_nearly_all_specs_are_plain() -> None:
    found = [plain(path.read_text(encoding="utf-8"), DEFAULT) for path in SPECS]
    assert sum(one is None for one in found) < len(SPECS) / 20
    for path, one in zip(SPECS, found, strict=True):
        if one is not None:
            assert tree(one) == by_libyaml(path.read_text(encoding="utf-8")), path


def changed(seed: int) -> Iterator[str]:
    """Yield specs and pieces of them, with signs put in and taken out."""
    chance = random.Random(seed)
    texts = [p.read_text(encoding="utf-8", errors="replace") for p in SPECS + HOSTILE]
    texts = [text for text in texts if len(text) < SHORT]
    for _ in range(CHANGED):
        lines = chance.choice(texts).split("\n")
        at = chance.randrange(len(lines))
        lines = lines[at : at + chance.randrange(1, 12)]
        deep = min((len(x) - len(x.lstrip(" ")) for x in lines if x.strip()), default=0)
        text = "\n".join(line[deep:] for line in lines)
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            at = chance.randrange(len(text) + 1)
            if chance.random() < 0.6:
                text = text[:at] + chance.choice(SIGNS) + text[at:]
            else:
                text = text[:at] + text[at + chance.choice((1, 1, 2, 3)) :]
        yield text


def test_a_text_that_is_changed_is_read_alike_or_left_to_libyaml() -> None:
    read = 0
    for text in filter(allowed, changed(11)):
        found = plain(text, DEFAULT)
        if found is not None:
            read += 1
            assert tree(found) == by_libyaml(text), text
    assert read > CHANGED / 10


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n",
        "a: >-\n  one\n  two\nb: c\n",
        "a: >-\n    one\n\nb: c\n",
        "a:\n- b\n- c: 1\n  d: 2\ne: 3\n",
        "a:\n  - [1, -2,\n     {b: 3, c: }]  # why\n",
        "# first\n\na: 'x # y'  # z\n'b': \"c: d\"\n",
        "a: {b: [], c: {}, d: [1,], }\n",
        "a: x #\nb: y#z\n",
        "gap: {name: pool, gap: }",
    ],
)
def test_plain_yaml_is_read(text: str) -> None:
    found = plain(text, DEFAULT)
    assert found is not None
    assert tree(found) == by_libyaml(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[a, b]",
        "a",
        "- a",
        " a: b",
        "a:\n",
        "a: b\n c: d",
        "a: b\na: c",
        "{a: b}",
        "a: {b: 1, b: 2}",
        "a: [b: c]",
        "a: [b, max(1, c)]",
        "a: {b}",
        "a: {kernel:3}",
        "a: [b\n]",
        "a: [b\n  c]",
        "a: [b] c",
        'a: "\\n"',
        "a: 'it''s'",
        "a: |\n  b\n",
        "a: >\n  b\n",
        "a: >-\n  b\n\n  c\n",
        "a: >-\n  b\n   c\n",
        "a: >- # b\n  c\n",
        "a: &b c",
        "a: *b",
        "a: !b c",
        "<<: b",
        "a: b: c",
        "a: b:",
        "a:\tb",
        "a: b\r\nc: d",
        "a: b\u2028c: d",
        "---\na: b",
        "a: b\n---\nc: d",
        "a: b\n...\n",
        "%YAML 1.1\n---\na: b",
        "a: - b",
        "a: ? b",
        "é: 1",
        "a: " + "[" * DEEPEST + "]" * DEEPEST,
        "a: " + "b" * SHORT,
    ],
)
def test_the_rest_is_left_to_libyaml(text: str) -> None:
    assert plain(text, DEFAULT) is None


@pytest.mark.parametrize(
    "limits", [Limits(depth=8), Limits(values=10), Limits(scalar_chars=10)]
)
def test_lower_limits_are_left_to_libyaml(limits: Limits) -> None:
    assert plain("a: [b, c, d]\n", limits) is None


def test_a_process_reads_a_few_texts_without_libyaml(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parser._Plainly, "left", 10)
    called: list[str] = []
    monkeypatch.setattr(
        parser, "plain", lambda text, limits: called.append(text) or plain(text, limits)
    )
    for text in ("a: b", "c: d", "e: f"):
        assert tree(parser.parse(text, "x").root) == by_libyaml(text)
    assert called == ["a: b", "c: d"]

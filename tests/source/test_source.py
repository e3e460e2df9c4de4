"""Reading YAML: texts with places, and one clear answer to whatever is not read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from read_values import plain, refusal, where

from archcalc.errors import ArchcalcError
from archcalc.limits import DEFAULT, Limits
from archcalc.source import events
from archcalc.source import parser as source
from archcalc.source.complaints import READING_RULES
from archcalc.source.parser import Mapping, Scalar, Sequence, Source, Value, parse
from archcalc.source.text import FORBIDDEN

LOADERS = {
    "plain": events.Loader,
    "libyaml": events.Loader,
    "pyyaml": events._SlowLoader,
}


@pytest.fixture(params=LOADERS)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test as short texts are read, with libyaml, with PyYAML's own parser."""
    read_by(request.param, monkeypatch)
    return str(request.param)


def read_by(parser: str, patch: pytest.MonkeyPatch) -> None:
    """Let one parser read everything, the plain one what it can."""
    patch.setattr(source._Plainly, "left", 10**9 if parser == "plain" else 0)
    patch.setattr(events, "Loader", LOADERS[parser])


both_parsers = pytest.mark.usefixtures("parser")


def walk(root: Value) -> Iterator[Value]:
    todo: list[Value] = [root]
    while todo:
        value = todo.pop()
        yield value
        if isinstance(value, Sequence):
            todo += value.items
        elif isinstance(value, Mapping):
            todo += [part for entry in value.items for part in entry]


NETWORK = """\
# a small network
name: "demo: two"
input: [3, 32, 32]
layers:
  - {conv: 64, kernel: 3, pad: 1}
  - relu
  - residual:
    - conv: cin*2
"""


@both_parsers
def test_a_network_is_read_as_texts() -> None:
    assert plain(parse(NETWORK, "net.yaml").root) == {
        "name": "demo: two",
        "input": ["3", "32", "32"],
        "layers": [
            {"conv": "64", "kernel": "3", "pad": "1"},
            "relu",
            {"residual": [{"conv": "cin*2"}]},
        ],
    }


@both_parsers
def test_every_value_knows_where_it_stands() -> None:
    read_back = parse(NETWORK, "net.yaml")
    root = read_back.root
    assert isinstance(root, Mapping)
    layers = root.get("layers")
    assert isinstance(layers, Sequence)
    conv = layers.items[0]
    assert isinstance(conv, Mapping)
    kernel, conv_key = conv.get("kernel"), conv.key("conv")
    assert kernel is not None
    assert conv_key is not None
    assert (kernel.line, kernel.column) == (5, 24)
    assert (conv_key.line, conv_key.column) == (5, 6)
    assert (conv.line, conv.column, conv.flow) == (5, 5, True)
    assert (layers.line, layers.column, layers.flow) == (5, 3, False)


def test_a_missing_key_is_none() -> None:
    root = parse("a: 1", "net.yaml").root
    assert isinstance(root, Mapping)
    assert root.get("b") is None
    assert root.key("b") is None


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: plain text # no", ["a"], (4, 10)),
        ("a: 'it''s'", ["a"], (4, 7)),
        ('a: "x\\"y" # no', ["a"], (4, 6)),
        ("a: {b: 1}", ["a"], (4, 1)),
        ("- a:\n    bc: 1", [0, "a"], (5, 2)),
        ("a: [x]", ["a"], (4, 1)),
        ("a: |  \n  x\n  y", ["a"], (4, 1)),
        ("a: one\n   two", ["a"], (4, 3)),
        ("a: 'one\n  two'", ["a"], (4, 4)),
        ("- - x", [0], (3, 1)),
        ("a: " + "x" * 300, ["a"], (4, 200)),
    ],
)
@both_parsers
def test_a_place_is_as_wide_as_the_value(
    text: str, path: list[str | int], expected: tuple[int, int]
) -> None:
    read_back = parse(text, "net.yaml")
    value: Value | None = read_back.root
    for step in path:
        if isinstance(step, int):
            assert isinstance(value, Sequence)
            value = value.items[step]
        else:
            assert isinstance(value, Mapping)
            value = value.get(step)
    assert value is not None
    place = read_back.place(value)
    assert (place.column, place.width) == expected
    assert place.text == text.splitlines()[place.line - 1]
    assert read_back.place(value, width=9).width == 9


@both_parsers
def test_an_empty_mapping_and_a_missing_value_are_one_wide() -> None:
    read_back = parse("a:\nb: {}", "net.yaml")
    widths = {read_back.place(value).width for value in walk(read_back.root)}
    assert widths == {1}


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "010",
        "3:25",
        "1e6",
        "1.10",
        "2020-02-30",
        ".nan",
        "~",
        "0x_",
        "\uff16\uff14",
    ],
)
@both_parsers
def test_nothing_is_interpreted(text: str) -> None:
    root = parse(f"a: {text}", "net.yaml").root
    assert plain(root) == {"a": text}


@pytest.mark.parametrize(
    ("written", "text", "quoted"),
    [
        ("3", "3", False),
        ("'3'", "3", True),
        ('"3"', "3", True),
        ("|\n 3", "3", True),
        (">-\n 3\n 4", "3 4", True),
        ("", "", False),
        ("''", "", True),
        ("null", "null", False),
        ('"\\e[2J\\u202e\\0"', "\x1b[2J\u202e\0", True),
        ("a b\n  c", "a b c", False),
    ],
)
@both_parsers
def test_a_scalar_is_its_text_and_whether_it_was_quoted(
    written: str, text: str, quoted: bool
) -> None:
    root = parse(f"a: {written}", "net.yaml").root
    assert isinstance(root, Mapping)
    value = root.get("a")
    assert isinstance(value, Scalar)
    assert (value.text, value.quoted) == (text, quoted)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@both_parsers
def test_every_line_end_counts_as_one(end: str) -> None:
    text = f"a: 1{end}{end}b: [2,{end} 3]{end}c: *x"
    problem = refusal(text)
    assert where(problem) == (5, 4, 2)
    assert problem.place
    assert problem.place.text == "c: *x"


ACCEPTED = {
    "byte order mark": ("\ufeffa: 1", {"a": "1"}),
    "document start": ("--- # x\na: 1\n", {"a": "1"}),
    "document end": ("a: 1\n...\n# done\n", {"a": "1"}),
    "version": ("%YAML 1.1\n---\na: 1\n", {"a": "1"}),
    "no final line end": ("a: 1", {"a": "1"}),
    "explicit key": ("? a\n: 1", {"a": "1"}),
    "json": ('{"a": [1, {"b": null}]}', {"a": ["1", {"b": "null"}]}),
    "no value in braces": ("{relu, http://x}", {"relu": "", "http://x": ""}),
    "quoted like a slip": ("{'kernel:3', \"c//4)\"}", {"kernel:3": "", "c//4)": ""}),
    "quoted merge key": ("'<<': 1", {"<<": "1"}),
    "quoted expression": ("a: ['max(1', 2]", {"a": ["max(1", "2"]}),
    "calls in brackets": ("a: [f(1), g(2)]", {"a": ["f(1)", "g(2)"]}),
    "calls outside brackets": ("a: max(1, 2)", {"a": "max(1, 2)"}),
    "unfinished call in a block": ("- max(1\n- 2)", ["max(1", "2)"]),
    "list at the top": ("- 1", ["1"]),
    "text at the top": ("abc", "abc"),
    "quoted nothing": ("''", ""),
    "parenthesis": ("[(, f(, x]", ["(", "f(", "x"]),
    "emoji": ("\U0001f480: \u00e9", {"\U0001f480": "\u00e9"}),
}


@pytest.mark.parametrize(("text", "data"), ACCEPTED.values(), ids=ACCEPTED)
@both_parsers
def test_accepted(text: str, data: Any) -> None:
    assert plain(parse(text, "net.yaml").root) == data
    assert plain(parse(text.encode(), "net.yaml").root) == data


REFUSED: list[tuple[str, str, tuple[int, int, int], str]] = [
    # brackets and quotes
    ("a: [3, 32\nb: 1\n", "AC105", (1, 4, 1), "this `[` is still open on line 2"),
    ("a: {b: 1\n   c: 2}", "AC105", (1, 4, 1), "this `{` is still open on line 2"),
    ("a: [", "AC105", (1, 4, 1), "this `[` is never closed"),
    ("a: {b: \n\n", "AC105", (1, 4, 1), "this `{` is never closed"),
    ("{a: {b: 1}", "AC105", (1, 1, 1), "this `{` is never closed"),
    ("a: [1, 2}", "AC105", (1, 9, 1), "`}` cannot close the `[` of line 1"),
    ("a: {b: 1]", "AC105", (1, 9, 1), "`]` cannot close the `{` of line 1"),
    ("a: {b: 'x'c}", "AC105", (1, 11, 1), "a comma or a `}` is missing before this"),
    ("a: ]", "AC105", (1, 4, 1), "`]` closes nothing"),
    ("a: {b: 1}}", "AC105", (1, 10, 1), "`}` closes nothing"),
    ("[a]]", "AC105", (1, 4, 1), "`]` closes nothing"),
    ("x: [1,\n- a\n]", "AC105", (2, 1, 1), "`- ` item cannot stand inside brackets"),
    ('a: "abc\n\n', "AC105", (1, 4, 1), "this quote is never closed"),
    ("a: 'abc\n---\n", "AC105", (1, 4, 1), "this quote is never closed"),
    ("a: 'it's'", "AC105", (1, 8, 1), "more text follows a closing quote"),
    # tabs
    ("a:\n\t- x", "AC106", (2, 1, 1), "no tab here"),
    ("a: #x\n   \tb: 1", "AC106", (2, 4, 1), "no tab here"),
    ("a: |\n\t x", "AC106", (2, 1, 1), "no tab here"),
    # a space that is missing
    ("{conv: 8, kernel:3}", "AC107", (1, 11, 8), "the colon of `kernel:3`"),
    ("{kernel :3}", "AC107", (1, 2, 9), "the colon of `kernel:3`"),
    ("{k:3, k:3}", "AC107", (1, 2, 3), "the colon of `k:3`"),
    ("name:demo\ninput: [1]", "AC107", (1, 1, 9), "the colon of `name:demo`"),
    ("a: 1\ninput:[1]\nb: 3", "AC107", (2, 1, 9), "the colon of `input:[1]`"),
    ("- a: 1\n  b:2\n  c: 3", "AC107", (2, 3, 3), "the colon of `b:2`"),
    ("- a\n-b\n- c", "AC107", (2, 1, 2), "the dash of `-b`"),
    # a comma in an expression
    ("a: {conv: max(1, c//4)}", "AC108", (1, 11, 12), "a comma ends a value"),
    ("{a: f(g(1, 2), 3), b: 1}", "AC108", (1, 5, 13), "a comma ends a value"),
    ("{a: max(c, 1), b: max(c, 1)}", "AC108", (1, 5, 9), "a comma ends a value"),
    ("a: [max(1, c), 3]", "AC108", (1, 5, 9), "a comma ends a value"),
    # anchors, aliases, merge keys
    ("a: {conv: *g}", "AC109", (1, 11, 2), "`*g` is a YAML alias"),
    ("a: &g 1\nb: *g", "AC109", (2, 4, 2), "`*g` is a YAML alias"),
    ("a: *g*2", "AC109", (1, 4, 4), "`*g*2` is a YAML alias"),
    ("a: &x *y", "AC109", (1, 7, 2), "`*y` is a YAML alias"),
    ("a: &g 1\nb: 2", "AC109", (1, 4, 2), "`&g` is a YAML anchor"),
    ("a: &g\n  - 1", "AC109", (1, 4, 2), "`&g` is a YAML anchor"),
    ("&k a: 1", "AC109", (1, 1, 2), "`&k` is a YAML anchor"),
    ("*k : 1", "AC109", (1, 1, 2), "`*k` is a YAML alias"),
    ("a: &x {b: 1}\nc:\n  <<: *x", "AC109", (3, 3, 2), "`<<` is a YAML merge key"),
    # tags and directives
    ("a: !!python/object:os.x []", "AC110", (1, 4, 20), "`!!python/object:os.x`"),
    ("a: !!str {b: 1}", "AC110", (1, 4, 5), "`!!str` is a YAML tag"),
    ("a: !include x", "AC110", (1, 4, 8), "`!include` is a YAML tag"),
    ("a: ! x", "AC110", (1, 4, 1), "`!` is a YAML tag"),
    ("!!int a: 1", "AC110", (1, 1, 5), "`!!int` is a YAML tag"),
    ("a: !foo!bar x", "AC110", (1, 4, 1), "`!foo!bar` is a YAML tag"),
    ("a: !<x", "AC110", (1, 4, 1), "`!<x` is a YAML tag"),
    ("# x\n%TAG ! x\n---\na: !b c", "AC110", (2, 1, 1), "`%TAG ! x` is a directive"),
    ("a: 1\n...\n%TAG ! x\n---\n", "AC110", (3, 1, 1), "`%TAG ! x` is a directive"),
    ("%YAML 2.0\n---\na: 1", "AC110", (1, 1, 1), "`%YAML 2.0` is a directive"),
    # keys
    ("{a: 1, b: 2, a: 3}", "AC111", (1, 14, 1), "the key `a` is given twice"),
    ("{1: a, '1': b}", "AC111", (1, 8, 3), "the key `1` is given twice"),
    ("{[a]: 1}", "AC112", (1, 2, 1), "this is a list"),
    ("{{a: b}: c}", "AC112", (1, 2, 1), "this is a mapping"),
    ("? [a, b]\n: 1", "AC112", (1, 3, 1), "this is a list"),
    (": 1", "AC112", (1, 1, 1), "there is no key before this colon"),
    ("{: 1}", "AC112", (1, 2, 1), "there is no key before this colon"),
    ("? \n: 1", "AC112", (1, 2, 1), "there is no key before this colon"),
    ("'': 1", "AC112", (1, 1, 2), "there is no key before this colon"),
    ("k" * 1100 + ": 1", "AC104", (1, 1, 1), "a key is longer than the 1024"),
    ("a: 1\n" + "k" * 1100 + ": 1", "AC104", (2, 1, 1), "a key is longer than the"),
    # documents
    ("a: 1\n---\nb: 1", "AC113", (2, 1, 3), "a second document begins here"),
    ("", "AC114", (1, 1, 1), "this file is empty"),
    ("# x\n", "AC114", (1, 1, 1), "this file is empty"),
    ("---\n", "AC114", (1, 1, 1), "this file is empty"),
    # colons and indentation
    ("name: demo: two", "AC116", (1, 11, 1), "unquoted text cannot hold `: `"),
    ("a: {b: c: d}", "AC116", (1, 9, 1), "unquoted text cannot hold `: `"),
    ("a:\n  - b: 8\n     c: 1", "AC117", (3, 6, 1), "this key is indented deeper"),
    ("a:\n  b: 1\n c: 2", "AC117", (3, 2, 1), "continue the mapping that begins on"),
    ("- a\nb: 1", "AC117", (2, 1, 1), "continue the list that begins on line 1"),
    (" a: 1\nb: 2", "AC117", (2, 1, 1), "does not continue the mapping"),
    ("a: 1\nb c\nd: 2", "AC117", (2, 1, 3), "`b c` is not a `key: value`"),
    ("a: - b", "AC117", (1, 4, 1), "a `- ` item cannot begin here"),
    # first characters and escapes
    ("a: @x", "AC118", (1, 4, 1), "a value cannot begin with the character @"),
    ("a: {b: >= 3}", "AC118", (1, 8, 1), "a value cannot begin with the character >"),
    ("a: >= 3", "AC118", (1, 4, 1), "`>` is a text of several lines"),
    ('a: "\\d"', "AC119", (1, 5, 2), "`\\d` in double quotes"),
    ('a: "\\uZZ"', "AC119", (1, 5, 4), "`\\uZZ` in double quotes"),
    ('a: "x\\ud800"', "AC119", (1, 6, 6), "`\\ud800` in double quotes"),
    # the rest
    ("[,]", "AC104", (1, 2, 1), "a value is missing before this comma"),
    ("--- a\n... b\n", "AC104", (2, 5, 1), "not YAML"),
]


@pytest.mark.parametrize(("text", "code", "at", "says"), REFUSED)
@both_parsers
def test_refused(text: str, code: str, at: tuple[int, int, int], says: str) -> None:
    problem = refusal(text)
    assert (problem.code, where(problem)) == (code, at)
    assert says in problem.message


def test_every_code_has_an_explanation() -> None:
    codes = {code for _, code, _, _ in REFUSED} | {"AC101", "AC102", "AC103", "AC115"}
    assert codes == set(READING_RULES)


def test_a_bracket_right_after_a_colon() -> None:
    """PyYAML's own parser reads it; libyaml and YAML 1.2 do not."""
    problem = refusal("{conv:[1, 2]}")
    assert (problem.code, where(problem)) == ("AC107", (1, 6, 1))


def test_help_writes_the_line_as_it_should_be() -> None:
    assert refusal("{kernel:3}").help == "write `kernel: 3`"
    split = refusal("{conv: max(1, c//4)}")
    assert split.help == 'put the expression in quotes: "max(1, c//4)"'
    twice = refusal("a: 1\nb: 2\na: 3")
    assert twice.facts == ("first at net.yaml:1:1",)


@both_parsers
def test_keys_are_compared_after_normalisation() -> None:
    composed = "caf\u00e9"
    apart = unicodedata.normalize("NFD", composed)
    problem = refusal(f"{composed}: 1\n{apart}: 2")
    assert (problem.code, where(problem)) == ("AC111", (2, 1, 5))
    root = parse(f"{apart}: 1", "net.yaml").root
    assert isinstance(root, Mapping)
    assert root.get(composed) is not None
    key = root.key(composed)
    assert key
    assert key.text == apart


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: !%ED%A0%80 x", {"AC104", "AC110"}),
        ('a: "\\UFFFFFFFF"', {"AC104", "AC119"}),
        (f"%YAML 1.{'9' * 5000}\n---\na: 1", {"AC104", "AC110"}),
    ],
)
@both_parsers
def test_what_parsers_let_through_is_refused(text: str, code: set[str]) -> None:
    assert refusal(text).code in code


# Limits


@pytest.mark.parametrize(
    ("text", "limits", "says", "help"),
    [
        ("[[[1]]]", Limits(depth=2), "depth = 2", "depth=4"),
        ("- - - 1", Limits(depth=2), "depth = 2", "depth=4"),
        ("[1, 2, 3]", Limits(values=3), "values = 3", "values=6"),
        ("abcd", Limits(scalar_chars=3), "scalar_chars = 3", "scalar_chars=6"),
        ("abcdefg", Limits(scalar_chars=3), "scalar_chars = 3", "scalar_chars=7"),
        ("\u00e9\u00e9", Limits(file_bytes=3), "file_bytes = 3", "file_bytes=6"),
        (b"abcdefg", Limits(file_bytes=3), "has 7 bytes", "file_bytes=7"),
    ],
)
@both_parsers
def test_limits(text: str | bytes, limits: Limits, says: str, help: str) -> None:
    problem = refusal(text, limits)
    assert problem.code == "AC115"
    assert says in problem.message
    assert problem.help == f"raise it with `--limit {help}`"


@both_parsers
def test_what_just_fits_is_read() -> None:
    limits = Limits(file_bytes=9, depth=2, values=4, scalar_chars=3)
    assert plain(parse("[[abc,d]]", "x", limits).root) == [["abc", "d"]]


def test_the_slow_parser_has_lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    read_by("pyyaml", monkeypatch)
    text = b"a" * (2**20 + 1)
    assert "file_bytes = 1048576" in refusal(text).message
    raised = replace(DEFAULT, file_bytes=2**21, scalar_chars=2**21)
    assert plain(parse(text, "x", raised).root) == text.decode()


@pytest.mark.parametrize("opening", ["[", "- ", "? ", "{a: ", "[\n"])
@both_parsers
def test_deep_nesting_is_refused_early(opening: str) -> None:
    assert refusal(opening * 50_000).code in {"AC115", "AC112", "AC117", "AC105"}


# Properties

# No parentheses: in brackets, an unquoted expression with a comma is refused (AC108).
CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="("
)
TEXTS = st.text(CHARACTERS, max_size=12) | st.sampled_from(
    ["no", "010", "1e6", "~", "null", "<<", "a: b", "# x", "a\nb", "*a", "!b", "\x1b"]
)
KEYS = TEXTS.filter(bool)


def unlike(keys: list[str]) -> bool:
    return len({unicodedata.normalize("NFC", key) for key in keys}) == len(keys)


NESTED = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4).filter(lambda d: unlike(list(d)))
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(NESTED, st.booleans(), st.booleans())
def test_what_was_dumped_is_read_back(data: Any, flow: bool, unicode: bool) -> None:
    written = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=unicode)
    assume(not re.search(FORBIDDEN, written))  # the dumper does not escape all of them
    assert plain(parse(written, "net.yaml").root) == data


FRAGMENTS = st.sampled_from(
    [
        *(": ", ", ", "\n", "  ", "- ", "? ", "&a ", "*a ", "!t ", "---\n", "...\n"),
        *("a", "b: 1", "<<: ", "\\x", "\\ud83d", "max(1, 2)", "a:1", "%YAML 1.2\n"),
        *("!%ff", "|2\n"),
        *"[]{}\"'|>#%@\t\r\0\ud800\u2028",
    ]
)


def holds_together(read_back: Source) -> None:
    """Every place lies in the text."""
    for value in walk(read_back.root):
        place = read_back.place(value)
        assert place.text in read_back.text
        assert 1 <= place.column <= len(place.text) + 1


@settings(deadline=None, max_examples=300)
@given(
    st.binary(max_size=80) | st.lists(FRAGMENTS, max_size=20).map("".join),
    st.sampled_from(list(LOADERS)),
)
def test_anything_is_read_or_told(data: str | bytes, parser: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        read_by(parser, patch)
        try:
            holds_together(parse(data, "net.yaml"))
        except ArchcalcError as error:
            problem = error.problems[0]
            assert problem.place
            assert 1 <= problem.place.column <= len(problem.place.text) + 1
            assert problem.code in READING_RULES
            assert problem.show().startswith("net.yaml:")

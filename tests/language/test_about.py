"""What a file says about its network: what is read, what is refused, and where."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.language.about import About
from archcalc.language.about_reader import plain, read_about
from archcalc.language.argument_reader import Problems
from archcalc.language.library import shipped
from archcalc.source.parser import Mapping, Scalar, Sequence, Source, parse, read
from archcalc.source.text import Text

WORDS = "a text of 1 to 200 characters is needed here"
LONG = "a text of at most 10,000 characters is needed here"
YEAR = "a whole number from 1900 to 2200 is needed here"
SHARE = "a number from 0 to 100 is needed here"
REFUSED: list[tuple[str, str, int, int]] = [
    ("name: ''", f"name: {WORDS}, not ''", 1, 7),
    (f"name: {'n' * 201}", f"name: {WORDS}, not 'nnnn", 1, 7),
    ("name: [n]", f"name: {WORDS}, not a list", 1, 7),
    ("name: ~", f"name: {WORDS}, not nothing", 1, 7),
    (
        f"name: n\nexpect: [{{is: 3, value: {'t' * 201}}}]",
        "expect.0.value: a text of at most 200 characters is needed here, not 'tttt",
        *(2, 25),
    ),
    ("name: n\npaper: He 2015", "paper: a mapping is needed here, not 'He 2015'", 2, 8),
    ("name: n\npaper: []", "paper: a mapping is needed here, not a list", 2, 8),
    ("name: n\npaper: {yaer: 2012}", "paper: there is no key 'yaer'", 2, 9),
    ("name: n\npaper: {year: 1899}", f"paper.year: {YEAR}, not '1899'", 2, 15),
    ("name: n\npaper: {year: 2201}", f"paper.year: {YEAR}, not '2201'", 2, 15),
    ("name: n\npaper: {year: 2015.5}", f"paper.year: {YEAR}, not '2015.5'", 2, 15),
    ("name: n\npaper: {year: -2015}", f"paper.year: {YEAR}, not '-2015'", 2, 15),
    ("name: n\npaper: {year: 2_0_}", f"paper.year: {YEAR}, not '2_0_'", 2, 15),
    ("name: n\npaper: {year: MMXV}", f"paper.year: {YEAR}, not 'MMXV'", 2, 15),
    ("name: n\npaper: {year: {a: 1}}", f"paper.year: {YEAR}, not a mapping", 2, 15),
    ("name: n\naccuracy: {top1: 100.5}", f"accuracy.0.top1: {SHARE}, not '100", 2, 18),
    ("name: n\naccuracy: {top1: nan}", f"accuracy.0.top1: {SHARE}, not 'nan'", 2, 18),
    ("name: n\naccuracy: {dataset: }", f"accuracy.0.dataset: {LONG}, not no", 2, 21),
    ("name: n\ntags: [a, [b]]", f"tags.1: {LONG}, not a list", 2, 11),
    ("name: n\nexpect: {params: 3}", "expect: a list is needed here, not a map", 2, 9),
    ("name: n\nexpect: [25.6M]", "expect.0: a mapping is needed here, not '25", 2, 10),
    ("name: n\nexpect: [{}]", "expect.0: a figure is missing", 2, 10),
    ("name: n\nexpect: [{at: a}]", "expect.0: a figure is missing", 2, 10),
    ("name: n\nexpect: [{parms: 3}]", "expect.0: there is no key 'parms'", 2, 11),
    (
        "name: n\nexpect: [{params: 3, figures: {macs: 3}}]",
        "expect.0: there is no key 'figures'",
        *(2, 22),
    ),
    (
        "name: n\nexpect: [{params: 3, tol: 5}]",
        "expect.0.tol: a text such as 0.5% is needed here, not '5'",
        *(2, 27),
    ),
    (
        'name: n\nexpect: [{params: 3, tol: "5%\\n"}]',
        "expect.0.tol: a text such as 0.5% is needed here, not '5%",
        *(2, 27),
    ),
    (
        "name: n\nexpect: [{params: 3, batch: 0}]",
        "expect.0.batch: a whole number from 1 to 2147483648 is needed here, not '0'",
        *(2, 29),
    ),
    (
        "name: n\nexpect: [{params: 3, verdict: erratums}]",
        "expect.0.verdict: one of agrees, erratum, loose is needed here, not 'erratums'",
        *(2, 31),
    ),
    (
        "name: n\nexpect: [{params: 3, operands: {a: b}}]",
        "expect.0: there is no key 'operands'",
        *(2, 22),
    ),
    (
        "name: n\nexpect: [{params: 3, with: [a]}]",
        "expect.0.with: a mapping is needed here, not a list",
        *(2, 28),
    ),
    ("name: n\nexpect: [{is: 3, with: {a: }}]", f"expect.0.with.a: {WORDS}", 2, 28),
    (
        "name: n\nlint: {ignore: AC301}",
        "lint.ignore.0: a text such as AC401 is needed here, not 'AC301'",
        *(2, 16),
    ),
    ("name: n\nlint: {channels: 0}", "lint.channels: a whole number from 1 to", 2, 18),
]
"""A text, how the message begins, and line and column of what is wrong."""
HELPS = [
    ("name: n\npaper: {yaer: 2012}", "did you mean year?"),
    ("name: n\npaper: {q: 2012}", "keys: authors, title, year, venue, url"),
    ("name: n\nexpect: [{parms: 3}]", "did you mean params?"),
    ("name: n\nexpect: [{params: 3, verdict: erratums}]", "did you mean erratum?"),
]
READ: list[tuple[str, Any]] = [
    ("paper: {year: 2015}", 2015),
    ("paper: {year: ' 2015 '}", 2015),
    ("paper: {year: 2_015}", 2015),
    ("paper: {year: 2015.0}", 2015),
    ("paper: {year: ~}", None),
]


def about(text: str) -> tuple[About | None, Problems]:
    source = parse(text, "net.yaml")
    problems = Problems(source, 20)
    assert isinstance(source.root, Mapping)
    return read_about(source.root, problems), problems


@pytest.mark.parametrize(
    ("text", "begins", "line", "column"), REFUSED, ids=[r[0][:60] for r in REFUSED]
)
def test_what_is_wrong_is_told_at_its_place(
    text: str, begins: str, line: int, column: int
) -> None:
    read, problems = about(text)
    (problem,) = problems.found
    assert read is None
    assert problem.code == "AC125"
    assert problem.message.startswith(begins), problem.message
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (line, column)
    assert len(problem.message) < 200


@pytest.mark.parametrize(("text", "help"), HELPS)
def test_what_may_be_meant(text: str, help: str) -> None:
    (problem,) = about(text)[1].found
    assert problem.help == help


def test_everything_that_is_wrong_is_told() -> None:
    text = "name: []\npaper: {year: x, yaer: 1}\nlint: {channels: -1}\nexpect: [{}, 3]"
    found = about(text)[1].found
    assert [p.place.line for p in found if p.place] == [1, 2, 2, 3, 4, 4]


@pytest.mark.parametrize(("text", "year"), READ, ids=[text for text, _ in READ])
def test_years(text: str, year: Any) -> None:
    read, _ = about(f"name: n\n{text}")
    assert read is not None
    assert read.paper is not None
    assert read.paper.year == year


def test_one_value_may_stand_for_a_list_and_figures_among_the_keys() -> None:
    read, problems = about(
        "name: n\ntags: one\naccuracy: {top1: 76.13, top5: 1e1}\nlint: {ignore: AC401}\n"
        "expect:\n- {at: fc, params: 1M, shape: [1, 2], is: ~, with: {a: b}}\n"
        "layers: anything\n"
    )
    assert not problems.found
    assert read is not None
    assert (read.tags, read.lint and read.lint.ignore) == (("one",), ("AC401",))
    assert [(a.top1, a.top5, a.variant) for a in read.accuracy] == [(76.13, 10.0, None)]
    (entry,) = read.expect
    assert entry.figures == {"params": "1M", "shape": ["1", "2"], "is": None}
    assert (entry.at, entry.operands, entry.verdict) == ("fc", {"a": "b"}, "agrees")


@pytest.mark.parametrize("name", shipped())
def test_nothing_that_a_shipped_file_says_is_lost(name: str) -> None:
    """Every text of the file is found again in what was read."""
    source = read(shipped()[name])
    problems = Problems(source, 20)
    assert isinstance(source.root, Mapping)
    found = read_about(source.root, problems)
    assert not problems.found
    assert found is not None
    entries: Any = plain(source.root.get("expect") or Sequence([]))
    assert len(found.expect) == len(entries)
    for entry, said in zip(found.expect, entries, strict=True):
        kept = {**vars(entry), **entry.figures, "with": entry.operands}
        assert {k: str(v) for k, v in said.items() if v} == {
            k: str(kept[k]) for k, v in said.items() if v
        }


texts = st.one_of(
    st.none(),
    st.sampled_from(["", "x", "0", "-1", "1", "007", "1e3", "5%", "5.%", "1900", "~"]),
    st.sampled_from(["agrees", "erratum", "AC401", "inf", "99.99", "2147483649"]),
    st.text(max_size=5),
)
anything = st.recursive(
    texts,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["params", "macs", "x"]), inner, max_size=2)
    ),
    max_leaves=3,
)


def keyed(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(keys), anything, max_size=4)


entries = keyed("at", "batch", "tol", "verdict", "with", "value", "params", "macs", "x")
abouts = st.fixed_dictionaries(
    {"name": texts},
    optional={
        "title": anything,
        "tags": anything,
        "paper": keyed("year", "title", "authors", "when") | anything,
        "accuracy": keyed("top1", "top5", "dataset", "variant") | anything,
        "expect": st.lists(entries, max_size=2) | anything,
        "lint": keyed("channels", "ignore") | anything,
    },
)


def value_of(data: Any) -> Any:
    """Return data as values of a file."""
    if isinstance(data, dict):
        return Mapping([(Scalar(k, False, 1, 1), value_of(v)) for k, v in data.items()])
    if isinstance(data, list):
        return Sequence([value_of(part) for part in data])
    return Scalar("" if data is None else data, data is not None, 1, 1)


@settings(deadline=None)
@given(abouts)
def test_anything_is_read_or_refused_in_words(data: dict[str, Any]) -> None:
    root = value_of(data)
    problems = Problems(Source(Text("net.yaml", "name: n"), root), 1_000)
    read = read_about(root, problems)
    assert (read is None) == bool(problems.found)
    for problem in problems.found:
        assert problem.message.partition(": ")[2]
    if read is not None:
        assert 0 < len(read.name) <= 200
        assert all(0 <= a.top1 <= 100 for a in read.accuracy if a.top1 is not None)
        assert all(entry.figures for entry in read.expect)

"""What a file says about its network: the quick reader against pydantic."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from archcalc.language.about import About
from archcalc.language.about_reader import plainly, read_about
from archcalc.language.library import shipped
from archcalc.language.spec import ABOUT, _plain, _with_figures
from archcalc.source.parser import read

JUDGE = TypeAdapter(About)
REFUSED: list[dict[str, Any]] = [
    {},
    {"name": ""},
    {"name": "n" * 201},
    {"name": ["n"]},
    {"name": None},
    {"name": "n", "parms": "3"},
    {"name": "n", "title": "t" * 10_001},
    {"name": "n", "paper": "He 2015"},
    {"name": "n", "paper": {"year": "1899"}},
    {"name": "n", "paper": {"year": "2201"}},
    {"name": "n", "paper": {"year": "MMXV"}},
    {"name": "n", "accuracy": {"top1": "100.5"}},
    {"name": "n", "accuracy": {"top1": "nan"}},
    {"name": "n", "expect": {"figures": {"params": "3"}}},
    {"name": "n", "expect": [{"figures": {}}]},
    {"name": "n", "expect": [{"at": "conv1"}]},
    {"name": "n", "expect": [{"figures": {"parms": "3"}}]},
    {"name": "n", "expect": [{"figures": {"params": "3"}, "tol": "5"}]},
    {"name": "n", "expect": [{"figures": {"params": "3"}, "tol": "5%\n"}]},
    {"name": "n", "expect": [{"figures": {"params": "3"}, "batch": "0"}]},
    {"name": "n", "expect": [{"figures": {"params": "3"}, "verdict": "right"}]},
    {"name": "n", "expect": [{"figures": {"params": "3"}, "operands": {"a": "b"}}]},
    {"name": "n", "expect": [{"figures": {"params": "3"}, "with": ["a"]}]},
    {"name": "n", "expect": [{"figures": {"params": "3"}, "with": {"": "a"}}]},
    {"name": "n", "lint": {"ignore": "AC301"}},
]
CONVERTED: list[tuple[dict[str, Any], Any]] = [
    ({"name": "n", "paper": {"year": " 2015 "}}, 2015),
    ({"name": "n", "paper": {"year": "2015.0"}}, 2015),
    ({"name": "n", "paper": {"year": "2_015"}}, 2015),
]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_file_is_read_plainly_and_as_pydantic_reads_it(name: str) -> None:
    root: Any = read(shipped()[name]).root
    data = {k.text: _plain(v) for k, v in root.items if k.text in ABOUT}
    data["expect"] = [_with_figures(entry) for entry in data.get("expect", [])]
    assert plainly(data) == JUDGE.validate_python(data)


@pytest.mark.parametrize("data", REFUSED, ids=str)
def test_what_pydantic_refuses_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JUDGE.validate_python(data)
    assert isinstance(read_about(data), list)


@pytest.mark.parametrize(("data", "year"), CONVERTED, ids=str)
def test_pydantic_converts_what_is_not_plain(data: dict[str, Any], year: int) -> None:
    read = read_about(data)
    assert isinstance(read, About)
    assert read.paper is not None
    assert read.paper.year == year


texts = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "x", "0", "-1", "1", "007", "1e3", "5%", "5.%", "100", "1900"]
    ),
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


entries = st.builds(
    lambda entry, figures: {**entry, "figures": figures},
    keyed("at", "batch", "tol", "verdict", "with", "value", "cite", "operands"),
    keyed("params", "macs", "x"),
)
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


def judged(data: dict[str, Any]) -> About | list[Any]:
    """Return what pydantic alone says."""
    try:
        return JUDGE.validate_python(data)
    except ValidationError as error:
        return list(error.errors())


@given(abouts)
def test_the_two_readers_agree(data: dict[str, Any]) -> None:
    assert read_about(data) == judged(data)

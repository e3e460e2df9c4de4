"""Names of their own for variants: `aliases: {resnet56: "56"}`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import SpecError, UsageError
from archcalc.language import library

NET = """
name: nets
input: [3]
params: {out: 2}
variants: {4: {out: 4}, 6: {out: 6}}
aliases: {net4: "4", net6: 6}
layers:
  - {linear: out, bias: false}
"""
PLAIN = """
name: plain
input: [3]
layers: [relu]
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of two shipped files."""
    (tmp_path / "nets.yaml").write_text(NET)
    (tmp_path / "plain.yaml").write_text(PLAIN)
    monkeypatch.setattr(library, "folder", lambda: tmp_path)
    caches = (library.shipped, library.alias_files, library.aliases, library.spellings)
    for cache in caches:
        cache.cache_clear()
    yield tmp_path
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize(
    ("name", "shown", "params"),
    [
        ("nets", "nets", 6),
        ("net4", "net4", 12),
        ("net6", "net6", 18),
        ("nets:4", "net4", 12),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_an_alias_loads_its_variant(name: str, shown: str, params: int) -> None:
    network = archcalc.load(name)
    assert network.name == shown
    assert network.analyze().total.params == params


def test_all_names(shelf: Path) -> None:
    assert library.names() == ["net4", "net6", "nets", "plain"]


def test_a_name_of_a_file_opens_no_other_file(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise RuntimeError("the aliases were read")

    monkeypatch.setattr(library, "alias_files", refuse)
    assert archcalc.load("plain").name == "plain"
    with pytest.raises(RuntimeError, match="aliases were read"):
        archcalc.load("net4")


@pytest.mark.parametrize(("wrong", "meant"), [("netz4", "net4"), ("plein", "plain")])
def test_the_nearest_name_may_be_an_alias(shelf: Path, wrong: str, meant: str) -> None:
    with pytest.raises(UsageError, match=meant):
        archcalc.load(wrong)


def test_an_alias_has_no_variants(shelf: Path) -> None:
    with pytest.raises(UsageError, match="there is no network 'net4'"):
        archcalc.load("net4:6")


def test_an_alias_must_name_a_variant() -> None:
    with pytest.raises(SpecError, match="alias 'net6' must name a variant") as caught:
        archcalc.loads(NET.replace("net6: 6", "net6: 7"))
    assert caught.value.problems[0].help == "variants: 4, 6"


def test_aliases_of_the_shipped_files() -> None:
    assert archcalc.load("resnet56").analyze().total.macs == 125_485_696
    assert archcalc.load("plain20").name == "plain20"
    assert not set(library.aliases()) & set(library.shipped())


def test_the_names_found_as_text_are_those_that_yaml_gives() -> None:
    read = {name: path for name, (path, _) in library.aliases().items()}
    texts = [path.read_text(encoding="utf-8") for path in library.shipped().values()]
    assert library.alias_files() == read
    assert len({*read.values()}) == sum("\naliases:" in text for text in texts)

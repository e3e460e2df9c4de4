"""Names: of shipped networks, of files, and of layers; and what is said of others."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import UsageError
from archcalc.language import library


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "vit:ti-16"])
def test_every_row_of_every_level_is_found_by_its_name(name: str) -> None:
    analysis = archcalc.load(name).analyze()
    folded = {row.name for row in analysis.ops} - {row.name for row in analysis.rows}
    assert folded
    for row in (*analysis.rows, *analysis.ops):
        found = analysis.row(row.name)
        assert found.name == row.name
        assert row.nodes[0] in found.nodes
    for row in (row for row in analysis.ops if row.name in folded):
        assert analysis.row(row.name) == row


def test_only_yaml_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.yml", "README.md", "in/a.yaml", "in/a.yaml~"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.setattr(library, "folder", lambda: tmp_path)
    found = library.shipped.__wrapped__()
    assert found == {"a": tmp_path / "in" / "a.yaml", "b": tmp_path / "b.yml"}


def test_a_file_without_an_ending_is_read_where_it_is_named_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "name: own\ninput: [3]\nlayers: [relu]\n"
    (tmp_path / "vgg").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        archcalc.load("vgg")
    (problem,) = caught.value.problems
    assert problem.code == "AC501"
    assert problem.help == "to read the file of this name, write ./vgg"
    assert archcalc.load("./vgg").name == "own"


def test_one_network_is_nothing_to_compare() -> None:
    with pytest.raises(UsageError, match="two networks or more") as caught:
        archcalc.compare("vgg16")
    assert caught.value.problems[0].code == "AC511"

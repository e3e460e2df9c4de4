"""`archcalc new` and `archcalc check --watch`: for someone who designs a network."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commands import Done, archcalc

from archcalc.commands.check.watch import Watched, follow
from archcalc.language.formatting import formatted
from archcalc.language.schema import address, installed, schema_text
from archcalc.limits import DEFAULT
from archcalc.network.network import load

if TYPE_CHECKING:
    from archcalc.commands.check.watch import Shown

Run = Callable[..., Done]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def test_a_starter_is_a_network_in_canonical_form(run: Run, tmp_path: Path) -> None:
    assert run("new", "my-net").code == 0
    text = (tmp_path / "my-net.yaml").read_text(encoding="utf-8")
    where = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert where == installed().as_uri()
    assert installed().read_text(encoding="utf-8") == schema_text()
    assert text.count("#") > 9
    assert formatted(text) == text
    assert [path.name for path in tmp_path.iterdir()] == ["my-net.yaml"]
    assert run("check", "my-net.yaml", "--strict").code == 0
    assert load(str(tmp_path / "my-net.yaml:wide")).analyze().total.params > 170_410


@pytest.mark.parametrize("net", ["vgg16", "googlenet", "efficientnet", "densenet"])
def test_a_copy_is_the_network_without_its_past(
    run: Run, tmp_path: Path, net: str
) -> None:
    tmp_path /= "nets/mine"
    assert run("new", "mine", "--from", net, "--folder", str(tmp_path)).code == 0
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    for word in ("cite:", "accuracy:", "aliases:", "paper:"):
        assert word not in text
    assert formatted(text) == text
    copied = load(str(tmp_path / "mine.yaml"))
    assert copied.name == "mine"
    assert copied.analyze().total == load(net).analyze().total
    assert run("check", str(tmp_path / "mine.yaml")).code == 0


def test_nothing_is_overwritten(run: Run, tmp_path: Path) -> None:
    run("new", "a")
    run("new", "b")
    again = run("new", "a.yaml")
    assert (again.code, "AC573" in again.err) == (2, True)
    assert run("new", "../..").code == 2
    assert run("new", "c", "--from", "vgg61").code == 2
    assert sorted(p.name for p in tmp_path.glob("*.yaml")) == ["a.yaml", "b.yaml"]


@pytest.mark.parametrize(
    ("package", "folder", "named"),
    [
        (".venv/site/archcalc", "", ".venv/site/archcalc/archcalc.schema.json"),
        (".venv/site/archcalc", "nets", "../.venv/site/archcalc/archcalc.schema.json"),
        ("my env/archcalc", "", None),
        ("../elsewhere/archcalc", "", None),
        (".venv/archcalc", "../elsewhere", None),
    ],
)
def test_a_schema_below_this_folder_has_a_relative_address(
    package: str,
    folder: str,
    named: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A path with a space is a URI: the comment ends at a space."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    file = (here / package / "archcalc.schema.json").resolve()
    monkeypatch.setattr("archcalc.language.schema.installed", lambda: file)
    assert address(here / folder) == (named or file.as_uri())
    assert " " not in address(here / folder)


def test_a_name_becomes_the_name_of_a_file(run: Run, tmp_path: Path) -> None:
    run("new", "my net: two/3")
    assert (tmp_path / "my-net-two-3.yaml").exists()


# -- watch -----------------------------------------------------------------------------

TEXT = "name: net\ninput: [3, 32, 32]\nlayers: [{conv: K}]\nexpect: [{params: 32}]\n"


def as_text(shown: list[Shown]) -> str:
    from archcalc.render import render

    return "\n".join(s if isinstance(s, str) else render(s) for s in shown)


def test_each_save_shows_what_changed(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(TEXT.replace("K", "8"), encoding="utf-8")
    watched = Watched(str(file), None, DEFAULT)
    saves = iter(["16", "16", "[", "gone", "24"])
    pages: list[str] = []

    def show(shown: list[Shown]) -> None:
        pages.append(as_text(shown))

    for _ in range(6):
        follow(watched, show, interval=0, times=1)
        new = next(saves, "24")
        if new == "gone":
            file.unlink()
        else:
            file.write_text(TEXT.replace("K", new), encoding="utf-8")
    first, second, broken, last = pages
    assert "total" in first
    assert "before" not in first
    assert "AC301" in second
    assert "out 8 → 16" in second
    assert "AC105" in broken
    assert "out 16 → 24" in last


def test_the_command_looks_until_it_is_interrupted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(TEXT.replace("K", "8"), encoding="utf-8")
    waits = list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", wait)
    done = run("check", "--watch", "net.yaml", "--interval", "20")
    assert (done.code, done.err) == (130, "interrupted\n")
    assert waits == [0.02] * 3
    assert done.out.count("net.yaml: ok (1 figure agrees)") == 1


@pytest.mark.parametrize("files", [[], ["vgg16"], ["no.yaml"], ["a.yaml", "b.yaml"]])
def test_only_one_file_is_watched(run: Run, files: list[str]) -> None:
    done = run("check", "--watch", *files)
    assert (done.code, "AC501" in done.err) == (2, True)

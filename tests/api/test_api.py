"""The public Python functions: what they take, return and say."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
import typing
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from programs import library

import archcalc
from archcalc.errors import InputWarning, MissingExtra, UsageError

OWN = """\
name: own
input: [3, 32, 32]
layers:
  - {name: c1, conv: 8, kernel: 3}
  - {name: f1, fc: 10}
"""
CHANNELS_LAST = OWN.replace("[3, 32, 32]", "[32, 32, 3]")
FUNCTIONS = tuple(n for n in archcalc.__all__ if n[0].islower())
TAKERS: dict[str, Callable[[Any], Any]] = {
    "table": archcalc.table,
    "explain": archcalc.explain,
    "compare": lambda net: archcalc.compare(net, net),
    "draw": archcalc.draw,
    "plot": archcalc.plot,
    "memory": archcalc.memory,
    "fit": lambda net: archcalc.fit(net, "1GiB"),
    "reconcile": lambda net: archcalc.reconcile(net, "2K params"),
    "audit": archcalc.audit,
    "conventions": archcalc.conventions,
    "quiz": archcalc.quiz,
    "sweep": lambda net: archcalc.sweep(net, {"batch": [1, 2]}),
    "check": archcalc.check,
    "diff": lambda net: archcalc.diff("lenet5", net),
    "verify": archcalc.verify,
}
"""Every function of a network, called with it."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return the file of a network."""
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_every_function_of_a_network_is_tried() -> None:
    assert {*TAKERS, "decode", "export", "load", "loads"} == set(FUNCTIONS)


def test_decode_takes_a_language_model(own: Path) -> None:
    network = archcalc.load("gpt2")
    assert str(archcalc.decode("gpt2", 9)) == str(archcalc.decode(network, 9))
    rows = {row["path"]: row["value"] for row in archcalc.decode(network, 9).rows()}
    assert rows["cache"] == 9 * 12 * 2 * 768 * 4
    with pytest.raises(UsageError, match="causal attention"):
        archcalc.decode(own)


@pytest.mark.parametrize("name", TAKERS)
def test_a_name_a_path_and_a_network_are_taken_alike(name: str, own: Path) -> None:
    if name == "verify":
        library("torch", "torch")
    call = TAKERS[name]
    for path, network in (
        (str(own), archcalc.load(own)),
        (own, archcalc.load(own)),
        ("lenet5", archcalc.load("lenet5")),
    ):
        assert str(call(path)) == str(call(network))


@pytest.mark.parametrize("name", TAKERS)
def test_nothing_else_is_taken(name: str) -> None:
    with pytest.raises(TypeError, match="a name, a path or a Network, not int"):
        TAKERS[name](3)


@pytest.mark.parametrize("name", TAKERS)
def test_what_is_returned_shows_itself(name: str, own: Path) -> None:
    if name == "verify":
        library("torch", "torch")
    shown = TAKERS[name](archcalc.load(own))
    texts = shown._repr_mimebundle_()
    assert "text/html" in texts
    assert ("image/svg+xml" in texts) == (name in ("draw", "plot"))
    if name not in ("draw", "plot", "check"):
        assert len(str(shown).splitlines()) > 3
    assert "Table(" not in str(shown)
    assert "\n" not in repr(shown)
    assert repr(shown)[0] == "<"


def test_networks_and_analyses_print_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    net = archcalc.load("lenet5")
    for shown in (net, net.analyze(), archcalc.table("lenet5")):
        assert "61,706" in str(shown)
        assert max(map(len, str(shown).splitlines())) <= 120


def test_what_is_saved_is_what_the_ending_says(own: Path) -> None:
    folder = own.parent
    archcalc.load(own).save(folder / "a.csv")
    assert (folder / "a.csv").read_text(encoding="utf-8").startswith("kind,path")
    archcalc.table(own).save(folder / "a.html", standalone=True)
    assert (folder / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    archcalc.explain(own).save(folder / "a.tex")
    assert "\\frac" in (folder / "a.tex").read_text(encoding="utf-8")
    archcalc.draw(own).save(str(folder / "b.tex"), standalone=True)
    assert "\\documentclass" in (folder / "b.tex").read_text(encoding="utf-8")
    archcalc.plot(own).save(folder / "b.svg")
    assert (folder / "b.svg").read_text(encoding="utf-8").startswith("<svg")
    for shown in (archcalc.table(own), archcalc.explain(own), archcalc.draw(own)):
        with pytest.raises(UsageError) as caught:
            shown.save(folder / "a.docx")
        assert caught.value.problems[0].code == "AC530"
    with pytest.raises(UsageError) as caught:
        archcalc.table(own).text("csv", standalone=True)
    assert caught.value.problems[0].code == "AC531"


@pytest.mark.parametrize(
    ("format", "package", "begins"),
    [("png", "resvg_py", b"\x89PNG"), ("pdf", "typst", b"%PDF")],
)
def test_a_picture_as_bytes(
    format: str, package: str, begins: bytes, own: Path
) -> None:
    library(package, format)
    file = own.with_suffix(f".{format}")
    archcalc.draw(own).save(file)
    assert file.read_bytes().startswith(begins)


def test_a_picture_in_a_page_leaves_its_style_alone(own: Path) -> None:
    own.write_text(OWN + 'title: "<b> & co"\n', encoding="utf-8")
    html = archcalc.draw(own)._repr_mimebundle_()["text/html"]
    assert html.startswith('<img alt="&lt;b&gt; &amp; co" ')
    assert "<style" not in html


def test_a_picture_as_pdf_and_to_the_right(own: Path) -> None:
    library("typst", "pdf")
    drawn = archcalc.draw("bottleneck-inception", style="volumes")
    drawn.save(own.with_suffix(".pdf"))
    assert own.with_suffix(".pdf").read_bytes()[:4] == b"%PDF"
    assert drawn.text("tikz").count("-- cycle;") == 3 * 9
    right = archcalc.draw("bottleneck-inception", direction="right")
    assert right.text("mermaid").startswith("flowchart LR")


def test_settings_count_and_an_analysis_has_its_own() -> None:
    two = archcalc.table("lenet5", batch=2, columns="macs").rows()
    one = archcalc.table("lenet5", columns="macs").rows()
    assert [r["macs"] for r in two] == [2 * r["macs"] for r in one]  # type: ignore[operator]  # numbers
    analysis = archcalc.load("lenet5").analyze()
    with pytest.raises(TypeError, match="its own settings; batch"):
        archcalc.table(analysis, batch=2)


# -- warnings --------------------------------------------------------------------------


def test_an_input_of_another_layout_is_warned_of(own: Path) -> None:
    own.write_text(CHANNELS_LAST, encoding="utf-8")
    for call in (archcalc.load, archcalc.table, archcalc.memory, archcalc.draw):
        with pytest.warns(
            InputWarning, match=r"own.yaml:2:8: warning\[AC411\]"
        ) as told:
            call(own)
        assert told[0].filename == __file__
    with pytest.warns(InputWarning, match="AC411"):
        archcalc.load("lenet5", input="32x32x1")
    with pytest.warns(InputWarning, match="AC411"):
        net = archcalc.loads(CHANNELS_LAST)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        archcalc.table(net)  # told when it was loaded


def test_sizes_of_a_sweep_are_warned_of() -> None:
    with pytest.warns(InputWarning, match="AC411") as told:
        archcalc.sweep("lenet5", {"input": ["1x32x32", "32x32x1", "28x28x1"]})
    assert len(told) == 1


# -- what each adds --------------------------------------------------------------------


def test_check_lists_what_is_wrong(own: Path) -> None:
    assert archcalc.check(own).ok
    assert archcalc.check(own).rows() == []
    own.write_text(OWN.replace("conv: 8", "conv: 0"), encoding="utf-8")
    report = archcalc.check(own)
    assert not report.ok
    (row,) = report.rows()
    assert str(row["place"]).endswith("own.yaml:4:22")
    assert row["severity"] == "error"
    assert "│                      ^" in str(report)
    assert "AC" in report.text("github")
    assert report.text("csv").startswith("kind,path")
    both = archcalc.check(own, archcalc.load("lenet5"))
    assert len(both.notes) == 2
    with pytest.raises(UsageError):
        archcalc.check(own, select=["AC999"])


def test_warnings_fail_where_they_are_asked_to(own: Path) -> None:
    own.write_text(CHANNELS_LAST, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        assert archcalc.check(own).ok
        assert not archcalc.check(own, strict=True).ok
        assert not archcalc.check(own, select=["AC411"]).ok
        assert archcalc.check(own, ignore=["AC411"]).rows() == []


def test_diff_with_conditions_and_with_git(own: Path) -> None:
    def git(*words: str) -> None:
        named = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        command = ["git", "-C", str(own.parent), *named, *words]
        subprocess.run(command, check=True, capture_output=True)

    git("init", "-q")
    git("add", "own.yaml")
    git("commit", "-qm", "first")
    own.write_text(OWN.replace("conv: 8", "conv: 16"), encoding="utf-8")
    report = archcalc.diff(own, git="HEAD")
    assert report.ok
    assert report.rows()[1]["change"] == 8 * (27 + 1) + 10 * 30 * 30 * 8
    assert not archcalc.diff(own, git="HEAD", fail_if=["macs > +2%"]).ok
    for wrong in ({}, {"new": own, "git": "HEAD"}):
        with pytest.raises(UsageError) as caught:
            archcalc.diff(own, **wrong)  # type: ignore[arg-type]  # wrong on purpose
        assert caught.value.problems[0].code == "AC572"


def test_reports_of_a_verdict_are_ok_or_not() -> None:
    assert archcalc.audit("lenet5").ok
    assert not archcalc.reconcile("lenet5", "123456789 params").ok


def test_verify_counts_what_it_compared() -> None:
    library("torch", "torch")
    report = archcalc.verify("lenet5")
    assert report.ok
    counts = {row["path"]: row["count"] for row in report.rows()}
    assert counts["weight"] == 10
    assert "agrees" in str(report)


def test_verify_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra):
        archcalc.verify("lenet5")


def test_a_sweep_chooses_and_shows_its_first_rows() -> None:
    over = {"width": "1:2:0.25", "batch": [1, 2]}
    whole = archcalc.sweep("efficientnet", over, figures=("params", "macs"))
    rows = whole.rows()
    assert len(rows) == len(whole) == 10
    best = archcalc.sweep("efficientnet", over, sort="macs", down=True, top=2)
    assert [row["macs"] for row in best.rows()] == sorted(
        (row["macs"] for row in rows), reverse=True
    )[:2]
    front = archcalc.sweep("efficientnet", over, pareto=("macs", "params"))
    assert len(front.rows()) == 1
    with pytest.raises(UsageError):
        archcalc.sweep("efficientnet", over, sort="colour")
    many = archcalc.sweep("lenet5", {"batch": range(1, 1000)}, figures=("macs",))
    assert "first 120 rows" in str(many)
    assert many.text("csv").count("\n") == 999


# -- words and types -------------------------------------------------------------------


def members(name: str) -> Iterator[tuple[str, Any]]:
    """Yield a public name and the public methods that it defines itself."""
    thing = getattr(archcalc, name)
    yield name, thing
    if inspect.isclass(thing) and not issubclass(thing, BaseException):
        for key, value in vars(thing).items():
            inside = value.fget if isinstance(value, property) else value
            inside = getattr(inside, "func", inside)  # a cached property
            if not key.startswith("_") and inspect.isfunction(inside):
                yield f"{name}.{key}", inside


PUBLIC = dict(member for name in archcalc.__all__ for member in members(name))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented_and_typed(name: str) -> None:
    thing = PUBLIC[name]
    assert inspect.getdoc(thing)
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        assert signature.return_annotation is not signature.empty
        for parameter in list(signature.parameters.values())["." in name :]:
            assert parameter.annotation is not parameter.empty, parameter


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_example_and_says_what_it_raises(name: str) -> None:
    text = inspect.getdoc(getattr(archcalc, name)) or ""
    assert f"archcalc.{name}(" in text
    assert "Raises" in text


HOMES = sorted({home for home in archcalc.HOMES if home.startswith("archcalc.api")})


@pytest.mark.parametrize("home", [*HOMES, "archcalc", "archcalc.network.shown"])
def test_the_examples_run(home: str) -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    found = doctest.testmod(
        import_module(home), extraglobs={"archcalc": archcalc}, optionflags=flags
    )
    assert found.attempted > 0
    assert not found.failed


def test_types_are_told_to_type_checkers() -> None:
    hints = typing.get_type_hints(archcalc.load)
    assert hints["return"] is archcalc.Network
    assert (Path(archcalc.__file__).parent / "py.typed").exists()

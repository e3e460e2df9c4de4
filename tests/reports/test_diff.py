"""`archcalc diff`: layers aligned by path and content, figures, totals, conditions, git."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from commands import Done, archcalc
from hypothesis import given
from hypothesis import strategies as st

from archcalc.network.network import Network, load, loads
from archcalc.reports.alignment import Item, align, in_order
from archcalc.reports.diff import Change, Difference, Side, diff_report

Run = Callable[..., Done]
HEAD = "name: net\ninput: [3, 32, 32]\n"


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def side(network: Network, level: Any = "layers") -> Side:
    return Side(network, network.analyze(), level, network.name)


def difference(old: str, new: str) -> Difference:
    return Difference(*(side(loads(f"{HEAD}layers:\n{text}")) for text in (old, new)))


def told(change: Change) -> tuple[str, str, str]:
    """Return kinds, old and new path, what."""
    names = [row.name if row else "-" for row in (change.old, change.new)]
    return " ".join(change.kinds), " ".join(names), change.what


CASES = [
    ("  - {conv: 8}", "  - {conv: 8}", []),
    (
        "  - {conv: 8}",
        "  - {conv: 9}",
        [("changed", "conv conv", "out 8 → 9")],
    ),
    (
        "  - {conv: 8}",
        "  - {conv: 8, bias: false}",
        [("changed", "conv conv", "bias true → false")],
    ),
    (
        "  - {conv: 8, kernel: [1, 3]}",
        "  - {conv: 8, kernel: [3, 1]}",
        [("changed", "conv conv", "kernel 1×3 → 3×1")],
    ),
    (
        "  - {name: a, conv: 8}",
        "  - {name: a, maxpool: 2}",
        [("changed", "a a", "conv 1×1, 8 → maxpool 2×2")],
    ),
    (
        "  - {name: a, conv: 8}\n  - {name: b, conv: 4}",
        "  - {name: a, conv: 8}\n  - {name: x, relu: }\n  - {name: b, conv: 4}",
        [("changed", "a a", "conv 1×1, 8 → conv 1×1, 8, relu")],
    ),
    (
        "  - {name: a, conv: 8}\n  - {name: b, maxpool: 2}",
        "  - {name: a, conv: 8}\n  - {name: n, conv: 8, kernel: 3, pad: 1}\n"
        "  - {name: b, maxpool: 2}",
        [("added", "- n", "conv 3×3, 8, pad 1")],
    ),
    (
        "  - {name: a, conv: 8}\n  - {name: b, conv: 9}\n  - {name: c, conv: 4}",
        "  - {name: a, conv: 8}\n  - {name: c, conv: 4}",
        [("removed", "b -", "conv 1×1, 9"), ("affected", "c c", "")],
    ),
    (
        "  - {name: a, conv: 8}\n  - {name: b, maxpool: 2}",
        "  - {name: z, conv: 8}\n  - {name: b, maxpool: 2}",
        [("renamed", "a z", "")],
    ),
    (
        "  - {name: a, conv: 3}\n  - {name: b, maxpool: 2}\n  - {name: c, avgpool: 3}",
        "  - {name: b, maxpool: 2}\n  - {name: c, avgpool: 3}\n  - {name: a, conv: 3}",
        [("moved affected", "a a", "")],
    ),
    (  # unnamed layers are counted otherwise, which is no change of theirs
        "  - {conv: 8}\n  - {conv: 16}\n  - {conv: 32}\n  - {conv: 64}",
        "  - {conv: 8}\n  - {conv: 10}\n  - {conv: 16}\n  - {conv: 32}\n  - {conv: 64}",
        [
            ("added", "- conv2", "conv 1×1, 10"),
            ("renumbered affected", "conv2 conv3", ""),
            ("renumbered", "conv3 conv4", ""),
            ("renumbered", "conv4 conv5", ""),
        ],
    ),
    (
        "  - {conv: 8}\n  - {conv: 16}",
        "  - {conv: 8}\n  - {conv: 32}",
        [("changed", "conv2 conv2", "out 16 → 32")],
    ),
]


@pytest.mark.parametrize(("old", "new", "wanted"), CASES)
def test_layers_are_aligned(
    old: str, new: str, wanted: list[tuple[str, str, str]]
) -> None:
    assert list(map(told, difference(old, new).changes)) == wanted


def test_figures_of_a_change() -> None:
    report = diff_report(difference("  - {conv: 8}", "  - {conv: 8, kernel: 3}"))
    (row,) = report.tables[1].records()
    assert (row["params"], row["macs"]) == (192, 8 * 27 * 900 - 8 * 3 * 1024)
    assert row["memory"] == 4 * 8 * (900 - 1024)
    assert (row["shape"], row["field"]) == ("8×32×32 → 8×30×30", "1×1 → 3×3")
    totals = {str(r["total"]): r for r in report.tables[0].records()}
    assert totals["parameters"]["change"] == 192
    assert totals["parameters"]["growth"] == 6
    assert totals["receptive field"]["new"] == 3


NOTES = [
    ("  - {conv: 8}", "  - {conv: 8}", ["no layer differs."], 1),
    (
        "  - {name: a, conv: 8}\n  - {name: b, conv: 4}\noutputs: [a, b]",
        "  - {name: a, conv: 8}\n  - {name: b, conv: 4}\noutputs: [b]",
        ["no layer differs; the outputs do."],
        1,
    ),
    (
        "  - {conv: 8}\n  - {conv: 16}\n  - {conv: 16}",
        "  - relu\n  - {conv: 8}\n  - {conv: 16}\n  - {conv: 16}",
        [],
        2,
    ),
    (
        "  - {conv: 3}\n  - {conv: 16}\n  - {conv: 16}",
        "  - {conv: 3}\n  - {conv: 3, bias: false}\n  - {conv: 16}\n  - {conv: 16}",
        ["2 layers without a name have a new number."],
        2,
    ),
]


@pytest.mark.parametrize(("old", "new", "notes", "tables"), NOTES)
def test_what_is_not_listed_is_noted(
    old: str, new: str, notes: list[str], tables: int
) -> None:
    report = diff_report(difference(old, new))
    left_out = "peaks of memory are left out; --memory shows them."
    assert [note.text for note in report.notes] == [*notes, left_out]
    assert len(report.tables) == tables


def test_variants_and_blocks() -> None:
    old, new = load("resnet50"), load("resnet50:v1.5")
    found = Difference(side(old), side(new))
    changed = [c for c in found.changes if "changed" in c.kinds]
    assert {c.what for c in changed} == {"stride 1 → 2", "stride 2 → 1"}
    assert len(changed) == 6
    totals = {one.key: (a, b) for one, a, b in found.totals}
    assert totals["macs"] == (3_857_973_248, 4_089_184_256)
    stages = Difference(side(old, "stages"), side(new, "stages"))
    names = [c.row.name for c in stages.changes if "changed" in c.kinds]
    assert names == ["conv3", "conv4", "conv5"]


def test_a_block_written_out_is_no_difference() -> None:
    block = (
        "blocks: {b: {layers: [{conv: 8, kernel: 3, pad: 1}, {bn: }]}}\n"
        "layers: [{use: b, repeat: 2}]\n"
    )
    plain = (
        "layers: [{conv: 8, kernel: 3, pad: 1}, bn, {conv: 8, kernel: 3, pad: 1}, bn]\n"
    )
    found = Difference(side(loads(HEAD + block)), side(loads(HEAD + plain)))
    assert {kind for c in found.changes for kind in c.kinds} == {"renumbered"}


def test_sizes_that_are_names_have_differences_too() -> None:
    text = "name: n\ninput: [C, H, W]\nlayers: [{conv: 8, kernel: K}]\n"
    sides = [side(loads(text.replace("K", k))) for k in ("1", "3")]
    report = diff_report(Difference(*sides))
    totals = {str(r["total"]): r for r in report.tables[0].records()}
    assert str(totals["parameters"]["change"]) == "64C"
    assert totals["parameters"]["growth"] is None


ITEMS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.booleans(), st.integers(0, 3)),
    max_size=12,
    unique_by=lambda item: item[0],
).map(lambda items: [Item(*item) for item in items])


@given(ITEMS, ITEMS)
def test_every_layer_of_both_is_there_once(old: list[Item], new: list[Item]) -> None:
    pairs = align(old, new)
    assert sorted(p.old for p in pairs if p.old is not None) == list(range(len(old)))
    assert [p.new for p in pairs if p.new is not None] == list(range(len(new)))
    kept = [
        p.old for p in pairs if p.old is not None and p.new is not None and not p.moved
    ]
    assert kept == sorted(kept)


@given(ITEMS)
def test_nothing_differs_from_itself(items: list[Item]) -> None:
    assert all(p.old == p.new and not p.moved for p in align(items, items))


def test_ten_thousand_layers_are_aligned() -> None:
    old = [Item(f"conv{i}", False, i % 7) for i in range(10_000)]
    new = [Item(f"conv{i}", False, (i - 1) % 7 if i else "new") for i in range(10_001)]
    assert len(align(old, new)) >= 10_001


def longest_common(first: list[int], second: list[int]) -> int:
    """Return the length of a longest common subsequence, by the whole table."""
    above = [0] * (len(second) + 1)
    for one in first:
        row = [0]
        for at, other in enumerate(second):
            row.append(above[at] + 1 if one == other else max(above[at + 1], row[at]))
        above = row
    return above[-1]


NUMBERS = st.lists(st.integers(0, 4), max_size=25)


@given(NUMBERS, NUMBERS)
def test_as_many_as_possible_are_paired_in_order(
    first: list[int], second: list[int]
) -> None:
    pairs = in_order(first, second)
    assert all(first[a] == second[b] for a, b in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))
    assert len(pairs) == longest_common(first, second)


def test_where_most_layers_differ_they_are_paired_by_how_often_they_came() -> None:
    first = [2, *(0, 1) * 2_000, 3]
    second = [4, *(0, 5) * 2_000, 6]
    assert in_order(first, second) == [(at, at) for at in range(1, 4_000, 2)]


# -- the command -----------------------------------------------------------------------


def test_formats(run: Run) -> None:
    text = run("diff", "vgg16", "vgg19")
    assert text.code == 0
    assert "block3.conv3-4  added" in text.out
    assert "+26.9%" in text.out
    markdown = run("diff", "vgg16", "vgg19", "-f", "markdown").out
    assert (
        "| MACs | 15,470,264,320 | 19,632,062,464 | +4,161,798,144 | +26.9% |"
        in markdown
    )
    data = json.loads(run("diff", "vgg16", "vgg19", "-f", "json").out)
    macs = next(r for r in data["tables"][0]["rows"] if r["path"] == "macs")
    assert macs["cells"]["change"] == 4_161_798_144


def test_what_follows_from_a_change_is_listed_where_asked_for(run: Run) -> None:
    short, long = (
        run("diff", "efficientnet", "efficientnet:b1", *more).out
        for more in ((), ("--all",))
    )
    assert "more layers have the same arguments" in short
    assert len(long.splitlines()) > len(short.splitlines())


CONDITIONS = [
    ("macs > +2%", 1),
    ("macs > 26%", 1),
    ("macs > 27%", 0),
    ("macs>4G", 1),
    ("params < -1%", 0),
    ("params >= 5_309_696", 1),
    ("depth > 3", 0),
    ("activation_bytes > 5MB", 1),
    ("receptive_field > 0", 0),
    ("training > +3%", 1),
    ("peak > 0", 0),
]


@pytest.mark.parametrize(("condition", "code"), CONDITIONS)
def test_fail_if(run: Run, condition: str, code: int) -> None:
    done = run("diff", "vgg16", "vgg19", "--fail-if", condition)
    assert done.code == code
    assert (f"fails: {condition}" in done.err) == bool(code)


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ((), set()),
        (("--memory",), {"peak", "training"}),
        (("--fail-if", "training > 90%"), {"training"}),
    ],
)
def test_peaks_are_computed_where_they_are_asked_for(
    run: Run, more: tuple[str, ...], shown: set[str]
) -> None:
    data = json.loads(run("diff", "lenet5", "alexnet", "-f", "json", *more).out)
    rows = {row["path"] for row in data["tables"][0]["rows"]}
    assert rows & {"peak", "training"} == shown
    told = " ".join(str(note) for note in data["notes"])
    assert ("--memory shows them" in told) == (not shown)


WRONG = [
    (("vgg16",), "AC572"),
    (("vgg16", "vgg19", "vgg13"), "AC572"),
    (("vgg16", "vgg19", "--git", "HEAD"), "AC572"),
    (("vgg16", "vgg19", "--fail-if", "macs"), "AC570"),
    (("vgg16", "vgg19", "--fail-if", "mac > 2%"), "did you mean macs?"),
    (("vgg16", "vgg19", "--fail-if", "macs > 2X"), "AC570"),
    (("vgg16", "vgg91"), "AC501"),
    (("mine.py:Net", "--git", "HEAD"), "archcalc import mine.py:Net -o net.yaml"),
    (("vgg16", "vgg19", "--level", "layer"), "AC504"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_cannot_be_done_is_said(
    run: Run, words: tuple[str, ...], said: str
) -> None:
    done = run("diff", *words)
    assert done.code == 2
    assert said in done.err


# -- git -------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a git repository with two versions of a network."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "a")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git(tmp_path, "init", "-q")
    file = tmp_path / "nets" / "net.yaml"
    file.parent.mkdir()
    for width in (8, 16):
        file.write_text(f"{HEAD}layers: [{{conv: {width}}}]\n", encoding="utf-8")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", "a")
    file.write_text(f"{HEAD}layers: [{{conv: 32}}]\n", encoding="utf-8")
    return tmp_path


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(("revision", "old"), [("HEAD", 16), ("HEAD~1", 8)])
def test_an_older_version(run: Run, repository: Path, revision: str, old: int) -> None:
    done = run("diff", "nets/net.yaml", "--git", revision)
    assert f"nets/net.yaml@{revision} to nets/net.yaml" in done.out
    assert f"out {old} → 32" in done.out


def test_sizes_and_params_are_given_to_both_sides(run: Run, repository: Path) -> None:
    done = run(
        "diff", "nets/net.yaml", "--git", "HEAD", "--input", "5x8x8", "-f", "json"
    )
    old, new = 5 * 16 + 16, 5 * 32 + 32
    rows = json.loads(done.out)["tables"][0]["rows"]
    (params,) = [row["cells"] for row in rows if row["path"] == "params"]
    assert (params["old"], params["new"]) == (old, new)


def test_no_older_version(run: Run, repository: Path) -> None:
    for revision in ("nosuch", "--output=x"):
        done = run("diff", "nets/net.yaml", f"--git={revision}")
        assert (done.code, "AC571" in done.err) == (2, True)
    (repository / "new.yaml").write_text(f"{HEAD}layers: [relu]\n", encoding="utf-8")
    assert "AC571" in run("diff", "new.yaml", "--git", "HEAD").err


def test_without_git_there_is_no_older_version(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository / "nets"))
    done = run("diff", "nets/net.yaml", "--git=HEAD")
    assert done.code == 2
    assert "error[AC571]: git cannot be run: No such file or directory" in done.err


def test_gits_own_diff_shows_tables(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As documented: an attribute and a setting."""
    import sys

    (repository / ".gitattributes").write_text("nets/*.yaml diff=archcalc\n")
    command = f"{sys.executable} -m archcalc diff --textconv"
    git(repository, "config", "diff.archcalc.textconv", command)
    shown = git(repository, "diff", "nets/net.yaml")
    assert re.search(r"^-conv +conv 1×1, 16 ", shown, re.MULTILINE)
    assert re.search(r"^\+conv +conv 1×1, 32 ", shown, re.MULTILINE)
    (repository / "nets" / "net.yaml").write_text("layers: [", encoding="utf-8")
    assert "+layers: [" in git(repository, "diff", "nets/net.yaml")

"""`archcalc against`: another tool is run, and its count is explained to the last digit.

torch's own counter is always there; the others run with `-m peers`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import commands
import pytest
from against_tables import PAGE, line
from peers import FOLDER, NETWORKS, library

import archcalc
from archcalc.errors import InputWarning, MissingExtra, UsageError
from archcalc.figures.conventions import CONVENTIONS
from archcalc.network.counters import NAMES
from archcalc.network.counters.holding import Held, held
from archcalc.network.counters.tools import TOOLS
from archcalc.readers.pytorch.objects import named
from archcalc.reports.against import against_report, reasons

MODULE = """
import torch
from torch import nn
from torch.nn import functional as F

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.act = nn.ReLU()

    def forward(self, x):
        return F.relu(x + self.act(self.norm(self.conv(x))))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.Sequential(Block(8), Block(8))
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))

class Unknown(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.weight = nn.Parameter(torch.zeros(8, 8))

    def forward(self, x):
        y = self.first(x)
        return torch.einsum("bij,jk,bkl->bil", y, self.weight, y)

class Failing(nn.Module):
    def forward(self, x):
        if torch.jit.is_tracing() or not torch.compiler.is_exporting():
            raise ValueError("not today")
        return F.relu(x)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_on(tool: str, net: str, batch: int = 1, **given: Any) -> Held:
    target = named(net)
    network = archcalc.load(net, **given)
    return held(network, tool, batch, FOLDER, target)


def adds_up(found: Held) -> None:
    """The differences by reason are those by place, and they are that of the totals."""
    for place in found.places:
        told = sum(one.difference for one in reasons(found, place))
        assert told == place.difference, place.name
    assert sum(p.theirs for p in found.places) + found.outside == found.operations


# -- torch's counter, which needs no other package --------------------------------------


def test_the_tools_have_conventions_and_are_named_once() -> None:
    assert sorted(NAMES) == sorted(TOOLS)
    assert {*NAMES} < {*CONVENTIONS}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", ["lenet5", "se-residual-block", "t5"])
def test_torch_counts_two_for_each_multiply_accumulate(name: str, batch: int) -> None:
    found = run_on("torch", name, batch)
    assert found.ok
    assert found.operations == found.macs == 2 * batch * macs(name)
    adds_up(found)


def macs(name: str) -> Any:
    return archcalc.load(name).analyze().total.macs


def test_a_module_is_held_by_the_paths_of_its_parts(folder: Path) -> None:
    found = run_on("torch", "mine.py:Net", input=(3, 6, 5))
    assert found.ok
    counted = {place.name: place.theirs for place in found.places if place.theirs}
    assert counted == {
        "stem": 2 * 3 * 8 * 9 * 30,
        "blocks.0.conv": 2 * 8 * 8 * 9 * 30,
        "blocks.1.conv": 2 * 8 * 8 * 9 * 30,
        "head": 2 * 8 * 10,
    }
    adds_up(found)


def test_what_is_not_explained_is_told_and_fails(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No layer is an einsum of three: torch counts two products of 8 × 8 matrices."""
    words = ("against", "torch", "mine.py:Unknown", "--input", "8x8")
    done = commands.archcalc(capsys, monkeypatch, *words)
    assert done.code == 1
    assert "+2,048 FLOPs in 1 place are not explained." in done.out
    assert "No rule of archcalc counts unknown einsum." in done.out
    with pytest.warns(InputWarning, match="no rule counts the operator einsum"):
        found = run_on("torch", "mine.py:Unknown", input=(8, 8))
    rows = {row["place"]: row for row in against_report(found).rows()}
    assert rows["first"]["left"] is None
    whole = rows["(around all layers)"]
    assert whole["left"] == 2 * 2 * 8**3 == 2048
    assert whole["reason"] == "not explained; no rule here counts unknown einsum"


def test_equal_counts_are_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = commands.archcalc(capsys, monkeypatch, "against", "torch", "lenet5")
    assert done.code == 0
    assert "torch counts 833,040 FLOPs, as archcalc does" in done.out
    assert "torch and archcalc count 61,706 parameters." in done.out
    assert "not explained" not in done.out


# -- what cannot be run -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("against fvcor lenet5", "there is no tool 'fvcor'"),
        ("against torch three-3x3 --input C,H,W", "AC521"),
        ("against torch mine.py:Failing --input 3x8x8", "AC525"),
        ("against torch mine.py:None --input 3x8x8", "AC595"),
        ("against torch nothing.yaml", "AC101"),
    ],
)
def test_what_cannot_be_run_ends_with_two(
    words: str,
    told: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = commands.archcalc(capsys, monkeypatch, *words.split())
    assert (done.code, done.out) == (2, "")
    assert told in done.err


@pytest.mark.parametrize("tool", [name for name in NAMES if name != "torch"])
def test_a_missing_tool_is_told_with_the_line_that_installs_it(
    tool: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("archcalc.network.counters.importing._version", lambda *_: None)
    with pytest.raises(MissingExtra, match=r"AC524.*is not installed") as raised:
        held(archcalc.load("lenet5"), tool, 1, tmp_path)
    help = raised.value.problems[0].help or ""
    apart = tool in ("ultralytics-thop", "calflops", "deepspeed")
    assert ("--tools tools" in help) == apart
    assert (f"{tool}==" in help) == apart
    assert ("archcalc[peers]" in help) != apart


def test_two_packages_of_one_module_are_not_taken_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("archcalc.network.counters.importing._version", lambda *_: "1")
    with pytest.raises(MissingExtra, match="overwrite files"):
        held(archcalc.load("lenet5"), "thop")


# -- the other tools --------------------------------------------------------------------

peers = pytest.mark.peers
FEW = ("googlenet", "swin")
"""Networks on which every tool runs with `-m peers`; `docs/generated/against.md` has
the others."""


@peers
@pytest.mark.parametrize("tool", NAMES)
@pytest.mark.parametrize("name", FEW)
def test_every_operation_of_a_network_is_explained(name: str, tool: str) -> None:
    try:
        found = run_on(tool, name, input=NETWORKS[name])
    except MissingExtra as error:
        pytest.skip(str(error))
    assert found.ok
    adds_up(found)
    assert line(name, found) in PAGE.read_text(encoding="utf-8")
    report = against_report(found)
    assert report.ok
    rows = report.rows()
    assert sum(row["difference"] for row in rows) == found.operations - found.macs
    assert all(row["reason"] for row in rows if row["difference"])


PIXELS = 30
NORM, RELU, POOL = 8 * PIXELS, 8 * PIXELS, 8 * PIXELS
WRITTEN = {
    "fvcore": {
        "blocks.0.norm": 2 * NORM,
        "blocks.1.norm": 2 * NORM,
        "": POOL,
    },
    "ptflops": {
        "stem": 8 * PIXELS,
        "blocks.0.norm": 2 * NORM,
        "blocks.1.norm": 2 * NORM,
        "blocks.0.act": 2 * RELU,
        "blocks.1.act": 2 * RELU,
        "blocks.0": RELU,
        "blocks.1": RELU,
        "": POOL,
        "head": 10,
    },
    "thop": {"blocks.0.norm": 4 * NORM, "blocks.1.norm": 4 * NORM},
}
"""What tools count beyond multiply-accumulates, by hand: of the functions in code
ptflops counts each once, thop none."""


@peers
@pytest.mark.parametrize("tool", WRITTEN)
def test_a_module_that_is_written_otherwise_is_explained(
    tool: str, folder: Path
) -> None:
    try:
        found = run_on(tool, "mine.py:Net", input=(3, 6, 5))
    except MissingExtra as error:
        pytest.skip(str(error))
    differ = {p.name: p.difference for p in found.places if p.difference}
    assert differ == WRITTEN[tool]
    assert found.ok
    adds_up(found)
    told = {one.why for p in found.places for one in reasons(found, p)}
    assert any(why.startswith("written otherwise here") for why in told) == (
        tool != "fvcore"
    )


@peers
def test_a_library_of_the_same_name_is_kept_apart() -> None:
    usual = library("thop")
    found = run_on("ultralytics-thop", "lenet5")
    assert found.ok
    assert library("thop") is usual


@peers
def test_what_a_tool_raises_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"AC525.*fvcore.*not today"):
        run_on("fvcore", "mine.py:Failing", input=(3, 8, 8))

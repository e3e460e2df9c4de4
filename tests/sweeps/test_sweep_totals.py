"""Closed forms, stage tables and the walk give what each network alone gives.

Random spaces reach all over the language: rows, refusals and their messages are those
of one network after the other, in whatever way they were found.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from random_spaces import space

import archcalc
from archcalc.graph.paths import depth
from archcalc.network.network import load, loads
from archcalc.render.rows import row_file
from archcalc.sizes.dims import symbol
from archcalc.sweeps import combinations, grids, totals
from archcalc.sweeps import parts as parts_of
from archcalc.sweeps.choice import Choice
from archcalc.sweeps.combinations import KNOWN_FIGURES, MOST_REFUSED
from archcalc.sweeps.run import stream
from archcalc.sweeps.sweep import Sweep, sweep

FIGURES = tuple(name for name in KNOWN_FIGURES if name != "top1")
BLOCKS = (1, 6, 20, 4096)


def way(found: Sweep) -> str:
    """Return how the rows of a sweep are found."""
    if found.totals is None:
        return "walk"
    groups = [
        g
        for f in found.totals.figures
        for g in (f.base, *(g for _, s in f.steps for g in s))
    ]
    parts = [part for group in groups if group for part in group.parts]
    closed = any(
        isinstance(part, parts_of.Formula | parts_of.Formulas) for part in parts
    )
    return "closed" if closed else "tables"


def alone(found: Sweep) -> tuple[list[Any], list[str]]:
    """Return the rows of all networks analyzed alone, and why others are none."""
    rows, refused = [], []
    for values in product(*found.axes.values()):
        given = dict(zip(found.names, values, strict=True))
        batch = found.batch * given.pop("batch", 1)
        try:
            network = found.at(tuple(given.values()))
            analysis = network.analyze(batch=batch, inplace=found.inplace)
            total = analysis.total
        except archcalc.ArchcalcError as error:
            refused.append(str(error))
            continue
        figures = [
            depth(analysis.graph) if name == "depth" else getattr(total, name)
            for name in found.figures
        ]
        rows.append((*values, *figures))
    return rows, refused


def compare(found: Sweep) -> None:
    """Compare a sweep with its networks analyzed alone."""
    rows, refused = alone(found)
    assert list(found) == rows
    assert found.refusals == len(refused)
    assert found.refused == refused[:MOST_REFUSED]


def some(seed: int) -> Sweep:
    """Return the sweep of a random space."""
    random = Random(seed)
    text, axes = space(random)
    network = loads(text)
    batch, inplace = random.choice((1, 2)), random.random() < 0.7
    return sweep(network, axes, figures=FIGURES, batch=batch, inplace=inplace)


def test_random_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combinations, "FEW", 1)
    ways: Counter[str] = Counter()
    for seed in range(24):
        monkeypatch.setattr(totals.Totals.__init__, "__defaults__", (BLOCKS[seed % 4],))
        found = some(seed)
        ways[way(found)] += 1
        compare(found)
    assert ways["closed"] > 3
    assert ways["tables"] > 3


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 1600, 100))
def test_more_random_spaces(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combinations, "FEW", 1)
    for seed in range(first, first + 25):
        monkeypatch.setattr(totals.Totals.__init__, "__defaults__", (BLOCKS[seed % 4],))
        compare(some(seed))


SPACE = Path("docs/examples/resnet-space.yaml")
OVER = {
    "size": (64, 96, 224, 225),
    "width": (8, 24, 64),
    "blocks2": (1, 2, 3),
    "blocks4": (2, 4, 6, 8, 10),
    "blocks5": (1, 3),
}


@pytest.mark.parametrize("block", [1, 10, 100, 4096])
@pytest.mark.parametrize("turn", range(5))
def test_axes_in_any_order(
    turn: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same networks, whichever axes are inner ones, and wherever a chunk ends."""
    monkeypatch.setattr(totals.Totals.__init__, "__defaults__", (block,))
    names = [*OVER][turn:] + [*OVER][:turn]
    found = sweep(
        load(str(SPACE)), {n: OVER[n] for n in names}, figures=("macs", "params")
    )
    assert way(found) == "closed"
    rows = list(found)
    assert len(rows) == len(found) == 360
    for number in Random(turn).sample(range(360), 6):
        assert rows[number] == found.analyzed(number)
    assert list(found.rows_of(7, 31, 1)) == rows[7 * found.along + 1 : 31 * found.along]


@pytest.mark.parametrize("format", ["parquet", "arrow"])
@pytest.mark.parametrize("batch", [1, 2**31])
def test_columns_are_the_rows(format: str, batch: int, tmp_path: Path) -> None:
    """Also where a figure needs more than 64 bits, as MACs of so many samples do."""
    over = {"f": ("a", "b"), "width": range(256, 320, 16), "size": range(320, 384, 2)}
    text = SPACE.read_text().replace("params: {", "params: {f: a, ")
    found = sweep(loads(text), over, figures=("params", "macs"), batch=batch)
    path = tmp_path / "sweep"
    stream(found, Choice(), row_file(found, path, format), False, lambda _: None)
    columns = found.columns_of(0, found.units)
    assert columns is not None
    assert all(isinstance(c.figures[1], list) == (batch > 1) for c in columns)
    if format == "arrow":
        table = pyarrow.ipc.open_file(str(path)).read_all()
    else:
        table = pyarrow.parquet.read_table(path)
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert rows == list(found)


def test_a_table_that_grows_too_large_is_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(combinations, "FEW", 1)
    over = {"width": (0.5, 1), "depth": (1, 1.5, 2), "size": (64, 96)}
    found = sweep(load("efficientnet"), over, figures=("params", "macs"))
    assert way(found) != "walk"
    rows = list(found)
    monkeypatch.setattr(grids, "MOST_CELLS", 5)
    walked = sweep(load("efficientnet"), over, figures=("params", "macs"))
    assert way(walked) == "walk"
    assert list(walked) == rows


def test_a_name_that_decides_something_is_no_formula() -> None:
    """A shortcut is padded unless as many channels leave: `w` may be 8."""
    text = """
name: net
input: [8, s, s]
params: {w: 8, s: 8}
layers:
  - {residual: [{conv: w, kernel: 3, pad: 1}], shortcut: identity-or-pad}
  - {upsample: 1.5}
"""
    found = sweep(loads(text), {"w": range(8, 18), "s": range(4, 30)}, figures=FIGURES)
    assert way(found) == "tables"
    compare(found)


def test_formulas_hold_a_name_of_the_network() -> None:
    """A size that stays a name is no number: such a sweep has no rows."""
    text = "name: a\ninput: [C, s, s]\nparams: {s: 8}\nlayers: [{conv: 4}]\n"
    found = sweep(loads(text), {"s": range(1, 300)}, figures=("params",))
    assert list(found) == []
    assert found.refusals == 299


def test_packed_sums_of_names_are_read_back() -> None:
    from archcalc.sweeps.packed import UnfitError, lanes, packed_names

    c = symbol("C")
    figures = (c * c - 3, 0, -c, 7, 2 * c + 1, 0, 0, 0, c // 2, 0, 5 - c, 0)
    assert lanes(combinations.USUAL_FIGURES[:2])(packed_names(figures)) == (
        2 * c + 1,
        c // 2,
    )
    with pytest.raises(UnfitError):
        packed_names((c * 2**73,))


ONCE_FOR_ALL = Path("docs/examples/once-for-all-space.yaml")
SUB_NETWORKS = {
    name: (2, 3, 4) if name[0] == "d" else (3, 5, 7) if name[0] == "k" else (3, 4, 6)
    for name in load(str(ONCE_FOR_ALL)).params
    if name != "size"
}


def test_a_sample_of_a_space_too_large_to_count() -> None:
    figures = ("params", "macs", "activations", "depth")
    found = sweep(load(str(ONCE_FOR_ALL)), SUB_NETWORKS, figures=figures)
    assert found.size == 3**45 > 2**64
    rows = list(found.sample(1200, seed=7))
    assert rows == list(found.sample(1200, seed=7)) != list(found.sample(1200))
    assert {row[:1] for row in rows} == {(2,), (3,), (4,)}
    for row in rows[::200]:
        analysis = found.at(row[:45]).analyze()
        total = analysis.total
        figures_alone = (total.params, total.macs, total.activations)
        assert row[45:] == (*figures_alone, depth(analysis.graph))


def test_blocks_of_the_space_are_those_of_mobilenet_v3() -> None:
    """Blocks of MobileNet v3 itself, chosen in the space, give its own figures."""
    chosen: dict[str, Any] = {"d1": 2, "d2": 3, "d3": 4, "d4": 2, "d5": 3}
    blocks = [(3, 4), (3, 3), (5, 3), (5, 3), (5, 3), (3, 6)]
    places = ("11", "12", "21", "22", "23", "31")
    for place, (kernel, expand) in zip(places, blocks, strict=True):
        chosen |= {f"k{place}": kernel, f"e{place}": expand}
    mine = load(str(ONCE_FOR_ALL), set=chosen).analyze()
    large = load("mobilenet-v3-large").analyze()
    for number, place in enumerate(places, 2):
        own, theirs = mine.row(f"block{place}"), large.row(f"bneck{number}")
        assert own.figures.params == theirs.figures.params
        assert own.figures.macs == theirs.figures.macs


@pytest.mark.parametrize("where", [None, "macs <= 100k"])
def test_a_sample_is_made_of_rows(where: str | None) -> None:
    """Whether tables hold, formulas do, or some combinations are no networks."""
    for seed in range(6):
        text, axes = space(Random(seed))
        found = sweep(loads(text), axes, figures=("macs", "params"), where=where)
        found.__dict__["totals"] = combinations.totals_of(found)
        rows = set(found)
        drawn = list(found.sample(300, seed))
        assert rows.issuperset(drawn)
        assert where or len(drawn) + found.refusals >= 300

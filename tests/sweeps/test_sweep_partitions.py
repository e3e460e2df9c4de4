"""A sweep written as a folder of files: whole once and only once, whatever happens."""

from __future__ import annotations

import json
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from commands import archcalc as run
from pyarrow.parquet import read_table
from random_spaces import space

import archcalc
from archcalc import sweep
from archcalc.render.rows import partitions
from archcalc.render.rows.partitions import JOURNAL, Partitions
from archcalc.sweeps import combinations, masks
from archcalc.sweeps.sweep import Sweep

SPACE = "docs/examples/resnet-space.yaml"
OVER = {
    "width": (8, 16, 24),
    "size": (32, 64),
    "blocks3": range(1, 20),
    "f": ("a", "b"),
}
TEXT = Path(SPACE).read_text(encoding="utf-8").replace("params: {", "params: {f: a, ")


def found(**more: Any) -> Sweep:
    """Return a sweep of 228 combinations, 456 with the batch."""
    given: dict[str, Any] = {"over": OVER, "figures": ("params", "macs"), **more}
    return sweep(archcalc.loads(TEXT), **given)


def rows_of(folder: Path) -> list[tuple[Any, ...]]:
    """Return the rows of all files of a folder in order."""
    return [tuple(row.values()) for row in read_table(folder).to_pylist()]


def written(
    one: Sweep, folder: Path, size: int = 40, resume: bool = False
) -> list[Any]:
    """Write a sweep into a folder and return what is there."""
    Partitions(one, folder, "parquet", size, resume).run(lambda _: None)
    assert not list(folder.glob("_[!s]*"))
    return rows_of(folder)


@pytest.mark.parametrize(
    ("where", "by_arrays"),
    [
        (None, True),
        ("macs <= 50M", True),
        ("macs <= 50M and params*2 >= 1M or width == 24 and blocks3 != 7", True),
        ("width < 24 and size*size + width > 1032", True),
        ("8 < 9", True),
        ("macs*1.5 <= 50M", False),
        ("params*macs*macs >= 1", False),
        ("f == 'a' and macs >= 20M", False),
        ("not macs >= 20M", False),
    ],
)
def test_a_folder_has_the_rows_of_the_sweep(
    where: str | None, by_arrays: bool, tmp_path: Path
) -> None:
    one = found(where=where)
    assert (one.columns_of(0, one.units) is not None) == by_arrays
    assert written(one, tmp_path / "rows") == list(one)


def test_random_constraints_keep_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combinations, "FEW", 1)
    by_arrays = 0
    for seed in range(12):
        random = Random(seed)
        text, axes = space(random)
        plain = sweep(archcalc.loads(text), axes, figures=("params", "macs"))
        known = sorted(row[-1] for row in plain)
        if not known:
            continue
        bound = random.choice(known)
        where = random.choice(
            ("macs <= {}", "params + macs > {} or macs == {}", "macs - params*3 < {}")
        ).replace("{}", str(bound))
        one = sweep(plain.network, axes, figures=("params", "macs"), where=where)
        arrays = one.columns_of(0, one.units)
        if arrays is None:
            continue
        by_arrays += 1
        kept = [
            numbers
            for part in arrays
            for numbers in zip(
                *(list(f)[part.begin : part.end] for f in part.figures), strict=True
            )
        ]
        assert kept == [row[-2:] for row in one]
    assert by_arrays > 4


def test_a_number_beyond_64_bits_is_no_array() -> None:
    assert masks.mask_of("a*a > 5", lambda _: 2**40) is None
    assert masks.mask_of("a*a > 5", lambda _: 2**31) is True


class Breaking(ThreadPoolExecutor):
    """Loses its workers after some calls."""

    def __init__(self, calls: int) -> None:
        super().__init__(1)
        self.left = calls

    def submit(self, *call: Any, **more: Any) -> Future[Any]:
        self.left -= 1
        if self.left >= 0:
            return super().submit(*call, **more)
        raise BrokenExecutor("a worker was killed")


def test_a_sweep_goes_on_after_its_workers_are_lost(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    broken = found(executor=Breaking(2))
    with pytest.raises(archcalc.UsageError, match=r"AC583.*: BrokenExecutor"):
        written(broken, folder)
    (folder / "part-00003.parquet").write_bytes(b"written, but not noted")
    (folder / "_left.parquet").write_bytes(b"half")
    with (folder / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write('{"number": 4, "combi')
    assert written(found(), folder, 7, resume=True) == list(found())
    entries = (folder / JOURNAL).read_text(encoding="utf-8").splitlines()[1:]
    numbers = [json.loads(line)["number"] for line in entries]
    assert sorted(numbers) == list(range(6))
    (folder / "part-00001.parquet").unlink()
    assert written(found(), folder, resume=True) == list(found())
    for damaged in (b"", b"PAR1", (folder / "part-00003.parquet").read_bytes()[:-9]):
        (folder / "part-00003.parquet").write_bytes(damaged)
        assert written(found(), folder, resume=True) == list(found())


def test_what_does_not_fit_is_told_once(tmp_path: Path) -> None:
    """Also where a sweep goes on, and a file is written twice."""
    text = "name: a\ninput: [3, s, s]\nparams: {s: 8}\nlayers: [{conv: 4, kernel: 5}]\n"
    over = {"s": range(1, 1300)}
    one = sweep(archcalc.loads(text), over, figures=("params",))
    folder = tmp_path / "rows"
    assert len(written(one, folder, 500)) == 1295
    (folder / "part-00000.parquet").unlink()
    for _ in range(2):
        again = sweep(archcalc.loads(text), over, figures=("params",))
        written(again, folder, 500, resume=True)
        assert again.refusals == one.refusals == 4
        assert again.refused == one.refused


def test_all_files_have_the_same_types(tmp_path: Path) -> None:
    """One file has MACs beyond 64 bits, for so large a batch."""
    over = {"batch": (1, 2**31), "width": (8, 512), "size": (32, 480)}
    one = found(over=over)
    rows = list(one)
    assert max(row[-1] for row in rows) > 2**63
    folder = tmp_path / "rows"
    assert written(one, folder, 2) == rows
    types = {
        read_table(path).schema.field("macs").type for path in folder.glob("part-*")
    }
    assert len(list(folder.glob("part-*"))) == 4
    assert {str(kind) for kind in types} == {"decimal128(38, 0)"}


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    for resume in (False, True):
        with pytest.raises(archcalc.UsageError, match="AC582"):
            Partitions(found(), tmp_path, "parquet", 40, resume)
    folder = tmp_path / "rows"
    written(found(), folder)
    for one, resume in ((found(), False), (found(batch=2), True)):
        with pytest.raises(archcalc.UsageError, match="AC582"):
            Partitions(one, folder, "parquet", 40, resume)
    head = (folder / JOURNAL).read_text(encoding="utf-8").splitlines()[0]
    endless = f"{head[: head.rindex(':')]}: Infinity}}"
    for line in ("{}", "7", '{"number": -1, "rows": "a"}', head, "\xff", endless):
        begin = "" if line == endless else f"{head}\n"
        (folder / JOURNAL).write_bytes(f"{begin}{line}\n".encode("latin-1"))
        with pytest.raises(archcalc.UsageError, match="AC582"):
            Partitions(found(), folder, "parquet", 40, True)


def test_a_worker_that_does_not_see_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    with ThreadPoolExecutor(1) as pool:
        one = Partitions(found(executor=pool), folder, "parquet", 40, False)
        (folder / JOURNAL).rename(folder / "_moved")
        with pytest.raises(archcalc.UsageError, match=r"AC583.* is not that of"):
            one.run(lambda _: None)


def test_a_worker_that_has_another_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = partitions.Part(0, 40, 40, [], 0, [])
    monkeypatch.setattr(partitions, "write_part", lambda *_: elsewhere)
    one = Partitions(found(), tmp_path / "rows", "parquet", 40, False)
    with pytest.raises(archcalc.UsageError, match=r"AC583.*a file that is not in"):
        one.run(lambda _: None)
    assert one.done == {}


WORDS = ("sweep", SPACE, "--over", "width=8:64:8", "--over", "blocks3=1:40")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--partition", "0", "-o", "rows"), "AC580"),
        (("--partition", "9"), "AC584"),
        (("--partition", "9", "-o", "rows", "-f", "csv"), "AC580"),
        (("--partition", "9", "-o", "rows", "--sort", "macs"), "AC580"),
        (("--partition", "9", "-o", "rows", "--top", "3"), "AC580"),
        (("--partition", "9", "-o", "rows", "--sample", "3"), "AC580"),
        (("--sample", "0"), "AC580"),
        (("--sample", "3", "--jobs", "2"), "AC580"),
        (("--sample", "3", "--resume", "-o", "rows.csv"), "AC580"),
        (("--over", "size=1:999", "--partition", "1", "-o", "rows"), "AC580"),
    ],
)
def test_what_does_not_go_together(
    more: tuple[str, ...],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = [str(tmp_path / word) if word[:4] == "rows" else word for word in more]
    done = run(capsys, monkeypatch, *WORDS, *words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_processes_write_a_folder(
    format: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pyarrow.dataset import dataset

    folder = tmp_path / "rows"
    more = ("--partition", "100", "-o", str(folder), "-f", format, "--jobs", "2")
    done = run(capsys, monkeypatch, *WORDS, *more)
    assert (done.code, done.out, done.err) == (0, "", "")
    table = dataset(sorted(folder.glob(f"*.{format}")), format=format).to_table()
    over = {"width": range(8, 72, 8), "blocks3": range(1, 41)}
    one = sweep(archcalc.load(SPACE), over)
    assert [tuple(row.values()) for row in table.to_pylist()] == list(one)


@pytest.mark.parametrize("more", [(), ("--where", "macs <= 1G")])
def test_a_sample_is_that_of_python(
    more: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = {"width": range(8, 72, 8), "blocks3": range(1, 41)}
    where = more[1] if more else None
    one = sweep(archcalc.load(SPACE), over, figures=("params", "macs"), where=where)
    words = (*WORDS, "--figures", "params,macs", "--sample", "500", *more)
    done = run(capsys, monkeypatch, *words, "--seed", "7", "-f", "csv")
    drawn = list(one.sample(500, 7))
    assert done.out.splitlines() == [
        "width,blocks3,params,macs",
        *(",".join(map(str, row)) for row in drawn),
    ]
    done = run(capsys, monkeypatch, *words, "--seed", "7", "-f", "csv", "--top", "3")
    assert len(done.out.splitlines()) == 4
    done = run(
        capsys, monkeypatch, *words, "--seed", "7", "--sort", "macs:down", "-f", "json"
    )
    cells = [row["cells"] for row in json.loads(done.out)["tables"][0]["rows"]]
    ordered = sorted(drawn, key=lambda row: -row[-1])
    assert [(c["params"], c["macs"]) for c in cells] == [row[-2:] for row in ordered]
    note = json.loads(done.out)["notes"][0]["text"]
    assert note.startswith(
        f"{len(drawn)} of 500 combinations drawn at random from 320 "
    )

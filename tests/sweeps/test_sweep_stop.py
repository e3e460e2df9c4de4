"""A sweep that is stopped keeps what is done, goes on, and holds no more than it must."""

from __future__ import annotations

import json
import os
import resource
import signal
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import archcalc as run
from pyarrow.parquet import read_table
from samples import long_unless
from sweep_runs import PATIENCE, cpu_seconds, peak_memory, size, started, until
from sweep_specs import SLOW

import archcalc
from archcalc import sweep
from archcalc.render.rows import row_file
from archcalc.sweeps.choice import Choice
from archcalc.sweeps.chunks import chunks
from archcalc.sweeps.partial import partial_of
from archcalc.sweeps.run import Gathering, stream

OVER = ("--over", "b=1:12000")
CASES = [
    ("csv", ()),
    ("csv", ("--jobs", "2")),
    ("parquet", ()),
    ("json", ("--sort", "macs:down", "--top", "5")),
    ("svg", ("--plot", "params,macs")),
]
FURTHER = [
    ("csv", ("--top", "9000")),
    ("json", ("--where", "params != 44")),
    ("csv", ("--sort", "macs:down")),
    ("csv", ("--pareto", "params,macs")),
    ("txt", ("--top", "9000")),
]
"""Other files and choices, stopped in the same places."""


@pytest.mark.parametrize(
    "case",
    long_unless(CASES.__contains__, [*CASES, *FURTHER]),
    ids=lambda case: " ".join((case[0], *case[1])),
)
def test_ctrl_c_keeps_what_is_done(
    case: tuple[str, tuple[str, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending, more = case
    spec = tmp_path / "net.yaml"
    spec.write_text(SLOW, encoding="utf-8")
    whole, part = tmp_path / f"whole.{ending}", tmp_path / f"part.{ending}"
    words = ("sweep", str(spec), *OVER, *more)
    assert run(capsys, monkeypatch, *words, "-o", str(whole)).code == 0
    growing = part.with_name(f"{part.name}.part") if ending == "parquet" else part
    process = started(*words, "-o", str(part))
    if ending == "parquet":  # loading pyarrow takes longer than all the rest
        until(growing.exists, "a file")
    enough = cpu_seconds(process) + 0.8
    until(lambda: size(growing) > 5_000 or cpu_seconds(process) > enough, "some rows")
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    kept = f"the results so far are kept: --resume continues {part}"
    assert told.splitlines() == [kept, "interrupted"]
    half = partial_of(part) if not part.exists() else part
    assert size(half) > 0
    done = run(capsys, monkeypatch, *words, "--resume", "-o", str(part))
    assert (done.code, done.err) == (0, "")
    assert not partial_of(part).exists()
    if ending == "parquet":
        assert read_table(part).equals(read_table(whole))
    else:
        assert part.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "arrow", "md"])
def test_a_full_disk_is_told_and_what_is_written_stays(
    ending: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file of columns has no end then: nothing of it is left."""
    path, whole = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    words = ("sweep", "resnet-cifar", "--over", "classes=10:3000", "-o")
    assert run(capsys, monkeypatch, *words, str(whole)).code == 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size(whole) // 2, before[1]))
    try:
        done = run(capsys, monkeypatch, *words, str(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert done.code == 2
    *kept, told = done.err.splitlines()
    assert told.startswith(f"error: cannot write {path}: ")
    in_lines = ending in ("csv", "json")
    resumed = f"the results so far are kept: --resume continues {path}"
    assert kept == [resumed] * in_lines
    assert {*tmp_path.iterdir()} == ({whole, path} if in_lines else {whole})
    assert run(capsys, monkeypatch, *words, str(path), "--resume").code == 0
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_process_that_they_work_for(
    sent: signal.Signals, tmp_path: Path
) -> None:
    """They hold its pipes, so that these stay open as long as a worker lives."""
    spec, rows = tmp_path / "net.yaml", tmp_path / "rows.csv"
    spec.write_text(SLOW, encoding="utf-8")
    process = started("sweep", str(spec), *OVER, "--jobs", "2", "-o", str(rows))
    try:
        until(lambda: size(rows) > 0, "some rows")
        process.send_signal(sent)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == -sent
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_json_and_parquet_are_readable_after_a_stop(tmp_path: Path) -> None:
    found = sweep(archcalc.loads(SLOW), {"b": range(1, 3000)}, figures=("params",))
    file = row_file(found, tmp_path / "sweep.json", "json")

    def told(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream(found, Choice(), file, False, told)
    report = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    rows = report["tables"][0]["rows"]
    assert [row["cells"]["b"] for row in rows] == list(range(1, len(rows) + 1))
    assert 0 < len(rows) < 2999
    assert report["notes"][1]["text"] == f"Interrupted after {len(rows)} combinations."


def test_what_was_kept_of_another_sweep_is_refused(tmp_path: Path) -> None:
    over = {"b": range(1, 3000)}
    one = sweep(archcalc.loads(SLOW), over, figures=("params", "macs"))
    two = sweep(archcalc.loads(SLOW), over, figures=("params", "macs"), batch=2)
    choice = Choice(pareto=("params", "macs"))
    path = tmp_path / "front.partial"

    def told(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Gathering(one, choice, path, False).run(told)
    again = Gathering(one, choice, path, True)
    assert 0 < again.done < len(one)
    assert again.rows() == list(one)[:1]
    for found, other in ((two, choice), (one, Choice(sort="macs"))):
        with pytest.raises(archcalc.UsageError, match="AC582"):
            Gathering(found, other, path, True)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(archcalc.UsageError, match="AC582"):
        Gathering(one, choice, path, True)


class Breaking(ThreadPoolExecutor):
    """Loses its workers after some chunks."""

    def __init__(self, chunks: int) -> None:
        super().__init__(1)
        self.left = chunks

    def submit(self, *call: Any, **more: Any) -> Future[Any]:
        self.left -= 1
        if self.left >= 0:
            return super().submit(*call, **more)
        broken: Future[Any] = Future()
        broken.set_exception(BrokenExecutor("a worker was killed"))
        return broken


def test_workers_that_die_leave_what_is_written(tmp_path: Path) -> None:
    over = {"b": range(1, 3000)}
    found = sweep(archcalc.loads(SLOW), over, executor=Breaking(3))
    path = tmp_path / "sweep.csv"
    with pytest.raises(archcalc.UsageError, match=r"AC583.*: BrokenExecutor: a worker"):
        stream(found, Choice(), row_file(found, path, "csv"), False, lambda _: None)
    written = path.read_text(encoding="utf-8").splitlines()
    assert 200 < len(written) < 2999
    found.executor = None
    stream(found, Choice(), row_file(found, path, "csv"), True, lambda _: None)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3000


def test_a_bug_in_a_worker_is_no_failure_of_the_executor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = sweep("efficientnet", {"width": (1, 2)}, executor=ThreadPoolExecutor(1))
    monkeypatch.setattr("archcalc.sweeps.chunks.made", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        list(chunks(found))


# -- memory --------------------------------------------------------------------------

GRID = [
    *("sweep", "docs/examples/resnet-space.yaml", "--over", "width=16:1024:8"),
    *("--over", "size=32:1024:32", "--over", "blocks2=1:12", "--over", "blocks3=1:12"),
    *("--over", "blocks4=1:24", "--over", "blocks5=1:8", "--figures", "params,macs"),
]
"""128 · 32 · 12 · 12 · 24 · 8, more than 10⁸ combinations."""


BYTES = {".csv": 27, ".json": 240}
"""What a row of the grid takes in a file, about."""


def most_memory(rows: int, path: Path, *more: str) -> int:
    """Return the peak in KiB of a sweep when it has written some rows, and stop it."""
    process = started(*GRID, *more, "-o", str(path))
    enough = rows * BYTES[path.suffix]
    until(lambda: size(path) > enough or process.poll() is not None, "rows")
    peak = peak_memory(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    return peak


@pytest.mark.parametrize(
    "ending", ["csv", pytest.param("json", marks=pytest.mark.long)]
)
def test_memory_does_not_grow_with_the_rows(ending: str, tmp_path: Path) -> None:
    """113 million combinations; 360,000 rows more would take 100 MB, if they were held."""
    short, long = tmp_path / f"short.{ending}", tmp_path / f"long.{ending}"
    few = most_memory(40_000, short)
    many = most_memory(400_000, long)
    assert many < few + 20_000
    assert size(long) > 5 * size(short)
    long.unlink()


def watch(gathering: Gathering, held: list[int], _: int) -> None:
    """Note how many rows are held."""
    chosen = gathering.chosen
    held.append(len(chosen.held) + len(chosen.kept()))


def test_a_choice_holds_what_may_still_be_wanted() -> None:
    found = sweep(
        "docs/examples/resnet-space.yaml",
        {"width": "16:64:8", "blocks3": "1:30", "blocks4": "1:30", "blocks5": "1:10"},
        figures=("params", "macs"),
    )
    for choice, most in (
        (Choice(sort="macs", down=True, top=10), 1_100),
        (Choice(pareto=("params", "macs")), 100),
        (Choice(plane=("params", "macs")), 6_100),
    ):
        gathering = Gathering(found, choice, None, False)
        held: list[int] = []
        gathering.run(partial(watch, gathering, held))
        assert max(held) <= most
        assert gathering.done == len(found) == 63_000

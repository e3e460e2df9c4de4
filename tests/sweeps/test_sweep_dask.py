"""A sweep on a real dask cluster of two worker processes, one of which is killed."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from commands import archcalc as run
from sweep_runs import PATIENCE, ROOT, environment, size, started, until
from sweep_specs import SLOW

import archcalc
from archcalc import sweep
from archcalc.sweeps import executors
from archcalc.sweeps.choice import Choice
from archcalc.sweeps.chunks import run_chunk, task_of

HERE = ("--host", "127.0.0.1", "--no-dashboard")


class Cluster(NamedTuple):
    """A scheduler with two workers of one thread each, and where it writes its log."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    log: Path


def dask(folder: Path, log: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start a process of dask that writes to a log."""
    program = [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *words[1:]]
    with log.open("wb") as sink:
        return subprocess.Popen(
            [*program, *HERE],
            stdout=sink,
            stderr=sink,
            cwd=folder,
            env={**environment(), "DASK_TEMPORARY_DIRECTORY": str(folder)},
        )


def scheduler(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a scheduler on a free port; return its address."""
    known = folder / "scheduler.json"
    words = ("--port", "0", "--no-show", "--scheduler-file", str(known))
    process = dask(folder, folder / "scheduler.log", "scheduler", *words)
    until(lambda: size(known) > 0, "a scheduler")
    return process, json.loads(known.read_text(encoding="utf-8"))["address"]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    head, address = scheduler(tmp_path)
    options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
    workers = [
        dask(tmp_path, tmp_path / f"worker{i}.log", "worker", address, *options)
        for i in range(2)
    ]
    log = tmp_path / "scheduler.log"
    until(
        lambda: log.read_text(encoding="utf-8").count("Register worker") == 2, "workers"
    )
    yield Cluster(address.replace("tcp://", executors.SCHEME), head, workers, log)
    for process in (*workers, head):
        process.kill()
        process.wait()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Return a spec whose combinations take long enough to be interrupted."""
    path = tmp_path / "net.yaml"
    path.write_text(SLOW, encoding="utf-8")
    return path


def test_a_worker_is_killed_and_nothing_is_lost_or_double(
    cluster: Cluster,
    spec: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone, many = tmp_path / "1.csv", tmp_path / "2.csv"
    words = ("sweep", str(spec), "--over", "b=1:12000", "--where", "params != 77")
    assert run(capsys, monkeypatch, *words, "-o", str(alone)).code == 0
    process = started(*words, "--executor", cluster.address, "-o", str(many))
    until(lambda: size(many) > 10_000 or process.poll() is not None, "rows")
    cluster.workers[0].kill()
    assert process.poll() is None
    assert size(many) < size(alone) / 2
    out, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, told) == (0, "", "")
    assert many.read_bytes() == alone.read_bytes()
    log = cluster.log.read_text(encoding="utf-8")
    assert log.index("Remove worker") < log.index("Remove client")
    assert cluster.workers[1].poll() is None


def test_a_scheduler_is_lost_and_the_sweep_goes_on_without(
    cluster: Cluster,
    spec: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone, many = tmp_path / "1.csv", tmp_path / "2.csv"
    words = ("sweep", str(spec), "--over", "b=1:12000")
    assert run(capsys, monkeypatch, *words, "-o", str(alone)).code == 0
    process = started(*words, "--executor", cluster.address, "-o", str(many))
    until(lambda: size(many) > 10_000 or process.poll() is not None, "rows")
    cluster.scheduler.kill()
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert told.startswith("error[AC583]: the workers failed: ")
    assert "Traceback" not in told
    assert run(capsys, monkeypatch, *words, "--resume", "-o", str(many)).code == 0
    assert many.read_bytes() == alone.read_bytes()


def test_choices_are_made_by_the_workers(
    cluster: Cluster,
    spec: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("sweep", str(spec), "--over", "b=1:1200", "-f", "csv", "--top", "7")
    for more in ((), ("--sort", "macs:down"), ("--pareto", "macs,params")):
        alone = run(capsys, monkeypatch, *words, *more)
        process = started(*words, *more, "--executor", cluster.address)
        out, told = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, told) == (alone.code, alone.out, "")


def test_nobody_answers(tmp_path: Path) -> None:
    head, address = scheduler(tmp_path)
    where = address.removeprefix("tcp://")
    program = f"""
from archcalc.sweeps import executors
from archcalc.errors import UsageError
executors.PATIENCE = 1
try:
    with executors.executor_of("dask://{where}", 1):
        pass
except UsageError as error:
    print(error)
"""

    def told() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            encoding="utf-8",
            env=environment(),
            cwd=ROOT,
        )
        return done.stdout

    assert f"AC583]: the scheduler at {where} has no worker after 1 s" in told()
    head.kill()
    head.wait()
    assert f"AC583]: no dask scheduler answers at {where}" in told()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--executor tcp://127.0.0.1:1", "AC583"),
        ("--executor dask://", "AC583"),
        ("--executor dask://127.0.0.1:1 --jobs 2", "AC580"),
        ("--executor dask://127.0.0.1:1", "AC584"),
    ],
)
def test_what_is_no_executor(
    words: str,
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    line = f"sweep efficientnet --over width=1:2 {words}"
    done = run(capsys, monkeypatch, *line.split())
    assert done.code == 2
    assert code in done.err


def test_workers_of_another_version_are_refused() -> None:
    found = sweep("efficientnet", {"width": (1, 2)})
    task = replace(task_of(found, Choice()), version="0.0.0")
    with pytest.raises(archcalc.UsageError, match="AC583"):
        run_chunk(pickle.dumps(task), 0, 1)


def test_a_folder_outlives_a_worker_and_the_scheduler(
    cluster: Cluster,
    spec: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker is killed, then the scheduler; the sweep goes on on other workers."""
    alone, many = tmp_path / "1", tmp_path / "2"
    words = ("sweep", str(spec), "--over", "b=1:5000", "--where", "params != 77")
    words = (*words, "--partition", "500", "-o")
    assert run(capsys, monkeypatch, *words, str(alone)).code == 0
    process = started(*words, str(many), "--executor", cluster.address)
    files = sorted(path.name for path in alone.glob("part-*"))
    assert len(files) == 10

    def whole(count: int) -> Callable[[], bool]:
        return lambda: (
            len(list(many.glob("part-*"))) >= count or process.poll() is not None
        )

    until(whole(1), "files")
    cluster.workers[0].kill()
    until(whole(2), "more files")
    cluster.scheduler.kill()
    _, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, told[:12]) == (2, "error[AC583]")
    assert len(list(many.glob("part-*"))) < 10
    again = ("--jobs", "2", "--resume")
    assert run(capsys, monkeypatch, *words, str(many), *again).code == 0
    assert sorted(path.name for path in many.glob("[!_]*")) == files
    for file in files:
        assert (many / file).read_bytes() == (alone / file).read_bytes()

"""A sweep of 10⁹ combinations on a dask cluster that loses a worker and its scheduler."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from measuring import ROOT, Line, Section, archcalc

SPACE = "docs/examples/resnet-space.yaml"
AXES = {
    "width": "8:1024:8",
    "size": "32:1024:32",
    "blocks2": "1:16",
    "blocks3": "1:16",
    "blocks4": "1:32",
    "blocks5": "1:32",
}
SOME = {**AXES, "blocks5": "1:4"}
"""An eighth of it, for what is run again and again."""
WHERE = "macs <= 37G"
PARTITION = 4_000_000
ABOUT = f"""\
`{SPACE}` with {", ".join(f"{name}={values}" for name, values in AXES.items())}: 2³⁰
combinations with three figures. Rows with `{WHERE}` are written as Parquet, a file for
every {PARTITION:,} combinations, by two processes (`--jobs 2`) and by two workers of a
dask cluster with one thread each. In the middle of the sweep on the cluster a worker is
killed and another one started; later the scheduler is killed, started again with its
workers, and the sweep goes on with `--resume`. The files of both sweeps are compared
byte for byte. Rates are of an eighth of the space, the two in turn, from start to end.
Seconds of processor are those of all processes."""
TICKS = os.sysconf("SC_CLK_TCK")
HERE = ("--host", "127.0.0.1", "--no-dashboard")


class Taken(NamedTuple):
    """Seconds of a sweep, by the clock and of the processor."""

    seconds: float
    busy: float


class Cluster:
    """A scheduler with two workers, in processes that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known = folder / "scheduler.json"
        self.lost = 0.0
        """Seconds of processor of what was killed."""
        self.most = 0.0
        """The most MiB that a worker held."""
        self.begin()

    def begin(self) -> None:
        """Start the scheduler and its workers."""
        self.known.unlink(missing_ok=True)
        words = ("--port", "0", "--no-show", "--scheduler-file", str(self.known))
        self.scheduler = self._start("scheduler", *words)
        while not (self.known.exists() and self.known.stat().st_size):
            time.sleep(0.05)
        self.address = json.loads(self.known.read_text())["address"]
        self.workers = [self.worker(), self.worker()]

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        words = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))
        return self._start("worker", self.address, *words)

    def _start(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words, *HERE]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(program, stdout=log, stderr=log, cwd=ROOT)

    @property
    def option(self) -> tuple[str, str]:
        """What has a sweep run here."""
        return "--executor", self.address.replace("tcp://", "dask://")

    def busy(self) -> float:
        """Return the seconds of processor of all, so far; look at memory."""
        for worker in self.workers:
            status = Path(f"/proc/{worker.pid}/status").read_text()
            held = status.partition("VmHWM:")[2].split()[0]
            self.most = max(self.most, int(held) / 1024)
        return self.lost + sum(map(_ticks, (self.scheduler, *self.workers))) / TICKS

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process at once."""
        self.lost += _ticks(process) / TICKS
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        """End everything."""
        for process in (*self.workers, self.scheduler):
            self.kill(process)


def _ticks(process: subprocess.Popen[bytes]) -> int:
    text = Path(f"/proc/{process.pid}/stat").read_text()
    return sum(map(int, text.rpartition(")")[2].split()[11:13]))


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Give a cluster, and end it."""
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.end()


def words(over: dict[str, str], folder: Path, *more: str) -> list[str]:
    """Return the command line of a sweep."""
    axes = (w for name, v in over.items() for w in ("--over", f"{name}={v}"))
    figures = ("--figures", "params,macs,activations", "--where", WHERE)
    leaving = ("--partition", str(PARTITION), "-o", str(folder))
    return [
        sys.executable,
        *archcalc("sweep", SPACE, *axes, *figures, *leaving, *more),
    ]


def swept(line: Sequence[str], made: Cluster | None = None) -> Taken:
    """Run a sweep to its end."""
    before = made.busy() if made else 0.0
    begin, own = time.perf_counter(), _children()
    subprocess.run(line, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    seconds, busy = time.perf_counter() - begin, _children() - own
    return Taken(seconds, busy + (made.busy() - before if made else 0.0))


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def parts(folder: Path) -> list[dict[str, Any]]:
    """Return what is noted in a journal."""
    journal = folder / "_sweep.jsonl"
    text = journal.read_text() if journal.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True)[1:]]


def disturbed(made: Cluster, folder: Path, count: int) -> tuple[float, float]:
    """Run the whole sweep while a worker and then the scheduler is lost.

    Return its seconds, and the most MiB of a worker in the first quarter.
    """
    line, begin = words(AXES, folder, *made.option), time.perf_counter()
    process = subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE)
    _until(folder, count // 4, process)
    made.busy()
    early = made.most
    made.kill(made.workers[0])
    made.workers[0] = made.worker()
    _until(folder, count // 2, process)
    made.busy()
    made.kill(made.scheduler)
    _, told = process.communicate()
    if process.returncode != 2 or b"AC583" not in told:
        raise RuntimeError(told.decode())
    for worker in made.workers:
        made.kill(worker)
    made.begin()
    subprocess.run(words(AXES, folder, *made.option, "--resume"), check=True, cwd=ROOT)
    made.busy()
    return time.perf_counter() - begin, early


def _until(folder: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until so many files are written."""
    while len(parts(folder)) < count:
        if process.poll() is not None:
            raise RuntimeError("the sweep ended too early")
        time.sleep(0.1)


def measure(rounds: int) -> Section:
    """Run the sweeps."""
    with TemporaryDirectory() as name, cluster(Path(name)) as made:
        home = Path(name)
        turns = []
        for turn in range(rounds):
            one, two = home / f"processes{turn}", home / f"cluster{turn}"
            here = swept(words(SOME, one, "--jobs", "2"))
            turns.append((here, swept(words(SOME, two, *made.option), made)))
        plain, both = home / "plain", home / "both"
        alone = swept(words(AXES, plain, "--jobs", "2"))
        files = sorted(path.name for path in plain.glob("part-*"))
        seconds, early = disturbed(made, both, len(files))
        alike = files == sorted(path.name for path in both.glob("[!_]*")) and all(
            cmp(plain / file, both / file, shallow=False) for file in files
        )
        noted = parts(both)
        size = sum(path.stat().st_size for path in both.iterdir())
        most = made.most
    rows = sum(part["rows"] for part in noted)
    found = sum(part["combinations"] for part in noted)
    lines = _rates(turns, rows / found)
    lines += [
        Line(
            f"{found:,} combinations, {rows:,} rows, {len(files)} files",
            "10⁹, 10⁸, at most 5 GB",
            f"{size / 1e9:.2f} GB; two processes {alone.seconds:.0f} s, "
            f"{alone.busy:.0f} s of processor; cluster {seconds:.0f} s with its losses",
            found >= 10**9 and rows >= 10**8 and size <= 5e9,
        ),
        Line(
            "a worker killed, the scheduler killed and started again",
            "nothing lost or double",
            f"{len(files)} files as of two processes, byte for byte"
            if alike
            else "the files differ",
            alike and len({part["number"] for part in noted}) == len(noted),
        ),
        Line(
            "the most memory of a worker",
            "flat",
            f"{early:.0f} MiB after a quarter, {most:.0f} at the end",
            most <= 1.1 * early,
        ),
    ]
    return Section("A sweep on a dask cluster", ABOUT, lines)


def _rates(turns: Sequence[tuple[Taken, Taken]], share: float) -> list[Line]:
    """Show how many combinations a second two processes and the cluster look at."""
    count = 128 * 32 * 16 * 16 * 32 * 4
    ratios = [there.seconds / here.seconds for here, there in turns]
    busy = [there.busy / here.busy for here, there in turns]
    rates = [
        count / median(pair[side].seconds for pair in turns) / 1e6 for side in (0, 1)
    ]
    text = (
        f"{median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f}) the time, "
        f"{median(busy):.2f} × the processor; {rates[0]:.1f} : {rates[1]:.1f} million "
        f"combinations a second, of which {share:.0%} are written"
    )
    what = "the cluster beside two processes"
    return [Line(what, "within 20 %", text, median(ratios) <= 1.2)]

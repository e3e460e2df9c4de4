"""The command line in processes of its own, under limits, and what each one cost.

A server imports archcalc once and forks for every run, so that thousands of runs take
no longer than their work. `python tests/support/forked.py` is that server; tests use `Server`.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from archcalc.commands import COMMANDS

ROOT = Path(__file__).parents[2]
CPU_SECONDS = 120
WALL_SECONDS = 300
"""What ends a run that would never end; no test waits for it or asserts a time."""
ADDRESS_BYTES = 3 << 30
FILE_BYTES = 64 << 20


MODULES = (
    "archcalc.commands.typer_app",
    "archcalc.checks.checking",
    "archcalc.language.formatting",
    *(f"archcalc.commands.{module}" for module in COMMANDS.values()),
)


@dataclass(frozen=True)
class Done:
    """A run that ended: negative codes are signals, `killed` one that took too long."""

    code: int
    out: str
    err: str
    cpu: float
    wall: float
    megabytes: float
    killed: bool

    @property
    def text(self) -> str:
        return self.out + self.err


class Server:
    """A process that runs the command line on request, each run in a fork."""

    def __init__(self) -> None:
        command = [sys.executable, str(Path(__file__)), "serve"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(WALL_SECONDS)
        assert self.process.stdout
        self.process.stdout.close()

    def run(
        self,
        *words: str | Path,
        cwd: Path | None = None,
        stdin: str | Path = os.devnull,
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """Return how `archcalc words...` ended."""
        assert self.process.stdin
        assert self.process.stdout
        job = {
            "words": [str(word) for word in words],
            "cwd": str(cwd or ROOT),
            "stdin": str(stdin),
            "env": dict(env or {}),
        }
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        return Done(**json.loads(self.process.stdout.readline()))


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer one line a job, until there are no more."""
    for name in MODULES:  # loaded once, before the forks
        import_module(name)
    for line in jobs:
        answers.write(json.dumps(run(json.loads(line))).encode() + b"\n")
        answers.flush()


def run(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run one job in a fork and return the fields of `Done`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            be_the_command(job, out.fileno(), err.fileno())
        status, usage, killed = wait(child, began + WALL_SECONDS)
        wall = time.monotonic() - began
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    return {
        "code": os.waitstatus_to_exitcode(status),
        "out": texts[0],
        "err": texts[1],
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
        "megabytes": usage.ru_maxrss / 1024,
        "killed": killed,
    }


def wait(child: int, end: float) -> tuple[int, resource.struct_rusage, bool]:
    """Wait for a child until a time, then end it."""
    while time.monotonic() < end:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            return status, usage, False
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    return status, usage, True


def be_the_command(job: Mapping[str, Any], out: int, err: int) -> None:
    """Become the command line in this fork; never return."""
    code = 70
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        os.dup2(os.open(job["stdin"], os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(number, mode, encoding="utf-8", closefd=False)
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        sys.argv = ["archcalc", *job["words"]]
        code = ended()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended() -> int:
    """Run the command and return its exit code, as the interpreter would."""
    import traceback

    from archcalc.__main__ import main

    try:
        main()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "wb")
    serve(sys.stdin.buffer, answers)

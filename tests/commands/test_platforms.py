"""Other systems and odd terminals, as far as Linux can act as if it were them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archcalc.commands import output

UNLIKE_UNIX = """
import os, signal, sys

if __name__ == "__main__":
    for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
        sys.modules[name] = None  # an import of it fails
    for name in ("fork", "forkpty", "register_at_fork", "O_NONBLOCK", "O_NOCTTY"):
        if hasattr(os, name):
            delattr(os, name)
    for name in ("SIGALRM", "SIGPIPE", "SIGHUP", "SIGUSR1", "alarm", "setitimer"):
        delattr(signal, name)
    sys.argv = ["archcalc", *sys.argv[1:]]
    from archcalc.__main__ import main

    main()
"""
SPAWNED = """
import multiprocessing, sys

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    sys.argv = ["archcalc", *sys.argv[1:]]
    from archcalc.__main__ import main

    main()
"""
SPEC = "name: net\ninput: [3, 8, 8]\nparams: {k: 8}\nlayers: [{conv: k, kernel: 3}]\n"


def run(program: str, words: str, folder: Path, **environment: str) -> tuple[int, str]:
    """Return how a program ends, and what it writes, in a folder with a spec."""
    (folder / "net.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "program.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py", *words.split()],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        "table net.yaml",
        "help sweep",
        "check net.yaml",
        "new mine",
        "lock net.yaml",
        "explain net.yaml conv",
        "draw net.yaml -o net.svg",
        "sweep net.yaml --over k=1:4",
    ],
)
def test_nothing_asks_for_what_only_unix_has(words: str, tmp_path: Path) -> None:
    code, said = run(UNLIKE_UNIX, words, tmp_path)
    assert (code, "Traceback" in said) == (0, False), said


def test_processes_may_be_spawned(tmp_path: Path) -> None:
    words = "sweep net.yaml --over k=1:40 -f csv"
    alone = run(SPAWNED, words, tmp_path)
    assert alone[0] == 0
    assert run(SPAWNED, f"{words} --jobs 2", tmp_path) == alone


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "latin-1"])
def test_a_terminal_may_lack_signs(encoding: str, tmp_path: Path) -> None:
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    code, said = run(SPAWNED, "help table", tmp_path, **environment)
    assert (code, "Usage: archcalc table NET" in said) == (0, True)


@pytest.mark.parametrize(
    ("system", "number", "left"),
    [
        ("nt", errno.EINVAL, True),
        ("posix", errno.EINVAL, False),
        ("nt", errno.ENOSPC, False),
        ("posix", errno.EPIPE, True),
        ("nt", errno.EPIPE, True),
    ],
)
def test_a_reader_that_left_is_known_on_every_system(
    system: str, number: int, left: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError(number, "told")  # EPIPE makes it a BrokenPipeError
    monkeypatch.setattr(output.os, "name", system)
    found = output.reader_left(error)
    monkeypatch.undo()
    assert found is left


def test_a_terminal_may_have_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: int) -> os.terminal_size:
        raise OSError(errno.ENOTTY, "no terminal")

    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1)
    monkeypatch.setattr(os, "get_terminal_size", refused)
    assert output.columns() == output.USUAL_WIDTH

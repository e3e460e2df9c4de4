"""Odd files, arguments, streams, environments and signals: told in one message."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from forked import Server
from samples import long_unless
from sweep_runs import environment

from archcalc.errors import SourceError
from archcalc.limits import DEFAULT
from archcalc.source.text import read_bytes

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "archcalc"]
SPEC = "name: a\ninput: [3, 8, 8]\nlayers: [{conv: 4, kernel: 3}, relu]\n"
SECONDS = 60


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


def process(
    *words: str | bytes | Path, folder: Path, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a process of its own, as a user does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more.pop("env", {})}
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={k: v for k, v in environment.items() if v is not None},
        capture_output="stdout" not in more,
        errors="backslashreplace",
        encoding="utf-8",
        timeout=SECONDS,
        **more,
    )
    assert "Traceback" not in (done.stdout or "") + (done.stderr or "")
    return done


def shell(line: str, folder: Path) -> tuple[int, str]:
    """Run a line of shell in which `$A` is the command."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, "A": " ".join(COMMAND), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "link.yaml").symlink_to("net.yaml")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("folder.yaml", "directory"),
        ("pipe.yaml", "a pipe"),
        ("loop.yaml", "form a loop"),
        ("zero.yaml", "a device"),
        ("none.yaml", "no such file"),
        ("net.yaml/x.yaml", "not a directory"),
        ("x" * 300 + ".yaml", "too long"),
        ("net.yaml\0x.yaml", "NUL"),
    ],
)
@pytest.mark.parametrize("command", ["check", "table", "fmt"])
def test_a_path_that_is_no_file(
    command: str, name: str, says: str, server: Server, folder: Path
) -> None:
    if command != "table" and name == "folder.yaml":
        says = "no spec in the folder"
    done = server.run(command, name, cwd=folder)
    assert done.code == 2, done.text
    assert says in done.text


def test_a_file_without_permission(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read anything, so that it becomes nobody for a moment."""
    (folder / "net.yaml").chmod(0)
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        with pytest.raises(SourceError, match="no permission to read this file"):
            read_bytes("net.yaml", DEFAULT)
    finally:
        os.seteuid(user)


LINES = {
    "a full disk": ("$A table vgg16 > /dev/full", 2, "No space left"),
    "a full disk for help": ("$A --help > /dev/full", 2, "No space left"),
    "a full disk by option": ("$A schema -o /dev/full", 2, "No space left"),
    "nowhere to complain": ("$A table nosuch > /dev/full 2>&1", 2, ""),
    "a closed output": ("$A list >&-", 2, "it is closed"),
    "nothing open": ("$A table vgg16 >&- 2>&- <&-", 2, ""),
    "a closed input": ("$A table - <&-", 2, "the standard input is closed"),
    "a closed input to fmt": ("$A fmt - <&-", 2, "the standard input is closed"),
    "a reader that leaves": (
        "$A list -f json | head -1; exit ${PIPESTATUS[0]}",
        0,
        "{",
    ),
    "a reader that never was": ("$A list | true; exit ${PIPESTATUS[0]}", 0, ""),
    "an empty input": ("$A check - < /dev/null", 1, "this file is empty"),
    "an endless input": ("yes | $A check -", 1, "file_bytes"),
    "an endless device": ("$A check vgg16 --locked --lock-file /dev/zero", 2, "AC565"),
    "no folder": ("mkdir x; cd x; rmdir ../x; $A table vgg16", 2, "no longer there"),
    "a folder as output": ("mkdir x.txt; $A table vgg16 -o x.txt", 2, "cannot write"),
    "no such folder": ("$A table vgg16 -o x/y.txt", 2, "cannot write"),
    "a name that climbs": ("mkdir d; cd d; $A new ../../evil; ls", 0, "evil.yaml"),
    "a name from the root": ("$A new /etc/evil; ls", 0, "etc-evil.yaml"),
    "a dash": ("printf x > ./-x.yaml; $A check -- -x.yaml", 1, "-x.yaml"),
}


@pytest.mark.parametrize("name", LINES)
def test_streams_and_places(name: str, tmp_path: Path) -> None:
    line, code, says = LINES[name]
    found, text = shell(line, tmp_path)
    assert found == code, text
    assert says in text
    assert not (tmp_path.parent / "evil.yaml").exists()


def test_ctrl_c_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    running = subprocess.Popen(
        [*COMMAND, "check", "--watch", "net.yaml"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert running.stdout
    running.stdout.readline()
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=SECONDS)
    assert "Traceback" not in out + err
    assert running.returncode in (0, 128 + signal.SIGINT)


@pytest.mark.parametrize(
    "module", ["archcalc.commands", "archcalc.errors", "archcalc.commands.look.table"]
)
def test_ctrl_c_while_modules_are_loaded(module: str, tmp_path: Path) -> None:
    """Loading takes a good part of a short command, and is no place for a traceback."""
    program = f"""
import sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
sys.argv = ["archcalc", "table", "lenet5"]
from archcalc.__main__ import main

main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert (done.returncode, done.stdout) == (128 + signal.SIGINT, "")
    assert done.stderr == "interrupted\n"


ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "no columns": {"COLUMNS": "0"},
    "fewer": {"COLUMNS": "-1"},
    "endless columns": {"COLUMNS": "9" * 30},
    "odd columns": {"COLUMNS": "²"},
    "one column": {"COLUMNS": "1"},
    "a dumb terminal": {"TERM": "dumb", "NO_COLOR": "1"},
    "no terminal": {"TERM": None, "HOME": None, "LANG": None},
    "ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "an unknown locale": {"LC_ALL": "xx_YY.ZZ", "TZ": "nonsense"},
    "ASCII output": {"PYTHONIOENCODING": "ascii"},
    "no docstrings": {"PYTHONOPTIMIZE": "2"},
    "GitHub without a page": {
        "GITHUB_STEP_SUMMARY": "",
        "GITHUB_WORKSPACE": "relative",
    },
}
TELLING = {
    "no columns": "table lenet5",
    "fewer": "--help",
    "endless columns": "table lenet5",
    "odd columns": "layers conv",
    "one column": "table lenet5",
    "a dumb terminal": "table lenet5",
    "no terminal": "--help",
    "ASCII": "layers conv",
    "an unknown locale": "table lenet5",
    "ASCII output": "layers conv",
    "no docstrings": "--help",
    "GitHub without a page": "check lenet5 -f github",
}
"""The command that each environment touches most; the others are long."""
COMMANDS = ("table lenet5", "--help", "check lenet5 -f github", "layers conv")
RUNS = long_unless(TELLING.items().__contains__, product(ENVIRONMENTS, COMMANDS))


@pytest.mark.parametrize("run", RUNS, ids=" and ".join)
def test_absurd_environments(run: tuple[str, str], tmp_path: Path) -> None:
    name, words = run
    done = process(*words.split(), folder=tmp_path, env=ENVIRONMENTS[name])
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) < 2_000_000


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"a\xff\x1b[31m.yaml")
    (tmp_path / name).write_text(SPEC, encoding="utf-8")
    for words in ("check", "table", "fmt --check", "check -f sarif", "check -f junit"):
        done = process(*words.split(), f"./{name}", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout + done.stderr


VALUES = (
    *("NaN", "1e999", "9**9**9", "-1", "0", "", "٣", "0x10", "1_000", "3xx3", "3x3x"),
    *("C,C", "(((((", "1/0", "__class__", "../../x", "\x1b[31m", "\u202e", "\udcff"),
    *("9" * 100_000, "x" * 100_000, "='1+1", "[/]", "--help", "-"),
)
OPTIONS = (
    *("table vgg16 --batch={}", "table vgg16 --input={}", "table vgg16 --dtype={}"),
    *("table vgg16 --columns={}", "table vgg16 --level={}", "table vgg16 --format={}"),
    *("table efficientnet --set=width={}", "table efficientnet --set={}"),
    *("table vgg16 --limit=nodes={}", "table vgg16 --limit={}", "table {}"),
    *("table vgg16 --convention={}", "sweep efficientnet --over=width={}"),
    *("sweep efficientnet --over={}", "fit vgg16 --memory={}", "reconcile vgg16 {}"),
    *(
        "solve efficientnet --maximize=width --where={}",
        "scale efficientnet --target-macs={}",
    ),
    *("explain vgg16 {}", "rule {}", "layers {}", "show {}", "diff vgg16 {}"),
    *(
        "check vgg16 --select={}",
        "check lenet5 --lock-file={} --locked",
        "compare vgg16 {}",
    ),
    *("diff vgg16 vgg16 --fail-if={}", "diff vgg16 --git={}", "quiz lenet5 --seed={}"),
    *("memory vgg16 --optimizer={}", "draw lenet5 --style={}", "conventions {}"),
)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("every", [6, pytest.param(2, marks=pytest.mark.long)])
def test_absurd_values(every: int, option: str, server: Server, tmp_path: Path) -> None:
    """One value in six or in two, and other values for the next option."""
    for value in VALUES[OPTIONS.index(option) % every :: every]:
        words = [word.replace("{}", value) for word in option.split()]
        done = server.run(*words, cwd=tmp_path)
        assert not done.killed, (option, value[:40])
        assert done.code in (0, 1, 2), (option, value[:40], done.text[-300:])
        assert "Traceback" not in done.text
        assert "\x1b" not in done.text, (option, value[:40])

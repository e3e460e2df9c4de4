"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sweep_runs import environment

from archcalc.source import writing
from archcalc.source.writing import write_bytes, write_text

SPEC = "name: net\ninput: [3,  8, 8]\nlayers: [{conv: 4,  kernel: 3, norm: bn}]\n"
LONG = SPEC + "# a remark\n" * 400
ON_A_FULL_DISK = """
import resource, signal, sys

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.argv = ["archcalc", *sys.argv[1:]]
from archcalc.__main__ import main

main()
"""
"""Runs the command where no file gets more than 1,000 bytes."""
NOBODY = 65534
"""A user and a group without rights."""


@pytest.mark.parametrize(
    "words",
    [
        "fmt net.yaml",
        "check net.yaml --update",
        "check net.yaml --fix",
        "table resnet18 -o net.yaml --format markdown",
        "export resnet18 --to onnx -o net.yaml",
        "lock vgg16 resnet18 alexnet efficientnet --lock-file net.yaml",
    ],
)
def test_a_full_disk_leaves_the_old_file(words: str, tmp_path: Path) -> None:
    old = LONG if "net.yaml" in words.split()[1:2] else '{"networks": {}}'
    if "lock" in words:
        old = '{\n  "archcalc-lock": 1,\n  "networks": {}\n}\n'
    (tmp_path / "net.yaml").write_text(old, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, *words.split()],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "error: cannot write net.yaml: File too large" in done.stderr
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == old
    assert os.listdir(tmp_path) == ["net.yaml"]


def test_a_new_file_and_one_that_is_replaced(tmp_path: Path) -> None:
    path, link = tmp_path / "a.txt", tmp_path / "link.txt"
    link.symlink_to("a.txt")
    write_text(link, "é\r\n")
    assert path.read_bytes() == b"\xc3\xa9\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()
    path.chmod(0o640)
    before = path.stat().st_ino
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert (path.read_bytes(), path.stat().st_ino != before) == (b"new", True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "link.txt"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_what_cannot_be_replaced_is_written_in_place(tmp_path: Path) -> None:
    path, second = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("old", encoding="utf-8")
    os.link(path, second)
    write_text(path, "new")
    assert second.read_text(encoding="utf-8") == "new"
    write_text(os.devnull, "new")
    assert not stat.S_ISREG(os.stat(os.devnull).st_mode)
    long = tmp_path / ("x" * 255)
    write_text(long, "new")
    write_text(long, "newer")
    assert long.read_text(encoding="utf-8") == "newer"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    os.chown(path, 65534, 65534)
    write_text(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)
    assert path.read_text(encoding="utf-8") == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that all may enter, and in it files of somebody without rights."""
    user, group = os.geteuid(), os.getegid()
    with TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        for folder in (Path(name) / "open", Path(name) / "closed"):
            folder.mkdir()
            (folder / "a.txt").write_text("old", encoding="utf-8")
            if user == 0:
                os.chown(folder, NOBODY, NOBODY)
                os.chown(folder / "a.txt", NOBODY, NOBODY)
        try:
            if user == 0:
                os.setegid(NOBODY)
                os.seteuid(NOBODY)
            yield Path(name)
        finally:
            os.seteuid(user)
            os.setegid(group)
            (Path(name) / "closed").chmod(0o755)


def test_permissions_are_kept_to(nobody: Path) -> None:
    """A file that is read-only stays; one in such a folder is written in place."""
    open_folder, closed = nobody / "open", nobody / "closed"
    (open_folder / "a.txt").chmod(0o444)
    closed.chmod(0o555)
    with pytest.raises(PermissionError):
        write_text(open_folder / "a.txt", "new")
    write_text(closed / "a.txt", "new")
    with pytest.raises(PermissionError):
        write_text(closed / "b.txt", "new")
    assert (open_folder / "a.txt").read_text(encoding="utf-8") == "old"
    assert (closed / "a.txt").read_text(encoding="utf-8") == "new"
    assert os.listdir(open_folder) == os.listdir(closed) == ["a.txt"]


def test_no_room_for_the_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "other")

    monkeypatch.setattr(writing, "_regular", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_text(path, "new")
    assert caught.value.filename == str(path)
    assert path.read_text(encoding="utf-8") == "old"


def test_an_interrupt_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["a.txt"]

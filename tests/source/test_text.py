"""Bytes to text: encodings, characters that YAML forbids, files and the standard input."""

from __future__ import annotations

import io
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from read_values import plain, refusal, where

from archcalc.errors import ArchcalcError, LimitError, Place, Problem, SourceError
from archcalc.limits import DEFAULT, Limits
from archcalc.source.parser import read
from archcalc.source.text import Text

# Characters and encodings


@pytest.mark.parametrize(
    ("character", "named"),
    [
        ("\0", "U+0000 (NUL)"),
        ("\x1b", "U+001B (ESC)"),
        ("\x0c", "U+000C (FORM FEED)"),
        ("\x7f", "U+007F (DEL)"),
        ("\x85", "U+0085 (NEXT LINE)"),
        ("\x9b", "U+009B"),
        ("\u2028", "U+2028 (LINE SEPARATOR)"),
        ("\ufeff", "U+FEFF (BYTE ORDER MARK)"),
        ("\ufdd0", "U+FDD0"),
        ("\uffff", "U+FFFF"),
        ("\U0010ffff", "U+10FFFF"),
        ("\ud800", "U+D800"),
    ],
)
def test_forbidden_characters_are_named(character: str, named: str) -> None:
    for text in (f"a: 1\r\nb: x{character}y", f"\u00e9: 1\rb: x{character}y"):
        problem = refusal(text)
        assert problem.code == "AC103"
        assert where(problem) == (2, 5, 1)
        assert named in problem.message
        assert problem.help


@pytest.mark.parametrize(
    ("data", "says", "at"),
    [
        (b"name: r\xe9seau", "the byte 0xE9", (1, 8, 1)),
        (b"\xef\xbb\xbfa: 1\nb: \xc3\xa9\xe7", "the byte 0xE7", (2, 5, 1)),
        (b"a: \xc0\xaf", "the byte 0xC0", (1, 4, 1)),
        (b"a: \xed\xa0\x80", "the byte 0xED", (1, 4, 1)),
        ("a: 1".encode("utf-16"), "the file is UTF-16", (1, 1, 1)),
        ("a: 1".encode("utf-16-be"), "the file is UTF-16", (1, 1, 1)),
        ("a: 1".encode("utf-16-le"), "the file is UTF-16", (1, 1, 1)),
        ("a: 1".encode("utf-32"), "the file is UTF-32", (1, 1, 1)),
        ("a: 1".encode("utf-32-be"), "the file is UTF-32", (1, 1, 1)),
        (b"\0\0\xfe\xff", "the file is UTF-32", (1, 1, 1)),
    ],
)
def test_other_encodings(data: bytes, says: str, at: tuple[int, int, int]) -> None:
    problem = refusal(data)
    assert (problem.code, where(problem)) == ("AC102", at)
    assert says in problem.message


@pytest.mark.parametrize("data", [b"\0\1\2\n\xff", b"\0\0\0\0", b"\0", b"a\0b\0\0"])
def test_a_binary_file_is_told_by_its_first_nul(data: bytes) -> None:
    problem = refusal(data)
    assert (problem.code, problem.help) == ("AC103", "is this a text file?")


def test_a_place_beyond_the_end_is_the_end() -> None:
    assert Text("x", "ab\ncd\n").place(9, 1) == Place("x", 2, 3, "cd", 1)
    assert Text("x", "").place_of(0) == Place("x", 1, 1, "", 1)


# Files


def told(path: Path | str, limits: Limits = DEFAULT) -> Problem:
    with pytest.raises(ArchcalcError) as caught:
        read(path, limits)
    return caught.value.problems[0]


def test_a_file_is_called_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "-r\u00e9seau [red].yaml").write_bytes(b"\xef\xbb\xbfa: *b")
    monkeypatch.chdir(tmp_path)
    problem = told("-r\u00e9seau [red].yaml")
    assert str(problem.place) == "-r\u00e9seau [red].yaml:1:4"


def test_a_path_object_is_read(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("a: 1")
    read_back = read(path)
    assert (read_back.name, read_back.text) == (str(path), "a: 1")


def test_what_is_not_a_file_is_refused_at_once(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (tmp_path / "file").touch()
    refused = {
        tmp_path: "this is a directory",
        loop: "symbolic links of this path form a loop",
        fifo: "this is a pipe",
        Path("/dev/zero"): "this is a device",
        tmp_path / "missing.yaml": "there is no such file",
        tmp_path / "file" / "x": "is not a directory",
        tmp_path / ("n" * 5000): "this path is too long",
        tmp_path / "nul\0": "holds a NUL",
    }
    for path, says in refused.items():
        problem = told(path)
        assert problem.code == "AC101"
        assert says in problem.message
        assert problem.message.startswith(f"cannot read `{path}`")


def test_the_nearest_file_is_named(tmp_path: Path) -> None:
    for name in ("lenet.yaml", "resnet.onnx", "lenets.txt"):
        (tmp_path / name).touch()
    (tmp_path / "vgg16.yaml").mkdir()
    meant = {
        "lenet.yml": "lenet.yaml",
        "lent.yaml": "lenet.yaml",
        "resnet.yaml": "resnet.onnx",
    }
    for name, file in meant.items():
        assert told(tmp_path / name).help == f"did you mean {tmp_path / file}?"
    for name in ("vgg6.yaml", "other.yaml", "no/lenet.yaml"):
        assert told(tmp_path / name).help is None


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "this is a socket or a device" in told("socket").message


def test_an_unreadable_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("archcalc.source.text.os.open", deny)
    assert "no permission" in told("net.yaml").message


def test_an_error_without_a_name_of_ours_keeps_the_system_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("archcalc.source.text.os.open", fail)
    assert told("net.yaml").message == "cannot read `net.yaml`: Input/output error"


def test_a_long_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a" * 100)
    problem = told(path, Limits(file_bytes=50))
    assert "has 100 bytes" in problem.message
    assert problem.help == "raise it with `--limit file_bytes=100`"


class Stdin:
    """The part of the standard input that is read."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"a: 1"))
    read_back = read("-")
    assert (read_back.name, plain(read_back.root)) == ("<stdin>", {"a": "1"})


def test_a_long_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"a" * 100))
    with pytest.raises(LimitError, match="is longer than allowed"):
        read("-", Limits(file_bytes=50))


def test_a_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SourceError, match="the standard input is closed"):
        read("-")

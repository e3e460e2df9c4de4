"""The server of `archcalc playground`: this machine alone, and no other page."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from commands import archcalc

from archcalc.playground.engine import Engine
from archcalc.playground.serving import TOKEN, Server

SCRIPT = "text/javascript; charset=utf-8"
LOOK = json.dumps({"do": "look", "text": "name: a\ninput: [3, 8, 8]\nlayers: [relu]\n"})
ARCHCALC = (sys.executable, "-m", "archcalc")
LONG = "".join(f"  - {{conv: {8 + i % 4000}, kernel: 3}}\n" for i in range(9000))
SLOW = json.dumps(
    {
        "do": "reconcile",
        "figure": "1",
        "text": f"name: a\ninput: [8, 9999999, 8]\nlayers:\n{LONG}",
    }
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<p>page</p>", encoding="utf-8")
    (folder / "main.js").write_text("1", encoding="utf-8")
    (folder / "deep").mkdir()
    (folder.parent / "secret").write_text("no", encoding="utf-8")
    with suppress(OSError):  # links need a right on Windows
        (folder / "link").symlink_to(folder.parent / "secret")
        (folder / "circle").symlink_to(folder / "circle")
    with Server(folder) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def send(
    server: Server, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, str, dict[str, str]]:
    """Return the status, the text and the headers of an answer."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text, dict(answer.getheaders())


def page(server: Server) -> dict[str, str]:
    """Return the headers with which the page asks."""
    return {TOKEN.replace("-", "_"): server.token, "Origin": server.origins[0]}


def test_many_may_connect_at_once(tmp_path: Path) -> None:
    """A page asks for many files at a time, and a browser may have several pages."""
    (tmp_path / "index.html").write_text("<p>page</p>", encoding="utf-8")
    with Server(tmp_path) as made, ExitStack() as stack:
        address = "127.0.0.1", made.server_port
        line = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{made.server_port}\r\n\r\n"
        waiting = []
        for _ in range(60):  # nobody answers yet
            one = stack.enter_context(socket.create_connection(address, timeout=20))
            one.sendall(line.encode())
            waiting.append(one)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        try:
            found = [one.recv(15) for one in waiting]
        finally:
            made.shutdown()
    assert found == [b"HTTP/1.1 200 OK"] * 60


def test_the_page_is_served_with_its_types(server: Server) -> None:
    status, text, headers = send(server, "GET", "/")
    assert (status, text) == (200, "<p>page</p>")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers
    assert send(server, "GET", "/main.js")[2]["Content-type"] == SCRIPT
    assert server.address == f"{server.origins[0]}/#engine={server.token}"


@pytest.mark.parametrize(
    "path",
    [
        *("/deep/", "/../secret", "/%2e%2e/secret", "/..%2fsecret", "/none"),
        *("/%00", "/main.js%00", "/link", "/circle"),
    ],
)
def test_nothing_beside_the_folder_is_served(server: Server, path: str) -> None:
    assert send(server, "GET", path)[0] == 404


def test_the_page_gets_answers(server: Server) -> None:
    status, text, _ = send(server, "POST", "/engine", LOOK, **page(server))
    assert status == 200
    assert json.loads(text)["ok"]
    assert send(server, "POST", "/other", "", **page(server))[0] == 404


REFUSED = {
    "no token": {"X_Archcalc_Token": ""},
    "another token": {"X_Archcalc_Token": "x" * 32},
    "another origin": {"Origin": "http://example.org"},
    "no origin": {"Origin": ""},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "another name": {"Host": "example.org"},
    "another name, this port": {"Host": "example.org:{port}"},
}


@pytest.mark.parametrize("changed", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("path", ["/engine", "/stop"])
def test_others_get_no_answer(
    server: Server, path: str, changed: dict[str, str]
) -> None:
    port = str(server.server_port)
    given = {name: value.format(port=port) for name, value in changed.items()}
    assert send(server, "POST", path, LOOK, **{**page(server), **given})[0] == 403


def test_another_name_does_not_even_get_the_page(server: Server) -> None:
    assert send(server, "GET", "/", Host="example.org")[0] == 403
    assert send(server, "HEAD", "/", Host="example.org")[0] == 403


@pytest.mark.parametrize("length", ["-1", "x", str(10**12), "9" * 5000])
def test_a_body_has_a_length(server: Server, length: str) -> None:
    given = {**page(server), "Content_Length": length}
    assert send(server, "POST", "/engine", None, **given)[0] == 413


def test_a_run_can_be_stopped_and_the_next_is_answered() -> None:
    engine = Engine()
    assert json.loads(engine.ask(LOOK))["ok"]
    told: list[str] = []
    waiting = threading.Thread(target=lambda: told.append(engine.ask(SLOW)))
    waiting.start()
    while waiting.is_alive():
        engine.stop()
        waiting.join(0.05)
    assert json.loads(told[0])["stopped"]
    assert json.loads(engine.ask(LOOK))["ok"]
    engine.stop()


def test_a_run_that_takes_too_long_is_ended() -> None:
    engine = Engine(seconds=0.01)
    assert json.loads(engine.ask(SLOW))["stopped"]
    engine.seconds = 60
    assert json.loads(engine.ask(LOOK))["ok"]
    engine.stop()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "AC539"),
        (("--from", "none"), "not the folder of the page"),
        (("--from", ".", "--port", "70000"), "a port is 0 to 65535"),
        (("--from", ".", "--port", "{taken}"), "cannot listen on port"),
    ],
)
def test_what_cannot_be_served_says_why(
    words: tuple[str, ...],
    said: str,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "index.html").write_text("", encoding="utf-8")
    given = [word.format(taken=server.server_port) for word in words]
    done = archcalc(capsys, monkeypatch, "playground", *given)
    assert done.code == 2
    assert said in done.err


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>page</p>", encoding="utf-8")
    process = subprocess.Popen(
        [*ARCHCALC, "playground", "--from", str(tmp_path), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert f"serving {tmp_path} at http://127.0.0.1:" in line
    assert "/#engine=" in line
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == "Ctrl-C ends it\nended\n"

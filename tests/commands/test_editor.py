"""The schema in yaml-language-server, which editors use: marks, completion, hover."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from language_server import Server

from archcalc.checks.starter import SCHEMA_LINE, starter
from archcalc.language.schema import address, installed

PACKAGE = "yaml-language-server@1.15.0"
SCRIPT = "node_modules/yaml-language-server/bin/yaml-language-server"
HEAD = f"{SCHEMA_LINE.format(installed().as_uri())}\nname: net\ninput: [3, 8, 8]\nlayers:\n"
Write = Callable[[str], str]


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Start the server; it is fetched once, into the cache of the tests."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed, which run yaml-language-server")
    cache = getattr(request.config, "cache", None)
    if cache is None:
        pytest.skip("there is no cache to keep yaml-language-server in")
    folder = Path(cache.mkdir("yaml-language-server"))
    if not (folder / SCRIPT).exists():
        command = [npm, "install", "--no-save", "--prefix", str(folder), PACKAGE]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=120
        )
        if done.returncode:
            pytest.skip(f"npm cannot fetch {PACKAGE}: {done.stderr.splitlines()[-1:]}")
    running = Server(folder / SCRIPT)
    yield running
    running.close()


@pytest.fixture
def write(server: Server, tmp_path: Path) -> Write:
    """Return what opens a spec of these steps, as an editor does."""

    def opened(text: str) -> str:
        file = tmp_path / "net.yaml"
        file.write_text(text, encoding="utf-8")
        server.open(file.as_uri(), text)
        return file.as_uri()

    return opened


MARKS = [
    ("  - {conv: 8, kernal: 3}\n", (4, 14), "Property kernal is not allowed"),
    ("  - {convv: 8}\n", (4, 5), "Property convv is not allowed"),
    ("  - rellu\n", (4, 4), "Value is not accepted"),
    ("  - relu\nexpect:\n  - {parms: 3}\n", (6, 5), "Property parms is not allowed"),
    ("  - relu\nlayer: []\n", (5, 0), "Property layer is not allowed"),
]


@pytest.mark.parametrize(("steps", "at", "said"), MARKS, ids=[m[2] for m in MARKS])
def test_an_unknown_key_is_marked(
    server: Server, write: Write, steps: str, at: tuple[int, int], said: str
) -> None:
    marks = server.diagnostics(write(HEAD + steps))
    (mark,) = (one for one in marks if said in one["message"])
    place = mark["range"]["start"]
    assert (place["line"], place["character"]) == at


def test_a_starter_has_no_marks(
    server: Server, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (
        server.diagnostics(write(starter("net", address(tmp_path)).replace("~", "3")))
        == []
    )


def test_completion_in_braces(server: Server, write: Write) -> None:
    uri = write(f"{HEAD}  - {{conv: 8, ker}}\n")
    items = server.at("completion", uri, 4, 17)["items"]
    found = {item["label"]: item.get("documentation") for item in items}
    assert {"kernel", "stride", "pad", "act", "name", "repeat"} <= found.keys()
    assert "conv" not in found
    assert found["kernel"] == "Size of the window: one number, [1, 7] or 1x7."


def test_kinds_are_offered_for_a_new_step(server: Server, write: Write) -> None:
    for text, column in (("  - \n", 4), ("  - { }\n", 5)):
        items = server.at("completion", write(HEAD + text), 4, column)["items"]
        assert {"gap", "bn"} <= {item["label"] for item in items}


HOVERS = [
    (6, "Slide a kernel over the input"),
    (15, "Size of the window"),
    (26, "An activation that follows"),
]


@pytest.mark.parametrize(("column", "said"), HOVERS)
def test_a_key_is_explained(
    server: Server, write: Write, column: int, said: str
) -> None:
    uri = write(f"{HEAD}  - {{conv: 8, kernel: 3, act: relu}}\n")
    assert said in server.at("hover", uri, 4, column)["contents"]["value"]

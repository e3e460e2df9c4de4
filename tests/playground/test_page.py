"""The page as it is published: its files, and its own engine in a browser."""

from __future__ import annotations

import filecmp
import json
import re
import tarfile
import threading
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_build import SOURCES, build, run
from programs import program

from archcalc.language.library import shipped
from archcalc.playground.actions import ACTIONS
from archcalc.playground.driver import answer
from archcalc.playground.serving import Server

pytestmark = pytest.mark.page
HERE = Path(__file__).parent
MOST_BYTES = 7_300_000
MOST_SCRIPT = 160_000
MOST_HEAP = 48 * 2**20
CFG = b"[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=16\nsize=3\n"
BROKEN = "name: a\ninput: [3, 8, 8]\nlayers:\n  - {covn: 4}\n"


# -- files -----------------------------------------------------------------------------


def test_the_same_sources_give_the_same_bytes(page_folder: Path) -> None:
    again = page_folder.parent / "again"
    build(again, "--archive", page_folder.parent / "archives again")
    for one, other in ((page_folder, again), (archives(page_folder), archives(again))):
        names = [p.relative_to(one) for p in sorted(one.rglob("*")) if p.is_file()]
        assert names == [
            p.relative_to(other) for p in sorted(other.rglob("*")) if p.is_file()
        ]
        assert filecmp.cmpfiles(one, other, names, shallow=False)[1:] == ([], [])


def archives(folder: Path) -> Path:
    return folder.parent / {"page": "archives", "again": "archives again"}[folder.name]


def test_a_first_visit_is_small(page_folder: Path) -> None:
    text = (page_folder.parent / "sizes.txt").read_text(encoding="utf-8")
    sizes = {
        name: int(size.replace(",", ""))
        for name, size in re.findall(r"(?m)^(\S+(?: visit)?) +([\d,]+) bytes", text)
    }
    assert sizes["first visit"] <= MOST_BYTES
    assert sizes["main.js"] <= MOST_SCRIPT
    assert {"library.pack", "app.pack", "pyodide/pyodide.asm.wasm"} <= set(sizes)


def test_nothing_is_loaded_from_elsewhere(page_folder: Path) -> None:
    html = (page_folder / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'self' 'wasm-unsafe")
    assert "unsafe-inline" not in policy[1]
    assert "unsafe-eval'" not in policy[1].replace("'wasm-unsafe-eval'", "")
    assert not re.findall(r"""(?:src|href)=["'](?:https?:|/)""", html)


def test_the_archives_hold_the_page(page_folder: Path) -> None:
    folder = archives(page_folder)
    files = {
        f"archcalc-playground/{p.relative_to(page_folder).as_posix()}": p.read_bytes()
        for p in page_folder.rglob("*")
        if p.is_file()
    }
    with zipfile.ZipFile(folder / "archcalc-playground.zip") as archive:
        assert {n: archive.read(n) for n in archive.namelist()} == files
    with tarfile.open(folder / "archcalc-playground.tar.gz") as archive:
        assert set(archive.getnames()) == set(files)


def test_every_package_has_its_licence(page_folder: Path) -> None:
    text = (page_folder / "THIRD-PARTY.md").read_text(encoding="utf-8")
    lock = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    for name, version, licence in re.findall(r"(?m)^## (\S+) (\S+) \((\S+)\)$", text):
        found = lock["packages"][f"node_modules/{name.lower()}"]
        assert (found["version"], found["license"]) == (version, licence)
    for words in ("PSF-2.0", "PyYAML (MIT)", "Mozilla Public License", "@codemirror"):
        assert words in text
    for package in lock["packages"].values():
        assert "resolved" not in package
        assert "version" not in package or package["integrity"].startswith("sha512-")


def test_the_site_publishes_the_page(
    page_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SOURCES.parent))
    import importlib

    conf: Any = importlib.import_module("conf")
    monkeypatch.setattr(conf, "PLAYGROUND", page_folder)

    class Builder:
        format = "html"

    class App:
        builder = Builder()
        outdir = tmp_path

    shown: dict[str, Any] = {"pathto": lambda target, resource: f"../{target}"}
    conf.link_playground(App(), "how-to/model", "page.html", shown, None)
    assert '<a href="../playground/index.html">' in shown["theme_announcement"]
    conf.publish_playground(App(), None)
    assert filecmp.dircmp(page_folder, tmp_path / "playground").left_only == []


# -- the engine in the browser ---------------------------------------------------------


@pytest.fixture(scope="module")
def address(page_folder: Path) -> Iterator[str]:
    """Yield the address of the page, without the token of the local engine."""
    with Server(page_folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{server.origins[0]}/"
        server.shutdown()


def requests() -> Iterator[dict[str, Any]]:
    """Yield what is asked of both engines: every action, in several ways."""
    text = shipped()["googlenet"].read_text(encoding="utf-8")
    spec = {"text": text, "name": "googlenet.yaml"}
    small = {"text": shipped()["lenet5"].read_text(encoding="utf-8")}
    more: dict[str, list[dict[str, Any]]] = {
        "source": [{"net": "resnet56"}],
        "look": [
            {**spec, "settings": {"batch": 8, "training": True}},
            {"text": BROKEN},
            {"text": "name: ["},
            {**small, "settings": {"input": "C,H,W"}},
        ],
        "draw": [{**spec, "style": "volumes"}],
        "explain": [{**spec, "row": "3a"}, {**small, "row": "c1"}],
        "receptive": [{**spec, "row": "3a"}],
        "compare": [{**small, "other": spec}],
        "reconcile": [{**small, "figure": "61.7k"}],
        "export": [{**small, "format": one["format"]} for one in formats()],
        "read": [{"file": "a.cfg", "bytes": b64encode(CFG).decode()}],
        "lesson": [{"id": one["id"], "text": one["spec"]} for one in lessons()],
        "solution": [{**spec, "seed": 3}],
    }
    for action in ACTIONS:
        for one in more.get(action, [spec]):
            yield {"do": action, **one}


def shelf() -> Iterator[dict[str, Any]]:
    """Yield the request for the table of each shipped network."""
    for name, path in shipped().items():
        text = path.read_text(encoding="utf-8")
        yield {"do": "look", "text": text, "name": f"{name}.yaml"}


def formats() -> list[dict[str, Any]]:
    return list(json.loads(answer('{"do": "formats"}'))["result"])


def lessons() -> list[dict[str, Any]]:
    return list(json.loads(answer('{"do": "lessons"}'))["result"])


def test_the_browser_answers_as_this_python(address: str, tmp_path: Path) -> None:
    first, shelved = ([json.dumps(one) for one in many()] for many in (requests, shelf))
    asked = [*first, None, *shelved]  # None: how large is the heap?
    (tmp_path / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    frame = HERE / "pyodide" / "answers.mjs"
    chromium = program("chromium", "chromium")
    node = program("node", "nodejs")
    run(node, frame, chromium, address, tmp_path / "asked.json", tmp_path / "told.json")
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    for request, found in zip(asked, told, strict=True):
        if request is None:
            assert found <= MOST_HEAP
        else:
            assert json.loads(found) == json.loads(answer(request)), request[:200]


@pytest.mark.parametrize(
    "module", sorted((HERE / "pyodide").glob("page*.mjs"), key=str)
)
def test_the_page_with_its_own_engine(address: str, module: Path) -> None:
    frame = HERE / "drive" / "frame.mjs"
    chromium = program("chromium", "chromium")
    printed = run(program("node", "nodejs"), frame, chromium, address, module)
    results = [json.loads(line) for line in printed.splitlines()]
    assert results
    failed = [result for result in results if not result["ok"]]
    assert not failed, json.dumps(failed, indent=1)

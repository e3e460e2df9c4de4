"""The page in the browser: bytes, processor time to the first table, time of an edit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import yaml
from measuring import PROGRAMS, ROOT, Line, Section

from archcalc.playground.driver import answer
from archcalc.playground.serving import Server

SOURCES = ROOT / "docs" / "playground"
PACKAGES = SOURCES / "node_modules"
STOCK = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
WHOLE = (*STOCK, "python_stdlib.zip", "pyodide-lock.json")
EDITED = {"vgg16": 8, "resnet152": 3, "densenet264": 3}
"""At most so many times as long as in this Python."""
ABOUT = """\
The page of `node docs/playground/build.mjs` in headless chromium. Bytes are those of a
first visit, each file compressed with gzip. Processor time is that of all processes of
the browser from opening the page to the first table of vgg16, cold with a new profile,
warm with the profile of an earlier visit. "Stock" is the same page on Pyodide as it is distributed,
with the sources of archcalc and PyYAML in a zip; both take turns. An edit is the driver's
`look` at a text that was not seen before, and is compared with the same call in this
Python, which has libyaml; each is the quickest of its runs, since other programs ran."""


def run(*words: object) -> str:
    """Return what a program prints."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=SOURCES,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return done.stdout


def measure(rounds: int) -> Section:
    """Build the page and the stock one, and measure both."""
    with TemporaryDirectory() as folder:
        ours, stock = Path(folder, "ours"), Path(folder, "stock")
        sizes = run("node", "build.mjs", ours, "--python", sys.executable)
        make_stock(ours, stock)
        lines = [*bytes_of(sizes)]
        with served(ours) as our_page, served(stock) as stock_page:
            lines += first_tables(our_page, stock_page, Path(folder), rounds)
            lines += edits(our_page, Path(folder), rounds)
    return Section("Playground", ABOUT, lines)


def make_stock(ours: Path, stock: Path) -> None:
    """Make the page that runs on Pyodide as it is distributed."""
    shutil.copytree(ours, stock)
    for name in ("sw.js", "library.pack", "app.pack"):
        (stock / name).unlink()
    for name in WHOLE:
        shutil.copy(PACKAGES / "pyodide" / name, stock / "pyodide" / name)
    shutil.copy(PROGRAMS / "stock_worker.js", stock / "worker.js")
    sources = {path: f"archcalc/{path.relative_to(ROOT / 'archcalc')}" for path in
               (ROOT / "archcalc").rglob("*.py")}  # fmt: skip
    sources |= {
        path: f"archcalc/{path.relative_to(ROOT)}"
        for path in (ROOT / "specs").rglob("*.yaml")
    }
    sources |= {
        path: f"yaml/{path.name}" for path in Path(yaml.__path__[0]).glob("*.py")
    }
    with zipfile.ZipFile(stock / "engine.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, name in sources.items():
            archive.write(path, name)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Yield the address at which a folder is served."""
    with Server(folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{server.origins[0]}/"
        server.shutdown()


def bytes_of(printed: str) -> Iterator[Line]:
    """Yield the bytes that the build says."""
    for name, what, most in (
        ("first visit", "first visit", 7_300_000),
        ("main.js", "the page's script", 160_000),
    ):
        match = re.search(rf"(?m)^{re.escape(name)} +([\d,]+) bytes", printed)
        assert match is not None
        size = int(match[1].replace(",", ""))
        target = (
            f"at most {most / 1e6:g} MB" if most > 1e6 else f"at most {most / 1e3:g} kB"
        )
        yield Line(f"{what}, gzip", target, f"{size:,} bytes", size <= most)


def first_tables(ours: str, stock: str, folder: Path, rounds: int) -> Iterator[Line]:
    """Yield the processor time to the first table beside the stock distribution's."""
    busy: dict[tuple[str, str], list[float]] = {}
    for at in range(rounds):
        for name, page in (("ours", ours), ("stock", stock)):
            profile = folder / f"profile-{name}-{at}"
            for state in ("cold", "warm"):
                told = json.loads(visit(profile, page))
                busy.setdefault((name, state), []).append(told["busy"])
            shutil.rmtree(profile)
    for state, most in (("cold", 0.6), ("warm", 0.65)):
        pairs = zip(busy["ours", state], busy["stock", state], strict=True)
        ratio = median(mine / other for mine, other in pairs)
        mine, other = (median(busy[name, state]) for name in ("ours", "stock"))
        yield Line(
            f"{state}: processor time to the first table, beside stock Pyodide",
            f"at most {most} ×",
            f"{ratio:.2f} × ({mine:.1f} s : {other:.1f} s)",
            ratio <= most,
        )


def visit(profile: Path, page: str) -> str:
    program = PROGRAMS / "first_table.mjs"
    return run("node", program, chromium(), profile, f"{page}?net=vgg16")


def chromium() -> str:
    found = shutil.which("chromium")
    assert found is not None, "chromium is not installed"
    return found


def edits(page: str, folder: Path, rounds: int) -> Iterator[Line]:
    """Yield the time of an edit beside that of the same call in this Python."""
    requests = {
        name: [request(name, at) for at in range(4 * rounds + 1)] for name in EDITED
    }
    asked = folder / "requests.json"
    asked.write_text(json.dumps([one for many in requests.values() for one in many]))
    told = json.loads(run("node", PROGRAMS / "edits.mjs", chromium(), page, asked))
    times = iter(told["times"])
    for name, most in EDITED.items():
        there = [next(times) for _ in requests[name]][1:]
        here = [timed(one) for one in requests[name]][1:]
        ratio = min(there) / min(here)
        yield Line(
            f"an edit of {name}",
            f"at most {most} × this Python",
            f"{ratio:.1f} × ({min(there):.0f} ms : {min(here):.0f} ms)",
            ratio <= most,
        )
    heap = told["heap"] / 2**20
    yield Line(
        "heap behind these edits", "at most 48 MB", f"{heap:.1f} MiB", heap <= 48
    )


def request(name: str, at: int) -> str:
    """Return the request after an edit: a comment that was not there before."""
    told = json.loads(answer(json.dumps({"do": "source", "net": name})))["result"]
    settings = {"variant": told["variant"]} if told["variant"] else {}
    text = f"{told['text']}\n# edit {at}\n"
    return json.dumps({"do": "look", "text": text, "settings": settings})


def timed(text: str) -> float:
    """Return the milliseconds of an answer in this Python."""
    begun = perf_counter()
    answer(text)
    return 1000 * (perf_counter() - begun)

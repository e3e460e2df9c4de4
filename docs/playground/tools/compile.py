"""Compile the engine and the library that it needs, inside Pyodide (see python.mjs).

`packs()` gives two packs, each a mapping of paths to bytes: `library`, Python's
standard library as far as it is imported, as one zip whose entries are stored; `app`,
archcalc with its specs, and PyYAML. Everything is compiled to unchecked-hash .pyc
files, so that a start compiles nothing.
"""

import ast
import importlib
import importlib.util
import io
import sys
import zipfile
from collections.abc import Iterator
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path
from types import CodeType

REPOSITORY = Path("/repository")
YAML = Path("/yaml")
STOCK = Path("/lib/python314.zip")
EPOCH = (1980, 1, 1, 0, 0, 0)
LEFT_OUT = (
    *("__main__.py", "api/", "commands/", "sweeps/", "checks/against/"),
    "network/counters/",
    *("playground/engine.py", "playground/serving.py"),
    *("render/deck/", "render/page/", "render/pdf.py", "render/png.py"),
    *("render/findings/", "render/highlight.py", "render/progress_bar.py"),
    *("render/notebook.py", "render/plotting/scatter.py", "render/quiz/html.py"),
    *("render/quiz/moodle.py", "render/rows/"),
    *("reports/against.py", "reports/arrow.py", "reports/scaling.py"),
    *("reports/sweep.py", "reports/verification.py"),
)
"""Parts of archcalc that the page does not use: the command line, torch, sweeps."""
WITH_DOCSTRINGS = (
    "archcalc/figures/conventions/",
    "archcalc/language/",
    "archcalc/layers/",
)
"""Their docstrings are shown: in the schema, in the list of layers and of measures."""
NOT_NEEDED = {"importlib.resources", "mmap", "subprocess"}
"""Imported only inside functions that the page does not call: they read files
and run programs."""
LATER = (
    *("_ast_unparse", "encodings.ascii", "encodings.cp437", "encodings.latin_1"),
    "encodings.utf_8_sig",
)
"""Modules that the library imports in the middle of its work: writing code, codecs."""


def sources() -> Iterator[tuple[str, Path, int]]:
    """Yield each file that is compiled: its name, where it is, its level.

    At level 2 there are no docstrings.
    """
    folder = REPOSITORY / "archcalc"
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(LEFT_OUT):
            whole = f"archcalc/{name}"
            yield whole, path, 1 if whole.startswith(WITH_DOCSTRINGS) else 2
    for path in sorted(YAML.glob("*.py")):
        yield f"yaml/{path.name}", path, 2


def pyc(source: bytes, name: str, level: int, lines: bool = True) -> bytes:
    """Return a module compiled, with its hash, which nothing compares."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=level)
    if not lines:
        code = without_lines(code)
    return bytes(_code_to_hash_pyc(code, importlib.util.source_hash(source), False))


NOWHERE = 0x80 | 15 << 3
"""An entry of the table of lines for one instruction without a location."""


def without_lines(code: CodeType) -> CodeType:
    """Return code that knows no lines: only tracebacks show them.

    Its table says "no location" of each instruction, eight in an entry, as
    Objects/locations.md of CPython has it; without a table, tracebacks fail.
    """
    whole, rest = divmod(len(code.co_code) // 2, 8)
    table = bytes([NOWHERE + 7] * whole + [NOWHERE + rest - 1] * bool(rest))
    parts = tuple(
        without_lines(one) if isinstance(one, CodeType) else one
        for one in code.co_consts
    )
    return code.replace(co_linetable=table, co_consts=parts)


def app() -> dict[str, bytes]:
    """Return archcalc and PyYAML, compiled, and the shipped specs."""
    found = {
        f"{name}c": pyc(path.read_bytes(), name, level, lines=False)
        for name, path, level in sources()
    }
    for path in sorted((REPOSITORY / "specs").rglob("*.yaml")):
        name = path.relative_to(REPOSITORY).as_posix()
        found[f"archcalc/{name}"] = path.read_bytes()
    return found


def imported() -> set[str]:
    """Return the modules of the library that these files import anywhere."""
    found = set()
    for _, path, _ in sources():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module)
    known = sys.stdlib_module_names
    return {name for name in found if name.partition(".")[0] in known}


def library(loaded: set[str]) -> dict[str, bytes]:
    """Return the library as one zip: what Pyodide loads, and what these files import.

    `loaded` are the modules that Pyodide has loaded at its start. Each module is
    imported, so that what it imports in turn is there too.
    """
    for name in sorted({*(imported() - NOT_NEEDED), *LATER}):
        importlib.import_module(name)
    wanted, data = loaded | {*sys.modules}, io.BytesIO()
    with zipfile.ZipFile(STOCK) as stock, zipfile.ZipFile(data, "w") as made:
        for entry in sorted(stock.namelist()):
            stem = entry.removesuffix(".py").replace("/", ".")
            module = stem.removesuffix(".__init__")
            if entry.endswith(".py") and module in wanted:
                level = 1 if "pyodide" in module else 2
                info = zipfile.ZipInfo(f"{entry}c", EPOCH)
                made.writestr(info, pyc(stock.read(entry), entry, level))
    return {"python314.zip": data.getvalue()}


def write(out: Path, loaded: set[str]) -> None:
    """Write each pack as a table of names and sizes, and the bytes behind it."""
    for name, files in {"library": library(loaded), "app": app()}.items():
        table = "".join(f"{path}\t{len(data)}\n" for path, data in files.items())
        head = table.encode()
        size = len(head).to_bytes(4, "little")
        out.joinpath(name).write_bytes(b"".join([size, head, *files.values()]))

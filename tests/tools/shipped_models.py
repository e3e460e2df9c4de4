"""Read the ONNX files that packages ship, and compare their sizes with `onnx`'s.

    python tests/tools/shipped_models.py              # all that the data file names
    python tests/tools/shipped_models.py FOLDER       # packages that lie there already

tests/data/shipped_models.yaml names the packages and their versions. They are downloaded
to a temporary folder with `pip download --no-deps` and `npm pack`; nothing of them is
installed or run. Each file is read, and each tensor whose sizes both archcalc and
`onnx.shape_inference` know is compared. The counts are written into the data file, which
`docs/generated/onnx_read.md` shows.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import onnx
import yaml

from archcalc.errors import ArchcalcError
from archcalc.network.network import network
from archcalc.readers import source_of

TESTS = Path(__file__).parents[1]
sys.path.append(str(TESTS / "oracles"))
from onnx_sizes import compared  # noqa: E402  # after the path

DATA = TESTS / "data" / "shipped_models.yaml"
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
LARGEST = 100_000_000
OWN = Path(onnx.__file__).parent / "backend" / "test" / "data"
"""Models that onnx itself ships for its tests."""


def main(arguments: list[str]) -> int:
    """Read every file; return 1 where one is not read or a size differs."""
    known = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(arguments[0]) if arguments else Path(made)
        if not arguments:
            for package in known["packages"]:
                fetched(package, folder)
        rows = [*read_all(folder)]
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    found = {"date": date, "onnx": version("onnx"), "packages": known["packages"]}
    text = yaml.safe_dump(found | {"files": rows}, sort_keys=False, width=110)
    DATA.write_text(text, encoding="utf-8")
    return int(any("refused" in row or row["differ"] for row in rows))


def fetched(package: dict[str, str], folder: Path) -> None:
    """Download a package without what it needs."""
    name, number = package["name"], package["version"]
    if package["registry"] == "npm":
        subprocess.run(["npm", "pack", f"{name}@{number}"], cwd=folder, check=True)
        return
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
    command += ["-d", str(folder), f"{name}=={number}"]
    if package.get("wheel"):
        command += ["--only-binary=:all:", "--python-version", "3.12"]
        command += [f"--platform={platform}" for platform in PLATFORMS]
    subprocess.run(command, check=True)


def read_all(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what reading each file gives; the same file in two packages counts once."""
    seen: set[str] = set()
    for package, path, data in (*packed(folder), *of_onnx()):
        digest = hashlib.sha256(data).hexdigest()
        if digest not in seen:
            seen.add(digest)
            row = {"package": package, "file": PurePosixPath(path).name}
            row |= {"sha256": digest[:16], "bytes": len(data)} | read(data)
            print(row, flush=True)
            yield row


def packed(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield the ONNX files of packages, with the packages' file names."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    if entry.filename.endswith(".onnx") and entry.file_size < LARGEST:
                        yield path.name, entry.filename, archive.read(entry)
        elif path.suffix in (".tgz", ".gz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.name.endswith(".onnx") and member.size < LARGEST:
                        held = archive.extractfile(member)
                        assert held is not None
                        yield path.name, member.name, held.read()


def of_onnx() -> Iterator[tuple[str, str, bytes]]:
    """Yield the networks that onnx ships for its tests."""
    for path in sorted((OWN / "light").glob("*.onnx")):
        yield f"onnx {version('onnx')}", path.name, path.read_bytes()


def read(data: bytes) -> dict[str, Any]:
    """Return what one file gives."""
    made = onnx.load_from_string(data)
    row: dict[str, Any] = {"producer": made.producer_name}
    row["opset"] = max(
        (o.version for o in made.opset_import if not o.domain), default=0
    )
    row["operators"] = sum(1 for _ in operators(made.graph))
    begun = time.process_time()
    try:
        net = network(source_of(data, "net.onnx", "net.onnx"))
        total = net.analyze().total
    except ArchcalcError as error:
        return row | {"refused": error.problems[0].message}
    row["seconds"] = round(time.process_time() - begun, 2)
    unknown = [n.layer.op for n in net.graph.nodes if n.layer.key == "unknown"]
    row |= {"layers": len(net.graph.nodes), "without_rule": len(unknown)}
    row["unknown"] = {op: unknown.count(op) for op in sorted({*unknown})}
    row |= {"parameters": str(total.params), "macs": str(total.macs)}
    return row | sizes(data, made)


def operators(graph: Any) -> Iterator[Any]:
    """Yield the operators of a graph and of those inside it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from operators(attribute.g)


def sizes(data: bytes, made: Any) -> dict[str, Any]:
    """Return how many tensors have the sizes that `onnx` infers, and which do not.

    What the file itself says of its outputs is left out: some files say it wrongly.
    """
    for output in made.graph.output:
        output.type.tensor_type.ClearField("shape")
    try:
        inferred = onnx.shape_inference.infer_shapes(made, data_prop=True)
    except Exception as error:
        return {"equal": 0, "differ": [], "not_inferred": str(error)[:80]}
    found = compared(data, inferred)
    return {
        "equal": found.equal,
        "differ": found.differ,
        "only_onnx": found.alone,
        "only_archcalc": found.ours,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

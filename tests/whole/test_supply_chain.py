"""What is installed, built and shipped: pins with hashes, equal bytes, a short list."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pin import APART, NEEDED_BY_TORCH, inputs

ROOT = Path(__file__).parents[2]
PINNED = ROOT / "tests" / "requirements.txt"
LIBRARIES = ROOT / "tests" / "libraries.txt"
EPOCH = "1767225600"
CORE = {"pydantic", "pyyaml", "rich", "typer"}
MOST_PACKAGES = 20
MOST_MEGABYTES = 35
PIN = re.compile(
    r"(?m)^([a-z0-9-]+)==([^ ]+)(?: ; ([^\\\n]+?))? \\\n((?:    --hash.*\n)+)"
)


def pins(file: Path) -> list[tuple[str, str, int]]:
    """Return name, version and number of hashes of every pin."""
    found = PIN.findall(file.read_text(encoding="utf-8"))
    return [
        (name, version, hashes.count("sha256:")) for name, version, _, hashes in found
    ]


@pytest.mark.parametrize("file", [PINNED, LIBRARIES], ids=lambda file: str(file.name))
def test_every_pin_has_hashes_and_no_index_is_named(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    found = pins(file)
    assert len(found) == len(re.findall(r"(?m)^[a-z0-9][^\n]*==", text)) > 2
    assert all(count for _, _, count in found)
    assert all(len(digest) == 64 for digest in re.findall(r"sha256:([0-9a-f]+)", text))
    assert "://" not in text
    assert not re.search(r"(?m)^\s*--(?!hash)", text)


def test_everything_that_the_tests_ask_for_is_pinned() -> None:
    pinned = {name for name, _, _ in pins(PINNED)}
    asked = {canonicalize_name(Requirement(text).name) for text in inputs()}
    assert asked <= pinned
    assert not pinned & set(APART)
    for text in inputs():
        requirement = Requirement(text)
        versions = [
            v for n, v, _ in pins(PINNED) if n == canonicalize_name(requirement.name)
        ]
        assert all(requirement.specifier.contains(v) for v in versions), text


def test_what_torch_needs_on_the_cpu_is_pinned() -> None:
    needed = {
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, metadata.requires("torch") or ())
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    for_gpus = {
        name for name in needed if name.startswith(("nvidia", "cuda", "triton"))
    }
    assert needed - for_gpus <= set(NEEDED_BY_TORCH)


def test_libraries_keep_their_versions() -> None:
    assert {n for n, _, _ in pins(LIBRARIES)} == {"pytorchcv", "timm", "torchvision"}


# -- what users install ------------------------------------------------------------------


def installed_with_core() -> dict[str, metadata.Distribution]:
    """Return archcalc's requirements and theirs, without extras."""
    found: dict[str, metadata.Distribution] = {}
    waiting = sorted(CORE)
    environment = {**default_environment(), "extra": ""}
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found[name] = metadata.distribution(name)
        for text in found[name].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                waiting.append(requirement.name)
    return found


def test_the_core_needs_four_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = map(Requirement, project["project"]["dependencies"])
    assert {requirement.name for requirement in asked} == CORE


def test_an_install_is_small_and_said_to_be() -> None:
    """`docs/reliability.md` says so many packages and megabytes, within a third."""
    found = installed_with_core()
    size = (
        sum(file.size or 0 for one in found.values() for file in one.files or ())
        / 10**6
    )
    assert len(found) <= MOST_PACKAGES
    assert size <= MOST_MEGABYTES
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    match = re.search(r"([0-9]+) packages\s+in all and ([0-9]+) MB", text)
    assert match
    assert abs(int(match[1]) - len(found)) <= len(found) / 3
    assert abs(int(match[2]) - size) <= size / 3


def test_the_bill_of_materials_command() -> None:
    """`pip inspect` lists every package with its version and licence, offline."""
    command = [sys.executable, "-m", "pip", "inspect", "--local"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    report = json.loads(done.stdout)
    names = {canonicalize_name(one["metadata"]["name"]) for one in report["installed"]}
    assert names >= CORE
    assert all(one["metadata"]["version"] for one in report["installed"])


# -- builds ------------------------------------------------------------------------------


def built(folder: Path, umask: int, **environment: str) -> dict[str, bytes]:
    """Build a copy of this tree in a folder; return the files by name."""
    folder.mkdir(parents=True)
    copy = folder / "tree"
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
    )
    names = [n for n in os.fsdecode(files.stdout).split("\0") if n]
    if files.returncode or not names:  # an unpacked sdist
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    for name in names:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
            (copy / name).chmod(0o666 & ~umask)
    code = (
        f"import os; os.umask({umask}); from hatchling.build import build_sdist as s,"
        " build_wheel as w; s('out'); w('out')"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=copy,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, **environment},
        check=True,
        capture_output=True,
    )
    return {path.name: path.read_bytes() for path in (copy / "out").iterdir()}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("builds")
    other = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    return [
        built(folder / "one", 0o022),
        built(folder / "another" / "place", 0o077, **other),
    ]


def test_a_build_gives_the_same_bytes(builds: list[dict[str, bytes]]) -> None:
    first, second = builds
    assert sorted(name.rsplit(".", 1)[1] for name in first) == ["gz", "whl"]
    assert first.keys() == second.keys()
    for name, data in first.items():
        assert data == second[name], name


def test_a_wheel_holds_the_package_and_the_specs(
    builds: list[dict[str, bytes]], tmp_path: Path
) -> None:
    for name, data in builds[0].items():
        (tmp_path / name).write_bytes(data)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"archcalc"}
    assert len([n for n in names if n.startswith("archcalc/specs/")]) > 90
    assert not [n for n in names if "test" in Path(n).name]
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {"tests/requirements.txt", "docs/reliability.md"} <= held

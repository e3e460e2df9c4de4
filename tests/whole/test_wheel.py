"""The installed wheel, in an empty environment and away from the clone."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from archcalc.language.library import shipped

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """Return what a command prints; a failure shows it."""
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "COLUMNS")
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**environment, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it into a new environment; return its scripts."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        folder,
        ROOT,
        cwd=folder,
    )
    (wheel,) = folder.glob("archcalc-*.whl")
    venv.create(folder / "env", with_pip=True)
    found = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(found / "python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    return found


def test_an_installed_wheel_finds_its_networks(scripts: Path, tmp_path: Path) -> None:
    printed = run(scripts / "archcalc", "table", "vgg16", cwd=tmp_path)
    assert "138,357,544" in printed
    where = run(
        scripts / "python",
        "-c",
        "from archcalc.language.library import folder, shipped; print(folder()); print(len(shipped()))",
        cwd=tmp_path,
    ).split()
    assert str(scripts.parent) in where[0]
    assert int(where[1]) == len(shipped())


def test_an_installed_wheel_writes_the_page(scripts: Path, tmp_path: Path) -> None:
    words = ("report", "alexnet", "-o", "alexnet.html")
    run(scripts / "archcalc", *words, cwd=tmp_path)
    page = (tmp_path / "alexnet.html").read_text(encoding="utf-8")
    assert "class Drawing" in page
    assert "{{" not in page.split('id="data">')[0]


def test_torch_is_named_where_it_is_missing(scripts: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [scripts / "archcalc", "verify", "vgg16"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 2
    assert "archcalc[torch]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_schema_is_shipped(scripts: Path, tmp_path: Path) -> None:
    code = "import archcalc.language.schema as s, pathlib; print((pathlib.Path(s.__file__).parent.parent / s.FILE).read_text(encoding='utf-8') == s.schema_text())"
    assert run(scripts / "python", "-c", code, cwd=tmp_path).strip() == "True"


def test_types_are_shipped(scripts: Path, tmp_path: Path) -> None:
    code = "import archcalc, pathlib; print((pathlib.Path(archcalc.__file__).parent / 'py.typed').exists())"
    assert run(scripts / "python", "-c", code, cwd=tmp_path).strip() == "True"

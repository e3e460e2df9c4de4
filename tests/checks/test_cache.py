"""`--cache`: what has not changed is not done again, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from check_runs import Run

from archcalc.checks import cache as caches
from archcalc.checks import checking, lock
from archcalc.checks.cache import Cache
from archcalc.checks.claims import audit

NET = """\
name: {name}
input: [3, 8, 8]
layers: [{{conv: 4, kernel: 3}}, relu]
expect: [{expect}]
"""
DOUBLE = "{is: 2x, value: b / a, with: {a: params of nets/a.yaml, b: params}}"


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    """A folder with two networks, the second of which names the first."""
    folder = tmp_path / "nets"
    folder.mkdir()
    (folder / "a.yaml").write_text(NET.format(name="a", expect="{params: 112}"))
    second = NET.format(name="b", expect=DOUBLE)
    (folder / "b.yaml").write_text(second.replace("conv: 4", "conv: 8"))
    return folder


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done anew: files that are checked, locked or audited."""
    done: list[str] = []
    check_one, computed, judge = checking.check_one, lock._computed, audit.judge_all

    def checked(path: str, *more: Any) -> Any:
        done.append(Path(path).name)
        return check_one(path, *more)

    def read(file: str, *more: Any) -> Any:
        done.append(Path(file).name)
        return computed(file, *more)

    def judged(one: Any) -> Any:
        done.append(one.network.name)
        return judge(one)

    monkeypatch.setattr(checking, "check_one", checked)
    monkeypatch.setattr(lock, "_computed", read)
    monkeypatch.setattr(audit, "judge_all", judged)
    return done


def test_a_check_is_done_once(run: Run, nets: Path, worked: list[str]) -> None:
    plain = run("check", "nets")
    assert plain.code == 0, plain.out
    worked.clear()
    for expected in (["a.yaml", "b.yaml"], []):
        assert run("check", "nets", "--cache", "kept") == plain
        assert worked == expected
        worked.clear()


@pytest.mark.parametrize(
    "words",
    [
        ["--strict"],
        ["--select", "AC4"],
        ["--ignore", "AC402"],
        ["--budget", "params <= 1M"],
        ["--limit", "nodes=50"],
    ],
)
def test_other_settings_are_another_result(
    run: Run, nets: Path, worked: list[str], words: list[str]
) -> None:
    run("check", "nets/a.yaml", "--cache", "kept")
    worked.clear()
    assert run("check", "nets/a.yaml", "--cache", "kept", *words) == run(
        "check", "nets/a.yaml", *words
    )
    assert worked == ["a.yaml", "a.yaml"]


def test_what_changed_is_done_again(run: Run, nets: Path, worked: list[str]) -> None:
    """Also where the file that changed is one that a figure names."""
    run("check", "nets", "--cache", "kept")
    worked.clear()
    path = nets / "a.yaml"
    path.write_text(path.read_text() + "# another\n")
    assert run("check", "nets", "--cache", "kept").code == 0
    assert worked == ["a.yaml", "b.yaml"]
    path.write_text(path.read_text().replace("conv: 4", "conv: 3"))
    found = run("check", "nets", "--cache", "kept")
    assert (found.code, found.out) == (1, run("check", "nets").out)
    worked.clear()
    assert run("check", "nets", "--cache", "kept") == found
    assert worked == ["a.yaml", "b.yaml"]  # findings are not kept


def test_another_engine_finds_nothing(
    run: Run, nets: Path, worked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("check", "nets", "--cache", "kept")
    worked.clear()
    monkeypatch.setattr(Cache, "engine", b"other")
    run("check", "nets", "--cache", "kept")
    assert worked == ["a.yaml", "b.yaml"]


def test_the_engine_is_its_code(tmp_path: Path) -> None:
    code = tmp_path / "room" / "module.py"
    code.parent.mkdir()
    code.write_text("1")
    assert list(caches._modules(tmp_path)) == [str(code)]
    assert Cache().engine == Cache().engine


def test_what_is_locked_is_kept_too(run: Run, nets: Path, worked: list[str]) -> None:
    """Also where `lock` kept it, and not where the lock file has another entry."""
    words = ("check", "--locked", "nets", "--cache", "kept")
    run("lock", "nets", "--cache", "kept")
    assert run("check", "nets", "--cache", "kept").code == 0
    worked.clear()
    assert run(*words).code == 0
    assert worked == []
    path = Path("archcalc.lock")
    path.write_text(path.read_text().replace('"params": 112', '"params": 113'))
    done = run(*words)
    assert (done.code, done.out.count("AC304")) == (1, 1)
    assert "params: 113 in the lock file, now 112" in done.out
    assert worked == ["a.yaml"]
    run("lock", "nets")
    worked.clear()
    (nets / "a.yaml").write_text((nets / "a.yaml").read_text() + "# another\n")
    for expected in (["a.yaml", "b.yaml"], []):
        assert run(*words).code == 0
        assert worked == expected
        worked.clear()


def test_a_lock_is_the_same(run: Run, nets: Path, worked: list[str]) -> None:
    run("lock", "nets")
    written = Path("archcalc.lock").read_text()
    worked.clear()
    for expected in (["a.yaml", "b.yaml"], []):
        assert run("lock", "nets", "--cache", "kept").code == 0
        assert Path("archcalc.lock").read_text() == written
        assert worked == expected
        worked.clear()
    (nets / "b.yaml").unlink()
    assert run("lock", "nets", "--cache", "kept").code == 0
    assert [*json.loads(Path("archcalc.lock").read_text())["networks"]] == [
        "nets/a.yaml"
    ]


def test_an_audit_is_the_same(run: Run, nets: Path, worked: list[str]) -> None:
    words = ["audit", "vgg16", "--only", "errata"]
    plain = run(*words)
    worked.clear()
    assert [run(*words, "--cache", "kept") for _ in range(2)] == [plain, plain]
    assert worked == ["vgg16"]
    run("audit", "vgg16", "--cache", "kept")
    run(*words, "--cache", "kept", "--format", "csv")
    assert worked == ["vgg16"] * 3
    for _ in range(2):  # a file of somebody may name any other
        run("audit", "nets/a.yaml", "--cache", "kept")
    assert worked == [*["vgg16"] * 3, "a", "a"]


@pytest.mark.parametrize(
    "text", ["", "nets: 1", "[1]", "{}", '{"archcalc-cache": 1}', "[" * 100_000]
)
def test_another_file_is_left_alone(run: Run, nets: Path, text: str) -> None:
    kept = Path("kept")
    kept.write_text(text)
    done = run("check", "nets", "--cache", "kept")
    assert (done.code, "AC575" in done.err) == (2, True)
    assert kept.read_text() == text


@pytest.mark.parametrize(
    "results", [None, [], {}, "changed", [{"agrees": "9"}, 0, {}], [{}, 0], [{}, 0, []]]
)
def test_what_is_no_result_is_done_again(
    run: Run, nets: Path, worked: list[str], results: Any
) -> None:
    """Also of a later version, whose results are left out."""
    plain = run("check", "nets/a.yaml", "--cache", "kept")
    kept = json.loads(Path("kept").read_text())
    kept["results"] = dict.fromkeys(kept["results"], results)
    Path("kept").write_text(json.dumps(kept))
    worked.clear()
    assert run("check", "nets/a.yaml", "--cache", "kept") == plain
    kept["archcalc-cache"] = 2
    Path("kept").write_text(json.dumps(kept))
    assert run("check", "nets/a.yaml", "--cache", "kept") == plain
    assert worked == ["a.yaml", "a.yaml"]


def test_the_oldest_results_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caches, "MOST", 2)
    kept = Cache(tmp_path / "kept")
    for name in "abc":
        kept.keep(name, 1)
    kept.write()
    assert [*Cache(tmp_path / "kept").results] == ["b", "c"]
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("check nets", "nets/a.yaml: ok (1 figure agrees)"),
        ("lock nets", "archcalc.lock: 2 networks locked"),
        ("audit lenet5 --format csv", "row,lenet5 depth,lenet5 depth,5,5,exact"),
    ],
)
def test_a_cache_that_cannot_be_written_costs_no_result(
    run: Run, nets: Path, words: str, told: str
) -> None:
    done = run(*words.split(), "--cache", "missing/kept")
    assert told in done.out + done.err
    assert (done.code, nets.is_dir()) == (2, True)
    assert "error: cannot write missing/kept: No such file" in done.err

"""Figures that are counted in another way than when they were locked say so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Done, archcalc

from archcalc.checks.lock import entry_of
from archcalc.figures.countings import COUNTINGS, CURRENT, recounted
from archcalc.layers import CATALOGUE
from archcalc.network.network import load, loads

Run = Callable[..., Done]
SINCE = COUNTINGS[1].since
NET = """name: net
input: [8, 12]
layers: [{linear: 36}, {attention: 3}, {linear: 12}]
expect: [{saved: "<= 1kB"}]
"""
PLAIN = "name: plain\ninput: [12]\nlayers: [{linear: 36}]\n"
KEPT = Path(__file__).parents[1] / "data" / "counted.json"


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("nets").mkdir()
    Path("nets/net.yaml").write_text(NET.replace("1kB", "1GB"), encoding="utf-8")
    Path("nets/plain.yaml").write_text(PLAIN, encoding="utf-8")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def older(change: Callable[[dict[str, object]], object] = lambda entry: None) -> None:
    """Make the lock file look as if the first counting had written it."""
    path = Path("archcalc.lock")
    data = json.loads(path.read_text(encoding="utf-8"))
    for entry in data["networks"].values():
        assert entry.pop("counting") == CURRENT
    data["networks"]["nets/net.yaml"]["structure"] = "0" * 32
    change(data["networks"]["nets/net.yaml"])
    path.write_text(json.dumps(data), encoding="utf-8")


def test_a_check_warns_of_what_is_counted_differently(run: Run) -> None:
    run("lock", "nets")
    assert run("check", "--locked", "nets").code == 0
    older()
    done = run("check", "--locked", "nets")
    assert done.code == 0
    assert "warning[AC307]: net is counted differently since it was locked" in done.out
    assert f"counted differently since {SINCE}; attention runs" in done.out
    assert "plain is counted" not in done.out
    assert run("check", "--locked", "--strict", "nets").code == 1


def test_other_differences_are_errors_as_ever(run: Run) -> None:
    run("lock", "nets")
    older(lambda entry: entry.update(params=1))
    done = run("check", "--locked", "nets")
    assert (done.code, "error[AC304]" in done.out) == (1, True)
    assert "params: 1 in the lock file, now 624" in done.out
    assert f"counted differently since {SINCE}" in done.out


def test_without_a_new_counting_a_fingerprint_is_an_error(run: Run) -> None:
    run("lock", "nets")
    path = Path("archcalc.lock")
    data = json.loads(path.read_text(encoding="utf-8"))
    data["networks"]["nets/net.yaml"]["structure"] = "0" * 32
    path.write_text(json.dumps(data), encoding="utf-8")
    done = run("check", "--locked", "nets")
    assert (done.code, "AC307" in done.out) == (1, False)


def test_a_new_lock_says_what_it_counts_differently(run: Run) -> None:
    assert "differently" not in run("lock", "nets").err
    older()
    done = run("lock", "nets")
    assert "1 network with another entry: structure, buffers" in done.err
    assert "differently" not in run("lock", "nets").err
    assert run("check", "--locked", "nets").out.count("AC307") == 0


def test_diff_says_how_a_locked_network_was_counted(run: Run) -> None:
    run("lock", "nets")
    files = ("nets/net.yaml", "nets/plain.yaml")
    assert "older counting" not in run("diff", *files).out
    older()
    said = " ".join(run("diff", *files).out.split())
    assert "archcalc.lock has nets/net.yaml by an older counting: structure" in said
    assert "has nets/plain.yaml" not in said


def test_a_budget_that_fails_says_since_when_it_is_counted_so(run: Run) -> None:
    Path("nets/net.yaml").write_text(NET, encoding="utf-8")
    done = run("check", "nets/net.yaml")
    assert (done.code, "error[AC301]" in done.out) == (1, True)
    assert f"counted differently since {SINCE}" in done.out
    Path("nets/plain.yaml").write_text(
        f'{PLAIN}expect: [{{params: "<= 5"}}]\n', encoding="utf-8"
    )
    assert "differently" not in run("check", "nets/plain.yaml").out


def test_rows_are_numbered_and_layers_name_them() -> None:
    assert [one.number for one in COUNTINGS] == [*range(1, CURRENT + 1)]
    assert [one.since for one in COUNTINGS] == sorted(one.since for one in COUNTINGS)
    assert all(one.figures and one.about for one in COUNTINGS[1:])
    named = {n for layer in CATALOGUE.values() for n in layer.counted_since}
    assert {1, *named} == {one.number for one in COUNTINGS}
    assert recounted(loads(PLAIN).graph, 1) == []
    assert [one.number for one in recounted(loads(NET).graph, 1)] == [2]


@pytest.mark.parametrize("name", json.loads(KEPT.read_text(encoding="utf-8")))
def test_a_change_of_the_counting_has_a_row(name: str) -> None:
    """Where this fails, a figure of users' locks changed: add a row to `COUNTINGS`.

    Then set `counted_since` of the layers, and the entry here.
    """
    entry = json.loads(KEPT.read_text(encoding="utf-8"))[name]
    assert entry_of(load(name).analyze()) == entry

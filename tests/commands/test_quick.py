"""A plain command line is read without typer, and means what it means to typer."""

from __future__ import annotations

import gc
import shlex
from functools import wraps
from inspect import signature
from typing import Any

import pytest
import typer
from commands import archcalc
from typer.testing import CliRunner

from archcalc.__main__ import RARELY
from archcalc.commands import COMMANDS
from archcalc.commands.quick import COMPLETION, Declared, command, plain
from archcalc.commands.typer_app import app, typed

PLAIN = [
    "table vgg16",
    "table resnet50:v1.5 --level ops --batch 8",
    "table vgg16 -b 8 -f csv -o out.csv",
    "table --no-inplace vgg16 --input=C,H,W --columns layer,macs",
    "table vgg16 --inplace --set a=1 --set b=2 --limit nodes=9",
    "table 'my net.yaml' --columns=+depth,-flops --batch=007",
    "table vgg16 --view lecture --input=",
    "compare vgg16 resnet50 resnet18 --convention fvcore",
    "compare vgg16",
    "list",
    "list --family vgg --variants --format json",
    "show vgg16",
    "check",
    "check specs a.yaml b.yaml",
    "layers",
    "layers conv",
    "verify vgg16 --batch 2",
    "conventions",
    "explain vgg16 conv1",
    "help",
    "help table --all",
]
UNCLEAR = [
    "--version",
    "--debug table vgg16",
    "tabel vgg16",
    "table",
    "table --help",
    "table vgg16 -h",
    "table vgg16 resnet50",
    "table vgg16 --batch x",
    "table vgg16 --batch -1",
    "table vgg16 --batch 1_0",
    "table vgg16 --batch",
    "table vgg16 --batch 1 --batch 2",
    "table vgg16 --inplace --no-inplace",
    "table vgg16 --inplace=yes",
    "table vgg16 --columns -flops",
    "table vgg16 -b8",
    "table vgg16 -b=8",
    "table vgg16 --no-such",
    "table vgg16 --lev ops",
    "table -- vgg16",
    "table -",
    "compare",
    "list vgg",
    "show",
]


def by_typer(words: list[str]) -> dict[str, Any]:
    """Return what typer gives a command for these words."""
    run, given = command(words[0]), {}

    @wraps(run)
    def record(**taken: Any) -> None:
        given.update(taken)

    alone = typer.Typer()
    alone.command()(typed(record))
    done = CliRunner().invoke(alone, words[1:])
    assert done.exit_code == 0, done.output
    return given


@pytest.mark.parametrize("line", PLAIN)
def test_both_ways_read_the_same(line: str) -> None:
    words = shlex.split(line)
    call: Any = plain(words)
    assert call is not None
    taken = signature(call.func).parameters.values()
    usual = {each.name: each.default for each in taken}
    assert {**usual, **call.keywords} == by_typer(words)
    assert call.func is command(words[0])


@pytest.mark.parametrize("line", UNCLEAR)
def test_what_needs_judgement_is_left_to_typer(line: str) -> None:
    assert plain(shlex.split(line)) is None


def test_completion_is_left_to_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMPLETION, "complete_bash")
    assert plain(["table", "vgg16"]) is None


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_declares_all_that_it_takes_for_both(name: str) -> None:
    run = command(name)
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert {*Declared(run).types} == {*signature(typed(run)).parameters}


def test_a_command_that_declares_nothing_of_ours_is_left_to_typer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def strange(net: str) -> None:
        """Take a network without declaring it."""

    monkeypatch.setattr("archcalc.commands.quick.command", lambda _: strange)
    assert plain(["table", "vgg16"]) is None


def test_the_garbage_collector_runs_rarely_and_is_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = gc.get_threshold()
    try:
        gc.set_threshold(700, 10, 10)
        assert archcalc(capsys, monkeypatch, "table", "vgg16").code == 0
        assert gc.get_threshold() == RARELY
        assert gc.isenabled()
    finally:
        gc.set_threshold(*usual)

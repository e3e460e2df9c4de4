"""Help as a newcomer meets it: groups, examples that run, formats that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from commands import Done, archcalc
from onnx import helper
from onnx_models import model, weight

from archcalc.commands import COMMANDS, GROUPS, RENAMED
from archcalc.commands.declared import Argument, Option, taken
from archcalc.commands.helping import GENERAL, description, overview, page_of, usage
from archcalc.commands.quick import command
from archcalc.render.widths import width

Run = Callable[..., Done]
LINES = 60
"""How long a command's help may be."""
OFFERED = re.compile(r"\b[a-z]+\b")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def options(name: str) -> dict[str, Option]:
    """Return the options of a command by their first name."""
    declared = [get_args(one.hint)[1] for one in taken(command(name)).values()]
    return {one.names[0]: one for one in declared if isinstance(one, Option)}


def test_the_commands_stand_in_groups_a_line_each(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = run("--help").out
    assert out == run().out == run("help").out
    assert [line[:-1] for line in out.splitlines() if line[:-1] in GROUPS.values()] == [
        *GROUPS.values()
    ]
    monkeypatch.setenv("COLUMNS", "80")
    lines = overview().splitlines()
    for name in COMMANDS:
        assert f"  {name:14}{description(name).summary}" in lines
    assert len(lines) < 64
    assert max(map(width, lines)) <= 80
    for name, _ in GENERAL:
        assert name in out


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_page_with_two_examples(name: str, run: Run) -> None:
    page = run("help", name).out
    assert run(name, "--help").out == run(name, "-h").out == page
    assert page.startswith(f"Usage: {usage(name)}\n\n{description(name).summary}")
    assert len(description(name).examples) == 2
    for example in description(name).examples:
        assert f"  {example}\n" in page
        assert example.startswith(f"archcalc {name}")
    lines = page.splitlines()
    assert len(lines) <= LINES
    assert max(map(width, lines)) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described_and_rare_ones_are_named(name: str) -> None:
    page, whole = page_of(name), page_of(name, everything=True)
    for option in options(name).values():
        first = option.names[0].partition("/")[0]
        assert first in page
        assert option.more["help"][0] in page + whole
        assert " ".join(option.more["help"].split()) in " ".join(whole.split())
    for key, one in taken(command(name)).items():
        declared = get_args(one.hint)[1]
        if isinstance(declared, Argument):
            assert declared.more["help"], key


SHARED = {
    "--batch",
    "--dtype",
    "--input",
    "--set",
    "--limit",
    "--level",
    "--inplace/--no-inplace",
    "--optimizer",
    "--mixed",
    "--checkpoint",
    "--output",
    "--standalone",
    "--plain",
    "--convention",
}
"""Options that mean the same wherever they stand."""


@pytest.mark.parametrize("option", sorted(SHARED))
def test_one_word_means_one_thing(option: str) -> None:
    """The same name has the same short name everywhere, and the same kind of value."""
    found = [options(name)[option] for name in COMMANDS if option in options(name)]
    assert len(found) > 1 or option in ("--convention",)
    assert len({one.names for one in found}) == 1
    assert len({one.group for one in found}) == 1


# -- examples run ----------------------------------------------------------------------

NET = (
    "name: my-net\ninput: [3, 32, 32]\nlayers: [{conv: 8, kernel: 3}, gap, {fc: 10}]\n"
)
EXAMPLES = [
    (name, example)
    for name in COMMANDS
    for example in description(name).examples
    if not {"--watch", "verify", "--git", "audit", "--kind", "against", "playground"}
    & {*example.split()}
]
ELSEWHERE = {
    "check": "--watch never ends: tests/checks/test_new.py",
    "verify": "needs torch: tests/network/test_zoo.py",
    "diff": "--git needs a repository: tests/reports/test_diff.py",
    "against": "needs other tools: tests/whole/test_against.py",
    "audit": "takes long: tests/checks/test_audit.py",
    "playground": "never ends: tests/playground/test_serving.py",
    "plot": "takes long: tests/render/test_plot.py",
}
"""Commands with an example that is not run here, and where that way is tested."""


def test_the_examples_that_are_not_run_here_are_few() -> None:
    left = {
        name
        for name in COMMANDS
        for example in description(name).examples
        if (name, example) not in EXAMPLES
    }
    assert left == set(ELSEWHERE)


MODULE = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 8, 3), nn.ReLU())
"""


@pytest.mark.parametrize("example", [e for _, e in EXAMPLES])
def test_an_example_does_what_it_says(
    example: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "a.yaml").write_text(NET, encoding="utf-8")
    words = shlex.split(example)[1:]
    if words[0] == "fmt":
        (tmp_path / "my-net.yaml").write_text(NET, encoding="utf-8")
        run("fmt", "my-net.yaml", "nets")
    if words[0] == "import":
        node = helper.make_node("Conv", ["x", "w"], ["y"])
        made = model(
            [node], {"x": [1, 3, 8, 8]}, {"y": None}, [weight("w", [4, 3, 1, 1])]
        )
        (tmp_path / "model.onnx").write_bytes(made.SerializeToString())
        (tmp_path / "nets" / "mine.py").write_text(MODULE, encoding="utf-8")
    done = run(*words)
    assert done.code == 0, done.err
    assert "do not fit" not in done.err
    if "-o" in words:
        assert (tmp_path / words[words.index("-o") + 1]).stat().st_size > 0


# -- formats ---------------------------------------------------------------------------

CALLS = {
    "table": "table lenet5",
    "compare": "compare lenet5 alexnet",
    "draw": "draw lenet5",
    "deck": "deck lenet5",
    "plot": "plot lenet5",
    "list": "list --family hrnet",
    "explain": "explain alexnet conv1",
    "conventions": "conventions lenet5",
    "against": "against torch lenet5",
    "reconcile": "reconcile bottleneck-inception 358M",
    "audit": "audit lenet5",
    "quiz": "quiz lenet5",
    "layers": "layers conv",
    "memory": "memory lenet5",
    "fit": "fit lenet5 --memory 1GB",
    "decode": "decode gpt2",
    "sweep": "sweep efficientnet --over width=1,2",
    "scale": "scale efficientnet --step 0.5 --tolerance 50",
    "solve": "solve efficientnet --where macs<=2G --maximize width=1:2",
    "check": "check lenet5",
    "diff": "diff lenet5 alexnet",
    "rule": "rule AC201",
    "verify": "verify lenet5 --against lenet5",
}
FORMATS = (
    *("terminal", "markdown", "csv", "json", "latex", "html", "svg", "mermaid", "dot"),
    *("tikz", "parquet", "full", "concise", "github", "gitlab", "sarif", "junit"),
)
FILED = ("parquet", "arrow", "png", "pdf", "marp", "reveal")
"""Formats that are written to a file only."""


def test_every_command_with_formats_is_called() -> None:
    assert {n for n in COMMANDS if "--format" in options(n)} == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_command_offers_the_formats_that_it_has(
    name: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    told = options(name)["--format"].more["help"]
    offered = set(OFFERED.findall(told)) - {"or", "with", "plot"}
    assert offered
    for format in (*FORMATS, *(offered - {*FORMATS, *FILED})):
        done = run(*CALLS[name].split(), "--format", format)
        filed = format in FILED and format in offered
        assert (done.code == 0) == (format in offered and not filed), format
        assert done.code == 0 or re.search("AC53[037]|AC584", done.err), format


# -- mistakes --------------------------------------------------------------------------

MISTAKES = [
    ("tabel vgg16", "there is no command 'tabel'", "did you mean table?"),
    ("help tabel", "there is no command 'tabel'", "did you mean table?"),
    ("vit", "there is no command 'vit'", "network: archcalc table vit"),
    ("./a.yaml", "there is no command './a.yaml'", "archcalc table ./a.yaml"),
    ("xyzzy", "there is no command 'xyzzy'", "`archcalc help` lists the commands"),
    ("table", "table needs NET", "usage: archcalc table NET [options]"),
    ("table vgg16 --batch x", "--batch takes a whole number", "archcalc help table"),
    ("table vgg16 --colums a", "no option --colums", "did you mean --columns?"),
    ("table a b", "table takes no further argument: b", "archcalc help table"),
    ("table vgg16 --batch", "--batch needs a value", "archcalc help"),
    ("--nonsense", "archcalc has no option --nonsense", "archcalc help"),
]


@pytest.mark.parametrize(("line", "said", "help"), MISTAKES)
def test_a_mistake_is_told_with_what_helps(
    line: str, said: str, help: str, run: Run
) -> None:
    done = run(*line.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error[AC500]: ")
    assert said in done.err
    assert help in done.err


@pytest.mark.parametrize("old", RENAMED)
def test_a_former_command_says_what_it_is_now(old: str, run: Run) -> None:
    assert old not in COMMANDS
    now = RENAMED[old]
    done = run(old)
    assert done.code == 2
    assert f"archcalc {old} is now archcalc {' '.join(now)}" in done.err
    assert run("help", old).out == run("help", now[0]).out


def test_former_options_still_mean_the_same(run: Run) -> None:
    for new, old in (
        ("solve efficientnet --maximize width=1:2 --where macs<=2G", "--max"),
        ("compare lenet5 alexnet --bytes", "--memory"),
    ):
        now = new.replace("--where", "--max").replace("--bytes", "--memory")
        assert old in now
        assert run(*new.split()) == run(*now.split())


# -- completion ------------------------------------------------------------------------

COMPLETED = [
    ("fit vgg16 --device rtx-4", {"rtx-4090"}),
    ("memory vgg16 --roofline a10", {"a100", "a100-40gb"}),
    ("explain alexnet co", {"conv1", "conv2", "conv5"}),
    ("table vgg16 --columns +sh", {"+shape"}),
    ("table vgg16 --columns params,ma", {"params,macs"}),
    ("sweep efficientnet --figures params,fl", {"params,flops"}),
    ("table vgg16 --format mer", {"mermaid"}),
    ("list --format mer", set[str]()),
    ("table vgg16 --level s", {"stages"}),
    ("table vgg16 --dtype bf", {"bfloat16"}),
    ("memory vgg16 --optimizer ad", {"adam", "adamw"}),
    ("layers max", {"maxpool"}),
    ("help so", {"solve"}),
    ("quiz vgg16 --blank shape,pa", {"shape,params"}),
    ("explain no-such-net co", set[str]()),
]


@pytest.mark.parametrize(("words", "offered"), COMPLETED)
def test_the_tab_key_completes(
    words: str, offered: set[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_ARCHCALC_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"archcalc {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    found = set(run().out.split())
    assert offered <= found
    assert all(one.startswith(words.split()[-1]) for one in found)
    if not offered:
        assert found == set()

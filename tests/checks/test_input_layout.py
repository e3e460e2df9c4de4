"""Inputs in another layout than `[C, H, W]`: what every command says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Done, archcalc
from linted import checked

from archcalc.errors import UsageError
from archcalc.language.library import names
from archcalc.network.input_layout import odd_inputs
from archcalc.network.input_sizes import Input, parse_shape
from archcalc.network.network import load, loads

Run = Callable[..., Done]
CONV = "[{conv: 4, kernel: 1}]"
OPT_OUT = "lint: {ignore: [AC411]}\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def spec(input: str, layers: str = CONV) -> str:
    return f"name: net\ninput: {input}\nlayers: {layers}\n"


# what a file has; its steps; what is likely meant (none: nothing is odd)
FILES: list[tuple[str, str, tuple[tuple[int, ...], ...]]] = [
    ("[32, 32, 3]", CONV, ((3, 32, 32),)),
    ("[28, 28, 1]", CONV, ((1, 28, 28),)),
    ("[480, 640, 3]", CONV, ((3, 480, 640),)),
    ("[64, 64, 4]", CONV, ((4, 64, 64),)),
    ("[16, 112, 112, 3]", CONV, ((3, 16, 112, 112),)),
    ("[1, 3, 224, 224]", CONV, ((3, 224, 224),)),
    ("[8, 1, 28, 28]", CONV, ((1, 28, 28),)),
    ("[1, 224, 224, 3]", CONV, ((3, 224, 224),)),
    ("[28, 28]", CONV, ((1, 28, 28), (3, 28, 28))),
    ("[28, 28]", "[{stage: [{maxpool: 2}]}]", ((1, 28, 28), (3, 28, 28))),
    ("[16000, 1]", CONV, ((1, 16000),)),
    ("{a: [32, 32, 3]}", CONV, ((3, 32, 32),)),
    ("[3, 32, 32]", CONV, ()),
    ("[1, 16000]", CONV, ()),
    ("[28, 28]", "[{lstm: 64}]", ()),  # 28 rows of 28, one after the other
    ("[16000, 1]", "[{linear: 8}]", ()),
    ("[3, 300, 25]", CONV, ()),
    ("[64, 8, 8]", CONV, ()),
    ("[512, 7, 3]", CONV, ()),
    ("[64, 100, 1]", CONV, ()),
    ("[3, 16, 112, 112]", CONV, ()),
    ("[1, 64, 64, 64]", CONV, ()),
    ("[784]", "[{fc: 10}]", ()),
    ("[H, W, 3]", CONV, ()),
]


@pytest.mark.parametrize(("input", "steps", "likely"), FILES)
def test_what_a_files_input_looks_like(
    input: str, steps: str, likely: tuple[tuple[int, ...], ...]
) -> None:
    found = odd_inputs(loads(spec(input, steps)))
    assert tuple(form for odd in found for form in odd.likely) == likely
    assert len(found) == bool(likely)


def test_no_shipped_network_looks_odd() -> None:
    assert [name for name in names() if odd_inputs(load(name))] == []


# a network; sizes given to it; what is likely meant; a part of the message
GIVEN: list[tuple[str, Input, tuple[int, ...] | None, str]] = [
    ("resnet50", "224x224x3", (3, 224, 224), "224 channels of 224×3"),
    ("resnet50", "1x3x224x224", (3, 224, 224), "begin with the batch"),
    ("resnet50", "8x224x224x3", (3, 224, 224), "and its channels seem to come last"),
    ("resnet50", "224x224", (3, 224, 224), "2 sizes, but the file has 3"),
    ("resnet50", "3x224", (3, 224, 224), "2 sizes, but the file has 3"),
    ("resnet50", "299", (3, 299, 299), "1 size, but the file has 3"),
    ("resnet50", (192, 160, 3), (3, 192, 160), "come last"),
    ("lenet5", "32x32x1", (1, 32, 32), "come last"),
    ("lenet5", "32x32x3", (3, 32, 32), "come last"),
    ("resnet50", "3x299x299", None, ""),
    ("resnet50", "1x224x224", None, ""),
    ("resnet50", "3xHxW", None, ""),
    ("lenet5", "3x32x32", None, ""),
]


@pytest.mark.parametrize(("net", "input", "likely", "said"), GIVEN)
def test_what_given_sizes_look_like(
    net: str, input: Input, likely: tuple[int, ...] | None, said: str
) -> None:
    found = odd_inputs(load(net, input=input))
    assert [odd.likely for odd in found] == [(likely,)] * (likely is not None)
    assert all(said in odd.message for odd in found)
    assert all(odd.declared == load(net).input_shapes["input"] for odd in found)


def test_the_warning_of_a_command(run: Run) -> None:
    done = run("table", "resnet50", "--input", "224x224x3", "-f", "json")
    assert done.code == 0
    assert json.loads(done.out)["settings"]["input"] == "224×224×3"
    assert done.err == (
        "warning[AC411]: the input, 224×224×3, is read as 224 channels of 224×3: "
        "its channels seem to come last\n"
        "    resnet50 has 3×224×224\n"
        "  help: write 3x224x224\n"
    )


COMMANDS = [
    "table {}",
    "compare {} lenet5",
    "memory {}",
    "explain {}",
    "draw {} -o out.svg",
    "plot {} --kind layers -o out.svg",
    "report {} -o out.html",
    "diff {} lenet5",
    "fit {} --memory 1GiB",
    "conventions {}",
    "quiz {}",
    "reconcile {} 358M",
    "solve {} --maximize width --where macs<=1M",
    "scale {} --depth width",
    "sweep {} --over width=1:3",
    "verify {}",
    "check {}",
]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_warns(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    head = "name: net\nparams: {width: 4}\ninput: [32, 32, 3]\n"
    body = "layers: [{conv: width, kernel: 1}, gap, {fc: 10}]\n"
    Path("net.yaml").write_text(head + body, encoding="utf-8")
    Path("meant.yaml").write_text(head + OPT_OUT + body, encoding="utf-8")
    comment = head.replace("3]", "3]  # archcalc: ignore[AC411]")
    Path("said.yaml").write_text(comment + body, encoding="utf-8")
    done = run(*line.format("net.yaml").split())
    told = (done.out + done.err).count("warning[AC411]")
    assert (told, "write [3, 32, 32]" in done.out + done.err) == (1, True)
    for name in ("meant.yaml", "said.yaml"):
        done = run(*line.format(name).split())
        assert "AC411" not in done.out + done.err


def test_a_check_warns_where_the_sizes_do_not_fit() -> None:
    """The channels are why: 9 > 2, the number of positions."""
    found = checked(spec("[16000, 2]", "[{conv: 8, kernel: 9}]")).findings
    assert [f.code for f in found] == ["AC411", "AC202"]


def test_check_fails_where_it_is_strict(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(spec("[32, 32, 3]"), encoding="utf-8")
    assert run("check", str(file)).code == 0
    assert run("check", "--strict", str(file)).code == 1
    file.write_text(spec("[32, 32, 3]") + OPT_OUT, encoding="utf-8")
    assert run("check", "--strict", str(file)).code == 0


def test_expectations_at_another_input() -> None:
    expect = "expect:\n  - {input: 32x32x3, params: 132}\n"
    (found,) = checked(spec("[3, 64, 64]") + expect).findings
    assert (found.code, found.place.line) == ("AC411", 5)
    assert found.problem.help == "write 3x32x32"


def test_sizes_that_a_sweep_goes_over(run: Run) -> None:
    done = run("sweep", "resnet18", "--over", "input=3x64x64,64x64x3,96x96x3")
    assert done.err.count("warning[AC411]") == 1
    assert "write 3x64x64" in done.err


SIZES = [
    "3x8x8",
    "3×8×8",
    "(3,8,8)",
    "[3, 8, 8]",
    "(3x8x8)",
    " 3 x 8 x 8 ",
    "3, 8, 8",
    (3, 8, 8),
    ["3", 8, 8],
]


@pytest.mark.parametrize("given", SIZES)
def test_ways_to_write_sizes(given: str | list[int | str]) -> None:
    assert parse_shape(given) == (3, 8, 8)


def test_one_size_as_python_prints_it() -> None:
    assert parse_shape("(784,)") == (784,)


@pytest.mark.parametrize(
    "given",
    [
        *("", "()", "[]", "(3,8,8", "3,8,8)", "[3,8,8)", "((3,8,8))", "3××8", ",", "x"),
        *("3x0x8", "-3x8", "3.0x8", "a-b", "1x1x3x8x8", (3, True), "(3,,8)", "٣x8"),
    ],
)
def test_what_is_no_size(given: str | list[int | str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_shape(given)
    assert caught.value.problems[0].code == "AC506"


TWO = (
    "name: net\ninput: {left: [3, 16, 16], right: [10]}\n"
    "layers: [{conv: 2, kernel: 1, from: left}, gap, {name: a, flatten: }, "
    "{concat: [a, right]}]\n"
)


def test_some_inputs_of_several(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(TWO, encoding="utf-8")
    for given, shown in (
        (("left=3x32x32",), "3×32×32, 10"),
        (("right=(20,)",), "3×16×16, 20"),
        (("right=20", "left=1,8,8"), "1×8×8, 20"),
    ):
        options = [word for one in given for word in ("--input", one)]
        done = run("table", str(file), "-f", "json", *options)
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out)["settings"]["input"] == shown
    done = run("table", str(file), "--input", "left=32x32x3")
    assert "the input left, 32×32×3, is read" in done.err
    assert load(file, input={"right": [20]}).analyze().output == (22,)


REFUSED = [
    (("3x8x8",), "--input left=3x8x8 sets one of left, right"),
    (("lefd=3x8x8",), "did you mean left?"),
    (("left=3x8x8", "4"), "--input NAME=4"),
    (("left=3x8x8", "left=3x8x8"), "given twice"),
    (("left=",), "is not an input size"),
    (("=3x8x8",), "has no input ''"),
    (("left.x=3x8x8",), "has no input 'left.x'"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_inputs_that_are_refused(
    run: Run, tmp_path: Path, given: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(TWO, encoding="utf-8")
    options = [word for one in given for word in ("--input", one)]
    done = run("table", str(file), *options)
    assert (done.code, done.out) == (2, "")
    assert "AC506" in done.err
    assert said in done.err


def test_one_of_several_inputs_in_a_sweep(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(TWO, encoding="utf-8")
    words = ("--over", "batch=1,2", "--figures", "macs", "-f", "csv")
    done = run("sweep", str(file), *words, "--input", "left=3x8x8", "--jobs", "2")
    assert (done.code, done.err) == (0, "")
    assert done.out.split() == ["batch,macs", "1,384", "2,768"]  # 8·8·3·2

"""The commands as a user meets them: 80 columns, pipes, formats, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from commands import Done, archcalc

from archcalc.__main__ import main
from archcalc.render.widths import width
from archcalc.reports.table import COLUMNS

Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


FITTING = [
    ("table", "vgg16"),
    ("table", "resnet50", "--level", "ops"),
    ("table", "googlenet", "--level", "blocks"),
    ("table", "densenet121", "--level", "stages"),
    ("table", "vgg16", "--columns", ",".join(k for k in COLUMNS if k != "layer")),
    ("table", "three-3x3", "--input", "C,H,W"),
    ("compare", "naive-inception", "bottleneck-inception"),
    ("compare", "resnet18", "resnet34", "resnet50"),
    ("list",),
    ("layers",),
    ("layers", "conv"),
]


@pytest.mark.parametrize("words", FITTING, ids=" ".join)
def test_eighty_columns_hold_every_line(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.code, done.err) == (0, "")
    assert max(map(width, done.out.splitlines())) <= 80


def test_table_has_every_column_and_a_footer(run: Run) -> None:
    out = run("table", "vgg16").out
    for word in (
        "layer",
        "what",
        "output",
        "params",
        "MACs",
        "FLOPs",
        "activ",
        "bytes",
    ):
        assert word in out
    for word in ("convention macs", "batch 1", "dtype float32", "138.4M", "60.95 MB"):
        assert word in out
    assert "24M * 4 bytes" in out
    assert "15.2M" in out


def test_compare_shows_the_two_modules(run: Run) -> None:
    out = run("compare", "naive-inception", "bottleneck-inception").out
    for figure in ("854,196,224", "271,351,808", "1,089,536", "346,112", "672", "480"):
        assert figure in out
    for branch in ("1x1", "3x3", "5x5", "pool"):
        assert branch in out


def test_lecture_view_is_the_slides_layout(run: Run) -> None:
    lines = run("table", "vgg16", "--view", "lecture").out.splitlines()
    assert lines[1] == (
        "CONV3-64: [224x224x64]  memory: 224*224*64=3.2M  params: (3*3*3)*64 = 1,728"
    )
    assert (
        lines[19] == "FC: [1x1x4096]  memory: 4096  params: 7*7*512*4096 = 102,760,448"
    )
    assert "CONV3-64" in run("table", "vgg16", "--view", "lecture", "-f", "csv").out


def test_lecture_view_of_a_small_network(run: Run, tmp_path: Path) -> None:
    """Counts up to 10,000 are printed in full; several weights are added."""
    path = tmp_path / "net.yaml"
    path.write_text(
        "{name: a, input: [16, 8], layers: [{lstm: 4}, {linear: 3}]}", encoding="utf-8"
    )
    lines = run("table", str(path), "--view", "lecture").out.splitlines()
    # W_ih is 4·4×8 and W_hh 4·4×4 (torch.nn.LSTM); then 4 to 3 features.
    assert "16*8 + 16*4 = 192" in lines[1]
    assert "4*3 = 12" in lines[2]
    assert "TOTAL params: 204 parameters (204 weights)" in lines


def test_formats_hold_the_same_figures(run: Run) -> None:
    data = json.loads(run("table", "alexnet", "--format", "json").out)
    rows = data["tables"][0]["rows"]
    assert rows[-1]["cells"]["params"] == 62_378_344
    lines = list(csv.DictReader(io.StringIO(run("table", "alexnet", "-f", "csv").out)))
    plain = [line for line in lines if line["kind"] == "row"]
    (total,) = [line for line in lines if line["kind"] == "total"]
    for key in ("params", "macs", "flops", "activations"):
        assert sum(int(line[key]) for line in plain) == int(total[key])
    assert "62,378,344" in run("table", "alexnet", "-f", "markdown").out


def test_side_heads_stand_outside_the_sum(run: Run) -> None:
    lines = list(
        csv.DictReader(io.StringIO(run("table", "googlenet", "-f", "csv").out))
    )
    plain = sum(int(line["macs"]) for line in lines if line["kind"] == "row")
    (total,) = [line for line in lines if line["kind"] == "total"]
    assert plain == int(total["macs"]) == 1_582_671_872


def test_settings_change_the_figures(run: Run) -> None:
    def total(*words: str) -> dict[str, int]:
        data = json.loads(run("table", *words, "-f", "json").out)
        cells: dict[str, int] = data["tables"][0]["rows"][-1]["cells"]
        return cells

    plain, batch = total("resnet18"), total("resnet18", "--batch", "8")
    assert batch["macs"] == 8 * plain["macs"]
    assert batch["params"] == plain["params"]
    half = total("resnet18", "--dtype", "float16")
    assert 2 * half["activation_bytes"] == plain["activation_bytes"]
    assert total("resnet18", "--input", "3x299x299")["macs"] > plain["macs"]
    assert total("zfnet", "--set", "c4=384")["params"] < total("zfnet")["params"]
    kept = total("resnet18", "--no-inplace")
    assert kept["activations"] > plain["activations"]


def test_an_ending_picks_the_format(run: Run, tmp_path: Path) -> None:
    for ending, begin in ((".md", "#"), (".csv", "kind,"), (".json", "{")):
        file = tmp_path / f"table{ending}"
        assert run("table", "lenet5", "-o", str(file)).out == ""
        assert file.read_text(encoding="utf-8").lstrip().startswith(begin)


def test_list_shows_and_chooses_families(run: Run) -> None:
    assert "vgg19" in run("list").out
    out = run("list", "--family", "vgg").out
    assert "vgg19" in out
    assert "resnet50" not in out
    data = json.loads(run("list", "--format", "json").out)
    names = [row["cells"]["name"] for row in data["tables"][0]["rows"]]
    assert "resnet50:v1.5" in names


def test_a_kind_of_layer_has_all_its_arguments_its_own_value_first(run: Run) -> None:
    rows = [*csv.DictReader(io.StringIO(run("layers", "conv", "-f", "csv").out))]
    names = ["out", "kernel", "stride", "pad", "pad_end", "dilation", "bias"]
    names += ["weight_norm", "spectral_norm", "groups"]
    assert [row["argument"] for row in rows] == names
    assert [row["default"] for row in rows[:2]] == ["must be given", "1"]
    assert rows[2]["meaning"].startswith("Distance between windows")
    table = csv.DictReader(io.StringIO(run("layers", "-f", "csv").out))
    listed = {row["key"]: row["arguments"].split(", ") for row in table}
    assert listed["conv"][0] == "out"
    assert listed["upsample"] == ["scale", "mode=nearest", "align_corners=false"]
    assert listed["add"] == ["branches"]
    assert listed["relu"] == [""]


def test_show_prints_the_file(run: Run) -> None:
    root = Path(__file__).parents[2]
    text = (root / "specs" / "vgg" / "vgg16.yaml").read_text(encoding="utf-8")
    assert run("show", "vgg16").out == text


def test_check_finds_what_does_not_hold(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "name: n\ninput: [3, 8, 8]\nlayers: [gap]\nexpect:\n  - {params: 1}\n"
    )
    done = run("check", str(wrong))
    assert done.code == 1
    assert "AC301" in done.out + done.err
    stale = wrong.with_name("stale.yaml")
    stale.write_text(
        wrong.read_text().replace("params: 1", "params: 0, verdict: erratum")
    )
    assert "AC302" in run("check", str(stale)).out
    assert run("check", "vgg16", "googlenet").code == 0


REFUSED = [
    (("table", "vgg61"), "did you mean vgg"),
    (("table", "nosuch.yaml"), "no such file"),
    (("table", "vgg16", "--batch", "0"), "AC507"),
    (("table", "vgg16", "--dtype", "float23"), "did you mean float"),
    (("table", "vgg16", "--set", "k=3"), "no param 'k'"),
    (("table", "vgg16", "--set", "k"), "a name and a value"),
    (("table", "resnet50:v2"), "variants: v1.5"),
    (("table", "vgg16", "--level", "layer"), "did you mean layers?"),
    (("table", "vgg16", "--columns", "parms"), "did you mean params?"),
    (("table", "vgg16", "--view", "slides"), "views: lecture"),
    (("table", "vgg16", "--input", "3x"), "3x224x224 or C,H,W"),
    (("table", "vgg16", "--input", "3x4x4"), "AC202"),
    (("table", "vgg16", "--format", "docx"), "there is no format"),
    (("table", "vgg16", "-o", "/nonexistent/x.md"), "cannot write"),
    (("table", "vgg16", "--limit", "nodes=3"), "--limit nodes"),
    (
        ("sweep", "vgg16", "--over", "batch=1", "--limit", "file_bytes=9"),
        "--limit file_bytes",
    ),
    (
        (
            *("solve", "efficientnet", "--where", "macs <= 1G", "--maximize", "width"),
            *("--limit", "file_bytes=9"),
        ),
        "--limit file_bytes",
    ),
    (("scale", "efficientnet", "--limit", "file_bytes=9"), "--limit file_bytes"),
    (("compare", "vgg16"), "two networks or more"),
    (("list", "--family", "vg"), "did you mean vgg?"),
    (("layers", "konv"), "did you mean conv?"),
    (("check", "vgg61"), "did you mean vgg"),
    (("tabel", "vgg16"), "table"),
]


@pytest.mark.parametrize(
    ("words", "said"), REFUSED, ids=[" ".join(r[0]) for r in REFUSED]
)
def test_what_cannot_be_done_is_said(
    run: Run, words: tuple[str, ...], said: str
) -> None:
    done = run(*words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_bug_of_ours_has_its_own_code(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken \x1b[2J")

    monkeypatch.setattr("archcalc.network.network.load", broken)
    done = run("table", "vgg16")
    assert done.code == 3
    assert "a bug in archcalc: RuntimeError" in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    "words", ["--debug table vgg16", "table --debug vgg16", "table vgg16 -b 8 --debug"]
)
def test_a_bug_of_ours_shows_where_it_is_on_demand(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("archcalc.network.network.load", broken)
    with pytest.raises(RuntimeError, match="broken"):
        run(*words.split())


def test_debug_changes_nothing_else(run: Run) -> None:
    plain = run("table", "lenet5")
    assert run("table", "lenet5", "--debug") == run("--debug", "table", "lenet5")
    assert run("table", "lenet5", "--debug") == plain
    assert run("table", "--", "--debug").code == 2


@pytest.mark.parametrize("words", ["table vgg16", "table vgg16 -b8", "--debug table x"])
def test_an_interrupt_ends_with_a_word(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """However the command line was read; 130 is what a shell says for SIGINT."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archcalc.network.network.load", interrupted)
    assert run(*words.split()) == Done(130, "", "interrupted\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecursionError(), "too deep or too large for this machine: lower a limit"),
        (MemoryError(), "too deep or too large for this machine: lower a limit"),
        (OSError(28, "No space left"), "cannot write the output: No space left"),
        (OSError(13, "No permission", "a.csv"), "cannot write a.csv: No permission"),
    ],
)
def test_what_the_machine_refuses_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("archcalc.network.network.load", refused)
    done = run("table", "vgg16")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert said in done.err


def test_an_output_that_is_closed_is_told() -> None:
    command = f"{sys.executable} -m archcalc table vgg16 >&-"
    done = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write the output: it is closed\n"


def test_stdout_may_be_any_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["archcalc", "show", "vgg16"])
    sink = io.StringIO()
    with redirect_stdout(sink), pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert sink.getvalue().startswith("archcalc: 1\nname: vgg16\n")


def test_a_closed_stdout_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "archcalc", "table", "vgg16"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m archcalc table resnet152 | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, encoding="utf-8"
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_a_full_disk_is_said() -> None:
    command = f"{sys.executable} -m archcalc table vgg16 > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 2
    assert "No space left" in done.stderr


def on_a_terminal(*words: str, wide: int = 80, **environment: str) -> str:
    """Return what a command writes to a terminal of so many columns."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, wide))
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    env |= {"TERM": "xterm-256color", "COLUMNS": "80", **environment}
    with subprocess.Popen(
        [sys.executable, "-m", "archcalc", *words], stdout=follower, env=env
    ) as process:
        os.close(follower)
        found = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:
                break
            if not part:
                break
            found += part
        assert process.wait() == 0
    os.close(leader)
    return found.decode("utf-8")


def test_colour_on_a_terminal_unless_refused() -> None:
    assert "\x1b[1m" in on_a_terminal("table", "vgg16")
    assert "\x1b" not in on_a_terminal("table", "vgg16", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal("table", "vgg16", TERM="dumb")
    assert "\x1b[" in on_a_terminal("show", "vgg16")


@pytest.mark.parametrize("wide", [60, 100])
def test_lines_are_as_long_as_the_terminal_is_wide(wide: int) -> None:
    """With a `COLUMNS` that says nothing, too."""
    shown = on_a_terminal("layers", "conv", wide=wide, COLUMNS="")
    longest = max(map(width, shown.splitlines()))
    assert wide - 20 < longest <= wide


def test_lines_on_a_pipe_are_80_wide(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = run("layers", "conv").out
    monkeypatch.delenv("COLUMNS")
    assert run("layers", "conv").out == cut
    assert 70 < max(map(width, cut.splitlines())) <= 80


COMPLETED = [
    ("table resnet1", {"resnet18", "resnet101", "resnet152"}),
    ("table vgg16 --convention f", {"flops", "fvcore"}),
    ("rule AC20", {"AC201", "AC202", "AC203"}),
]


@pytest.mark.parametrize(("words", "offered"), COMPLETED)
def test_names_are_completed(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str, offered: set[str]
) -> None:
    monkeypatch.setenv("_ARCHCALC_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"archcalc {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    found = set(run().out.split())
    assert offered <= found
    assert all(n.startswith(words.split()[-1]) for n in found)


def test_progress_is_told_on_a_terminal_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from archcalc.commands import progress

    assert list(progress.tracked(range(3), "networks")) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0)
    monkeypatch.setattr(progress, "STEP_SECONDS", 0)
    assert list(progress.tracked(range(3), "networks", 3)) == [0, 1, 2]
    told = capsys.readouterr().err
    assert "3 of 3 networks" in told
    assert "100%" in told
    assert told.endswith("\x1b[2K")  # the line is cleared

"""Side heads that do not fit sizes given from outside: inference has its figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Done, archcalc

from archcalc.errors import ArchcalcError, ShapeError, SpecError
from archcalc.network.network import Network, load, network
from archcalc.network.torch_network import check_numbers
from archcalc.source.parser import parse

Run = Callable[..., Done]
HEAD = "aux: [{conv: 4, kernel: 9}, gap, {fc: 3}]"
"""It fits 16 pixels, and not 8."""
SMALL = "3x8x8"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def given(text: str, input: str | None = SMALL) -> Network:
    return network(parse(text, "net.yaml"), input=input)


def figures(net: Network) -> tuple[Any, ...]:
    """Return the figures of inference, its steps and its peak."""
    analysis = net.analyze()
    nodes = [(n.name, n.inputs, n.shape, n.share) for n in net.graph.nodes]
    live = [(row.name, row.figures) for row in analysis.outline("blocks")]
    peaks = analysis.memory.peak_inference, analysis.memory.bounds
    return analysis.total, nodes, live, peaks, dict(net.graph.names)


@pytest.mark.parametrize(
    ("name", "input", "macs", "params"),
    [
        # torchvision 0.28 in evaluation mode: torch's own counter, halved; parameters
        # whose names do not begin with aux
        ("inception-v3", "3x224x224", 2_837_921_120, 23_834_568),
        ("googlenet:torchvision", "3x64x64", 123_256_832, 6_624_904),
    ],
)
def test_what_torchvision_counts_in_inference(
    name: str, input: str, macs: int, params: int
) -> None:
    total = load(name, input=input).analyze().total
    assert (total.macs, total.params) == (macs, params)


def spec(layers: str, more: str = "") -> str:
    return f"name: net\ninput: [3, 16, 16]\n{more}layers:\n{layers}"


BLOCK = f"blocks: {{part: {{layers: [{{conv: 4}}, {{{HEAD}}}, relu]}}}}\n"
# where a head stands; how many there are
PLACES: dict[str, tuple[str, int]] = {
    "alone": (spec(f"  - {{conv: 4}}\n  - {{{HEAD}}}\n  - relu\n"), 1),
    "at the end": (spec(f"  - {{conv: 4}}\n  - {{{HEAD}}}\n"), 1),
    "named": (spec(f"  - {{conv: 4}}\n  - {{name: side, {HEAD}}}\n  - gap\n"), 1),
    "in a stage": (
        spec(f"  - {{name: s, repeat: 3, stage: [{{conv: 3}}, {{{HEAD}}}]}}\n"),
        3,
    ),
    "in a block": (spec("  - {name: b, use: part, repeat: 3}\n", BLOCK), 3),
    "in a residual": (
        spec(f"  - {{repeat: 2, residual: [{{conv: 3}}, {{{HEAD}}}]}}\n"),
        2,
    ),
    "in a branch": (
        spec(
            f"  - {{concat: {{a: [{{conv: 2}}, {{{HEAD}}}], b: identity}}}}\n  - gap\n"
        ),
        1,
    ),
    "repeated": (
        spec(f"  - {{conv: 4}}\n  - {{repeat: 2, {HEAD}}}\n  - {{conv: 4}}\n"),
        1,
    ),
    "from another": (
        spec(f"  - {{name: a, conv: 4}}\n  - gap\n  - {{from: a, {HEAD}}}\n  - relu\n"),
        1,
    ),
    "beside shared weights": (
        spec(
            f"  - {{name: a, conv: 3}}\n  - {{{HEAD}}}\n"
            "  - {name: b, conv: 3, share: a}\n"
        ),
        1,
    ),
    "with blocks and repeats inside": (
        spec(
            "  - {conv: 4}\n  - aux: [{use: p, repeat: 2}, {fc: i + 1, repeat: 2}, "
            "{conv: 4, kernel: 9}]\n  - {conv: 2, repeat: 2}\n",
            "blocks: {p: {layers: [{residual: [{name: q, conv: 4, norm: bn}]}]}}\n",
        ),
        1,
    ),
}


def without_head(text: str) -> str:
    """Return a spec with its head taken out of the text."""
    left, _, rest = text.partition("aux: [")
    depth = 1
    end = 0
    while depth:
        depth += {"[": 1, "]": -1}.get(rest[end], 0)
        end += 1
    # `when: false` leaves a step out, and its place in lists and names stays.
    return f"{left}aux: [relu], when: false{rest[end:]}".replace(
        "- aux: [relu], when: false", "- {aux: [relu], when: false}"
    )


@pytest.mark.parametrize("place", PLACES)
def test_inference_has_its_figures(place: str) -> None:
    text, heads = PLACES[place]
    net = given(text)
    assert figures(net) == figures(given(without_head(text)))
    assert len(net.graph.unfit) == heads


@pytest.mark.parametrize("place", PLACES)
def test_what_needs_the_head_refuses(place: str) -> None:
    net = given(PLACES[place][0])
    analysis = net.analyze()
    needing: tuple[Callable[[], Any], ...] = (
        lambda: analysis.aux,
        lambda: analysis.memory.training,
        lambda: analysis.memory.saved_for_backward,
        lambda: analysis.memory.on_disk,
        lambda: check_numbers(net.graph),
    )
    for need in needing:
        with pytest.raises(ShapeError, match=r"AC2\d\d"):
            need()


def test_a_head_that_fits_stays() -> None:
    text = PLACES["alone"][0].replace("  - relu", "  - {aux: [gap, {fc: 2}]}\n  - relu")
    net = given(text)
    names = {node.name for node in net.graph.nodes if node.aux}
    assert names == {"aux2.gap", "aux2.fc"}
    assert [head.name for head in net.graph.unfit] == ["aux1"]


@pytest.mark.parametrize("input", [None, "3x16x16"])
def test_the_files_own_size(input: str | None) -> None:
    macs = 8 * 8 * 4 * (9 * 9 * 4) + 4 * 3
    assert given(PLACES["alone"][0], input).analyze().aux.macs == macs


def test_a_file_whose_head_never_fits_is_refused() -> None:
    text = PLACES["alone"][0].replace("16", "8")
    with pytest.raises(ShapeError, match="AC202"):
        given(text, None).analyze()


def test_sizes_that_params_give() -> None:
    text = PLACES["alone"][0].replace("[3, 16, 16]", "[3, s, s]\nparams: {s: 16}")
    source = parse(text, "net.yaml")
    assert len(network(source, settings={"s": 8}).graph.unfit) == 1


@pytest.mark.parametrize(
    "step", ["{relu: , from: side}", "{conv: 4, kernel: 9, share: side.conv}"]
)
def test_a_step_that_names_the_head_refuses(step: str) -> None:
    text = PLACES["named"][0].replace("  - gap", f"  - {step}")
    given(text, "3x16x16").analyze()
    with pytest.raises(ShapeError, match="larger than its input"):
        given(text).analyze()


def test_a_name_that_is_not_there_is_still_said() -> None:
    with pytest.raises(ArchcalcError, match="AC154"):
        given(PLACES["named"][0] + "  - {relu: , from: sid}\n").analyze()


@pytest.mark.parametrize("input", ["3x16x16", SMALL])
def test_a_head_is_no_output(input: str) -> None:
    text = PLACES["named"][0].replace("layers:", "outputs: [side]\nlayers:")
    with pytest.raises(SpecError, match="AC156"):
        given(text, input).analyze()


# a command; its exit code; what stands on stdout; what on stderr
COMMANDS = [
    ("table", 0, "note: the side head 'side' is left out", "warning[AC202]"),
    ("table -f json", 0, "the side head 'side' is left out", "warning[AC202]"),
    ("memory", 0, "a side head does not fit", "warning[AC202]"),
    ("memory --training", 2, "", "error[AC202]"),
    ("explain", 0, "side heads left out", "warning[AC202]"),
    ("explain side.conv", 2, "", "error[AC202]"),
    ("fit --memory 1GiB", 2, "", "error[AC202]"),
    ("fit --memory 1GiB --inference", 0, "largest batch", "warning[AC202]"),
    ("table --columns +saved", 2, "", "error[AC202]"),
    ("conventions", 0, "fvcore", "warning[AC202]"),
    ("quiz", 0, "fill in", "warning[AC202]"),
    ("reconcile 1k", 0, "readings", "warning[AC202]"),
    ("draw -o out.svg", 0, "", "warning[AC202]"),
    ("report -o out.html", 0, "", "warning[AC202]"),
    ("plot --kind memory -o out.svg", 0, "", "warning[AC202]"),
    ("plot --kind memory --training -o out.svg", 2, "", "error[AC202]"),
]


@pytest.mark.parametrize(("words", "code", "out", "err"), COMMANDS)
def test_commands(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    code: int,
    out: str,
    err: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(PLACES["named"][0], encoding="utf-8")
    command, *rest = words.split()
    done = run(command, "net.yaml", *rest, "--input", SMALL)
    assert (done.code, out in done.out, err in done.err) == (code, True, True)
    assert "the side head 'side' is left out, as in inference" in done.err
    assert done.err.count("warning[AC202]") == 1
    whole = run(command, "net.yaml", *rest)
    assert "side head 'side'" not in whole.out + whole.err


def test_a_sweep_over_sizes(run: Run) -> None:
    sizes = "input=3x224x224,3x299x299"
    done = run(
        "sweep", "inception-v3", "--over", sizes, "--figures", "macs", "-f", "csv"
    )
    assert done.out.split() == [
        "input,macs",
        "3x224x224,2837921120",
        "3x299x299,5713216096",
    ]


def test_an_expectation_at_a_smaller_input(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    macs = "expect:\n  - {input: 3x8x8, macs: 768}\n"  # 8·8·3·4
    file.write_text(PLACES["named"][0] + macs, encoding="utf-8")
    done = run("check", str(file))
    assert (done.code, "ok (1 figure agrees)" in done.out) == (0, True)
    head = "expect:\n  - {input: 3x8x8, heads: 1}\n"
    file.write_text(PLACES["named"][0] + head, encoding="utf-8")
    done = run("check", str(file))
    assert (done.code, "AC202" in done.out) == (1, True)

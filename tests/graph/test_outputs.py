"""Networks with several outputs: what the language says, and every figure with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from linted import checked, fixed, lint
from torch_memory import (
    checkpointed_peak,
    inference,
    prepared,
    saved_bytes,
    threads,
    training_peak,
)

import archcalc
from archcalc import Analysis
from archcalc.checks.lock import entry_of, fingerprint
from archcalc.figures.memory.at_rest import static
from archcalc.figures.memory.checkpoints import segments
from archcalc.figures.memory.training import play
from archcalc.language.formatting import formatted
from archcalc.network.named_figures import measure
from archcalc.network.torch_network import build, verify
from archcalc.reports.diagram import diagram
from archcalc.reports.table import tabulate

TWO = """name: two
input: [3, 256, 256]
outputs: [seg, depth]
layers:
  - {name: stem, conv: 8, kernel: 3, pad: half}
  - {name: seg, from: stem, conv: 64, kernel: 3, pad: half}
  - {name: depth, from: stem, conv: 64, kernel: 3, pad: half}
"""
PYRAMID = """name: pyramid
input: [3, 32, 32]
outputs: [p5, fine.p4, p6]
layers:
  - {name: c4, conv: 16, kernel: 3, stride: 2, pad: 1, norm: bn, act: relu}
  - {name: c5, conv: 24, kernel: 3, stride: 2, pad: 1, act: relu}
  - {name: p5, conv: 8}
  - {name: up, upsample: 2}
  - name: fine
    stage:
      - {name: side, conv: 8, from: c4}
      - add: [up, side]
      - {name: p4, conv: 8, kernel: 3, pad: 1}
  - {name: p6, conv: 8, kernel: 3, stride: 2, pad: 1, from: p5, act: relu}
"""
"""An output that is read again, one inside a group, and one of a step with an act."""
VIEWS = """name: views
input: [4, 6, 6]
outputs: [map, flat, out]
layers:
  - {name: map, conv: 5, kernel: 3, act: relu}
  - {name: flat, flatten: }
  - relu
  - aux: [{fc: 3}]
  - {name: out, fc: 2}
"""
"""An output that is a view of another, and an activation that must not overwrite."""
BLOCKS = """name: blocks
input: [8, 8, 8]
outputs: [second.b, third]
blocks:
  pair:
    layers:
      - {name: a, conv: 8, kernel: 3, pad: half, act: relu}
      - {name: b, conv: 8, kernel: 3, pad: half, norm: bn}
      - {name: c, conv: 8}
layers:
  - {name: first, use: pair}
  - {name: second, use: pair}
  - {name: third, use: pair}
"""
NETWORKS = {"two": TWO, "pyramid": PYRAMID, "views": VIEWS, "blocks": BLOCKS}


@pytest.fixture(autouse=True, scope="module")
def _few_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    yield
    torch.set_num_threads(before)


def analyzed(text: str, **how: Any) -> Analysis:
    return archcalc.loads(text).analyze(**how)


def one_output(text: str) -> str:
    """Return a spec without its outputs: the last step is the only one."""
    return "".join(x for x in text.splitlines(True) if not x.startswith("outputs"))


# -- memory ----------------------------------------------------------------------------


def test_outputs_are_held_to_the_end() -> None:
    """By hand: the stem, 8·256², and two outputs of 64·256², 4 bytes a value."""
    memory = analyzed(TWO).memory
    stem, output, given = 8 * 256**2 * 4, 64 * 256**2 * 4, 3 * 256**2 * 4
    assert (stem, output) == (2_097_152, 16_777_216)
    assert memory.peak_inference == stem + 2 * output == 35_651_584
    assert memory.peak_keeping_inputs == 35_651_584 + given == 36_438_016
    lower, upper, _, held = memory.bounds
    assert (lower, held) == (stem + 2 * output, True)
    assert upper == given + stem + 2 * output


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("inplace", [False, True])
def test_every_byte_is_torchs(name: str, inplace: bool) -> None:
    analysis = analyzed(NETWORKS[name], batch=2, inplace=inplace)
    memory = analysis.memory
    module = prepared(analysis.graph, inplace=memory.storages.overwriting)
    theirs = [(s.name, s.peak, s.after) for s in inference(module, 2)]
    names = [node.name for node in analysis.graph.nodes]
    ours = [(names[m.node], m.live, m.after) for m in memory.inference.moments]
    assert ours[1:] == theirs[1:]  # the input is there before it is run
    held = inference(module, 2, hold=True)
    assert memory.peak_keeping_inputs == max(s.peak for s in held)
    module = prepared(analysis.graph, inplace=memory.training_storages.overwriting)
    assert memory.saved_for_backward == saved_bytes(module, 2)
    assert activations_peak(analysis) == training_peak(module, 2)


def activations_peak(analysis: Analysis) -> int:
    """Return the peak of training without what stays, as torch has it when watched."""
    fixed = static(analysis)
    peak = play(analysis.memory.training_storages, fixed, adding=False).peak
    return peak - int(fixed.parameters + fixed.buffers + fixed.optimizer_state)  # type: ignore[arg-type]


def test_a_checkpointed_part_with_an_output_inside() -> None:
    analysis = analyzed(BLOCKS, batch=2, inplace=False, checkpoint="blocks")
    parts = segments(analysis.graph, "blocks")
    module = prepared(analysis.graph)
    assert activations_peak(analysis) == checkpointed_peak(module, 2, parts)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_order_needs_less_than_the_lower_bound(name: str) -> None:
    memory = analyzed(NETWORKS[name]).memory
    lower, upper, _, _ = memory.bounds
    assert lower <= memory.peak_inference <= upper
    one = analyzed(one_output(NETWORKS[name])).memory
    assert one.peak_inference <= memory.peak_inference


def test_branches_change_places_with_an_output_among_them() -> None:
    """The output of `big` lives on wherever it runs; the better order is with it last.

    By hand, in values of 4 bytes: what enters has 4·8·8; a: 2·8·8, then 1·8·8;
    big: 16·8·8, which is held, then 1·8·8.
    """
    text = """name: n
input: [4, 8, 8]
outputs: [join.big.wide, join]
layers:
  - {name: x, conv: 4}
  - name: join
    concat:
      big: [{name: wide, conv: 16}, {name: thin, conv: 1}]
      a: [{name: wide, conv: 2}, {name: thin, conv: 1}]
"""
    orders = analyzed(text).memory.orders
    assert orders is not None
    area = 8 * 8 * 4
    first_big = (4 + 16 + 1 + 2 + 1) * area  # at a.thin: x is gone after a.wide
    assert orders.written == max((4 + 16 + 1 + 2) * area, first_big - 4 * area)
    assert orders.best == (4 + 1 + 16) * area


# -- torch -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_torch_returns_them_in_order(name: str) -> None:
    network = archcalc.loads(NETWORKS[name])
    verified = verify(network, batch=3)
    assert verified.ok, verified.show()
    analysis, graph = network.analyze(), network.graph
    found = build(graph)(
        torch.empty((3, *analysis.graph.nodes[0].shape), device="meta")
    )
    assert [tuple(value.shape[1:]) for value in found] == list(analysis.outputs)
    assert verify(archcalc.loads(one_output(NETWORKS[name]))).ok


def test_an_output_that_torch_gives_otherwise_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def backwards(outputs: Any) -> Any:
        return tuple(reversed(outputs))

    network = archcalc.loads(PYRAMID)
    module = build(network.graph)
    monkeypatch.setattr(
        type(module), "forward", _after(type(module).forward, backwards)
    )
    told = verify(network).show()
    assert "output p5: shape 1×8×8×8 here, 1×8×4×4 in torch" in told


def _after(function: Any, change: Any) -> Any:
    return lambda self, *inputs: change(function(self, *inputs))


# -- totals and figures ----------------------------------------------------------------


def test_shapes_names_and_counts() -> None:
    analysis = analyzed(PYRAMID)
    graph = analysis.graph
    assert analysis.outputs == ((8, 8, 8), (8, 16, 16), (8, 4, 4))
    assert graph.called(graph.outputs) == ("p5", "fine.p4", "p6")
    assert [graph.nodes[i].name for i in graph.outputs] == ["p5", "fine.p4", "p6.relu"]
    without = analyzed(one_output(PYRAMID))
    assert (without.outputs, without.total) == (((8, 4, 4),), analysis.total)


def test_depth_and_field_are_those_of_the_farthest() -> None:
    """p6 lies behind 4 convolutions and p4 behind 4; p4 sees more.

    By hand along c4, c5, p5, p6: 3, 3 + 2·2 = 7, 7, 7 + 2·4 = 15 positions. Along p4:
    a position of `up` sees 7, a 3×3 window over positions at half their distance of 4
    touches those of 2 of them, or 3: 7 + 4 = 11 and 15 where it straddles both; the
    union with `side`, 3 and a window of 3 at 2: 7, is inside.
    """
    analysis = analyzed(PYRAMID)
    assert measure(analysis, "depth") == 4
    assert measure(analysis, "receptive_field") == 15
    assert measure(analysis, "receptive_field", "p5") == 7
    for metric in ("shape", "channels"):
        with pytest.raises(
            ValueError, match="several outputs: choose one with `at: p5`"
        ):
            measure(analysis, metric)
    assert measure(analysis, "shape", "fine.p4") == (8, 16, 16)


def test_an_output_that_is_read_keeps_its_values() -> None:
    """Its activation is a row of its own, since it may not overwrite."""
    rows = {row.name: row for row in analyzed(VIEWS).rows}
    assert "relu" in rows
    assert rows["relu"].figures.activations == 5 * 4 * 4
    alone = {row.name: row for row in analyzed(one_output(VIEWS)).rows}
    assert "relu" not in alone


def test_the_table_shows_all() -> None:
    found = tabulate(analyzed(PYRAMID), columns=("layer", "shape", "params"))
    ends = [row.cells for row in found.rows if row.kind in ("total", "aside")]
    assert ends == [
        ("total", None, analyzed(PYRAMID).total.params),
        ("output p5", (8, 8, 8), None),
        ("output fine.p4", (8, 16, 16), None),
        ("output p6", (8, 4, 4), None),
    ]
    one = tabulate(analyzed(one_output(PYRAMID)), columns=("layer", "shape"))
    assert one.rows[-1].cells == ("total", (8, 4, 4))


def test_comparing_and_differing_show_all() -> None:
    two, one = analyzed(PYRAMID), analyzed(one_output(PYRAMID))
    rows = {row["path"]: row for row in archcalc.compare(two, one).rows()}
    assert [rows[f"output {n}"]["net0"] for n in (1, 2, 3)] == list(two.outputs)
    assert [rows[f"output {n}"]["net1"] for n in (1, 2, 3)] == [(8, 4, 4), None, None]


def test_drawings_mark_them_and_fold_no_output_away() -> None:
    boxes = {box.name: box for box in diagram(analyzed(PYRAMID)).boxes}
    marked = [name for name, box in boxes.items() if box.what.endswith("an output")]
    assert marked == ["p5", "fine.p4", "p6"]
    assert not any(
        "output" in b.what for b in diagram(analyzed(one_output(PYRAMID))).boxes
    )
    text = """name: n
input: [4, 8, 8]
outputs: [s.2, s.3]
layers: [{name: s, repeat: 3, conv: 4}]
"""
    folded = diagram(analyzed(text)).boxes
    assert [(box.name, box.times) for box in folded] == [
        ("input", 1),
        ("s.1", 1),
        ("s.2", 2),
    ]


def test_a_lock_tells_them_apart() -> None:
    prints = {
        fingerprint(archcalc.loads(text).graph)
        for text in (
            PYRAMID,
            with_outputs(PYRAMID, "[fine.p4, p5, p6]"),
            one_output(PYRAMID),
        )
    }
    assert len(prints) == 3
    entry = entry_of(analyzed(PYRAMID))
    assert entry["output"] == [[8, 8, 8], [8, 16, 16], [8, 4, 4]]
    assert entry_of(analyzed(one_output(PYRAMID)))["output"] == [8, 4, 4]


# -- the language ----------------------------------------------------------------------

HEADED = """name: headed
input: [3, 8, 8]
outputs: []
layers:
  - {name: c, conv: 4}
  - aux: [{name: side, fc: 3}]
  - {name: out, fc: 2}
"""
NO_NAMES = "the name of a step, or a list of names"
REFUSED = [
    (TWO, "[seg, dept]", "AC154", 16, "no step is named 'dept'", "mean depth?"),
    (BLOCKS, "[third, b]", "AC154", 18, "no step is named 'b'", "mean first.b?"),
    (TWO, "[zzz]", "AC154", 11, "no step is named 'zzz'", "by its path: `group.step`"),
    (TWO, "[stem.seg]", "AC154", 11, "no step is named 'stem.seg'", ""),
    (TWO, "[seg, seg]", "AC156", 16, "'seg' is named twice, first in line 3", "once"),
    (
        PYRAMID,
        "[fine, fine.p4]",
        "AC156",
        17,
        "same tensor as 'fine' in line 3",
        "once",
    ),
    (TWO, "[input, seg]", "AC156", 11, "'input' is an input", "name a step"),
    (HEADED, "[out, aux.side]", "AC156", 16, "'aux.side' is in a side head", "aux"),
    (TWO, "[]", "AC137", 10, NO_NAMES, ""),
    (TWO, "", "AC137", 9, NO_NAMES, ""),
    (TWO, "{a: seg}", "AC137", 10, NO_NAMES, ""),
    (TWO, "[[seg]]", "AC137", 10, NO_NAMES, ""),
]


def with_outputs(text: str, outputs: str) -> str:
    """Return a spec with other outputs; they stand in its third line."""
    lines = text.splitlines()
    return "\n".join([*lines[:2], f"outputs: {outputs}", *lines[3:], ""])


@pytest.mark.parametrize(("text", "outputs", "code", "column", "said", "help"), REFUSED)
def test_what_cannot_leave(
    text: str, outputs: str, code: str, column: int, said: str, help: str
) -> None:
    (finding,) = checked(with_outputs(text, outputs)).findings
    assert (finding.code, finding.place.line, finding.place.column) == (code, 3, column)
    assert said in finding.message
    assert help in (finding.problem.help or "")


def test_a_word_alone_names_one_output() -> None:
    """Any step may be the only output: what follows it is then read by nothing."""
    text = with_outputs(TWO, "seg")
    analysis = analyzed(text)
    assert (analysis.outputs, analysis.output) == (((64, 256, 256),), (64, 256, 256))
    (finding,) = lint(text)
    assert (finding.code, finding.place.line) == ("AC404", 7)
    assert "depth" not in fixed(text)


def test_names_are_looked_up_as_from_does_at_the_end() -> None:
    """A step in a stage goes by its own name too, as for `from`."""
    inside = archcalc.loads(with_outputs(PYRAMID, "[p5, side, p6]"))
    assert inside.graph.called(inside.graph.outputs) == ("p5", "fine.side", "p6")


def test_fmt_keeps_them_behind_the_input() -> None:
    text = (
        "layers: [relu,{name: a,relu: }]\noutputs:   [a,  relu]\ninput: [3]\nname: n\n"
    )
    assert formatted(text) == (
        "name: n\ninput: [3]\noutputs: [a, relu]\nlayers: [relu, {name: a, relu: }]\n"
    )


# -- lint ------------------------------------------------------------------------------


def test_an_output_that_is_not_named_is_told_and_named() -> None:
    text = one_output(TWO)
    (finding,) = lint(text)
    assert (finding.code, finding.severity) == ("AC413", "warning")
    assert (finding.place.line, finding.place.column) == (5, 29)
    assert finding.details.splitlines() == [
        "nothing reads seg: it looks like an output that `outputs` does not name",
        "the only output is depth, the last step",
        "help: if it is an output, write `outputs: [seg, depth]`; if not, remove it",
    ]
    assert fixed(text) == TWO
    assert lint(TWO) == []


FIXED = [
    ("input: {a: [3, 8, 8]}\n", "input: {a: [3, 8, 8]}\noutputs: [x, conv]\n"),
    (
        "input:\n  a: [3, 8, 8]  # the image\n",
        "input:\n  a: [3, 8, 8]  # the image\noutputs: [x, conv]\n",
    ),
    ("input: 3x8x8   # small\n", "input: 3x8x8   # small\noutputs: [x, conv]\n"),
]


@pytest.mark.parametrize(("before", "after"), FIXED)
def test_where_the_fix_writes(before: str, after: str) -> None:
    body = "layers: [{name: w, conv: 4}, {name: x, conv: 5}, {conv: 6, from: w}]\n"
    assert fixed(f"name: n\n{before}{body}") == f"name: n\n{after}{body}"


def test_names_that_need_quotes_get_them() -> None:
    text = """{name: n, input: [3, 8, 8], layers: [{name: w, conv: 4},
  {name: "a, b", conv: 4}, {name: yes, conv: 5, from: w}, {name: 1, conv: 2, from: w}]}
"""
    after = fixed(text)
    assert 'input: [3, 8, 8], outputs: ["a, b", "yes", "1"], layers' in after
    assert len(archcalc.loads(after).graph.outputs) == 3


def test_two_heads_of_two_tasks_are_outputs_and_no_side_heads() -> None:
    text = """name: n
input: [3, 8, 8]
layers:
  - {name: trunk, conv: 4}
  - {name: age, fc: 100}
  - {name: kind, fc: 10, from: trunk}
"""
    assert [f.code for f in lint(text)] == ["AC413"]
    same = text.replace("100", "10")  # of one depth: none is half-way
    assert [f.code for f in lint(same)] == ["AC413"]
    assert "outputs: [age, kind]" in fixed(same)


def test_channels_of_every_output_are_its_own() -> None:
    text = f"{TWO}lint: {{channels: 8}}\n".replace("conv: 64", "conv: 21")
    assert lint(text) == []
    found = lint(one_output(text))
    assert [f.code for f in found] == ["AC405", "AC413"]


def test_the_example_of_the_documentation() -> None:
    page = Path(__file__).parents[2] / "docs" / "language.md"
    section = page.read_text(encoding="utf-8").partition("\n## Outputs\n")[2]
    example = section.partition("```yaml\n")[2].partition("```")[0]
    peak = analyzed(example).memory.peak_inference
    assert f"together: {peak:,} bytes" in section
    assert lint(example) == []

"""Figures of small networks worked out by hand, rows and groups by name, refusals.

Found by mutation testing (docs/generated/mutation.md).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import layer_cases
import pytest
from memory_network import NETWORK

import archcalc
from archcalc import UsageError
from archcalc.figures.conventions import CONVENTIONS, View, convention, measures
from archcalc.figures.conventions.measure import Measure
from archcalc.figures.conventions.ways import lecture, thop, ultralytics_thop
from archcalc.network.named_figures import Others, counted_as, derived, measure
from archcalc.sizes.polynomials import symbol

SMALL = NETWORK.analyze()
TWINS = archcalc.loads(
    """\
archcalc: 1
name: twins
input: [4, 6, 6]
layers:
  - name: first
    stage:
      - {conv: 4, kernel: [1, 3], pad: [0, 1], groups: 2, bias: false}
      - residual:
          - {name: one, conv: 4}
          - bn
          - swish
  - name: second
    stage:
      - {conv: 4}
      - dropout
      - concat:
          left: [{conv: 2}]
          right: [identity]
  - {fc: 3}
  - softmax
"""
).analyze()


@pytest.mark.parametrize(
    ("metric", "at", "expected"),
    [
        # stem 112 and its norm 8, a 10, b 40 + 146, head 45; the side head apart
        ("params", None, 112 + 8 + 10 + 40 + 146 + 45),
        ("params", "stem", 120),
        ("params", "aux", 2565),
        ("macs", None, 64 * (4 * 27 + 2 * 4 + 8 * 4 + 2 * 72) + 8 * 5),
        ("shape", None, (5,)),
        ("shape", "mixed", (8, 8, 8)),
        ("depth", None, 4),  # stem, b.conv1, b.conv2, head
        ("depth", "stem", 1),
        ("receptive_field", "stem", 3),
        ("receptive_field", "mixed", 5),  # 3 + 2, by b's second as by c's pool
        ("receptive_field", None, None),  # everything, after a global pool
        ("convs", None, 4),
        ("convs", "mixed", 3),
        ("heads", None, 1),
        ("heads", "aux", 1),
        ("heads", "mixed", 0),
        ("layers", None, 8),
        ("layers", "mixed", 5),
        ("kinds", None, ("conv",) * 4 + ("maxpool", "concat", "gap", "fc")),
        ("kinds", "stem", ("conv",)),
        ("activations", None, 1997),
        ("relu_kept", None, 1997 + 256 + 512),
        ("relu_kept", "stem", 512),
        ("channels", None, 5),
        ("channels", "stem", 4),
        ("weight_shape", "stem", (4, 3, 3, 3)),
        ("weight_shape", "head", (5, 8)),
        ("kernel", "stem", 3),
        ("stride", "stem", 1),
        ("groups", "stem", 1),
        ("stride", "mixed.c.maxpool", 1),
        ("peak", "stem", 4 * (192 + 256) + 256),
        ("disk", "stem", 4 * 120 + 4 * 8 + 8),
    ],
)
def test_metrics_by_hand(metric: str, at: str | None, expected: Any) -> None:
    assert measure(SMALL, metric, at) == expected


@pytest.mark.parametrize(
    ("metric", "at", "expected"),
    [
        ("kernel", "first.conv", (1, 3)),
        ("groups", "first.conv", 2),
        ("weight_shape", "first.conv", (4, 2, 1, 3)),
        ("depth", None, 5),  # both convolutions of the first, two of the second, fc
        ("relu_kept", None, 144 * 5 + 72 + 216 + 3 + 144),
        ("activations", None, 144 * 5 + 72 + 216 + 3),
        ("layers", None, 8),
    ],
)
def test_metrics_of_twins(metric: str, at: str | None, expected: Any) -> None:
    assert measure(TWINS, metric, at) == expected


@pytest.mark.parametrize(
    ("metric", "at", "message"),
    [
        ("kernel", None, "name the layer: `at: conv1`"),
        ("kernel", "gap", "gap has no kernel"),
        ("groups", "gap", "gap has no groups"),
        ("weight_shape", "gap", "gap has no weight"),
        (
            "training",
            "stem",
            "training memory is a figure of the whole network: remove `at`",
        ),
    ],
)
def test_figures_that_are_not_there(metric: str, at: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        measure(SMALL, metric, at)


@pytest.mark.parametrize(
    ("metric", "convention", "expected"),
    [
        ("macs", "macs", "macs"),
        ("macs", "thop", "operations"),
        ("flops", "torch", "operations"),
        ("params", "keras", "reported_params"),
        ("depth", "thop", "depth"),
    ],
)
def test_a_tools_words_mean_its_own_figures(
    metric: str, convention: str, expected: str
) -> None:
    assert counted_as(metric, convention) == expected


def test_arithmetic_on_figures() -> None:
    def of(arithmetic: str, **operands: str) -> Any:
        return derived(SMALL, arithmetic, operands, Others())

    assert of("a / b", a="params", b="params at stem") == Fraction(361, 120)
    assert of("a - b", a="params of vgg16", b="params  at  fc8 of vgg16") == (
        138_357_544 - 4_097_000
    )
    for arithmetic, operand, message in (
        (
            "a",
            "parms",
            "'parms' is not a figure: write `METRIC at LAYER of NET`; "
            "did you mean params?",
        ),
        (
            "a",
            "qqqqq",
            "'qqqqq' is not a figure: write `METRIC at LAYER of NET`",
        ),
        ("a + b", "params", "a + b: unknown name b"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            of(arithmetic, a=operand)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("stem", "stem"),
        ("mixed", "mixed"),
        ("mixed.b", "mixed.b"),
        ("conv2", "mixed.b.conv2"),
        ("bn", "bn"),  # folded into the stem's row, found as an operation
    ],
)
def test_rows_by_name(name: str, found: str) -> None:
    assert SMALL.row(name).name == found


def test_a_name_that_nothing_has() -> None:
    with pytest.raises(UsageError) as caught:
        SMALL.row("zzz")
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("AC502", "small has no layer 'zzz'")
    assert problem.help is not None
    assert problem.help.startswith("names: input, stem, mixed.a.conv, mixed.b.conv1, ")
    assert problem.help.count(", ") == 11
    with pytest.raises(UsageError) as caught:
        SMALL.row("heat")
    assert caught.value.problems[0].help == "did you mean head?"


def test_a_name_of_several_rows_names_them() -> None:
    with pytest.raises(UsageError, match=r"'conv' can be .*: first\.conv, second"):
        TWINS.row("conv")


def test_levels() -> None:
    with pytest.raises(UsageError) as caught:
        list(SMALL.outline("layer"))  # type: ignore[arg-type]  # what a user may write
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.help) == (
        "AC504",
        "there is no level 'layer'",
        "did you mean layers?",
    )
    with pytest.raises(UsageError) as caught:
        list(SMALL.outline("?"))  # type: ignore[arg-type]
    assert caught.value.problems[0].help == "levels: ops, layers, blocks, stages"


def test_a_pools_stride_is_its_kernel_where_it_is_left_out() -> None:
    text = "archcalc: 1\nname: pool\ninput: [3, 8, 9]\nlayers: [{maxpool: [2, 3]}]\n"
    assert measure(archcalc.loads(text).analyze(), "stride", "maxpool") == (2, 3)


@pytest.mark.parametrize(
    ("level", "names"),
    [
        ("stages", "input first second fc"),
        (
            "blocks",
            "input first: conv residual second: conv concat fc",
        ),
    ],
)
def test_outlines(level: Any, names: str) -> None:
    """Heads end in a colon; the rows under them have their own part of the name."""
    rows = TWINS.outline(level)
    found = [f"{r.short or r.name}{':' if r.kind == 'head' else ''}" for r in rows]
    assert " ".join(found) == names


# -- what conventions weigh ------------------------------------------------------------


def view(line: str) -> View:
    case = layer_cases.read(line)
    return View(case.layer, case.inputs, case.output, {})


MODES = ("nearest1d", "nearest2d", "nearest3d", "linear", "bilinear", "trilinear")


@pytest.mark.parametrize(
    ("line", "mode", "values"),
    [
        ("{upsample: 2} @ 8x5", "nearest1d", 8 * 10),
        ("{upsample: 2} @ 8x5x6", "nearest2d", 8 * 10 * 12),
        ("{upsample: 2} @ 2x3x4x5", "nearest3d", 2 * 6 * 8 * 10),
        ("{upsample: 2, mode: bilinear} @ 8x5", "linear", 8 * 10),
        ("{upsample: 2, mode: bilinear} @ 8x5x6", "bilinear", 8 * 10 * 12),
        ("{upsample: 2, mode: bilinear} @ 2x3x4x5", "trilinear", 2 * 6 * 8 * 10),
    ],
)
def test_an_interpolation_counts_in_its_own_mode(
    line: str, mode: str, values: int
) -> None:
    found = {other: measures.enlarged(other)(view(line)) for other in MODES}
    assert found == dict.fromkeys(MODES, 0) | {mode: values}


DECONV = "{deconv: 6, kernel: 3, stride: 2, pad: 1, dilation: 2, groups: 2} @ 4x8x9"


@pytest.mark.parametrize(
    ("measure_of", "line", "expected"),
    [
        # the output is 6 × 17 × 19, from (n - 1)·2 - 2 + 2·2 + 1
        (measures.deconv_as_conv, DECONV, 6 * 17 * 19 * (4 // 2) * 9),
        (measures.deconv_groups_twice, DECONV, 4 * 8 * 9 * 1 * 9),  # 6 // 2 // 2
        # a convolution would leave (8 + 2 - 4 - 1) // 2 + 1 rows, 6 // 2 + 1 columns
        (measures.deconv_bias_as_conv, DECONV, 6 // 2 * 3 * 4),
        # the only window of five sees one value, two at either side are lost
        (
            ultralytics_thop.mean_windows,
            "{avgpool: 5, stride: 1, pad: 2, count_pad: false} @ 3x1",
            3,
        ),
        # along 5: 2, 3 and 2 values; along 6: 2, 3 and 3
        (
            ultralytics_thop.mean_windows,
            "{avgpool: 3, stride: 2, pad: 1, count_pad: false} @ 3x5x6",
            3 * 7 * 8,
        ),
        # along an axis: 3, 4, 5, 5, 4 and 3 of the six values
        (
            ultralytics_thop.mean_windows,
            "{avgpool: 5, stride: 1, pad: 2, count_pad: false} @ 3x6x6",
            3 * 24 * 24,
        ),
        (measures.rows, "softmax @ 4x3x5", 3 * 5),  # over the channels
        (measures.leaving_affine, "bn @ 4x3x5", 4 * 3 * 5),
        (measures.leaving_affine, "{bn: , affine: false} @ 4x3x5", 0),
        (lecture.weights_alone, "{lstm: 6} @ 5x8", 4 * 6 * (8 + 6)),
    ],
)
def test_measures_by_hand(measure_of: Measure, line: str, expected: int) -> None:
    found = measure_of(view(line))
    assert found == expected
    assert type(found) is int


def test_measures_of_sizes_that_are_symbols() -> None:
    """Three windows over i hold i where 3 divides it, else i + 3 - 1 at most."""
    n = symbol("n")
    layer = layer_cases.read("{adaptive_avgpool: 3} @ 2x9").layer
    of = View(layer, ((2, 3 * n + 1),), (2, 3), {})
    assert ultralytics_thop.adaptive_windows(of) == 2 * (3 * n + 3)
    of = View(layer, ((2, 3 * n),), (2, 3), {})
    assert ultralytics_thop.adaptive_windows(of) == 6 * n
    assert thop.adaptive_ratio(of) == 6 * n + 6
    of = View(layer, ((2, n),), (2, 3 * n), {})
    assert thop.adaptive_ratio(of) == 2 * n + 6 * n
    of = View(layer, ((n, 9),), (n, 3), {})
    assert thop.adaptive_ratio(of) == 9 * n + 3 * n


def test_work_that_a_layer_does_not_do_is_none() -> None:
    of = view("{conv: 8} @ 4x5x6")
    assert measures.kind_of_work("exp")(of) == 0
    assert measures.kind_of_work("mac")(of._replace(work={"mac": 7})) == 7


# -- rows and heads --------------------------------------------------------------------

NESTED = """\
archcalc: 1
name: nested
input: [4, 6, 6]
layers:
  - name: one
    stage:
      - {conv: 4}
      - bn
      - residual: [{conv: 4}, relu, {conv: 4}]
        shortcut: [{conv: 4, kernel: 1}]
  - relu
  - name: two
    stage:
      - name: inner
        stage:
          - concat:
              left: [{conv: 2}]
              right: [identity, {name: second, conv: 4}]
  - aux: [{fc: 5}]
  - {fc: 3}
"""
OPS = """\
1 input: input
7 one/
  1 conv: conv 1×1, 4
  1 bn: bn
  5 residual/ residual
    1 conv1: conv 1×1, 4
    1 relu: relu
    1 conv2: conv 1×1, 4
    1 shortcut.conv: conv 1×1, 4
    1 add: add
1 relu: relu
4 two/
  4 inner/
    1 left.conv: conv 1×1, 2
    1 right.identity: identity
    1 right.second: conv 1×1, 4
    1 concat: concat
1 aux/ aux (side)
  1 fc: fc 5 (side)
1 fc: fc 3
"""
FOLDED = {
    "  1 conv: conv 1×1, 4\n  1 bn: bn": "  2 conv: conv 1×1, 4, bn",
    "1 conv1: conv 1×1, 4\n    1 relu: relu": "2 conv1: conv 1×1, 4, relu",
}
BLOCKS = """\
1 input: input
7 one/
  2 conv: conv 1×1, 4, bn
  5 residual: residual
1 relu: relu
4 two/
  4 inner/
    4 two.inner: concat
1 aux/ aux (side)
  1 fc: fc 5 (side)
1 fc: fc 3
"""
STAGES = """\
1 input: input
7 one:
1 relu: relu
4 two:
1 aux: aux (side)
1 fc: fc 3
"""


def drawn(level: Any) -> str:
    """Return an outline as text: nodes, the row's own part of its name, its words."""
    found = []
    for row in archcalc.loads(NESTED).analyze().outline(level):
        mark = "/" if row.kind == "head" else ":"
        words = f" {row.label}" if row.label else ""
        text = f"{'  ' * row.depth}{len(row.nodes)} {row.short}{mark}{words}"
        found.append(f"{text}{' (side)' if row.aux else ''}\n")
    return "".join(found)


def test_outlines_of_nested_groups() -> None:
    layers = OPS
    for apart, together in FOLDED.items():
        assert apart in layers
        layers = layers.replace(apart, together)
    expected = {"ops": OPS, "layers": layers, "blocks": BLOCKS, "stages": STAGES}
    assert {level: drawn(level) for level in expected} == expected


def test_at_most_four_rows_of_a_name_are_told() -> None:
    stages = "".join(f"  - {{name: s{i}, stage: [{{fc: 2}}]}}\n" for i in range(6))
    text = f"archcalc: 1\nname: six\ninput: [4]\nlayers:\n{stages}"
    with pytest.raises(UsageError) as caught:
        archcalc.loads(text).analyze().row("fc")
    (problem,) = caught.value.problems
    assert problem.message == (
        "'fc' can be several layers of six: s0.fc, s1.fc, s2.fc, s3.fc, …"
    )


def test_arguments_of_layers_by_hand() -> None:
    """Analysed anew, and one number only where all axes have it."""
    small, twins = NETWORK.analyze(), archcalc.loads(NESTED).analyze()
    assert measure(small, "kernel", "stem") == 3
    assert measure(small, "stride", "mixed.c.maxpool") == 1
    assert measure(twins, "groups", "two.inner.right.second") == 1
    text = "archcalc: 1\nname: line\ninput: [3, 8]\nlayers: [{conv: 4, kernel: 5}]\n"
    assert measure(archcalc.loads(text).analyze(), "kernel", "conv") == 5
    with pytest.raises(ValueError, match=r"'parms at stem' .*mean params\?"):
        derived(small, "a", {"a": "parms at stem"}, Others())


def test_a_convention_that_there_is_not() -> None:
    with pytest.raises(UsageError) as caught:
        convention("???")
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("AC515", "there is no convention '???'")
    assert problem.help is not None
    kind, _, names = problem.help.partition(": ")
    assert (kind, names.split(", ")) == ("conventions", [*CONVENTIONS])


def test_a_block_called_shortcut_is_none() -> None:
    """A residual of two such blocks: both count, what is on its shortcut does not."""
    text = """\
archcalc: 1
name: words
input: [4, 6, 6]
blocks:
  shortcut:
    layers:
      - {conv: 4}
layers:
  - residual: [{use: shortcut}, {use: shortcut}]
    shortcut: [{conv: 4}, {conv: 4}, {conv: 4}]
"""
    assert measure(archcalc.loads(text).analyze(), "depth", None) == 2

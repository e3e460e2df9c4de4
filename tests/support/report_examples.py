"""Reports made by hand, for the tests of reports and renderers."""

from __future__ import annotations

from fractions import Fraction

from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.diagram import Box, Cluster, Diagram
from archcalc.reports.report import Report
from archcalc.sizes.dims import symbol

H = symbol("H")

LAYERS = Table(
    "layers",
    (
        Column("layer", "layer", "name"),
        Column("what", "what", "text"),
        Column("shape", "output", "shape"),
        Column("params", "params", "count"),
        Column("macs", "MACs", "operations", unit="MAC"),
        Column("values", "activations", "count", unit="values", short="activ."),
        Column("stored", "stored", "bytes", unit="B", note="outputs that are kept."),
        Column("share", "share of MACs", "percent"),
        Column("trained", "trained", "flag"),
    ),
    (
        Line(("input", "image", (3, 224, 224), 0, 0, 150_528, 602_112, 0, False)),
        Line(
            (
                "stem",
                None,
                (64, 112, 112),
                38_720,
                1_936_392_192,
                7_225_344,
                None,
                Fraction(999, 1000),
                None,
            ),
            "subtotal",
        ),
        Line(
            (
                "conv",
                "conv 3×3, 64, pad 1, relu",
                (64, 224, 224),
                1_792,
                86_704_128,
                3_211_264,
                12_845_056,
                Fraction(448, 10_000),
                True,
            ),
            depth=1,
            path="stem.conv",
        ),
        Line(
            (
                "畳み込み",
                "conv 3×3, 64, naïve cafe\u0301",
                (64, 224, 224),
                36_928,
                1_849_688_064,
                3_211_264,
                12_845_056,
                Fraction(9551, 10_000),
                True,
            ),
            depth=1,
            path="stem.畳み込み",
        ),
        Line(
            (
                "pool",
                "maxpool 2×2",
                (64, H // 2, H + 1),
                0,
                "not counted",
                64 * H,
                4 * (H + 1),
                Fraction(1, 10_000),
                False,
            ),
            depth=1,
            path="stem.pool",
        ),
        Line(
            (
                "total",
                None,
                (1000,),
                2**60 + 1,
                15_470_264_320,
                15_237_608,
                60_950_432,
                1,
                None,
            ),
            "total",
            path="total",
        ),
        Line(
            ("side heads", None, None, 999_950, 0, 1, 1, None, None),
            "aside",
            path="side heads",
        ),
    ),
)
TOTALS = Table(
    "totals",
    (
        Column("figure", "total", "name"),
        Column("net0", "naive-inception", "value"),
        Column("net1", "bottleneck-inception", "value"),
        Column("ratio1", "ratio", "ratio"),
    ),
    (
        Line(("output", (672, 28, 28), (480, 28, 28), None), kinds="shape"),
        Line(
            ("MACs", 854_196_224, 271_351_808, Fraction(854_196_224, 271_351_808)),
            kinds="operations",
        ),
        Line(("bytes", 5_017_600, 5_017_600, 1), kinds="bytes"),
    ),
    note="totals are of one image.",
)
NETWORK = Diagram(
    "vgg16",
    "VGG-16, in part",
    (
        Box("input", "image", (3, 224, 224), (3, 224, 224)),
        Box("stem.conv", "conv 3×3, 64", (64, 224, 224), (64, H, H + 1), 0, 2),
        Box("stem.畳み込み", 'conv "3×3"', (64, 224, 224), (64, 224, 224), 1),
        Box("stem.side.fc", "fc", (10,), (10,), 1, aux=True),
        Box("pool", "pool", (64, 1, 1), (64, 1, 1)),
    ),
    (Cluster("stem", "2 × block", None, 2), Cluster("stem.side", "", 0)),
    ((0, 1), (1, 2), (1, 4), (2, 3)),
)
REPORT = Report(
    "table",
    "VGG-16, in part",
    "vgg16",
    (LAYERS, TOTALS),
    (
        Note("MACs: multiply-accumulates, padding counted.", "definition"),
        Note("assumes H ≥ 2", "assumption"),
        Note(
            "activation bytes: 60.95 MB; published: 24M * 4 bytes ~= 96MB.\nThe rows of"
            " the slide sum to 15.2M values, see https://example.org/a_b?c=1|2 there.",
            "erratum",
            "CS231n lecture 9",
        ),
    ),
    {"convention": "macs", "input": (3, 224, 224), "batch": 1, "inplace": True},
    (NETWORK,),
)


def small(name: str, *, text: str = "conv", title: str = "net") -> Report:
    """Return a report with a text wherever one can stand."""
    columns = (
        Column("layer", "layer", "name"),
        Column("what", "what", "text"),
        Column("n", "params", "count"),
    )
    rows = (
        Line((name, text, 12), path=name),
        Line((name, text, 3), depth=2, path=name),
        Line(("total", text, 15), "total"),
    )
    notes = (Note(text, "erratum", name), Note(text))
    table = Table(title, columns, rows)
    boxes = tuple(Box(n, text, (3, 4), (3, 4), 0) for n in (name, text))
    drawn = Diagram(name, title, boxes, (Cluster(name, text),), ((0, 1),))
    return Report("table", title, name, (table,), notes, {"dtype": text}, (drawn,))


def table_lines(text: str) -> list[str]:
    """Return the lines of the tables: the blocks with a rule in them."""
    blocks = [block.split("\n") for block in text.split("\n\n")]
    return [line for block in blocks if any("──" in x for x in block) for line in block]

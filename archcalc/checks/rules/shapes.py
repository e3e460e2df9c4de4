"""Rules of shapes: what the layers and `expand` refuse, AC2xx."""

from __future__ import annotations

from archcalc.checks.rule import Rule
from archcalc.layers.named_rules import SHAPE_RULES

EXAMPLES: dict[str, tuple[str, str, str]] = {
    "AC201": (
        "unequal-shapes",
        "- {residual: [{conv: 8, kernel: 3, pad: 1}]}",
        "- {residual: [{conv: 8, kernel: 3, pad: 1}], shortcut: projection}",
    ),
    "AC202": (
        "window-too-large",
        "- {conv: 8, kernel: 33}",
        "- {conv: 8, kernel: 33, pad: 16}",
    ),
    "AC203": (
        "groups-do-not-divide",
        "- {conv: 32, kernel: 1}\n- {conv: 64, kernel: 3, groups: 3}",
        "- {conv: 32, kernel: 1}\n- {conv: 64, kernel: 3, groups: 4}",
    ),
    "AC204": (
        "missing-axes",
        "- {linear: 10}\n- flatten\n- {conv: 8}",
        "- {conv: 8}\n- flatten\n- {linear: 10}",
    ),
    "AC205": (
        "axes-count",
        "- {conv: 8, kernel: [3, 3, 3]}",
        "- {conv: 8, kernel: [3, 3]}",
    ),
    "AC206": (
        "output-padding",
        "- {deconv: 8, kernel: 4, stride: 2, output_pad: 2}",
        "- {deconv: 8, kernel: 4, stride: 2, output_pad: 1}",
    ),
    "AC207": (
        "nothing-left",
        "- {deconv: 8, kernel: 1, pad: 16}",
        "- {deconv: 8, kernel: 3, pad: 1}",
    ),
    "AC208": ("no-such-axis", "- {softmax: 3}", "- {softmax: 0}"),
    "AC209": (
        "pool-padding",
        "- {maxpool: 3, stride: 2, pad: 2}",
        "- {maxpool: 3, stride: 2, pad: 1}",
    ),
    "AC210": (
        "unequal-parts",
        "- {conv: 9}\n- {split: 2}",
        "- {conv: 8}\n- {split: 2}",
    ),
    "AC211": (
        "rows-and-columns",
        "- {name: a, reshape: [4, 768]}\n- {name: b, reshape: [4, 768], from: input}\n"
        "- {matmul: [a, b]}",
        "- {name: a, reshape: [4, 768]}\n- {name: b, reshape: [768, 4], from: input}\n"
        "- {matmul: [a, b]}",
    ),
    "AC212": ("does-not-fill", "- {reshape: [7, 7]}", "- {reshape: [3, 1024]}"),
    "AC213": ("empty-part", "- {slice: [2, 5]}", "- {slice: [1, 3]}"),
    "AC214": (
        "unequal-weights",
        "- {name: a, conv: 3, kernel: 3, pad: 1}\n- {conv: 3, kernel: 1, share: a}",
        "- {name: a, conv: 3, kernel: 3, pad: 1}\n"
        "- {conv: 3, kernel: 3, pad: 1, share: a}",
    ),
    "AC216": (
        "computed-ids",
        "- gap\n- flatten\n- {embedding: 10, dim: 3}",
        "- flatten\n- {embedding: 10, dim: 3}",
    ),
    "AC220": ("single-values", "- gap\n- in", "- gap\n- ln"),
    "AC290": (
        "undecided-size",
        ">>> from archcalc.sizes.dims import divides, symbol\n"
        ">>> divides(4, symbol('C'))",
        ">>> from archcalc.sizes.dims import assuming, divides, symbol\n"
        ">>> with assuming(): divides(4, symbol('C'))",
    ),
}
"""A name, a wrong and a right example for each code."""
FIXABLE = frozenset({"AC203"})

SHAPES = tuple(
    Rule(code, EXAMPLES[code][0], says, *EXAMPLES[code][1:], fixable=code in FIXABLE)
    for code, says in SHAPE_RULES.items()
)

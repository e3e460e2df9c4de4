"""Columns and sentences about memory of networks of a few bytes, worked out by hand.

Found by mutation testing (docs/generated/mutation.md).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from small_networks import FIRST, HEAD, LAST, analyzed

import archcalc
from archcalc import Analysis, UsageError
from archcalc.checks.claims.expectations import judge
from archcalc.network.largest_batch import inference_peak, largest_batch, read_size
from archcalc.network.named_figures import measure
from archcalc.reports.memory.cells import cells
from archcalc.reports.memory.details import timeline_report, training_report
from archcalc.reports.memory.notes import where_the_most_is
from archcalc.reports.memory.summary import memory_report


def column(key: str, analysis: Analysis) -> dict[str, Any]:
    """Return a column's cells by the names of rows."""
    cell = cells(key, analysis)
    return {row.name: cell(row) for row in analysis.rows}


SLIDING = """\
archcalc: 1
name: sliding
input: [1, 8, 9]
layers:
  - {name: a, conv: 2, kernel: 3, pad: 1}
  - {name: b, conv: 2, kernel: [3, 5], stride: [1, 2], pad: [1, 2]}
  - {name: c, conv: 2, kernel: [1, 3], stride: 3, pad: [0, 7]}
  - {name: fc, fc: 1}
"""


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # b adds 2 and 4 to a's 3; c adds two steps of 2 along the width
        ("receptive_field", {"input": 1, "a": 3, "b": (5, 7), "c": (5, 11)}),
        ("jump", {"input": 1, "a": 1, "b": (1, 2), "c": (3, 6)}),
        ("start", {"input": 0, "a": -1, "b": (-2, -3), "c": (-2, -17)}),
        # c's first output sees columns -17 to -7 alone
        ("faked", {"input": 0, "a": 1, "b": (2, 3), "c": (2, 11)}),
    ],
)
def test_receptive_fields(key: str, expected: dict[str, Any]) -> None:
    found = column(key, archcalc.loads(SLIDING).analyze())
    assert found == {**expected, "fc": "all"}


def test_the_receptive_field_of_a_signal() -> None:
    text = "archcalc: 1\nname: one\ninput: [1, 8]\nlayers: [{conv: 2, kernel: 3}]\n"
    found = column("receptive_field", archcalc.loads(text).analyze())
    assert found == {"input": 1, "conv": 3}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("peak", {"input": 32, "a": 64, "fc": 36}),
        ("saved", {"input": 0, "a": 32, "fc": 32}),
        ("saved_share", {"input": 0, "a": Fraction(1, 2), "fc": Fraction(1, 2)}),
        ("disk", {"input": 0, "a": 24, "fc": 36}),
        # inputs, outputs, weights and biases, of 4 bytes
        ("moved", {"input": 0, "a": 32 + 32 + 24, "fc": 32 + 4 + 36}),
        # two operations for each multiply-accumulate, one for each bias that is added
        ("intensity", {"input": None, "a": Fraction(40, 88), "fc": Fraction(17, 72)}),
        ("keeps", {"input": "nothing", "a": "input, weight", "fc": "input, weight"}),
    ],
)
def test_columns_of_memory(key: str, expected: dict[str, Any]) -> None:
    found = column(key, analyzed(FIRST + "  - {name: fc, fc: 1}\n"))
    assert found == expected


def test_a_row_of_more_than_four_operations_does_not_list_what_they_keep() -> None:
    four = FIRST + "  - bn\n  - relu\n  - {dropout: 0.5}\n"
    kept = "input, weight; input, weight, batch statistics; output; mask"
    assert column("keeps", analyzed(four))["a"] == kept
    assert column("keeps", analyzed(four + "  - {dropout: 0.5}\n"))["a"] is None


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            "".join(f"  - {{name: c{i}, conv: 4}}\n" for i in (1, 2, 3)),
            "c1, c2 and c3 hold 86% of the activations; "  # 48 of 56
            "c2 and c3 hold 80% of the weights.",  # 32 of 40
        ),
        (
            "".join(f"  - {{name: c{i}, conv: 4}}\n" for i in (1, 2, 3, 4)),
            "4 equal layers hold 89% of the activations; "  # 64 of 72
            "c2, c3 and c4 hold 86% of the weights.",  # 48 of 56
        ),
        ("  - relu\n", "input and relu hold 100% of the activations."),
    ],
)
def test_who_holds_the_most(layers: str, said: str) -> None:
    (note,) = where_the_most_is(analyzed(layers))
    assert note.text == said


# -- what a workspace at the peak is ---------------------------------------------------

TABLE = (
    "archcalc: 1\nname: heads\ninput: [16, 12]\nlayers:\n  - {name: t, position: }\n"
)
HEADS = TABLE + "  - {name: h, rope: 2}\n" + LAST
PART = TABLE + "  - name: p\n    stage: [{name: h, rope: 2}, identity]\n"
BESIDE = "  - {name: s, slice: [0, 12], axis: 1, from: input}\n  - {add: [p, s]}\n"
FEW = "  - {name: few, slice: [0, 12], axis: 1}\n"
WIDE = PART.replace("16, 12", "16, 48").replace("layers:\n", f"layers:\n{FEW}")
AFTER = "angles, frequencies, halves"


@pytest.mark.parametrize(
    ("text", "checkpoint", "where", "words"),
    [
        # cosines and sines stay for backward
        (HEADS, "none", "forward of h", AFTER),
        # a part that runs again keeps them then, and not before
        (PART + LAST, "stages", "running again p.h", AFTER),
        # the input, which backward needs no more, is read after the part
        (
            WIDE + BESIDE + LAST,
            "stages",
            "forward of p.h",
            f"cosines, sines, {AFTER}",
        ),
    ],
)
def test_the_workspace_at_the_peak_of_training(
    text: str, checkpoint: str, where: str, words: str
) -> None:
    network = archcalc.loads(text)
    analysis = network.analyze(batch=50, checkpoint=checkpoint)
    alive = timeline_report(network, analysis, True).tables[1]
    assert alive.title == f"alive at the peak, {where}"
    (line,) = (row for row in alive.rows if "workspace" in row.path)
    assert line.cells[2] == f"made here: {words}"


def test_of_nothing_that_is_kept_there_are_no_shares() -> None:
    network = archcalc.loads(HEAD + "  - relu\n")
    kept = training_report(network, network.analyze()).tables[1]
    assert kept.rows[-1].cells == ("total", 0, None, None, None)


# -- figures and fits ------------------------------------------------------------------


def test_training_is_of_the_whole_network() -> None:
    analysis = analyzed(FIRST)
    said = r"^training memory is a figure of the whole network: remove `at`$"
    with pytest.raises(ValueError, match=said):
        measure(analysis, "training", analysis.rows[0].name)


def test_sizes_that_are_none() -> None:
    with pytest.raises(UsageError) as caught:
        read_size("24 gigs")
    (problem,) = caught.value.problems
    assert problem.message == "'24 gigs' is not a size of memory"
    assert problem.help == "write 24GiB or 24GB"


def batch_of(analysis: Analysis) -> int:
    """Stand for a peak that is a byte a sample."""
    return analysis.setting.batch


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        (0, (0, 0, 1)),
        (1, (1, 1, 2)),
        (4, (4, 4, 5)),
        (6, (6, 6, 7)),
        (2**31 - 1, (2**31 - 1, 2**31 - 1, 2**31)),
        (10**12, (2**31, 2**31, 2**31 + 1)),  # no network takes more
    ],
)
def test_the_largest_batch_of_a_byte_a_sample(
    memory: int, expected: tuple[int, int, int]
) -> None:
    found = largest_batch(analyzed(FIRST), memory, batch_of)
    assert found[:3] == expected
    assert found.analysis.setting.batch == max(found.batch, 1)


def test_what_does_not_fit_once_has_no_peak() -> None:
    """One sample: weights of 24 bytes; the input, the output and its gradient."""
    assert largest_batch(analyzed(FIRST), 1)[:3] == (0, 0, 24 + 3 * 32)


def test_weights_of_a_symbol_have_no_peak() -> None:
    text = (
        "archcalc: 1\nname: k\ninput: [k, 2, 2]\nparams: {k: k}\nlayers: [{conv: 2}]\n"
    )
    with pytest.raises(UsageError, match="this figure needs numbers: input has"):
        inference_peak(archcalc.loads(text).analyze())


def test_errata_of_activations_stand_under_the_report() -> None:
    text = (
        HEAD
        + FIRST
        + "expect:\n"
        + "  - {params: 7, verdict: erratum, cite: there, why: Not so.}\n"
        + "  - {activations: 9, verdict: erratum, cite: there, why: Nor so.}\n"
    )
    network = archcalc.loads(text)
    report = memory_report(network, network.analyze(), judged=list(judge(network)))
    errata = [note.text for note in report.notes if note.kind == "erratum"]
    assert errata == ["published activations: 9; computed: 16. Nor so."]

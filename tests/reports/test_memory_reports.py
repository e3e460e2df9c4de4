"""The reports of memory as values: columns, rows and notes of one small network.

`golden/memory/*.txt` have them to be read; `UPDATE_GOLDEN=1` writes them anew. Bytes
are held against torch in test_memory_torch.py; the small ones here are added by hand
in `test_figures_by_hand`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from goldens import check_golden
from memory_network import NETWORK

import archcalc
from archcalc.figures.memory.devices import device
from archcalc.network.analysis import Analysis
from archcalc.network.largest_batch import inference_peak, largest_batch
from archcalc.network.network import Network
from archcalc.reports.memory.details import (
    orders_report,
    roofline_report,
    timeline_report,
    training_report,
)
from archcalc.reports.memory.fit import fit_report
from archcalc.reports.memory.summary import memory_report
from archcalc.reports.report import Report

GOLDEN = Path(__file__).parents[1] / "golden" / "memory"
Make = Callable[..., Report]


def reported(make: Make, *words: Any, **setting: Any) -> Report:
    return make(NETWORK, NETWORK.analyze(**setting), *words)


REPORTS: dict[str, Callable[[], Report]] = {
    "figures": lambda: reported(memory_report),
    "figures-kept": lambda: reported(memory_report, "layers", "kept", batch=2),
    "figures-copied": lambda: reported(memory_report, inplace=False, dtype="float16"),
    "training": lambda: reported(training_report),
    "training-mixed": lambda: reported(
        training_report,
        "layers",
        batch=2,
        dtype="bfloat16",
        mixed=True,
        optimizer="adam",
        checkpoint="stages",
    ),
    "timeline": lambda: reported(timeline_report, False),
    "timeline-training": lambda: reported(timeline_report, True),
    "orders": lambda: reported(orders_report),
    "roofline": lambda: reported(roofline_report, device("gtx-580")),
    "fit": lambda: reported(fit_report, 100_000, "card"),
    "fit-inference": lambda: reported(fit_report, 100_000, "card", False),
    "fit-nothing": lambda: reported(fit_report, 1_000, "card"),
}


def lines(report: Report) -> Iterator[str]:
    """Yield everything that a report holds, a line each."""
    yield f"{report.kind} of {report.subject}: {report.title}"
    yield ", ".join(f"{k} {v}" for k, v in report.settings.items())
    for table in report.tables:
        yield f"\n# {table.title}"
        for c in table.columns:
            unit = f" in {c.unit}{', binary' if c.binary else ''}" if c.unit else ""
            yield f"  {c.key} ({c.title or 'no title'}): {c.kind}{unit}"
        for row in table.rows:
            kinds = f" ({row.kinds})" if row.kinds else ""
            cells = " | ".join("–" if c is None else str(c) for c in row.cells)
            yield f"{row.kind}{row.depth}{kinds} {row.path}: {cells}"
    yield ""
    for note in report.notes:
        cite = f" [{note.cite}]" if note.cite else ""
        yield f"{note.kind}: {note.text}{cite}"


@pytest.mark.parametrize("name", REPORTS)
def test_reports(name: str) -> None:
    check_golden(GOLDEN / f"{name}.txt", "\n".join(lines(REPORTS[name]())))


def test_figures_by_hand() -> None:
    """Values of four bytes, the indices of the pool of eight, one counter of eight."""
    memory = NETWORK.analyze().memory
    weights = (4 * 27 + 4) + 8 + (8 + 2) + (32 + 8) + (144 + 2) + (2560 + 5) + (40 + 5)
    buffers = 4 * (4 + 4) + 8
    assert memory.on_disk == 4 * weights + buffers
    kept = 192 + 256 + (128 + 512 + 128 + 256 + 512) + 8 + 5  # bn and relu in place
    assert memory.activations == 4 * kept
    pool = 256 + 128 + 128 + 256  # stem, a, b, its own output
    assert memory.peak_inference == 4 * pool + 8 * 256
    # what autograd keeps: inputs of convolutions, of bn with its statistics, the
    # output of relu, which is the input of all branches; indices; inputs of fc
    inputs = 192 + 256 + 2 * 4 + 256 + 512 + 512 + 8
    assert memory.saved_for_backward == 4 * inputs + 8 * 256


def test_the_largest_batch_is_the_last_that_fits() -> None:
    analysis = NETWORK.analyze()
    found = largest_batch(analysis, 100_000)
    peaks = [NETWORK.analyze(batch=b).memory.training.peak for b in (5, 6)]
    assert (found.batch, found.peak, found.next_peak) == (5, *peaks)
    assert found.peak <= 100_000 < found.next_peak
    exact = largest_batch(analysis, peaks[1])
    assert exact.batch == 6
    assert inference_peak(analysis) == 11_704 + 40 + 5_120


def recurrent(kind: str) -> Network:
    return archcalc.loads(
        f"archcalc: 1\nname: reads\ninput: [5, 8]\nlayers:\n  - {{{kind}: 6}}\n"
    )


def every_report(network: Network, analysis: Analysis) -> list[Report]:
    return [
        memory_report(network, analysis),
        training_report(network, analysis),
        timeline_report(network, analysis, training=True),
        timeline_report(network, analysis, training=False),
        fit_report(network, analysis, 10**6, "1 MB", training=True),
        fit_report(network, analysis, 10**6, "1 MB", training=False),
    ]


ONEDNN = "oneDNN kernel on the CPU in {}, with the workspace that it keeps"
NATIVE = "native CPU kernel in {} (torch 2.13.0)"
WORKSPACE = 28_672
"""Seven blocks of a page each, the least that oneDNN keeps of a small layer."""
KERNELS: list[tuple[dict[str, Any], int, str]] = [
    # output, first and last state and cell: 5·6 + 4·6; the input is the network's, and
    # one sample lies with time first as it is: 5·8
    ({}, 4 * 94 + WORKSPACE, ONEDNN.format("float32")),
    # and copies of 4·6×8 and 4·6×6 weights and 2·4·6 biases
    ({"mixed": True}, 2 * 94 + 2 * 384 + WORKSPACE, ONEDNN.format("mixed precision")),
    # input, and seven values for each hidden one and step: 5·8 + 7·5·6
    ({"dtype": "float64"}, 8 * 250, NATIVE.format("float64")),
    ({"dtype": "bfloat16"}, 2 * 250, NATIVE.format("bfloat16")),
    ({"dtype": "fp16"}, 2 * 250, NATIVE.format("fp16")),
]


@pytest.mark.parametrize(("setting", "kept", "said"), KERNELS, ids=str)
def test_which_kernel_the_figures_of_an_lstm_speak_of(
    setting: dict[str, Any], kept: int, said: str
) -> None:
    """The number format decides, whatever the machine, and every report says it."""
    network = recurrent("lstm")
    analysis = network.analyze(**setting)
    assert analysis.memory.saved_for_backward == kept
    for report in every_report(network, analysis):
        notes = [note.text for note in report.notes if "lstm: " in note.text]
        assert len(notes) == 1
        assert f"lstm: the bytes are those of torch's {said}" in notes[0]


def test_a_gru_has_one_kernel() -> None:
    network = recurrent("gru")
    for report in every_report(network, network.analyze()):
        assert not any("kernel keeps" in note.text for note in report.notes)

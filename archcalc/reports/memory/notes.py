"""What stands under the tables of memory: definitions, and what the figures say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from archcalc.figures.memory.activation_rules import rule_named
from archcalc.figures.memory.checkpoints import segments
from archcalc.figures.memory.ledger import Timeline
from archcalc.figures.memory.optimizers import optimizer
from archcalc.figures.memory.storages import takes_onednn
from archcalc.layers.recurrent import LSTM
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Row
from archcalc.reports.cells import Note
from archcalc.sizes.dims import Dim

MOST_NAMED = 3
PHASES = {
    "forward": "forward of",
    "backward": "backward of",
    "again": "running again",
    "sum": "adding up the gradients of",
    "loss": "the loss after",
    "update": "the update after",
}
INFERENCE = (
    "peak inference: the most bytes of activations that live at once, in the order of "
    "execution and without gradients; an output is freed after its last reader, an "
    "activation that can runs in place, a layer's workspace counts while it runs. "
    "Weights are apart, and so is what cuDNN, oneDNN and the allocator take for "
    "themselves."
)
DISK = (
    "on disk: parameters and buffers, side heads included, in the weights' number "
    "format or that of --stored; counters are int64, names and headers not counted."
)
STEP = (
    "forward keeps what backward needs by PyTorch's rules; backward makes a node's "
    "gradients before it lets go of its own and of what it kept; gradients of weights "
    "live from there to the end of the step. An optimizer's own temporaries, the "
    "allocator and cuDNN's workspace are left out"
)
ONEDNN = (
    "lstm: kept for backward is what torch's oneDNN kernel keeps on the CPU in {}, its "
    "own workspace left out; the peak of inference is an estimate."
)
NATIVE = (
    "lstm: kept for backward is what torch's native CPU kernel keeps in {}; the peak "
    "of inference is an estimate. In bfloat16 torch takes its oneDNN kernel instead, "
    "which keeps other tensors, where oneDNN supports that format on the processor."
)
ROOFLINE = (
    "an estimate of a bound, never of a latency: each operation reads its inputs and "
    "weights and writes its output once, caches and fusion left out"
)


def at(analysis: Analysis, timeline: Timeline) -> str:
    """Return where the peak is: `backward of conv4.1`."""
    moment = timeline.moments[timeline.peak_at]
    return f"{PHASES[moment.phase]} {analysis.graph.nodes[moment.node].name}"


def definitions(analysis: Analysis, rule: str) -> Iterator[Note]:
    """Yield what each of the four figures counts."""
    chosen = rule_named(rule)
    yield Note(f"activations: {chosen.text}.", "definition", chosen.cite or None)
    yield Note(INFERENCE, "definition")
    yield training_definition(analysis)
    yield from kernel_note(analysis)
    yield Note(DISK, "definition")


def training_definition(analysis: Analysis) -> Note:
    """Return what one step of training counts, under the setting."""
    setting = analysis.setting
    chosen = optimizer(setting.optimizer)
    state = " and ".join(chosen.copies) or "nothing"
    text = (
        "training: the most bytes that live at once in one step: parameters, buffers, "
        f"gradients, what {setting.optimizer} keeps for each weight ({state}), and "
        f"activations; {STEP}."
    )
    if setting.mixed:
        text += (
            " Mixed precision: weights, gradients and optimizer state in float32, "
            f"activations in {setting.dtype}, and a {setting.dtype} copy of each "
            "matrix from its forward to its backward."
        )
    return Note(text, "definition", chosen.cite)


def kernel_note(analysis: Analysis) -> Iterator[Note]:
    """Yield of which of torch's two CPU kernels the figures of an LSTM speak."""
    if any(isinstance(node.layer, LSTM) for node in analysis.graph.nodes):
        setting = analysis.setting
        text = ONEDNN if takes_onednn(setting) else NATIVE
        number = "mixed precision" if setting.mixed else setting.dtype
        yield Note(text.format(number), "definition")


def checkpoint_note(analysis: Analysis) -> Iterator[Note]:
    """Yield what activation checkpointing runs twice, and what that costs."""
    kind = analysis.setting.checkpoint
    parts = segments(analysis.graph, kind)
    if parts:
        macs, total = analysis.memory.training.extra_macs, analysis.total.macs
        yield Note(
            f"checkpointing of {kind}: {len(parts)} parts keep their inputs alone and "
            f"run again in backward: {macs:,} MACs more, {_percent(macs, total)} of a "
            "forward pass."
        )


def inference_notes(analysis: Analysis) -> Iterator[Note]:
    """Yield between what the peak lies, and what the order of branches changes."""
    memory = analysis.memory
    bounds, name = memory.bounds, analysis.graph.nodes[memory.bounds.at].name
    kept = memory.inference_keeping_inputs.peak
    of = f"inputs, output and workspace of {name}"
    if bounds.held:
        of = f"all outputs, and inputs and workspace of {name}"
    yield Note(
        f"peak inference: {_bytes(memory.peak_inference)} at the "
        f"{at(analysis, memory.inference)}; at least {_bytes(bounds.lower)} in any "
        f"order ({of}), at most "
        f"{_bytes(bounds.upper)} with nothing freed; {_bytes(kept)} where the caller "
        "holds the network's input."
    )
    orders = memory.orders
    if orders:
        yield Note(
            f"order of branches: {_bytes(orders.written)} as written, "
            f"{_bytes(orders.best)} in the best order, {_bytes(orders.worst)} in the "
            f"worst; modules with branches to order: {len(orders.changes)}."
        )


def where_the_most_is(analysis: Analysis) -> Iterator[Note]:
    """Yield the lecture's two sentences: who holds most activations and weights."""
    total = analysis.total
    held = {
        "activations": _largest(analysis, lambda r: r.activations, total.activations),
        "weights": _largest(analysis, lambda r: r.weights, total.weights),
    }
    found = [f"{rows} of the {what}" for what, rows in held.items() if rows]
    if found:
        yield Note("; ".join(found) + ".")


def _largest(
    analysis: Analysis, figure: Callable[[Row], Dim], total: Dim
) -> str | None:
    """Return the rows with the largest figure and the share that they hold together."""
    rows = [row for row in analysis.rows if not row.aux]
    values = [(figure(row), row.name.rpartition(".")[2]) for row in rows]
    if not isinstance(total, int) or not total:
        return None
    most = max(value for value, _ in values if isinstance(value, int))
    names = [name for value, name in values if value == most]
    who = f"{len(names)} layers" if len(names) > MOST_NAMED else " and ".join(names)
    verb = "holds" if len(names) == 1 else "hold"
    return f"{who} {verb} {_percent(most * len(names), total)}"


def _percent(part: Dim, whole: Dim) -> str:
    if not isinstance(part, int) or not isinstance(whole, int) or not whole:
        return "?"
    return f"{round(Fraction(part * 100, whole))} %"


def _bytes(size: int) -> str:
    return f"{size:,} bytes"

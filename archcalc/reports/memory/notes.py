"""What stands under the tables of memory: definitions, and what the figures say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.figures.memory.activation_rules import rule_named
from archcalc.figures.memory.checkpoints import segments
from archcalc.figures.memory.ledger import Peak, Timeline
from archcalc.figures.memory.optimizers import named_way
from archcalc.figures.memory.storages import Storages, takes_onednn
from archcalc.graph.graph import Node
from archcalc.layers.attention.attention import Attention
from archcalc.layers.recurrent.recurrent import LSTM
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
    "loss": "loss after",
    "update": "update after",
}
INFERENCE = (
    "peak inference: the most memory that activations take at one time when the layers "
    "run in order without gradients. An output is freed after its last use, an "
    "activation function runs in place where it can, and the workspace of a layer "
    "counts while it runs. Weights are not included, nor is what cuDNN, oneDNN and the "
    "allocator take for themselves."
)
DISK = (
    "on disk: parameters and buffers, side heads included, in the number format of the "
    "weights or of --stored. Counters are int64; names and headers are not counted."
)
STEP = (
    "The forward pass keeps what the backward pass needs by PyTorch's rules. In the "
    "backward pass, the gradients of a layer's inputs are made before its own gradient "
    "and what it kept are freed; gradients of weights stay to the end of the step. "
)
LEFT_OUT = (
    "Temporary tensors of the optimizer, the allocator and cuDNN's workspace are not "
    "included"
)
UPDATE = (
    "The update counts the temporary tensors of {}, as torch's {} makes them on the "
    "CPU; the allocator and cuDNN's workspace are not included"
)
WAYS = {
    "loop": "loop over the parameters",
    "foreach": "foreach kernel",
    "fused": "fused kernel",
}
ONEDNN = (
    "lstm: the bytes are those of torch's oneDNN kernel on the CPU in {}, with the "
    "workspace that it keeps for the backward pass. That was measured on processors "
    "with SSE4.1, AVX, AVX2 and AVX-512 (torch 2.13.0, oneDNN 3.12.0); on others, and "
    "on a GPU, they are an estimate."
)
NATIVE = (
    "lstm: the bytes are those of torch's native CPU kernel in {} (torch 2.13.0). In "
    "bfloat16, torch uses its oneDNN kernel if the processor supports that format; "
    "that kernel keeps other tensors. On a GPU they are an estimate."
)
ROOFLINE = (
    "an estimate of a bound, not of a latency. Each operation reads its inputs and "
    "weights once and writes its output once; caches and fusion are not considered"
)


def at(analysis: Analysis, timeline: Timeline | Peak) -> str:
    """Return where the peak is: `backward of conv4.1`."""
    phase, node = timeline.highest
    return f"{PHASES[phase]} {analysis.graph.nodes[node].name}"


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
    chosen, way = named_way(setting.optimizer)
    name = setting.optimizer.partition(":")[0]
    state = " and ".join(chosen.copies) or "nothing"
    text = (
        "training: the most memory that one step takes at one time: parameters, "
        f"buffers, gradients, what {name} keeps for each weight "
        f"({state}), and activations. {STEP}"
    )
    makes = chosen.loop or way != "loop"
    text += f"{UPDATE.format(name, WAYS[way]) if makes else LEFT_OUT}."
    if chosen.estimate:
        text += f" For {name} this is an estimate: {chosen.estimate}."
    if setting.accumulate:
        text += (
            " Gradients of weights are accumulated: those of earlier batches live "
            "through the whole step, and a layer's new ones until they are added."
        )
    if setting.mixed:
        text += (
            " Mixed precision: weights, gradients and the state of the optimizer are "
            f"in float32, activations in {setting.dtype}; each matrix has a copy in "
            f"{setting.dtype} from its forward to its backward pass."
        )
    return Note(text, "definition", chosen.cite)


def _kernels(storages: Storages, nodes: Iterable[Node]) -> str:
    """Return the names of the kernels that run, each once."""
    layers: Any = ((storages.layer(node), node) for node in nodes)
    shapes = storages.graph.input_shapes
    names = (layer.taken(*shapes(node)).name for layer, node in layers)
    return " and ".join(dict.fromkeys(names))


def attention_note(analysis: Analysis) -> Iterator[Note]:
    """Yield which kernel of attention the figures are about."""
    nodes = [n for n in analysis.graph.nodes if isinstance(n.layer, Attention)]
    if not nodes:
        return
    try:
        inference = _kernels(analysis.memory.storages, nodes)
        training = _kernels(analysis.memory.training_storages, nodes)
    except ArchcalcError:  # sizes are symbols, or a side head does not fit
        return
    text = f"attention: {inference} in inference"
    text += " and training" if inference == training else f", {training} in training"
    if "fused" in {*inference.split(), *training.split()}:
        text += (
            ". Fused: as torch's F.scaled_dot_product_attention on the CPU, whose own "
            "tiles are not counted"
        )
    if "unfused" in {*inference.split(), *training.split()}:
        text += (
            ". Unfused: what that does where weights are dropped, the mask is learned, "
            "values are wider than keys, or there are axes before the tokens"
        )
    yield Note(f"{text}.", "definition")


def kernel_note(analysis: Analysis) -> Iterator[Note]:
    """Yield of which of torch's CPU kernels the figures are."""
    yield from attention_note(analysis)
    layers = (node.layer for node in analysis.graph.nodes)
    if any(isinstance(layer, LSTM) and layer.proj is None for layer in layers):
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
            f"checkpointing of {kind}: {len(parts)} parts keep only their inputs and "
            f"run again in the backward pass. That takes {macs:,} MACs more, "
            f"{_percent(macs, total)} of a forward pass."
        )


def inference_notes(analysis: Analysis) -> Iterator[Note]:
    """Yield between what the peak lies, and what the order of branches changes."""
    memory = analysis.memory
    bounds, name = memory.bounds, analysis.graph.nodes[memory.bounds.at].name
    kept = memory.peak_keeping_inputs
    of = f"inputs, output and workspace of {name}"
    if bounds.held:
        of = f"all outputs, and inputs and workspace of {name}"
    yield Note(
        f"peak inference: {_bytes(memory.peak_inference)} at the "
        f"{at(analysis, memory.inference)}. No order of the layers needs less than "
        f"{_bytes(bounds.lower)} ({of}); if nothing is freed it takes "
        f"{_bytes(bounds.upper)}, and {_bytes(kept)} if the caller "
        "keeps the network's input."
    )
    orders = memory.orders
    if orders:
        count = len(orders.changes)
        changed = "1 module has" if count == 1 else f"{count} modules have"
        yield Note(
            f"order of branches: {_bytes(orders.written)} as written, "
            f"{_bytes(orders.best)} in the best order, {_bytes(orders.worst)} in the "
            f"worst ({changed} branches to order)."
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
    values = [(figure(row), row.name) for row in rows]
    if not isinstance(total, int) or not total:
        return None
    most = max(value for value, _ in values if isinstance(value, int))
    names = [name for value, name in values if value == most]
    who = f"{len(names)} equal layers"
    if len(names) <= MOST_NAMED:
        *first, last = names
        who = f"{', '.join(first)} and {last}" if first else last
    verb = "holds" if len(names) == 1 else "hold"
    return f"{who} {verb} {_percent(most * len(names), total)}"


def _percent(part: Dim, whole: Dim) -> str:
    if not isinstance(part, int) or not isinstance(whole, int) or not whole:
        return "?"
    return f"{round(Fraction(part * 100, whole))}%"


def _bytes(size: int) -> str:
    return f"{size:,} bytes"

"""Every figure that archcalc gives, one row each: its names, its unit, what it counts.

All else picks from here by key: the metrics of `expect`, the columns of `table`, the
figures of `sweep`, totals, definitions. A new figure gets its row here, and its
arithmetic where it is computed: `figures.facts`, `network.named_figures` or
`reports.memory.cells`.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from archcalc.records import NamedTuple


class Figure(NamedTuple):
    """One figure, by the key that `expect` and the command line have for it.

    `asserts` says what `expect` asserts by the key; without it, `expect` does not know
    the figure. `about` says how it is counted, in a footer under a table.

    `called` is its name in a sentence, where the key is none. Where they differ from
    that, `in_tables` is the title of its column, `short` that where room is scarce,
    `in_totals` its name in a list of totals, `in_memory` in reports about memory.

    `quoted` is what a published one may have counted, where its readings can be
    searched for; `by_convention` the figure that stands in its place where a convention
    counts in its own way; `of_batch`: the batch multiplies it; `of_node`: it is that of
    a single layer, so that a table has no total of it; `only_where` is
    the sum that must not be 0 for tables of totals to have it.
    """

    key: str
    asserts: str = ""
    about: str = ""
    called: str = ""
    kind: Literal["count", "operations", "bytes", "shape", "text"] = "count"
    unit: str | None = None
    in_tables: str = ""
    short: str | None = None
    in_totals: str = ""
    in_memory: str = ""
    quoted: Literal["", "operations", "parameters", "values", "bytes"] = ""
    by_convention: str = ""
    of_batch: bool = False
    of_node: bool = False
    only_where: Literal["", "frozen", "idle"] = ""

    @property
    def label(self) -> str:
        """Its name in a sentence."""
        return self.called or self.key.replace("_", " ")

    @property
    def title(self) -> str:
        """The title of its column."""
        return self.in_tables or self.label

    @property
    def total(self) -> str:
        """Its name in a list of totals."""
        return self.in_totals or self.label


_bytes = partial(Figure, kind="bytes", unit="B")
_operations = partial(Figure, kind="operations", of_batch=True)
_shape = partial(Figure, kind="shape")
_ROWS = (
    _shape("shape", "Output sizes, without the batch.", in_tables="output"),
    Figure(
        "params",
        "Parameters, frozen ones too.",
        in_totals="parameters",
        quoted="parameters",
        by_convention="reported_params",
    ),
    Figure(
        "active_params",
        "Parameters that one token uses, of a mixture of experts.",
        "parameters without those of experts that a token does not pass through.",
        called="active parameters",
        in_tables="active",
        quoted="parameters",
        only_where="idle",
    ),
    Figure(
        "weights",
        "Weights without biases and normalization.",
        quoted="parameters",
    ),
    Figure("biases", "Biases."),
    Figure(
        "trainable",
        "Parameters that training changes.",
        "parameters of layers that are not frozen.",
        in_totals="trainable parameters",
        only_where="frozen",
    ),
    Figure(
        "frozen",
        "Parameters that training leaves as they are.",
        "parameters of frozen layers, which have no gradient.",
        in_totals="frozen parameters",
        only_where="frozen",
    ),
    Figure("buffers", "Values of buffers, such as running statistics."),
    _operations(
        "macs",
        "Multiply-accumulates.",
        "multiply-accumulates of convolutions, linear layers and matrix products; "
        "padding counts, biases and normalization do not.",
        called="MACs",
        unit="MAC",
        quoted="operations",
        by_convention="operations",
    ),
    _operations(
        "flops",
        "Floating-point operations.",
        "2 for each multiply-accumulate and 1 for every other arithmetic operation.",
        called="FLOPs",
        unit="FLOP",
        by_convention="operations",
    ),
    _operations(
        "backward_macs",
        "Multiply-accumulates of a backward pass.",
        "multiply-accumulates of the gradients of inputs and of weights; none where "
        "nothing before an input is trained, or where weights are frozen.",
        called="backward MACs",
        unit="MAC",
        short="backward",
    ),
    _operations(
        "training_macs",
        "Multiply-accumulates of a step of training: forward and backward.",
        "those of forward, of backward, and of what runs again with checkpoints.",
        called="training MACs",
        unit="MAC",
    ),
    _operations(
        "training_flops",
        "Twice the multiply-accumulates of a step of training.",
        "2 for each multiply-accumulate of a step; arithmetic of single values is left "
        "out, as torch's counter does.",
        called="training FLOPs",
        unit="FLOP",
    ),
    Figure(
        "activations",
        "Output values that are kept.",
        "the output of each layer once, and the input; a normalization, activation "
        "or dropout overwrites its input if nothing else reads it.",
        unit="values",
        short="activ.",
        quoted="values",
        of_batch=True,
    ),
    _bytes(
        "activation_bytes",
        "Output values that are kept, in bytes.",
        in_tables="bytes",
        quoted="bytes",
        of_batch=True,
    ),
    _bytes(
        "peak",
        "The most memory that activations take at one time in inference, in bytes.",
        "bytes of activations in memory while this row runs in inference; an output "
        "is freed after its last use.",
        in_totals="peak of inference",
        in_memory="peak inference",
    ),
    *(
        _bytes(
            f"arena_{runtime}",
            f"What {title} reserves for activations, in bytes.",
            called=f"arena of {title}",
        )
        for runtime, title in (
            ("executorch", "ExecuTorch without a backend"),
            ("tflm", "TensorFlow Lite Micro"),
            ("litert", "LiteRT with its reference kernels"),
        )
    ),
    _bytes(
        "training",
        "The most memory that training takes at one time, in bytes.",
        in_totals="peak of training",
        in_memory="training",
    ),
    _bytes(
        "saved",
        "What is kept for the backward pass, in bytes.",
        "bytes that training keeps for the backward pass, without parameters; a "
        "tensor that several layers keep counts once, at the first.",
        in_memory="saved for backward",
    ),
    _bytes(
        "disk",
        "Parameters and buffers in bytes.",
        "parameters and buffers in their number format.",
        in_memory="on disk",
    ),
    Figure(
        "receptive_field",
        "Input positions along the longer side that one output sees.",
        "input positions that one output position can see, padding included.",
        in_tables="field",
        of_node=True,
    ),
    Figure(
        "depth",
        "Layers with weights on the longest path.",
        "layers with weights on the longest path; projections, gates and side heads "
        "do not count.",
    ),
    Figure("layers", "How many layers."),
    Figure("connections", "How many layers read each other's outputs."),
    Figure(
        "norms",
        "Parameters of normalization.",
        called="norm params",
        in_totals="norm parameters",
    ),
    Figure(
        "relu_kept",
        "Activations if each activation function keeps its own output.",
        called="activations, ReLUs kept",
        of_batch=True,
    ),
    Figure("channels", "Output channels."),
    _shape("weight_shape", "Sizes of the weight."),
    _shape("kernel", "Sizes of the kernel."),
    _shape("stride", "Strides."),
    Figure("groups", "Groups."),
    Figure(
        "kinds", "Kinds of the layers, in order.", called="order of layers", kind="text"
    ),
    Figure("convs", "How many convolutions.", called="convolutions"),
    Figure("heads", "How many side heads.", called="side heads"),
    Figure("is", "A figure computed from others by `value`."),
    _operations("operations"),
    Figure("reported_params", called="params"),
    _shape(
        "start",
        about="the first input position that the first output position sees.",
        of_node=True,
    ),
    _shape(
        "jump",
        about="input positions between the fields of neighbouring outputs.",
        of_node=True,
    ),
    _shape(
        "faked",
        about="how much of the receptive field of the first output is padding.",
        of_node=True,
    ),
    Figure(
        "keeps",
        about="what the backward pass needs of each layer, by PyTorch's rules.",
        kind="text",
        of_node=True,
    ),
    _bytes(
        "moved",
        about="bytes moved if inputs and weights are read once and the output is "
        "written once.",
    ),
    Figure(
        "intensity",
        about="operations per byte moved: a bound on what a device can reach, not a "
        "latency.",
        called="FLOP/B",
        unit="FLOP/B",
    ),
    Figure("top1", kind="text", in_totals="top-1 accuracy"),
)
FIGURES = {row.key: row for row in _ROWS}
"""By key: first what `expect` knows, in the order of its schema."""


def figures(*keys: str) -> tuple[Figure, ...]:
    """Return the figures of some keys, in their order."""
    return tuple([FIGURES[key] for key in keys])


def definition(key: str) -> str:
    """Return how a figure is counted, under its title; "" where that is plain."""
    one = FIGURES.get(key)
    return f"{one.title}: {one.about}" if one is not None and one.about else ""

"""The torch counterpart of a layer as a record: nothing is imported or run here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

NO_NAMES: Mapping[str, Any] = MappingProxyType({})


POSITIONS = {
    "Conv": ("in_channels", "out_channels", "kernel_size"),
    "ConvTranspose": ("in_channels", "out_channels", "kernel_size"),
    "Linear": ("in_features", "out_features"),
    "BatchNorm": ("num_features",),
    "InstanceNorm": ("num_features",),
    "LayerNorm": ("normalized_shape",),
    "RMSNorm": ("normalized_shape",),
    "GroupNorm": ("num_groups", "num_channels"),
    "Embedding": ("num_embeddings", "embedding_dim"),
    "MaxPool": ("kernel_size",),
    "AvgPool": ("kernel_size",),
    "LPPool": ("norm_type", "kernel_size"),
    "AdaptiveAvgPool": ("output_size",),
    "AdaptiveMaxPool": ("output_size",),
    "Dropout": ("p",),
    "LocalResponseNorm": ("size",),
    "PReLU": ("num_parameters",),
    "ChannelShuffle": ("groups",),
    "PixelShuffle": ("upscale_factor",),
    "PixelUnshuffle": ("downscale_factor",),
    "Flatten": ("start_dim", "end_dim"),
    "Fold": ("output_size",),
    "LSTM": ("input_size", "hidden_size"),
    "GRU": ("input_size", "hidden_size"),
    "RNN": ("input_size", "hidden_size"),
}
"""What torch calls the positional arguments of its modules (torch 2.13.0)."""
CONVOLUTION = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
POOL = {"stride": None, "padding": 0, "ceil_mode": False}
USUAL: dict[str, dict[str, Any]] = {
    "Conv": CONVOLUTION,
    "ConvTranspose": {**CONVOLUTION, "output_padding": 0},
    "MaxPool": {**POOL, "dilation": 1},
    "AvgPool": {**POOL, "count_include_pad": True},
}
"""Defaults of torch's modules (torch 2.13.0): what is left out where it is usual."""
AXES = ("1d", "2d", "3d")


class Module(NamedTuple):
    """A torch module: dotted name, arguments, and code around its call if any.

    `before` and `after` are torch expressions over `x`, e.g. `F.pad(x, (0, 1, 0, 1))`.
    `wrap` is a call that takes the module, `{}`, and changes what its weight is. `same`
    says that all padding is what TensorFlow calls `SAME`, whatever the size is.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = NO_NAMES
    before: str | None = None
    after: str | None = None
    wrap: str = "{}"
    same: bool = False

    def __str__(self) -> str:
        given = [repr(a) for a in self.args]
        given += [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return self.wrap.format(f"{self.target}({', '.join(given)})")


class Function(NamedTuple):
    """A torch expression over `x` (the first input), `xs` (all) and `p` (parameters).

    `params` and `buffers` are the shapes of what it needs, by name; `filled` has
    expressions of what is in a buffer, if not zeros. `steps` are statements that come
    before the expression, each on a line of its own. `trains` says that they ask
    `p.training`.
    """

    code: str
    params: Mapping[str, tuple[Dim, ...]] = NO_NAMES
    steps: tuple[str, ...] = ()
    trains: bool = False
    buffers: Mapping[str, tuple[Dim, ...]] = NO_NAMES
    filled: Mapping[str, str] = NO_NAMES

    @property
    def body(self) -> str:
        """The body of a Python function of `x`, `xs` and `p`, ending in `return`."""
        return "\n".join((*self.steps, f"return {self.code}"))

    def __str__(self) -> str:
        return "; ".join((*self.steps, self.code))


def kind_of(target: str) -> str:
    """Return the kind of a torch module: `Conv` of `nn.Conv2d`."""
    name = target.rpartition(".")[2]
    return name[:-2] if name.endswith(AXES) else name


def usual(target: str, name: str) -> Any:
    """Return the default of an argument, None where it has no default that we know."""
    return USUAL.get(kind_of(target), {}).get(name)


def named(record: Module) -> dict[str, Any]:
    """Return the arguments of a module by torch's names, usual ones included."""
    kind = kind_of(record.target)
    known = POSITIONS.get(kind, ())
    names = (*known, *(f"argument {i}" for i in range(len(known), len(record.args))))
    given = dict(zip(names, record.args, strict=False))
    return {**USUAL.get(kind, {}), **given, **record.kwargs}


Call = Module | Function


def code_of(body: str, names: Mapping[str, Any]) -> Callable[..., Any]:
    """Return a record's code as a function of `x`, `xs` and `p`.

    `names` are what `torch`, `F` and `nn` stand for. Records are written by the layer
    classes of this package out of whole numbers and words that their fields list; no
    text of a user may reach them.
    """
    from textwrap import indent

    made: dict[str, Any] = {}
    text = f"def function(x, xs, p):\n{indent(body, '    ')}\n"
    exec(compile(text, f"<{body}>", "exec"), dict(names), made)
    function: Callable[..., Any] = made["function"]
    return function

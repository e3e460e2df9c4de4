"""What a layer is: its arguments, its rules, and its torch counterpart.

A layer is one class. Its annotated fields are the YAML that it accepts, its methods are
its rules, its docstring is its row in the documentation, its `examples` are its tests.
Rules use only `+ - * //` on sizes, so that the same rule runs on whole numbers, on
symbols and on recorded formulas; they state the shapes of weights, never a count, and
the count of every *kind* of operation, never a "FLOP".

Shapes leave the batch axis out: `(C, H, W)`, `(C, L)`, `(N, D)` for tokens, `(F,)`.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    Self,
    dataclass_transform,
)

from archcalc.errors import ShapeError
from archcalc.layers.fields import BOTH_SIDES, Field, FieldError
from archcalc.layers.records.backward import Products, each_factor
from archcalc.layers.records.calls import Call as Call
from archcalc.layers.records.calls import Function as Function
from archcalc.layers.records.calls import Module as Module
from archcalc.layers.records.kept import NOTHING_SAVED as NOTHING_SAVED
from archcalc.layers.records.kept import Extra as Extra
from archcalc.layers.records.kept import Inside as Inside
from archcalc.layers.records.kept import Kernel as Kernel
from archcalc.layers.records.kept import Saved as Saved
from archcalc.layers.records.running import Run
from archcalc.layers.records.seen import Seen as Seen
from archcalc.layers.records.seen import Window as Window
from archcalc.sizes.dims import Dim, divides, product
from archcalc.sizes.polynomials import tells_apart

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid
    from archcalc.sizes.recorded import Rank

Shape = tuple[Dim, ...]
Shapes = dict[str, Shape]

Work = dict[str, Dim]
"""Operations of one sample by kind, e.g. `{"mac": 802816, "add": 3136}`."""

KINDS_OF_WORK = {
    "mac": "multiply-accumulate of a convolution, linear layer or matrix product",
    "add": "addition or subtraction",
    "mul": "multiplication",
    "cmp": "comparison (max, min, sign)",
    "div": "division",
    "exp": "exponential, logarithm, sine, tanh or erf",
    "sqrt": "square root or other power",
}
"""Every kind of operation that a rule may count; conventions weigh these."""

Role = Literal[
    "input", "matrix", "norm", "activation", "pool", "combine", "shape", "drop", "other"
]
Storage = Literal["new", "view", "elementwise"]
"""What an output shares: nothing, its input's storage, or that where it runs in place.

A `drop` layer is a view of its input in inference, whatever it is in training.
"""
Overwriting = Literal["output", "copy", "extras"]
"""What a layer keeps for backward where it overwrites its input.

Its result; a copy of its input, so that nothing is gained; or what it keeps anyway.
"""
Gradient = Literal[
    "new",
    "product",
    "passed on",
    "passed to first",
    "piece",
    "one for all",
    "its input's",
]
"""What the inputs of a layer get for the gradient of its output.

A `new` one each, or one that comes of a `product` at full size where an input was
stretched; the gradient itself (`passed on`), if need be to the first input alone, where
no axis was stretched; a view of it (`piece`); or a new one that they share. Where the
output is the input itself, its gradient is `its input's`.
"""

AxisNames = Literal["tokens", "signal", "signal to tokens", "channels last", "matrices"]
"""What the axes of a tensor are called in formulas.

Two axes are `tokens` N of D features, or a `signal` of C channels and length L, maybe
to tokens; more begin with C, or end with it (`channels last`). Two inputs that are
multiplied are `matrices` in their last two axes, M × K and K × N.
"""
Letters = Mapping[str, tuple[str, str, "Rank"]]
"""For an argument its letter in formulas, what it means, and its place in a product."""
Family = Literal["convolution", "linear", "norm"]
"""Kinds of layer that figures and pictures take together, whatever their role."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Layer:
    """One kind of layer with its arguments; immutable, equal when its arguments are.

    Subclasses set `key` (the YAML key) and write the rules. Arguments come by keyword;
    `FieldError` tells what is wrong with one. An argument is annotated with a bare name
    of `fields` (`out: Size`) and needed where it has no default; `principal` (the first
    one if not said) is the value of the kind key. `arity` is the number of inputs,
    None for any, 0 for a tensor that reads none; `named_inputs` are those that may be
    given by name, beside the arguments (`wired`); `unnamed` is what messages call the
    one that has no name. `reads_ids` says that inputs are
    whole numbers, `keeps_ids` that whole numbers come out where they go in: nothing is
    computed with them. `sees` and `keeps` are what `window` and `saved` return where
    neither shapes nor arguments matter.

    What memory asks: `overwrites` says what a layer keeps that can write its output
    over its input, None for one that cannot; `gradient` what its inputs get in
    backward; `sums_products` that the gradient of its weights is a product of the size
    of its output, which is then summed; `gathers_frozen` that inputs with gaps are put
    in a row where its weights are frozen, too; `one_of_several` that its output is one
    of several views made at once, which nothing may overwrite.

    What the wiring asks: `commutes` says that the order of the inputs does not matter,
    so that a lock does not see it; `is_gate` that the inputs behind the first scale it,
    so that depth follows the first alone; `looks_up` that weights are looked up, not
    multiplied with, so that depth does not count the layer.

    What formulas and words ask: `axis_names` what axes are called; `letters` what
    arguments are, where not as usual; `new_size` the argument that is the size of each
    spatial axis of the output; `family` what figures and pictures count it to;
    `depthwise` that each output channel sees one input channel; `flattens` that its
    input is flattened first; `centres` that it subtracts the mean of each channel;
    `words` a sentence on an argument that no other layer has, for editors; `meets` what
    inputs of equal shapes are; `left_to_loss` that libraries leave it to
    the loss where it comes last; `uncounted` that it may do work that no rule counts;
    `arguments_in_value` that all arguments may stand in the value of its kind;
    `counted_since` the rows of `figures.countings` that changed its figures.
    """

    key: ClassVar[str] = ""
    examples: ClassVar[tuple[str, ...]] = ()  # "{conv: 8, kernel: 3} @ 4x9x9, …"
    role: ClassVar[Role] = "other"
    storage: ClassVar[Storage] = "new"
    arity: ClassVar[int | None] = 1
    named_inputs: ClassVar[tuple[str, ...]] = ()
    unnamed: ClassVar[str] = "x"
    reads_ids: ClassVar[bool] = False
    keeps_ids: ClassVar[bool] = False
    sees: ClassVar[Seen] = None
    keeps: ClassVar[Saved] = NOTHING_SAVED
    overwrites: ClassVar[Overwriting | None] = None
    gradient: ClassVar[Gradient] = "new"
    sums_products: ClassVar[bool] = False
    gathers_frozen: ClassVar[bool] = True
    one_of_several: ClassVar[bool] = False
    commutes: ClassVar[bool] = False
    is_gate: ClassVar[bool] = False
    looks_up: ClassVar[bool] = False
    axis_names: ClassVar[AxisNames] = "tokens"
    letters: ClassVar[Letters] = {}
    words: ClassVar[Mapping[str, str]] = {}
    new_size: ClassVar[str | None] = None
    family: ClassVar[Family | None] = None
    depthwise: ClassVar[bool] = False
    flattens: ClassVar[bool] = False
    centres: ClassVar[bool] = False
    meets: ClassVar[str] = "added"
    left_to_loss: ClassVar[bool] = False
    uncounted: ClassVar[bool] = False
    arguments_in_value: ClassVar[bool] = False
    counted_since: ClassVar[tuple[int, ...]] = ()
    fields: ClassVar[dict[str, Field]] = {}
    required: ClassVar[frozenset[str]] = frozenset()
    principal: ClassVar[str | None] = None
    values: tuple[Any, ...]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        known = vars(sys.modules[cls.__module__])
        own = {
            name: known[hint].__metadata__[0]
            for name, hint in cls.__annotations__.items()
            if hasattr(known.get(hint), "__metadata__")
        }
        cls.fields = {**cls.fields, **own}
        cls.required = frozenset(n for n in cls.fields if not hasattr(cls, n))
        if "principal" not in cls.__dict__:
            cls.principal = cls.principal or next(iter(cls.fields), None)

    def __init__(self, **given: Any) -> None:
        taken = {}
        for name, value in given.items():
            if name not in self.fields:
                raise FieldError(f"{self.key} has no argument {name!r}")
            try:
                taken[name] = self.fields[name].check(value)
            except FieldError as error:
                message = f"{name}: {error.message}"
                raise FieldError(message, error.help, name) from None
        missing = self.required - taken.keys()
        if missing:
            written = self.examples[0].partition(" @")[0] if self.examples else ""
            help = f"for example {written}" if written.startswith("{") else None
            raise FieldError(f"{self.key} needs {', '.join(sorted(missing))}", help)
        self.__dict__.update(taken)
        self.__dict__["values"] = tuple(getattr(self, name) for name in self.fields)
        self.agree()

    def agree(self) -> None:
        """Raise `FieldError` where arguments that are right alone clash together."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layer):
            return NotImplemented
        return type(self) is type(other) and self.values == other.values

    def __hash__(self) -> int:
        return hash((self.key, self.values))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.items())})"
        )

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield each argument and its value, defaults included."""
        return zip(self.fields, self.values, strict=True)

    def replace(self, **changes: Any) -> Self:
        """Return the same layer with other arguments."""
        given = {**dict(self.items()), **changes}
        return type(self)(**{k: v for k, v in given.items() if v is not None})

    @classmethod
    def wired(cls, given: Collection[str]) -> tuple[str, ...]:
        """Return the inputs in their order, for those that are given by name.

        "" stands for what enters. Raises `FieldError` where one is missing.
        """
        return tuple(name for name in cls.named_inputs if name in given)

    def label(self, *inputs: Shape) -> str:
        """Return what the layer is in a few words, e.g. `conv 3×3, 64, pad 1`."""
        given = [
            f"{name.replace('_', ' ')} {_word(value)}"
            for name, value in self.items()
            if name != self.principal and value != getattr(type(self), name, None)
        ]
        first = getattr(self, self.principal) if self.principal else None
        default = getattr(type(self), self.principal, None) if self.principal else None
        head = self.key if first == default else f"{self.key} {_word(first)}"
        return ", ".join([head, *given])

    def shape(self, *inputs: Shape) -> Shape:
        """Return the output shape; raise `ShapeError` where the inputs do not fit."""
        return inputs[0]

    def weights(self, *inputs: Shape) -> Shapes:
        """Return the shape of every trainable parameter, by its torch name."""
        return {}

    def idle(self, *inputs: Shape, tokens: int = 1) -> Dim:
        """Return how many weights so many tokens do not use: those of other experts."""
        return 0

    def remembers(self, *inputs: Shape) -> Dim:
        """Return the values that stay of each token for those after it, in a cache."""
        return 0

    @property
    def reach(self) -> Dim | None:
        """How many earlier tokens it sees at most; None for all."""
        return None

    def after(self, past: Dim) -> Layer:
        """Return the layer as it reads a token behind so many, which are cached."""
        return self

    def buffers(self, *inputs: Shape) -> Shapes:
        """Return the shape of every buffer (running statistics), by its torch name."""
        return {}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        """Return the operations of one sample by kind, from the output shape."""
        raise NotImplementedError

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        """Return the products that the backward pass computes, for one sample."""
        macs = self.work(output, *inputs).get("mac", 0)
        return each_factor(macs, len(inputs), bool(self.weights(*inputs)))

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        """Return what autograd keeps for the backward pass."""
        return self.keeps

    def inside(self, kernel: Kernel, *inputs: Laid) -> Inside | None:
        """Return what it keeps and makes where it runs in many operations, or None.

        `saved` and `workspace` then say nothing; inputs have the batch.
        """
        return None

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Return what else lives in a forward pass, at each moment that may need most.

        Beside inputs and output, without gradients: what it makes for backward and lets
        go, unless that is for training only.
        """
        saved = self.saved(output, *inputs)
        return [[] if self.reads_ids or saved.train_only else list(saved.extras)]

    def low_rank(self, rank: Dim) -> tuple[Layer, Layer] | None:
        """Return the two layers of a low rank that can adapt it (LoRA), if any can."""
        return None

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Return what else lives in a backward pass, at each moment that may need most.

        Beside what it kept, the gradient of its output, and those of its inputs; what
        of these is not there at a moment has bytes below 0. Asked where a gradient goes
        on to its inputs and its weights, if any, are trained.
        """
        return []

    def running(self, run: Run) -> Self:
        """Return the layer as it runs in a network; most run alike everywhere."""
        return self

    def with_attention(self, kernel: str) -> Self:
        """Return the layer with another kernel of attention, if it has any."""
        return self

    def drops(self, training: bool) -> bool:
        """Say whether values are dropped; a `drop` layer that drops none is a view."""
        return False

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Return how an output lies that is a view of the first input; None for a copy.

        `output` are its sizes, with the batch.
        """
        return None

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Return how an output that is no view is written; None for values in a row.

        A function of each value keeps the order of its input's axes.
        """
        return inputs[0].compact() if self.storage == "elementwise" else None

    def gathers(self, x: Laid) -> bool:
        """Say whether it keeps a copy of an input that has gaps, made to lie in a row.

        Asked only of inputs that do not lie in a row.
        """
        return False

    def may_gather(self, inputs: int) -> int:
        """Return how many of so many inputs, the first ones, may be put in a row."""
        return inputs

    def beside_gaps(self, output: Shape) -> Extra | None:
        """Return what else it makes while it runs on an input with gaps."""
        return None

    def reordered(self, output: Shape, x: Laid) -> list[Extra]:
        """Return what lives at once while it copies its input into another order.

        Empty where it copies nothing; `x` says how the input lies.
        """
        return []

    def joins(self) -> int | str | None:
        """Return the axis along which inputs are put behind each other, if they are."""
        return None

    def channels_first(self) -> Layer | None:
        """Return what does over channels what this does over the last axis, if any."""
        return None

    def window(self, *inputs: Shape) -> Seen:
        """Return what an output position sees of the input's spatial axes."""
        return self.sees

    def torch(self, *inputs: Shape) -> Call:
        """Return the torch counterpart as a record; nothing is imported."""
        raise NotImplementedError


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Fraction) and value.denominator > 1:
        return f"{float(value):g}"
    return str(value)


def numel(shape: Shape) -> Dim:
    """Return the number of values in a tensor of this shape."""
    return product(shape)


def numbers(sizes: Iterable[Dim]) -> Ints:
    """Return sizes as whole numbers where strides are asked for: there are no names."""
    return tuple(size for size in sizes if isinstance(size, int))


def per_axis(value: Any, rank: int, what: str) -> tuple[Dim, ...]:
    """Return one number for each of `rank` spatial axes.

    Raises `ShapeError` AC205 where a list has another length.
    """
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise ShapeError.of(
            "AC205",
            f"{what} has {len(value)} numbers for {rank} spatial "
            f"{'axis' if rank == 1 else 'axes'}",
            help=_one_for_each(value, rank, what),
            argument=what,
        )
    return value


def _one_for_each(value: tuple[Any, ...], rank: int, what: str) -> str:
    """Return what to write for a list of another length than there are axes."""
    if what == "pad" and len(value) == 2 * rank:
        return BOTH_SIDES.format([0] * rank, [1] * rank)
    return (
        "one number" if rank == 1 else f"one number for all axes, or a list of {rank}"
    )


def times(shape: Shape) -> str:
    """Return a shape as text: `64×112×112`."""
    return "×".join(map(str, shape))


def is_one(size: Dim) -> bool:
    """Say whether a size is the number 1; a symbol is not, whatever its value."""
    plain = getattr(size, "__dim__", None)
    value = plain() if plain else size
    tells_apart(value, 1)
    return stretches(value)


def stretches(size: Dim) -> bool:
    """Say whether a size is the number 1 beside others that it is stretched to.

    A symbol is not: where it is 1, so are the equal ones that it meets.
    """
    plain = getattr(size, "__dim__", None)
    value = plain() if plain else size
    return isinstance(value, int) and value == 1


def check_divides(part: Dim, whole: Dim, what: str) -> None:
    """Raise `ShapeError` AC210 unless `part` divides `whole`; `what` says which."""
    if not divides(part, whole):
        raise ShapeError.of("AC210", f"{part} does not divide {whole}: {what}")

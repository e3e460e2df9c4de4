"""Recurrent layers over a sequence; in torch's dialect unless `biases` says otherwise.

torch has two bias vectors a gate; papers and Keras' LSTM have one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from archcalc.errors import ShapeError
from archcalc.layers.base import (
    Call,
    Function,
    Inside,
    Kernel,
    Layer,
    Module,
    Shape,
    Shapes,
    Work,
    numel,
    times,
)
from archcalc.layers.fields import FieldError, Flag, Size, WholeField, WordField
from archcalc.layers.records.backward import WEIGHTS, Product, Products
from archcalc.layers.records.strides import Ints, Laid
from archcalc.sizes.dims import Dim, at_least

if TYPE_CHECKING:
    from archcalc.layers.recurrent.kernels import Sizes

Biases = Annotated[int, WholeField(0, 2)]
Depth = Annotated[int, WholeField(1, 1000)]
SizeOrNone = Annotated[Dim | None, WholeField(1)]
Nonlinearity = Annotated[Literal["tanh", "relu"], WordField(("tanh", "relu"))]


ENTERING = "weight_ih_l0"
"""How the names of matrices begin that read the input."""


class Recurrent(Layer):
    """What recurrent layers share: weights and work for each layer and direction."""

    role = "matrix"
    sees = "all"
    counted_since = (3,)
    gates: ClassVar[int] = 1
    each: ClassVar[Work] = {}

    hidden: Size
    layers: Depth = 1
    bidirectional: Flag = False
    biases: Biases = 2

    def agree(self) -> None:
        if not isinstance(self.layers, int):
            raise FieldError(
                f"the number of layers must be a number, not a symbol: {self.layers}"
            )

    def directions(self) -> int:
        """Return 2 where the sequence is read both ways."""
        return 2 if self.bidirectional else 1

    def states(self) -> Dim:
        """Return how many hidden values a step has, over layers and directions."""
        return self.hidden * self.directions() * self.layers

    def width(self) -> Dim:
        """Return how many values one direction gives at each step."""
        return self.hidden

    def widths(self, x: Shape) -> list[Dim]:
        """Return the input's width for each layer."""
        deep = self.width() * self.directions()
        return [x[1], *(deep for _ in range(self.layers - 1))]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 2:
            raise ShapeError.of(
                "AC204",
                f"{self.key} needs a sequence: a position axis and a feature axis",
                facts=[f"its input is {times(x)}"],
                help="`tokens` makes a sequence of an image" if len(x) > 2 else None,
            )
        return (x[0], self.width() * self.directions())

    def weights(self, *inputs: Shape) -> Shapes:
        rows = self.gates * self.hidden
        shapes: Shapes = {}
        for level, width in enumerate(self.widths(inputs[0])):
            for way in ("", "_reverse")[: self.directions()]:
                end = f"l{level}{way}"
                shapes |= {f"weight_ih_{end}": (rows, width)}
                shapes |= {f"weight_hh_{end}": (rows, self.width())}
                names = (f"bias_ih_{end}", f"bias_hh_{end}")[: self.biases]
                shapes |= dict.fromkeys(names, (rows,))
                shapes |= self.projected(end)
        return shapes

    def projected(self, end: str) -> Shapes:
        """Return the matrix that projects states, by its name; none as a rule."""
        return {}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        (x,) = inputs
        shapes = self.weights(x)
        matrices = [numel(s) for s in shapes.values() if len(s) == 2]
        biases = [numel(s) for s in shapes.values() if len(s) == 1]
        states = x[0] * self.states()
        work = {kind: count * states for kind, count in self.each.items()}
        return {
            "mac": x[0] * sum(matrices, 0),
            **work,
            "add": work["add"] + x[0] * sum(biases, 0),
        }

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        """The first states have no gradient; those after them always have one."""
        (x,) = inputs
        shapes = self.weights(x).items()
        sizes = {name: numel(s) for name, s in shapes if len(s) == 2}
        entering = [n for name, n in sizes.items() if name.startswith(ENTERING)]
        states = [n for name, n in sizes.items() if name.startswith("weight_hh")]
        every, first = sum(sizes.values(), 0), sum(entering, 0)
        inside = x[0] * (every - first) - sum(states, 0)
        return (
            Product((0,), x[0] * first),
            Product((0, WEIGHTS), inside),
            Product((WEIGHTS,), x[0] * every),
        )

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Time comes first in memory, then the batch."""
        return Laid.anew(output, (1, 0, 2))

    def sizes(self, x: Laid, kernel: Kernel) -> Sizes:
        """Return its sizes with a batch, in numbers."""
        from archcalc.layers.recurrent.kernels import Sizes

        batch, steps, width = x.sizes
        time_first = x.moved((1, 0, 2))
        rows = (steps * batch, width)
        return Sizes(
            steps=steps,
            batch=batch,
            hidden=self.hidden,  # type: ignore[arg-type]  # a number, as `x` is
            out=self.width(),  # type: ignore[arg-type]  # numbers, as `x` is
            read=tuple(self.widths((steps, width))),  # type: ignore[arg-type]
            ways=self.directions(),
            gates=self.gates,
            biases=self.biases,
            bits=kernel.bits,
            in_order=time_first.in_a_row()
            if kernel.onednn
            else time_first.regrouped(rows) is not None,
        )

    def inside(self, kernel: Kernel, *inputs: Laid) -> Inside | None:
        """Return what torch's native CPU kernel keeps and makes, step by step."""
        from archcalc.layers.recurrent.backward import native

        (x,) = inputs
        names = tuple(self.weights(x.sizes[1:]))
        sizes = self.sizes(x, kernel._replace(onednn=False))
        return native(sizes, self.key, names)

    def torch(self, *inputs: Shape) -> Call:
        given: dict[str, Any] = {"batch_first": True}
        if self.layers > 1:
            given["num_layers"] = self.layers
        if self.bidirectional:
            given["bidirectional"] = True
        if self.biases == 1:
            return self.one_bias(inputs[0])
        if self.biases == 0:
            given["bias"] = False
        given |= self.further()
        args = (inputs[0][1], self.hidden)
        return Module(f"nn.{type(self).__name__}", args, given, after="x[0]")

    def further(self) -> dict[str, Any]:
        """Return torch's words for the arguments that other recurrent layers lack."""
        return {}

    def one_bias(self, x: Shape) -> Call:
        """Return torch's kernel with zeros for the second biases that it wants."""
        given: list[str] = []
        for name in self.weights(x):
            given.append(f"p[{name!r}]")
            given += ["zero"] if name.startswith("bias") else []
        states = self.directions() * self.layers
        start, made = self.start(f"x.new_zeros({states}, x.shape[0], {self.hidden})")
        how = f"True, {self.layers}, 0.0, False, {self.bidirectional}, True"
        kernel = f"torch._VF.{self.kernel()}"
        return Function(
            f"{kernel}(x, {start}, [{', '.join(given)}], {how})[0]",
            self.weights(x),
            (
                f"zero = x.new_zeros({self.gates * self.hidden})",
                *made,
            ),
        )

    def kernel(self) -> str:
        """Return the name of torch's kernel."""
        return self.key

    def start(self, zeros: str) -> tuple[str, tuple[str, ...]]:
        """Return the first states and the statements that make them, from zeros."""
        return "h", (f"h = {zeros}",)


class LSTM(Recurrent):
    """Long short-term memory (Hochreiter 1997; torch.nn.LSTM): four gates.

    Shape: `(L, D) -> (L, hidden)`, `2·hidden` where `bidirectional`; `token: -1` then
    takes the last state. Each layer and direction has weights `4·hidden × in` and
    `4·hidden × hidden` and two biases (`biases: 1` as in papers and Keras, or none).
    `proj` projects each state to fewer values (Sak 2014; torch's `proj_size`): they
    are what goes out and what the next step reads, and `proj × hidden` weights join.
    Of torch's two CPU kernels, oneDNN's (float32, mixed precision) keeps for backward
    inputs, outputs, first and last states of each layer, and a workspace. The native
    one (other formats, and projections) keeps the input of every layer, seven values
    for each hidden one and step, and what is projected.
    """

    key = "lstm"
    gates = 4
    each: ClassVar[Work] = {"add": 8, "mul": 3, "exp": 5, "div": 3}
    examples = (
        "{lstm: 6} @ 5x8",
        "{lstm: 6, layers: 2, bidirectional: true} @ 5x8",
        "{lstm: 6, biases: 1} @ 5x8",
        "{lstm: 6, biases: 0} @ 5x8",
        "{lstm: 6, proj: 4} @ 5x8",
        "{lstm: 6, proj: 4, layers: 2, bidirectional: true, biases: 1} @ 5x8",
    )
    words: ClassVar[dict[str, str]] = {
        "proj": "How many values each state is projected to, fewer than hidden ones."
    }

    proj: SizeOrNone = None

    def agree(self) -> None:
        super().agree()
        if self.proj is not None and not at_least(self.hidden, self.proj + 1):
            raise FieldError(
                f"a projection to {self.proj} of {self.hidden} hidden values: it must "
                "be to fewer",
                "without proj, the hidden values themselves go out",
                "proj",
            )

    def width(self) -> Dim:
        return self.hidden if self.proj is None else self.proj

    def projected(self, end: str) -> Shapes:
        shape = (self.width(), self.hidden)
        return {} if self.proj is None else {f"weight_hr_{end}": shape}

    def further(self) -> dict[str, Any]:
        return {} if self.proj is None else {"proj_size": self.proj}

    def start(self, zeros: str) -> tuple[str, tuple[str, ...]]:
        if self.proj is None:
            return "(h, h)", (f"h = {zeros}",)
        states = f"h = c[:, :, :{self.proj}].contiguous()"
        return "(h, c)", (f"c = {zeros}", states)

    def inside(self, kernel: Kernel, *inputs: Laid) -> Inside | None:
        from archcalc.layers.recurrent.backward import onednn

        (x,) = inputs
        if self.proj is not None or not kernel.onednn:
            return super().inside(kernel, *inputs)
        return onednn(self.sizes(x, kernel), tuple(self.weights(x.sizes[1:])))


class GRU(Recurrent):
    """Gated recurrent unit (Cho 2014; torch.nn.GRU): three gates.

    Shape and weights as `lstm`, with three gates in place of four. Backward keeps the
    input of every layer and seven values a hidden one in each step.
    """

    key = "gru"
    gates = 3
    each: ClassVar[Work] = {"add": 7, "mul": 2, "exp": 3, "div": 2}
    examples = (
        "{gru: 6} @ 5x8",
        "{gru: 6, layers: 2, bidirectional: true} @ 5x8",
        "{gru: 6, layers: 2, biases: 1} @ 5x8",
    )


class RNN(Recurrent):
    """A plain recurrent layer: tanh of two products (Elman 1990; torch.nn.RNN).

    Shape and weights as `lstm`, without gates: `hidden × in` and `hidden × hidden`.
    `nonlinearity: relu` takes ReLU in place of tanh. Backward keeps the input of every
    layer and the state of each step.
    """

    key = "rnn"
    each: ClassVar[Work] = {"add": 1, "exp": 1}
    words: ClassVar[dict[str, str]] = {
        "nonlinearity": "The function of each new state."
    }
    examples = (
        "{rnn: 6} @ 5x8",
        "{rnn: 6, layers: 2, bidirectional: true} @ 5x8",
        "{rnn: 6, layers: 2, biases: 1} @ 5x8",
        "{rnn: 6, biases: 0} @ 5x8",
        "{rnn: 6, nonlinearity: relu} @ 5x8",
        "{rnn: 6, nonlinearity: relu, biases: 1} @ 5x8",
    )

    nonlinearity: Nonlinearity = "tanh"

    def kernel(self) -> str:
        return f"rnn_{self.nonlinearity}"

    def further(self) -> dict[str, Any]:
        plain = self.nonlinearity == "tanh"
        return {} if plain else {"nonlinearity": self.nonlinearity}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        work = super().work(output, *inputs)
        if self.nonlinearity == "relu":
            work["cmp"] = work.pop("exp")
        return work

"""What is counted: of one layer by its rules, and of many as sums."""

from __future__ import annotations

from archcalc.figures.conventions import Convention, View, counted
from archcalc.figures.conventions.measures import is_bias
from archcalc.layers.base import Layer, Shape, Work, numel
from archcalc.records import NamedTuple, dataclass
from archcalc.sizes.dims import Dim


class Counts(NamedTuple):
    """What is counted of one layer with one input shape for one sample, or of many.

    `operations` and `reported_params` are what a convention makes of it; `operations`
    are those of the whole batch, since tools count some things once a batch. `frozen`
    are the parameters that are not trained, `idle` the weights of experts that one
    token does not pass through.
    """

    weights: Dim = 0
    biases: Dim = 0
    norms: Dim = 0
    buffers: Dim = 0
    macs: Dim = 0
    flops: Dim = 0
    values: Dim = 0
    operations: Dim = 0
    reported_params: Dim = 0
    frozen: Dim = 0
    idle: Dim = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of a row, a group or the network.

    `weights`, `biases` and `norms` (scale and shift of normalization) sum to `params`;
    `buffers` are apart. Operations and activations are those of the whole batch.
    `operations` and `reported_params` are those of the setting's convention; `frozen`
    are the parameters that are not trained, `idle` the weights of experts that one
    token does not pass through.
    """

    weights: Dim = 0
    biases: Dim = 0
    norms: Dim = 0
    buffers: Dim = 0
    macs: Dim = 0
    flops: Dim = 0
    activations: Dim = 0
    activation_bytes: Dim = 0
    operations: Dim = 0
    reported_params: Dim = 0
    frozen: Dim = 0
    idle: Dim = 0

    @property
    def params(self) -> Dim:
        """Parameters, frozen ones too: weights, biases, scales and shifts."""
        return self.weights + self.biases + self.norms

    @property
    def trainable(self) -> Dim:
        """Parameters that training changes."""
        return self.params - self.frozen

    @property
    def active_params(self) -> Dim:
        """Parameters that one token uses: not those of other experts."""
        return self.params - self.idle


def macs(work: Work) -> Dim:
    """Return the multiply-accumulates: convolutions, linear layers, matrix products."""
    return work.get("mac", 0)


def flops(work: Work) -> Dim:
    """Return floating-point operations: 2 a multiply-accumulate, 1 any other."""
    return sum([n * (2 if kind == "mac" else 1) for kind, n in work.items()], 0)


def facts_of(
    layer: Layer,
    shapes: tuple[Shape, ...],
    output: Shape,
    convention: Convention,
    batch: int = 1,
) -> Counts:
    """Run the rules of one layer, and a convention on what they say of a batch."""
    weights: Dim = 0
    biases: Dim = 0
    norms: Dim = 0
    for name, shape in layer.weights(*shapes).items():
        count = numel(shape)
        if layer.role == "norm":
            norms += count
        elif is_bias(name):
            biases += count
        else:
            weights += count
    buffers = sum(map(numel, layer.buffers(*shapes).values()), 0)
    work = layer.work(output, *shapes)
    multiplied = macs(work)
    seen: tuple[Dim, Dim] = multiplied * batch, weights + biases + norms
    if not convention.is_plain:
        seen = counted(convention, View(layer, shapes, output, work, batch))
    own = (weights, biases, norms, buffers, multiplied, flops(work), numel(output))
    return Counts(*own, *seen, 0, layer.idle(*shapes))

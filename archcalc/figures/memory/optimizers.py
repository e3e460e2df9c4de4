"""Optimizers as data: what each keeps for a parameter, and makes while it updates.

Measured with torch 2.13.0 on the CPU, from the second step on, without weight decay.
"""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.errors import UsageError, unknown
from archcalc.layers.base import Shape, numel, times
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

SCALAR_BYTES = 4
"""Bytes of a number that an optimizer keeps for a whole tensor: float32."""
LOOP = "loop"
"""One parameter after another: torch's default on the CPU."""

Pairs = tuple[tuple[int, int], ...]
"""Of each, the most over neighbours: first · the parameter before + second · its own.

A tensor of the parameter before lives until the same name gets its next one.
"""


class Optimizer(NamedTuple):
    """What torch.optim keeps for each parameter, and makes in a step.

    `copies` tensors of its shape and dtype by name, and `scalars` of 4 bytes (the count
    of steps). `factored` keeps a row and a column in place of a matrix, `matrices` that
    nothing else is trained. `loop` are the temporary tensors of the loop; `foreach` how
    often all parameters are copied, None where no rule is known; `fused` says whether
    there is a fused kernel, which makes nothing. `estimate` says what is not exact.
    """

    copies: tuple[str, ...] = ()
    scalars: int = 0
    cite: str = ""
    loop: Pairs = ()
    foreach: int | None = None
    fused: bool = False
    factored: bool = False
    matrices: bool = False
    estimate: str = ""

    def state(self, shape: Shape, size: Dim) -> Dim:
        """Return the bytes that it keeps for a parameter of a shape and its bytes."""
        kept = len(self.copies) * size
        if self.factored and len(shape) > 1:
            values = numel(shape)
            kept = size // shape[-1] + size // shape[-2] if values else 0
        return kept + self.scalars * SCALAR_BYTES

    def ways(self) -> tuple[str, ...]:
        """Return in which ways it runs."""
        ways = [LOOP]
        ways += ["foreach"] if self.foreach is not None else []
        return (*ways, *(["fused"] if self.fused else []))

    def temporaries(self, way: str, sizes: Sequence[int]) -> int:
        """Return the most bytes that a step makes for parameters of some bytes."""
        if way == "foreach":
            return (self.foreach or 0) * sum(sizes)
        if way == "fused":
            return 0
        pairs = zip((0, *sizes), sizes, strict=False)
        return max(
            (before * a + own * b for a, b in pairs for before, own in self.loop),
            default=0,
        )


ADAM: Pairs = ((1, 2),)
MEANS = ("mean", "variance")
FEW_STEPS = "its first five steps, later ones make more"
ONCE = "temporary tensors were measured for one matrix"

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer((), 0, "torch.optim.SGD, momentum 0", (), 0, True),
    "momentum": Optimizer(
        ("momentum",), 0, "torch.optim.SGD, momentum above 0", (), 0, True
    ),
    "nesterov": Optimizer(
        ("momentum",), 0, "torch.optim.SGD, nesterov", ((0, 1),), 0, True
    ),
    "adam": Optimizer(MEANS, 1, "torch.optim.Adam; Kingma and Ba 2014", ADAM, 1, True),
    "adamw": Optimizer(
        MEANS, 1, "torch.optim.AdamW; Loshchilov and Hutter 2017", ADAM, 1, True
    ),
    "amsgrad": Optimizer(
        (*MEANS, "largest variance"), 1, "torch.optim.Adam, amsgrad", ADAM, 1, True
    ),
    "nadam": Optimizer(MEANS, 2, "torch.optim.NAdam", ADAM, 1),
    "radam": Optimizer(MEANS, 1, "torch.optim.RAdam", ((0, 2),), 1, estimate=FEW_STEPS),
    "adamax": Optimizer(("mean", "largest"), 1, "torch.optim.Adamax", ((0, 1),), 1),
    "adagrad": Optimizer(
        ("sum of squares",), 1, "torch.optim.Adagrad", ((1, 1),), 2, True
    ),
    "adadelta": Optimizer(
        ("mean of squares", "mean of steps"),
        1,
        "torch.optim.Adadelta",
        ((1, 2), (2, 1)),
        2,
    ),
    "adafactor": Optimizer(
        ("variance",),
        1,
        "torch.optim.Adafactor; Shazeer and Stern 2018",
        ((0, 1),),
        factored=True,
        estimate=ONCE,
    ),
    "asgd": Optimizer(
        ("mean",),
        3,
        "torch.optim.ASGD",
        foreach=1,
        estimate="three new scalars of 4 bytes are left out",
    ),
    "muon": Optimizer(
        ("momentum",),
        0,
        "torch.optim.Muon, nesterov; Jordan 2024",
        ((0, 3),),
        matrices=True,
        estimate=ONCE,
    ),
    "rmsprop": Optimizer(("mean of squares",), 1, "torch.optim.RMSprop", ((1, 1),), 1),
    "rmsprop-momentum": Optimizer(
        ("mean of squares", "momentum"),
        1,
        "torch.optim.RMSprop, momentum above 0",
        ((1, 1),),
        1,
    ),
    "rmsprop-centered": Optimizer(
        ("mean of squares", "mean"), 1, "torch.optim.RMSprop, centered", ((1, 1),), 1
    ),
    "rprop": Optimizer(("gradient", "step size"), 1, "torch.optim.Rprop", ((0, 3),)),
    "lion": Optimizer(
        ("momentum",),
        0,
        "Chen 2023, algorithm 2",
        estimate="torch has none, so nothing that it makes is counted",
    ),
}
"""The optimizers that are known, each with where its state is defined."""


def optimizer(name: str) -> Optimizer:
    """Return an optimizer; raise `UsageError` AC540 for an unknown name."""
    return named_way(name)[0]


def named_way(name: str) -> tuple[Optimizer, str]:
    """Return an optimizer and the way in which it runs: `adam:foreach`.

    Raises `UsageError` AC540 where one of them is unknown.
    """
    key, _, way = name.lower().partition(":")
    found = OPTIMIZERS.get(key)
    if found is None:
        raise unknown("AC540", "optimizer", key, OPTIMIZERS, "known")
    if way and way not in found.ways():
        raise unknown("AC540", f"way of {key}", way, found.ways(), "known")
    return found, way or LOOP


def check_trains(chosen: Optimizer, name: str, weight: str, shape: Shape) -> None:
    """Raise `UsageError` AC540 where an optimizer does not take a parameter."""
    if chosen.matrices and len(shape) != 2:
        raise UsageError.of(
            "AC540",
            f"{name} trains matrices alone: {weight} has shape {times(shape)}",
            help="torch.optim.Muon raises an error for it; choose adamw, or freeze it",
        )

"""The reference build with a module for each step, so that tools name what they count.

In the plain reference build an expression runs in the network's own code, and a tool
gives its operations to the network as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from archcalc.network.torch_network import build, empty_inputs, walk

if TYPE_CHECKING:
    from torch import Tensor, nn

    from archcalc.graph.graph import Graph, Node
    from archcalc.network.counters.tools import Told


def stepped(graph: Graph) -> nn.Module:
    """Return the reference build on the meta device, without side heads.

    The module of a node is `steps.INDEX`. Steps that share one module of torch run it
    in the module of the first of them.

    Raises `MissingExtra`, `UsageError`, `TorchRefusedError` as `build` does.
    """
    reference = build(graph)  # says what is missing where torch is
    made: nn.Module = _network_class()(reference)
    return made.eval()


def by_step(module: Any, found: Told) -> list[Counter[str]]:
    """Return what a tool counts in each step of `stepped`, by what it calls it.

    What it counts in a module that several steps run is with the first of them; the
    last entry is what it counts outside of all steps.
    """
    sums: list[Counter[str]] = [Counter() for _ in module.holders]
    outside: Counter[str] = Counter()
    for path, counts in found.parts.items():
        word, _, rest = path.partition(".")
        at = rest.partition(".")[0]
        known = word == "steps" and at.isdigit()
        (sums[module.holders[int(at)]] if known else outside).update(counts)
    return [*sums, outside]


def inputs_for(
    module: nn.Module, graph: Graph, device: str, batch: int
) -> tuple[nn.Module, list[Tensor]]:
    """Return a module and inputs of zeros on a device; its weights are not filled."""
    import torch

    inputs = empty_inputs(module, graph, batch)
    if device == "meta":
        return module, inputs
    zeros = [torch.zeros(x.shape, dtype=x.dtype) for x in inputs]
    module = module.to_empty(device=device)
    for buffer in module.buffers():
        buffer.zero_()  # an index of positions must point at some
    return module, zeros


@cache
def _step_class() -> Any:
    """Return the class of a step; made once torch is there."""
    from torch import nn

    class Step(nn.Module):
        """One step; `part` is None where another one lends its module."""

        def __init__(self, step: Any, part: nn.Module | None) -> None:
            super().__init__()
            self.part = part
            self.own = (step,)  # in a tuple: not one more name for the part
            self.batch = 1

        def forward(self, *inputs: Tensor) -> Tensor:
            value: Tensor = self.own[0].run(inputs, self.batch)
            return value

        def run(self, inputs: Sequence[Tensor], batch: int = 1) -> Tensor:
            self.batch = batch  # no argument: tools expect tensors alone
            value: Tensor = self(*inputs)
            return value

    return Step


@cache
def _network_class() -> Any:
    """Return the class of a network of steps; made once torch is there."""
    from torch import nn

    make = _step_class()

    class Stepped(nn.Module):
        """A network of steps."""

        def __init__(self, network: Any) -> None:
            super().__init__()
            self.graph: Graph = network.graph
            self.unused = network.unused
            first: dict[int, int] = {}
            self.holders = [
                first.setdefault(id(step.part), at) if step.part is not None else at
                for at, step in enumerate(network.steps)
            ]
            """For each node the first one that runs the same module of torch."""
            self.steps = nn.ModuleList(
                make(step, step.part if holder == at and not node.aux else None)
                for at, (node, step, holder) in enumerate(
                    zip(self.graph.nodes, network.steps, self.holders, strict=True)
                )
            )

        def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
            wanted = self.graph.outputs
            found = {n.index: v for n, v in self._leaving(inputs)}
            leaving = tuple(found[index] for index in wanted)
            return leaving if len(leaving) > 1 else leaving[0]

        def _leaving(self, inputs: Sequence[Tensor]) -> Iterator[tuple[Node, Tensor]]:
            held = frozenset(self.graph.outputs)
            for node, value in walk(self, inputs):
                if node.index in held:
                    yield node, value

    return Stepped

"""The same network in torch, and what torch says of it: the judge of every rule.

Torch is imported only when a function here is called. `build` turns the records that
layers give (`Layer.torch`) into one `nn.Module`, on the meta device unless asked
otherwise, where a tensor has a shape and no memory. `trace` runs it and writes down
each node's output shape, weights, buffers and multiply-accumulates; `verify` holds them
against the rules', with no tolerance.

A name in a spec is never a name in torch: modules go by the index of their node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from archcalc.errors import ArchcalcError, UsageError, clean
from archcalc.layers.base import Function, Module, Shape
from archcalc.layers.records.calls import code_of
from archcalc.network.verification import Trace, Traced, Verification, compare, refused
from archcalc.readers.pytorch.extra import require_torch
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Poly

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from archcalc.graph.graph import Graph, Node
    from archcalc.network.network import Network

    Code = Callable[[Tensor | None, Sequence[Tensor], Any], Tensor]
    Outputs = Iterator[tuple[Node, Tensor]]


class TorchRefusedError(ArchcalcError):
    """torch does not build or run a node that the rules accept."""


# -- building -------------------------------------------------------------------------


def build(
    graph: Graph, device: str = "meta", dtype: torch.dtype | None = None
) -> nn.Module:
    """Return the network as a module: batches of its inputs in, its output out.

    Of several outputs it gives a tuple, in the order of the file.

    `module.walk(*inputs, aux=True)` yields `(node, output)` for every node in order,
    side heads included; `module.part(node)` is a node's own module, None for a plain
    expression. Steps that share weights share one module, or the weights alone where
    their arguments differ. `dtype` defaults to float32.

    Raises `MissingExtra` without torch, `UsageError` for sizes that are symbols,
    `TorchRefusedError` where torch does not take a layer's arguments.
    """
    require_torch()
    check_numbers(graph)
    network: nn.Module = _network_type()(graph, device)
    return network if dtype is None else network.to(dtype)


def check_numbers(graph: Graph, who: str = "torch") -> None:
    """Raise `UsageError` at the first symbol in a shape or an argument of a layer.

    Torch has only numbers; and a symbol is a text of the user, which code must not see.
    `who` is what needs numbers.
    Raises `ShapeError` where a side head does not fit.
    """
    graph.need_heads()
    for node in graph.nodes:
        values = _flat((node.shape, node.layer.values))
        symbols = [value for value in values if isinstance(value, Poly)]
        if symbols:
            raise UsageError.of(
                "AC521",
                f"{who} needs numbers: {node.name} has the size {symbols[0]}",
                help="give every size a number, e.g. --input 3x224x224 or --set",
            )


def _flat(values: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the values in tuples of tuples."""
    for value in values:
        if isinstance(value, tuple):
            yield from _flat(value)
        else:
            yield value


def _ints(shape: Shape) -> tuple[int, ...]:
    """Return a shape of numbers as such."""
    return tuple([size for size in shape if isinstance(size, int)])


@cache
def _network_type() -> type[nn.Module]:
    """Return the class of a built network; made once torch is there."""
    from torch import nn

    class Network(nn.Module):
        """A graph as a module. Its parts are named by the index of their node."""

        def __init__(self, graph: Graph, device: str) -> None:
            super().__init__()
            self.graph = graph
            self.parts = nn.ModuleDict()
            self.steps = [_prepared(graph, n, self.parts, device) for n in graph.nodes]
            self.unused = _last_uses(graph)

        def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
            wanted = self.graph.outputs
            held, walked = frozenset(wanted), self.walk(*inputs)
            found = {n.index: v for n, v in walked if n.index in held}
            leaving = tuple(found[index] for index in wanted)
            return leaving if len(leaving) > 1 else leaving[0]

        def walk(self, *inputs: Tensor, aux: bool = False) -> Outputs:
            return walk(self, inputs, aux)

        def part(self, node: Node) -> nn.Module | None:
            return _part(self.parts, node, self.graph.owner(node))

    return Network


class _Step(NamedTuple):
    """How a node computes: its part if it has one, and code around or instead of it."""

    part: nn.Module | None
    before: Code | None = None
    instead: Code | None = None
    after: Code | None = None

    def run(self, inputs: Sequence[Tensor], batch: int = 1) -> Tensor:
        """Return the output; what reads no tensor is one for every sample."""
        if not inputs and self.instead is not None:
            return _spread(self.instead(None, (), self.part), batch)
        first = inputs[0]
        if self.instead is not None:
            return self.instead(first, inputs, self.part)
        assert self.part is not None  # a record of a module has its module
        if self.before is not None:
            inputs = (self.before(first, inputs, None), *inputs[1:])
        value: Tensor = self.part(*inputs)
        return value if self.after is None else self.after(value, (value,), None)


def _spread(value: Tensor, batch: int) -> Tensor:
    """Return one tensor for every sample of a batch, without a copy.

    Where nothing is learned it must be no view of a parameter: torch's counter of
    operations does not take one into a module (torch 2.13.0).
    """
    import torch

    value = value if torch.is_grad_enabled() else value.detach()
    return value.expand(batch, *value.shape[1:])


def _prepared(graph: Graph, node: Node, parts: nn.ModuleDict, device: str) -> _Step:
    """Return how a node computes; add its part unless another lends it an equal one."""
    owner, record = graph.owner(node), node.layer.torch(*graph.input_shapes(node))
    alike = owner.layer.torch(*graph.input_shapes(owner)) == record
    if owner is node or not alike:
        part = _made(record, node, device)
        if part is not None:
            parts[str(node.index)] = _tied(part, _part(parts, owner))
    part = _part(parts, node, owner)
    if isinstance(record, Function):
        return _Step(part, instead=_function(record.body))
    return _Step(part, _around(record.before), None, _around(record.after))


def _part(parts: nn.ModuleDict, *nodes: Node) -> nn.Module | None:
    """Return the part of the first of these nodes that has one."""
    keys = [str(node.index) for node in nodes if str(node.index) in parts]
    return parts[keys[0]] if keys else None


def _tied(part: nn.Module, lender: nn.Module | None) -> nn.Module:
    """Give a part the weights and buffers of another that has other arguments.

    Another kind may call its weights otherwise: then they follow in order.
    """
    if lender is None:
        return part
    own, lent = ([*m.named_parameters()] for m in (part, lender))
    renamed = {name for name, _ in own} != {name for name, _ in lent}
    given: list[tuple[str, Tensor]]
    given = [(o if renamed else n, w) for (o, _), (n, w) in zip(own, lent, strict=True)]
    known = {name for name, _ in part.named_buffers()}
    given += [pair for pair in lender.named_buffers() if pair[0] in known]
    for name, value in given:
        path, _, leaf = name.rpartition(".")
        setattr(part.get_submodule(path), leaf, value)
    return part


def _around(code: str | None) -> Code | None:
    return None if code is None else _function(f"return {code}")


def _made(record: Module | Function, node: Node, device: str) -> nn.Module | None:
    """Return a record's module, or the parameters of an expression that has some."""
    import torch
    from torch import nn

    with _refusing(node, "build"), torch.device(device):
        if isinstance(record, Module):
            plain: Any = _found(record.target)(*record.args, **record.kwargs)
            wrap: Any = _function(f"return {record.wrap.format('x')}")
            made: nn.Module = wrap(plain, (), None)
        elif record.params or record.trains or record.buffers:
            shapes = record.params.items()
            made = nn.ParameterDict(
                {k: nn.Parameter(torch.zeros(_ints(s))) for k, s in shapes}
            )
            for name, shape in record.buffers.items():
                whole = None if shape else torch.long  # a count of batches
                value = torch.zeros(_ints(shape), dtype=whole)
                if name in record.filled:
                    filled = _function(f"return {record.filled[name]}")
                    value = filled(None, (), None)
                made.register_buffer(name, value)
        else:
            return None
        return made.requires_grad_(not node.frozen)


def _found(target: str) -> Callable[..., nn.Module]:
    """Return what a dotted name such as `nn.Conv2d` stands for."""
    head, *rest = target.split(".")
    found: Any = _names()[head]
    for name in rest:
        found = getattr(found, name)
    return found  # type: ignore[no-any-return]  # a class of torch.nn, by its name


@cache
def _names() -> Mapping[str, Any]:
    """Return the names that records may use."""
    import torch
    from torch import nn
    from torch.nn import functional

    return {"torch": torch, "nn": nn, "F": functional}


@lru_cache(maxsize=4096)
def _function(body: str) -> Code:
    """Return a record's code as a function of `x`, `xs` and `p`.

    No text of a user reaches it (`check_numbers`).
    """
    function: Code = code_of(body, _names())
    return function


def _last_uses(graph: Graph) -> list[list[int]]:
    """Return, for each node, the earlier ones that nothing reads after it."""
    last = {i: node.index for node in graph.nodes for i in node.inputs}
    unused: list[list[int]] = [[] for _ in graph.nodes]
    for index, reader in last.items():
        unused[reader].append(index)
    return unused


def walk(network: Any, inputs: Sequence[Tensor], aux: bool = False) -> Outputs:
    """Run every node in order; a value is let go after the last node that reads it."""
    graph: Graph = network.graph
    if len(inputs) != len(graph.inputs):
        raise ValueError(f"{len(graph.inputs)} inputs are needed, {len(inputs)} given")
    values = dict(zip(graph.inputs, inputs, strict=True))
    steps = zip(graph.nodes, network.steps, network.unused, strict=True)
    for node, step, unused in steps:
        if node.aux and not aux:
            continue
        if node.index not in values:
            with _refusing(node, "run"):
                given = [values[i] for i in node.inputs]
                values[node.index] = step.run(given, len(inputs[0]))
                del given
        yield node, values[node.index]
        for index in unused:
            values.pop(index, None)


@contextmanager
def _refusing(node: Node, verb: str) -> Iterator[None]:
    """Turn what torch raises into `TorchRefusedError` with the node's name."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        said = clean(str(error).strip().partition("\n")[0])
        message = f"torch does not {verb} {node.name} ({node.layer.key}): {said}"
        raise TorchRefusedError.of("AC522", message) from error


# -- tracing --------------------------------------------------------------------------


def trace(network: nn.Module, batch: int = 1) -> Trace:
    """Run a network that `build` made and write down every node, in evaluation mode.

    Multiply-accumulates are half of what torch's `FlopCounterMode` counts. The network
    must be on the meta device: on the CPU that counter sees neither fused attention nor
    recurrent layers. Raises `ValueError` for another device, `TorchRefusedError`.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    if any(not p.is_meta for p in network.parameters()):
        raise ValueError("only a network on the meta device can be traced")
    found: list[Traced] = []
    training, before = network.training, 0
    graph: Any = network.graph
    inputs = empty_inputs(network, graph, batch)
    network.eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for node, value in walk(network, inputs, aux=True):
            after = counter.get_total_flops()
            found.append(_traced(network, node, value, after - before))
            before = after
        outputs: tuple[tuple[int, ...], ...] = ()
        if len(graph.outputs) > 1:
            given = network(*inputs)
            outputs = tuple(tuple(value.shape) for value in given)
    network.train(training)
    return _summed(network, tuple(found), outputs)


def empty_inputs(network: nn.Module, graph: Graph, batch: int) -> list[Tensor]:
    """Return inputs without memory; whole numbers where they are read as such."""
    import torch

    ids = graph.ids
    floats = next((p.dtype for p in network.parameters()), torch.float32)
    return [
        torch.empty(
            (batch, *_ints(graph.nodes[i].shape)),
            dtype=torch.int64 if i in ids else floats,
            device="meta",
        )
        for i in graph.inputs
    ]


def _traced(network: Any, node: Node, value: Tensor, flops: int) -> Traced:
    part = network.part(node)
    weights = part.named_parameters() if part is not None else ()
    buffers = part.named_buffers() if part is not None else ()
    return Traced(
        node,
        tuple(value.shape),
        {name: tuple(weight.shape) for name, weight in weights},
        {name: tuple(buffer.shape) for name, buffer in buffers},
        flops // 2,
    )


def _summed(
    network: Any, nodes: tuple[Traced, ...], outputs: tuple[tuple[int, ...], ...]
) -> Trace:
    """Add up a trace: every parameter once, side heads apart."""
    main = _parameters(network, (t.node for t in nodes if not t.node.aux))
    heads = _parameters(network, (t.node for t in nodes if t.node.aux))
    import torch

    return Trace(
        nodes,
        sum(main.values()),
        sum(t.macs for t in nodes if not t.node.aux),
        sum(count for key, count in heads.items() if key not in main),
        sum(t.macs for t in nodes if t.node.aux),
        torch.__version__,
        outputs,
    )


def _parameters(network: Any, nodes: Iterable[Node]) -> dict[int, int]:
    """Return the size of each parameter that these nodes use, by its identity."""
    parts = filter(None, map(network.part, nodes))
    return {id(p): p.numel() for part in parts for p in part.parameters()}


# -- verifying ------------------------------------------------------------------------


def verify(network: Network, batch: int = 1) -> Verification:
    """Hold a network's analysis against torch: shapes, weights, buffers, MACs, totals.

    Everything must be equal, with no tolerance. Raises `MissingExtra` without torch and
    `UsageError` for sizes that are symbols; where torch refuses a layer, that is the
    one difference. A network that is refused is so before torch is loaded.
    """
    graph = network.graph
    require_torch()
    import torch

    try:
        traced = trace(build(graph), batch)
    except TorchRefusedError as error:
        message = error.problems[0].message
        return refused(network.name, torch.__version__, message)
    return compare(network.analyze(batch=batch), traced)

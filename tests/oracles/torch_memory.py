"""What torch on the CPU really keeps and allocates: the judge of the memory rules.

Bytes of storages, each counted once, parameters and buffers apart. A network runs node
by node; a tensor is let go after the last node that reads it, and an input too unless
`hold` says that its caller keeps it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.checkpoint import checkpoint, set_checkpoint_early_stop

from archcalc.figures.memory.checkpoints import Segment
from archcalc.graph.graph import Graph
from archcalc.network.torch_network import build


def threads() -> int:
    """Return the number of threads that `OMP_NUM_THREADS` asks for, else 1."""
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


class Live(TorchDispatchMode):
    """Follows every storage that an operation makes, until nothing holds it.

    Weak references of torch's own: a Python object for a storage would keep autograd
    from adding gradients up in place.
    """

    def __init__(self, apart: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.known: dict[int, tuple[StorageWeakRef, int]] = {}
        self.apart = {tensor.untyped_storage()._cdata for tensor in apart}
        self.live = 0
        self.peak = 0

    def follow(self, tensor: Tensor) -> None:
        """Count a storage from now until it goes."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self.known and key not in self.apart:
            self.known[key] = StorageWeakRef(storage), size
            self.live += size

    def sweep(self) -> int:
        """Forget the storages that have gone; return what lives."""
        gone = [key for key, (ref, _) in self.known.items() if ref.expired()]
        for key in gone:
            self.live -= self.known.pop(key)[1]
        return self.live

    def since(self) -> int:
        """Return the peak since the last call."""
        peak, self.peak = max(self.peak, self.sweep()), self.live
        return peak

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.sweep()
        result = function(*args, **(kwargs or {}))
        for value in tree_iter(result):
            if isinstance(value, Tensor):
                self.follow(value)
        self.peak = max(self.peak, self.live)
        return result


class Saved:
    """Collects what autograd keeps, through `saved_tensors_hooks`."""

    def __init__(self, apart: Iterable[Tensor] = ()) -> None:
        self.apart = {tensor.untyped_storage().data_ptr() for tensor in apart}
        self.storages: dict[int, int] = {}
        self.held: list[Tensor] = []

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self.apart and storage.nbytes():
            self.storages[storage.data_ptr()] = storage.nbytes()
            self.held.append(tensor.detach())
        return tensor

    @property
    def bytes(self) -> int:
        return sum(self.storages.values())


class Step(NamedTuple):
    """The peak while a node ran, and what lived after it."""

    name: str
    key: str
    peak: int
    after: int


def prepared(
    graph: Graph, dtype: torch.dtype = torch.float32, inplace: Iterable[int] = ()
) -> nn.Module:
    """Return the network on the CPU; the named nodes overwrite their input."""
    module = build(graph, "cpu").to(dtype)
    for index in inplace:
        module.part(graph.nodes[index]).inplace = True  # type: ignore[union-attr]  # it has one
    return module


def inputs_of(graph: Graph, batch: int, dtype: torch.dtype) -> list[Tensor]:
    """Return random inputs; zeros where they are read as token ids."""
    torch.manual_seed(0)
    ids = graph.ids
    found = []
    for index in graph.inputs:
        shape = (batch, *graph.nodes[index].shape)
        found.append(
            torch.zeros(shape, dtype=torch.long)
            if index in ids
            else torch.randn(shape).to(dtype)
        )
    return found


def last_uses(graph: Graph, aux: bool) -> dict[int, list[int]]:
    """Return what may go after each node that runs."""
    last = {n.index: n.index for n in graph.nodes}
    for node in graph.nodes:
        if aux or not node.aux:
            last |= dict.fromkeys(node.inputs, node.index)
    for index in graph.outputs:
        del last[index]
    gone: dict[int, list[int]] = {}
    for index, reader in last.items():
        gone.setdefault(reader, []).append(index)
    return gone


def leaving(graph: Graph) -> list[int]:
    """Return what has a loss: the outputs, and where side heads end."""
    read = {i for n in graph.nodes for i in n.inputs}
    heads = [n.index for n in graph.nodes if n.aux and n.index not in read]
    return [*graph.outputs, *heads]


def walk(
    module: Any,
    inputs: list[Tensor],
    aux: bool,
    values: dict[int, Tensor],
    kept: Iterable[int] = (),
) -> Iterator[Any]:
    """Run a network node by node; `values` holds what is still needed, and `kept`."""
    graph: Graph = module.graph
    gone = last_uses(graph, aux)
    values |= dict(zip(graph.inputs, inputs, strict=True))
    batch = len(inputs[0])
    inputs.clear()
    for node, step in zip(graph.nodes, module.steps, strict=True):
        if node.aux and not aux:
            continue
        if node.index not in values:
            values[node.index] = step.run([values[i] for i in node.inputs], batch)
        for index in gone.get(node.index, ()):
            if index not in kept:
                del values[index]
        yield node


def inference(
    module: Any, batch: int, dtype: torch.dtype = torch.float32, hold: bool = False
) -> list[Step]:
    """Return what a forward pass without gradients allocates, a step a node."""
    module.eval()
    live = Live([*module.parameters(), *module.buffers()])
    inputs = inputs_of(module.graph, batch, dtype)
    held = list(inputs) if hold else []
    steps = []
    with torch.no_grad(), live:
        for index in range(len(inputs)):
            live.follow(inputs[index])
        values: dict[int, Tensor] = {}
        steps += (
            Step(node.name, node.layer.key, live.since(), live.live)
            for node in walk(module, inputs, False, values)
        )
    del held
    return steps


def saved_bytes(
    module: Any, batch: int, dtype: torch.dtype = torch.float32, train: bool = True
) -> int:
    """Return the bytes that a forward pass keeps for its backward pass."""
    return sum(saved_by_node(module, batch, dtype, train))


def saved_by_node(
    module: Any, batch: int, dtype: torch.dtype = torch.float32, train: bool = True
) -> list[int]:
    """Return for each node the bytes that it is the first to keep for backward."""
    module.train(train)
    saved = Saved([*module.parameters(), *module.buffers()])
    inputs = inputs_of(module.graph, batch, dtype)
    values: dict[int, Tensor] = {}
    found, before = [], 0
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda t: t):
        for _ in walk(module, inputs, True, values):
            found.append(saved.bytes - before)
            before = saved.bytes
    return found


class Loss(torch.autograd.Function):
    """A loss that keeps the outputs and makes one gradient for each."""

    @staticmethod
    def forward(context: Any, *outputs: Tensor) -> Tensor:
        context.save_for_backward(*outputs)
        return outputs[0].new_zeros(0)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Any:
        return tuple(torch.ones_like(value) for value in context.saved_tensors)


def training_peak(module: Any, batch: int, dtype: torch.dtype = torch.float32) -> int:
    """Return the most bytes that live in a forward and a backward pass."""
    inputs = inputs_of(module.graph, batch, dtype)
    live = Live([*module.parameters(), *module.buffers()])
    for index in range(len(inputs)):
        live.follow(inputs[index])
    with live:
        step(module, inputs)
    return live.peak


def step(module: Any, inputs: list[Tensor]) -> None:
    """Run a forward and a backward pass; its inputs go from their list."""
    module.train()
    graph: Graph = module.graph
    dtype = next(
        v.dtype for v in (*module.parameters(), *inputs) if v.is_floating_point()
    )
    leaves = leaving(graph)
    values: dict[int, Tensor] = {}
    for _ in walk(module, inputs, True, values, leaves):
        pass
    loss = Loss.apply(*(values.pop(i) for i in leaves))
    torch.autograd.backward(loss, torch.empty(0, dtype=dtype))


def allocated(run: Callable[[], object]) -> int:
    """Return the most bytes that the allocator gives out at one time in a run.

    A profiler sees them, which changes nothing: under a dispatch mode torch adds a bias
    and gradients to new tensors. It sees what a kernel of oneDNN takes for itself too.
    """
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as profile:
        run()
    events = profile.profiler.kineto_results.events()  # type: ignore[union-attr]  # it ran
    found = sorted(
        ((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]"),
        key=itemgetter(0),
    )
    return max(accumulate(size for _, size in found), default=0)


def allocated_in_training(module: Any, batch: int, dtype: torch.dtype) -> int:
    """Return the most bytes that are given out in a forward and a backward pass."""
    return allocated(lambda: step(module, inputs_of(module.graph, batch, dtype)))


def allocated_in_inference(module: Any, batch: int, dtype: torch.dtype) -> int:
    """Return the most bytes that are given out in a pass without gradients."""
    module.eval()

    def run() -> None:
        with torch.no_grad():
            inputs = inputs_of(module.graph, batch, dtype)
            for _ in walk(module, inputs, False, {}):
                pass

    return allocated(run)


def autocast_saved_bytes(module: Any, batch: int) -> int:
    """Return the bytes kept where torch casts to bfloat16 by itself."""
    with torch.autocast("cpu", torch.bfloat16):
        return saved_bytes(module, batch)


def checkpointed_peak(module: Any, batch: int, parts: Iterable[Segment]) -> int:
    """Return the peak of a step whose parts run through `torch.utils.checkpoint`."""
    module.train()
    graph: Graph = module.graph
    starts = {part.first: part for part in parts}
    leaves = leaving(graph)
    last = {n.index: len(graph.nodes) for n in graph.nodes}
    last |= {i: n.index for n in graph.nodes for i in n.inputs}
    last |= dict.fromkeys(leaves, len(graph.nodes))
    inputs = inputs_of(graph, batch, torch.float32)
    live = Live([*module.parameters(), *module.buffers()])
    for tensor in inputs:
        live.follow(tensor)
    values = dict(zip(graph.inputs, inputs, strict=True))
    del inputs, tensor
    at = 0
    with live, set_checkpoint_early_stop(False):
        while at < len(graph.nodes):
            part = starts.get(at)
            end = part.end if part else at + 1
            if part:
                _checkpointed(module, part, values, last, batch)
            elif at not in values:
                given = [values[i] for i in graph.nodes[at].inputs]
                values[at] = module.steps[at].run(given, batch)
                del given
            at = end
            for index in [i for i in values if last[i] < at and i not in leaves]:
                del values[index]
        loss = Loss.apply(*(values.pop(i) for i in leaves))
        torch.autograd.backward(loss, torch.empty(0))
    return live.peak


def _checkpointed(
    module: Any,
    part: Segment,
    values: dict[int, Tensor],
    last: dict[int, int],
    batch: int,
) -> None:
    """Run a part through `torch.utils.checkpoint`; add what leaves it to `values`."""
    nodes = module.graph.nodes[part.first : part.end]
    entering = sorted({i for n in nodes for i in n.inputs if i < part.first})
    leaving = [n.index for n in nodes if last[n.index] >= part.end]

    def run(*given: Tensor) -> tuple[Tensor, ...]:
        inside = dict(zip(entering, given, strict=True))
        del given
        for node in nodes:
            taken = [inside[i] for i in node.inputs]
            inside[node.index] = module.steps[node.index].run(taken, batch)
            del taken
            for index in [i for i in inside if last[i] <= node.index]:
                if index not in leaving:
                    del inside[index]
        return tuple(inside[i] for i in leaving)

    given = (values[i] for i in entering)
    found = checkpoint(run, *given, use_reentrant=False, preserve_rng_state=False)
    values |= dict(zip(leaving, found, strict=True))

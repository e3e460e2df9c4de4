"""The torch build: it agrees with every shipped network, and can disagree."""

from __future__ import annotations

import copy
import subprocess
import sys
import weakref
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from samples import FEW
from torch import Tensor

import archcalc
from archcalc.errors import MissingExtra, UsageError
from archcalc.figures.counted import Setting
from archcalc.graph.graph import Graph, Node
from archcalc.language.library import shipped
from archcalc.layers import CATALOGUE, fields
from archcalc.layers.base import Call, Function, Layer, Module, Shape, Work
from archcalc.layers.conv import Conv
from archcalc.layers.input import Input
from archcalc.layers.norm import BatchNorm
from archcalc.layers.unknown import OperatorField
from archcalc.network import torch_network as reference
from archcalc.network.analysis import Analysis
from archcalc.network.counters.holding import held
from archcalc.network.counters.steps import _network_class
from archcalc.network.verification import Mismatch, Verification, compare
from archcalc.readers.pytorch.extra import require_torch


def parse(steps: str, input: str = "[3, 8, 8]") -> archcalc.Network:
    return archcalc.loads(f"archcalc: 1\nname: t\ninput: {input}\nlayers:\n{steps}")


SMALL = """
- {conv: 4, kernel: 3, pad: 1, norm: bn, act: relu, name: one}
- {conv: 4, kernel: 3, stride: 2, pad: same, bias: false, name: two}
- {fc: 5, name: out}
"""


# -- agreement -------------------------------------------------------------------------


@pytest.mark.parametrize("name", FEW)
def test_torch_agrees_with_a_network_of_every_family(name: str) -> None:
    result = reference.verify(archcalc.load(name))
    assert result.ok, result.show()
    assert result.compared["shape"]
    assert result.compared["macs"]


@pytest.mark.long
@pytest.mark.parametrize("name", shipped())
def test_torch_agrees_with_every_shipped_network_and_variant(name: str) -> None:
    variants = archcalc.load(name).variants
    networks = [archcalc.load(name, variant=v) for v in (None, *variants)]
    results = [reference.verify(network) for network in networks]
    assert [(r.name, r.differences) for r in results if not r.ok] == []
    assert all(r.compared["shape"] and r.compared["macs"] for r in results)


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "alexnet-2gpu"])
def test_torch_agrees_for_a_batch(name: str) -> None:
    assert reference.verify(archcalc.load(name), batch=3).differences == ()


def test_everything_is_compared() -> None:
    result = reference.verify(parse(SMALL))
    counts = {"shape": 5, "weight": 7, "buffer": 3, "macs": 6, "params": 1}
    assert result == Verification("t", torch.__version__, counts, ())


# -- disagreement ----------------------------------------------------------------------


def altered(network: archcalc.Network, change: dict[str, dict[str, Any]]) -> Any:
    """Return a network whose named nodes were tampered with."""
    nodes = tuple(n._replace(**change.get(n.name, {})) for n in network.graph.nodes)
    return from_graph(replace(network.graph, nodes=nodes))


def from_graph(graph: Graph) -> Any:
    def analyze(batch: int = 1) -> Analysis:
        return Analysis("t", graph, Setting(batch))

    return SimpleNamespace(name="t", graph=graph, analyze=analyze)


def test_a_wrong_shape_is_found() -> None:
    result = reference.verify(altered(parse(SMALL), {"out": {"shape": (6,)}}))
    assert Mismatch("out", "shape", (1, 6), (1, 5)) in result.differences
    assert not result.ok


RULES: list[tuple[type[Layer], str, Any, list[Mismatch]]] = [
    (
        Conv,
        "weights",
        lambda right, own, *x: {**right(own, *x), "bias": (4,)},
        [
            Mismatch("two.bias", "weight", (4,), None),
            Mismatch("total", "params", 593, 589),
        ],
    ),
    (
        BatchNorm,
        "buffers",
        lambda right, own, *x: {"running_mean": (4,), "running_var": (1, 4)},
        [
            Mismatch("one.bn.running_var", "buffer", (1, 4), (4,)),
            Mismatch("one.bn.num_batches_tracked", "buffer", None, ()),
        ],
    ),
    (
        Conv,
        "work",
        lambda right, own, y, x: {"mac": 1 + right(own, y, x)["mac"]},
        [
            Mismatch("one", "macs", 6913, 6912),
            Mismatch("two", "macs", 2305, 2304),
            Mismatch("total", "macs", 9538, 9536),
        ],
    ),
]


@pytest.mark.parametrize(("layer", "rule", "wrong", "found"), RULES)
def test_a_wrong_rule_is_found(
    monkeypatch: pytest.MonkeyPatch,
    layer: type[Layer],
    rule: str,
    wrong: Any,
    found: list[Mismatch],
) -> None:
    right = getattr(layer, rule)
    monkeypatch.setattr(layer, rule, lambda own, *x: wrong(right, own, *x))
    assert list(reference.verify(parse(SMALL)).differences) == found


def test_weights_that_should_be_shared_are_found() -> None:
    steps = "- {conv: 3, name: a}\n- {conv: 3, name: b, share: a}"
    network = parse(steps)
    assert reference.verify(network).ok
    lone = altered(network, {"b": {"share": None}})
    theirs = reference.trace(reference.build(network.graph))
    differences = compare(lone.analyze(), theirs).differences
    assert differences == (Mismatch("total", "params", 24, 12),)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            Module("nn.Conv2d", (3, 4, 1), {"groups": 2}),
            "torch does not build two (conv)",
        ),
        (Module("nn.Conv2d", (5, 4, 1)), "torch does not run two (conv)"),
        (Function("x.reshape(2, 7)"), "torch does not run two (conv)"),
    ],
)
def test_a_layer_that_torch_refuses_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, record: Call, said: str
) -> None:
    plain = Conv.torch
    monkeypatch.setattr(
        Conv, "torch", lambda own, x: record if not own.bias else plain(own, x)
    )
    (difference,) = reference.verify(parse(SMALL)).differences
    assert difference[:3] == ("total", "refused", None)
    assert str(difference.torch).startswith(said)
    with pytest.raises(reference.TorchRefusedError, match="AC522"):
        reference.trace(reference.build(parse(SMALL).graph))


# -- building --------------------------------------------------------------------------


class Scale(Layer):
    """Multiply by a learned number a channel, then add the last input."""

    key = "scale"
    arity = None

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"mul": 1}

    def torch(self, *inputs: Shape) -> Call:
        steps = ("y = x * p['scale']", "y = y + xs[-1]")
        return Function("y * 2", {"scale": (inputs[0][0], 1, 1)}, steps)


class Record(Layer):
    """A layer with any record, for what torch makes of it."""

    key = "record"
    arity = None
    call: Call

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.__dict__["call"] = call

    def torch(self, *inputs: Shape) -> Call:
        return self.call


def chain(*layers: tuple[Layer, Shape], inputs: int = 1) -> Graph:
    """Return a graph whose layers each read the node before; the first reads all."""
    origin: Any = None
    nodes: list[Node] = []
    for layer, shape in ([(Input(), layers[0][1])] * inputs) + list(layers):
        at = len(nodes)
        read = () if at < inputs else range(inputs) if at == inputs else (at - 1,)
        node = Node(at, f"n{at}", layer, tuple(read), shape, 0, origin, None, False)
        nodes.append(node)
    return Graph(tuple(nodes), (), tuple(range(inputs)), (len(nodes) - 1,), {})


def test_an_expression_has_parameters_steps_and_all_inputs() -> None:
    network = reference.build(chain((Scale(), (2, 3, 3)), inputs=2), "cpu")
    (scale,) = network.parameters()
    assert scale.shape == (2, 1, 1)
    torch.nn.init.constant_(scale, 5)
    x, y = torch.ones(1, 2, 3, 3), torch.full((1, 2, 3, 3), 7.0)
    assert torch.equal(network(x, y), torch.full((1, 2, 3, 3), 24.0))
    with pytest.raises(ValueError, match="2 inputs are needed, 1 given"):
        network(x)


def test_code_around_a_module_runs() -> None:
    linear = Module("nn.Flatten", (), before="x + 1", after="x[:, :2] * 3")
    network = reference.build(chain((Record(linear), (2, 3, 3))), "cpu")
    assert network(torch.ones(1, 2, 3, 3)).tolist() == [[6.0, 6.0]]


def test_the_build_computes_what_the_same_modules_compute() -> None:
    graph = parse(SMALL).graph
    network: Any = reference.build(graph, "cpu", torch.float64).eval()
    parts = {node.name: network.part(node) for node in graph.nodes}
    one, bn, two, out = (parts[name] for name in ("one", "one.bn", "two", "out"))
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    y = two(torch.nn.functional.pad(bn(one(x)).relu(), (0, 1, 0, 1)))
    assert torch.equal(network(x), out(y.flatten(1)))
    assert torch.equal(copy.deepcopy(network)(x), network(x))


def test_names_of_a_user_are_no_names_of_torch() -> None:
    names = ("forward", "parts", "training", "a-b", "weight", "items", "__class__")
    steps = "\n".join(f"- {{conv: 3, name: {name!r}}}" for name in names[:6])
    network = parse(steps)
    assert reference.verify(network).ok
    change = {n: {"name": names[-1]} for n in ("forward",)}
    assert reference.verify(altered(network, change)).ok


def test_shared_weights_are_one_module() -> None:
    steps = "- {conv: 3, name: a}\n- {conv: 3, name: b, share: a}\n- {conv: 3, name: c}"
    graph = parse(steps).graph
    nodes = {n.name: n for n in graph.nodes}
    chained = nodes["c"]._replace(share=nodes["b"].index)
    graph = replace(graph, nodes=(*graph.nodes[:-1], chained))
    network: Any = reference.build(graph)
    assert network.part(nodes["a"]) is network.part(nodes["b"]) is network.part(chained)
    assert network.part(graph.nodes[0]) is None
    assert reference.trace(network).params == 12


def test_weights_are_shared_between_steps_with_other_arguments() -> None:
    steps = (
        "- {conv: 3, kernel: 3, pad: 1, norm: bn, name: a}\n"
        "- {conv: 3, kernel: 3, stride: 2, pad: same, norm: bn, name: b, share: a}"
    )
    network = parse(steps)
    assert reference.verify(network).differences == ()
    a, b = (n for n in network.graph.nodes if n.layer.key == "conv")
    built: Any = reference.build(network.graph, "cpu")
    assert built.part(a) is not built.part(b)
    assert built.part(a).weight is built.part(b).weight
    assert built.part(a).bias is built.part(b).bias
    assert reference.trace(reference.build(network.graph)).params == 3 * 27 + 3 + 6


AUX = """
- {conv: 4, name: a}
- aux: [{conv: 2, name: side}, gap, {fc: 3}]
- {conv: 5, name: b}
- gap
"""


def test_side_heads_run_in_a_trace_alone() -> None:
    network: Any = reference.build(parse(AUX).graph)
    assert [n.name for n, _ in network.walk(empty())] == ["input", "a", "b", "gap"]
    assert network(empty()).shape == (1, 5, 1, 1)
    traced = reference.trace(network)
    assert len(traced.nodes) == 7
    figures = (traced.params, traced.macs, traced.aux_params, traced.aux_macs)
    assert figures == (16 + 25, 64 * (12 + 20), 10 + 9, 64 * 8 + 6)


def empty() -> Tensor:
    return torch.empty(1, 3, 8, 8, device="meta")


def test_values_are_let_go_after_their_last_reader() -> None:
    layers = [(Record(Module("nn.Softplus")), (2, 4))] * 10
    network: Any = reference.build(chain(*layers), "cpu")
    alive: list[weakref.ref[Tensor]] = []
    most = 0
    for _, value in network.walk(torch.ones(1, 2, 4)):
        alive.append(weakref.ref(value))
        most = max(most, sum(ref() is not None for ref in alive))
    assert most <= 3


def test_ten_thousand_layers_run_without_recursion() -> None:
    layers = [(Record(Module("nn.Identity")), (2, 4))] * 10_000
    network = reference.build(chain(*layers))
    assert network(torch.empty(1, 2, 4, device="meta")).shape == (1, 2, 4)


def test_nothing_is_allocated_on_the_meta_device() -> None:
    network = reference.build(archcalc.load("vgg19").graph)
    tensors = [*network.parameters(), *network.buffers()]
    assert len(tensors) == 38
    assert all(tensor.is_meta for tensor in tensors)


# -- counting --------------------------------------------------------------------------


ATTENTION = {"batch_first": True}
COUNTED: list[tuple[Call, int, int]] = [
    (Function("F.scaled_dot_product_attention(x, x, x)"), 1, 2 * 5 * 5 * 8),
    (
        Module("nn.MultiheadAttention", (8, 2), ATTENTION, after="x[0]"),
        3,
        4 * 5 * 8 * 8 + 2 * 5 * 5 * 8,
    ),
    (Module("nn.LSTM", (8, 8), ATTENTION, after="x[0]"), 1, 5 * 4 * 8 * (8 + 8)),
    (Function("x.flatten(1) @ x.new_empty(40, 3)"), 1, 40 * 3),
]


@pytest.mark.parametrize(("call", "inputs", "macs"), COUNTED)
def test_work_that_torch_does_not_count_on_the_cpu_is_counted(
    call: Call, inputs: int, macs: int
) -> None:
    graph = chain((Record(call), (5, 8)), inputs=inputs)
    assert reference.trace(reference.build(graph), batch=2).macs == 2 * macs


def test_a_trace_leaves_the_mode_as_it_was() -> None:
    network = reference.build(parse(SMALL).graph)
    assert network.training
    reference.trace(network)
    assert network.training


def test_a_network_with_memory_is_not_traced() -> None:
    network = reference.build(parse(SMALL).graph, "cpu")
    with pytest.raises(ValueError, match="only a network on the meta device"):
        reference.trace(network)


def test_whole_numbers_enter_a_layer_that_reads_them() -> None:
    network = parse("- {embedding: 11, dim: 7}", "[4]")
    assert reference.verify(network).ok


# -- what is missing -------------------------------------------------------------------


def test_symbols_are_refused() -> None:
    network = archcalc.load("three-3x3", input="C,H,W")
    with pytest.raises(UsageError, match=r"AC521.*torch needs numbers: input has .* C"):
        reference.build(network.graph)


def test_a_symbol_in_an_argument_never_becomes_code() -> None:
    text = "archcalc: 1\nname: t\ninput: [3, 8, 8]\nparams: {k: 5}\nlayers:\n- {lrn: k}"
    source = archcalc.loads(text)
    symbolic = replace(source, settings={"k": "N"})
    with pytest.raises(UsageError, match=r"torch needs numbers: lrn has the size N"):
        reference.build(symbolic.graph)
    assert reference.verify(source).ok


def test_no_layer_takes_free_text() -> None:
    kinds = {type(f) for layer in CATALOGUE.values() for f in layer.fields.values()}
    assert kinds <= {
        fields.WholeField,
        fields.AxesField,
        fields.FlagField,
        fields.WordField,
        fields.RatioField,
        fields.ListField,
        fields.AxisField,
        fields.AxisListField,
        fields.LettersField,
        OperatorField,
    }
    named = CATALOGUE["unknown"](op="os.system", sizes=(4,), learned=2)
    assert "os" not in str(named.torch((3,)))


def test_missing_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"AC520.*not installed") as caught:
        reference.verify(archcalc.load("vgg16"))
    assert caught.value.problems[0].help == "pip install 'archcalc[torch]'"
    _network_class.cache_clear()
    with pytest.raises(MissingExtra, match=r"AC520.*not installed"):
        held(archcalc.load("lenet5"), "fvcore")


def test_a_broken_torch_is_not_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def find_spec(self, name: str, *rest: Any) -> None:
            if name == "torch":
                raise ModuleNotFoundError("no numpy", name="numpy")

    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ModuleNotFoundError, match="no numpy"):
        require_torch()


def test_importing_the_reference_loads_no_torch() -> None:
    code = (
        "import sys, archcalc.network.torch_network; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

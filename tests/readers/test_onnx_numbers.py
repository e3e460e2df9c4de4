"""What is read of ONNX operators computes the numbers of the reference evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor

import archcalc
from archcalc import Network
from archcalc.network.torch_network import build

Sizes = tuple[int, ...]
WIDE, FEW = (1, 4, 6, 8), (1, 2, 5, 8)
FLAT, NARROW = (1, 6, 32), (1, 6, 16)
HEADS = {"q_num_heads": 4, "kv_num_heads": 2}
ATTENTION: dict[str, tuple[list[Sizes], dict[str, Any], int]] = {
    "heads": ([WIDE] * 3, {}, 2 * 4 * 36 * 8),
    "scaled": ([WIDE] * 3, {"scale": 0.25, "is_causal": 1}, 2 * 4 * 36 * 8),
    "grouped": ([WIDE, FEW, FEW], {"scale": 1.0}, 2 * 4 * 30 * 8),
    "flat": ([FLAT, NARROW, NARROW], {**HEADS, "is_causal": 1}, 2 * 4 * 36 * 8),
    "mask": (
        [FLAT, NARROW, NARROW, (1, 4, 6, 6)],
        {**HEADS, "scale": 0.1},
        2 * 4 * 36 * 8,
    ),
}


def written(nodes: list[Any], tensors: list[Any], path: Path, **inputs: Any) -> Any:
    """Write a model whose last tensor is `y`; return it."""
    declared = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)
        for name, sizes in inputs.items()
    ]
    out = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", declared, out, tensors)
    opsets = [helper.make_opsetid("", 24)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=11)
    path.write_bytes(made.SerializeToString())
    return made


def evaluated(made: Any, given: dict[str, Any]) -> Tensor:
    """Return what the reference evaluator computes."""
    (found,) = ReferenceEvaluator(made).run(None, given)
    return torch.tensor(found)


def drawn(inputs: dict[str, Sizes]) -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {
        name: random.standard_normal(sizes).astype(np.float32)
        for name, sizes in inputs.items()
    }


def ours(network: Network, given: dict[str, Any]) -> Tensor:
    found: Tensor = build(network.graph, "cpu").eval()(
        *(torch.tensor(x) for x in given.values())
    )
    return found


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(name: str, tmp_path: Path) -> None:
    shapes, attributes, macs = ATTENTION[name]
    inputs = dict(zip("qkvm", shapes, strict=False))
    path = tmp_path / "net.onnx"
    node = helper.make_node("Attention", [*inputs], ["y"], **attributes)
    made = written([node], [], path, **inputs)
    network = archcalc.load(path)
    assert network.analyze().total.macs == macs
    given = drawn(inputs)
    torch.testing.assert_close(ours(network, given), evaluated(made, given))


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
def test_a_mask_that_has_samples_elsewhere_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    inputs = {"q": WIDE, "k": WIDE, "v": WIDE, "m": (6, 6)}
    node = helper.make_node("Attention", [*inputs], ["y"])
    written([node], [], path, **inputs)
    assert archcalc.load(path).analyze().total.macs == 2 * 4 * 36 * 8


def recurrent(
    op: str, gates: int, path: Path, state: bool = False, **attributes: Any
) -> Any:
    """Write a recurrent layer whose last states are read."""
    ways = 2 if attributes.get("direction") == "bidirectional" else 1
    shapes = {
        "w": (ways, 8 * gates, 5),
        "r": (ways, 8 * gates, 8),
        "b": (ways, 16 * gates),
    }
    tensors = [numpy_helper.from_array(x, name) for name, x in drawn(shapes).items()]
    begin = [helper.make_node("Relu", ["s"], ["h"])] if state else []
    reads = ["x", "w", "r", "b", "", *(["h"] if state else [])]
    node = helper.make_node(op, reads, ["", "y"], hidden_size=8, **attributes)
    inputs: dict[str, Any] = {"x": (9, "batch", 5)} | (
        {"s": (1, "batch", 8)} if state else {}
    )
    return written([*begin, node], tensors, path, **inputs)


RECURRENT: dict[str, tuple[str, int, dict[str, Any]]] = {
    "rnn": ("RNN", 1, {}),
    "rnn with relu": ("RNN", 1, {"activations": ["Relu"]}),
    "rnn both ways": (
        "RNN",
        1,
        {"direction": "bidirectional", "activations": ["Tanh", "Tanh"]},
    ),
    "lstm both ways": ("LSTM", 4, {"direction": "bidirectional"}),
    "gru": ("GRU", 3, {}),
}


@pytest.mark.parametrize("name", RECURRENT)
def test_last_states_of_recurrent_layers(name: str, tmp_path: Path) -> None:
    op, gates, attributes = RECURRENT[name]
    path = tmp_path / "net.onnx"
    recurrent(op, gates, path, **attributes)
    network = archcalc.load(path)
    total = network.analyze().total
    ways = 2 if "direction" in attributes else 1
    assert not network.spec.uncounted
    assert total.params == ways * gates * 8 * (5 + 8 + 2)
    assert total.macs == ways * gates * 9 * 8 * (5 + 8)
    x = torch.randn(1, 9, 5)
    model = build(network.graph, "cpu").eval()
    layer = next(m for m in model.modules() if isinstance(m, torch.nn.RNNBase))
    with torch.no_grad():
        _, last = layer(x)
        last = last[0] if isinstance(last, tuple) else last
        torch.testing.assert_close(model(x), last.transpose(0, 1))


@pytest.mark.parametrize("functions", [["Softsign"], ["Tanh", "Relu"]])
def test_an_rnn_of_other_functions_is_unknown(
    functions: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "net.onnx"
    ways = {"direction": "bidirectional"} if len(functions) > 1 else {}
    recurrent("RNN", 1, path, activations=functions, **ways)
    with pytest.warns(archcalc.InputWarning, match="RNN"):
        network = archcalc.load(path)
    assert network.analyze().total.params == len(functions) * 8 * (5 + 8 + 2)


def test_a_state_that_is_computed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    recurrent("GRU", 3, path, state=True)
    with pytest.warns(archcalc.InputWarning, match="initial_state"):
        network = archcalc.load(path)
    assert network.analyze().total.params == 3 * 8 * (5 + 8 + 2)
    assert "relu" in network.spec.source.text

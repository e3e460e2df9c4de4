"""Attention by named inputs, tensors that read nothing, weights of two kinds."""

from __future__ import annotations

import pytest
import torch
from layer_cases import read
from layer_torch import Built
from torch.nn import functional
from torch_memory import inference, prepared, saved_by_node

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.graph.receptive import receptive_fields
from archcalc.network.torch_network import build, verify

CROSS = """
  - {name: at, attention: 4, q: {linear: 16, from: a}, k: {linear: 16}, v: {linear: 12}}
  - {linear: 8}
"""
SOURCES = """
  - {name: bias, relative_bias: 3, buckets: 8, queries: 6, distance: 16}
  - {name: learned, parameter: [6, 12]}
  - {name: total, add: [a, learned]}
  - {attention: 3, q: total, k: {linear: 12}, v: {linear: 12}, mask: bias}
  - {attention: 2, q: [{linear: 12}, {rope: 2}], k: [{linear: 6}, {rope: 1}],
     v: {linear: 6}, kv_heads: 1, causal: true, local: 3}
  - {linear: 36}
  - {attention: 3, mask: bias, dropout: 0.1, causal: true}
  - {name: one, attention: 1, q: learned, k: {linear: 12}, v: {linear: 12}}
  - {attention: 2, past: 5, kv_heads: 1, k: {linear: 6}, v: {linear: 3}}
  - {attention: 2, past: 5, k: {linear: 6}, v: {linear: 6}}
  - {linear: 3, from: learned}
  - {name: product, multiply: [one, learned]}
  - {name: table, relative_bias: 2, grid: [2, 3]}
  - {linear: 8, from: product}
  - {attention: 2, k: {linear: 8}, v: {linear: 8}, mask: table}
"""
FEW = """
  - {linear: 36}
  - {attention: 3, local: 2}
  - {name: one, slice: [0, 1], axis: 0}
  - {attention: 3, q: {linear: 6}, k: {linear: 6, from: a}, v: {linear: 3, from: a}}
  - {name: back, attention: 3, q: {linear: 6, from: a}, k: {linear: 6, from: one},
     v: {linear: 3, from: one}}
"""
TIED = """
  - {name: words, embedding: 50, dim: 12}
  - {linear: 36}
  - {attention: 3, causal: true}
  - {linear: 50, bias: false, share: words}
"""
RENAMED = """
  - {name: table, parameter: [9, 12]}
  - {linear: 9, bias: false, from: a, share: table}
"""
TRANSPOSED = """
  - {name: down, linear: 4, bias: false}
  - {name: code, relu: }
  - {name: weight, parameter: [4, 12], share: down}
  - {matmul: [code, weight]}
"""
NETWORKS = {
    "cross": ("{b: [7, 10], a: [5, 16]}", CROSS),
    "sources": ("{a: [6, 12]}", SOURCES),
    "few": ("{a: [6, 12]}", FEW),
    "tied": ("{a: [6]}", TIED),
    "renamed": ("{a: [6, 12]}", RENAMED),
    "transposed": ("{a: [6, 12]}", TRANSPOSED),
}


def network(name: str) -> archcalc.Network:
    inputs, layers = NETWORKS[name]
    return archcalc.loads(f"archcalc: 1\nname: x\ninput: {inputs}\nlayers:{layers}")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch", [1, 2])
def test_torch_agrees(name: str, batch: int) -> None:
    """Shapes, weights, MACs; bytes that live and bytes that are kept, without slack."""
    net = network(name)
    found = verify(net, batch)
    assert found.ok, found.show()
    analysis = net.analyze(batch=batch, inplace=False)
    graph, memory = analysis.graph, analysis.memory
    theirs = inference(prepared(graph), batch)
    ours = [(m.live, m.after) for m in memory.inference.moments]
    ins = len(graph.inputs)  # all inputs are there from the start
    assert ours[ins:] == [(t.peak, t.after) for t in theirs][ins:]
    assert list(memory.saved_per_node) == saved_by_node(prepared(graph), batch)


def test_one_tensor_is_two_weights() -> None:
    """The table of words is the matrix of the last layer, counted once."""
    net = network("tied")
    module = build(net.graph, "cpu")
    first, *_, last = (p for p in (module.part(n) for n in net.graph.nodes) if p)
    assert first.weight is last.weight  # type: ignore[union-attr]  # both are modules
    assert net.analyze().total.params == 50 * 12 + 12 * 36 + 36
    renamed = network("renamed")
    module = build(renamed.graph, "cpu")
    table, last = (p for p in (module.part(n) for n in renamed.graph.nodes) if p)
    assert table["value"] is last.weight  # type: ignore[index,union-attr]  # as above
    assert renamed.analyze().total.params == 108


def test_a_layer_uses_the_transpose_of_another_ones_matrix() -> None:
    net = network("transposed")
    module = build(net.graph, "cpu")
    (weight,) = module.parameters()
    x = torch.randn(2, 6, 12)
    code = functional.linear(x, weight).relu()
    assert torch.allclose(module(x), functional.linear(code, weight.T), atol=1e-6)
    assert net.analyze().total.params == 48


FLASH = [
    ("{attention: 4} @ 5x16, 7x16, 7x24", {}),
    ("{attention: 4, kv_heads: 2} @ 5x16, 7x8, 7x8", {"enable_gqa": True}),
    ("{attention: 4, causal: true} @ 7x16, 7x16, 7x16", {"is_causal": True}),
    ("{attention: 4, scale: false} @ 7x16, 7x16, 7x16", {"scale": 1.0}),
    ("{attention: 2} @ 3x5x8, 3x7x8, 3x7x6", {}),
    ("{attention: 2, dropout: 0.5} @ 5x8, 7x8, 7x8", {}),
]


@pytest.mark.parametrize(("text", "options"), FLASH)
def test_values_are_those_of_torchs_attention(
    text: str, options: dict[str, float]
) -> None:
    case = read(text)
    heads = case.layer.heads  # type: ignore[attr-defined]  # attention has heads
    groups = case.layer.groups  # type: ignore[attr-defined]  # as above
    q, k, v = (torch.randn(2, *x) for x in case.inputs)
    apart = [
        x.unflatten(-1, (n, -1)).transpose(-2, -3)
        for x, n in ((q, heads), (k, groups), (v, groups))
    ]
    known = functional.scaled_dot_product_attention(*apart, **options)  # type: ignore[arg-type]  # flags and a float
    found = Built(case.layer.torch(*case.inputs)).eval()(q, k, v)
    assert torch.allclose(found, known.transpose(-2, -3).flatten(-2), atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("local", [1, 3])
def test_tokens_that_are_hidden(causal: bool, local: int) -> None:
    """By the distance of each pair, counted one by one; queries are the last tokens."""
    last = "causal: true, " if causal else ""
    case = read(f"{{attention: 1, {last}local: {local}}} @ 4x2, 6x2, 6x2")
    q, k, v = (torch.randn(1, *x) for x in case.inputs)
    found = Built(case.layer.torch(*case.inputs))(q, k, v)
    seen = torch.tensor(
        [
            [abs(i + 2 - j) < local and (j <= i + 2 or not causal) for j in range(6)]
            for i in range(4)
        ]
    )
    known = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
    assert torch.allclose(found, known, atol=1e-6)


def test_a_rotation_keeps_distances_alone() -> None:
    """Products of turned queries and keys depend on how far apart they stand."""
    case = read("{rope: 1} @ 9x6")
    turn = Built(case.layer.torch(*case.inputs))
    q, k = (turn(torch.randn(1, 1, 6).expand(1, 9, 6))[0] for _ in range(2))
    scores = q @ k.T
    assert torch.allclose(scores[0, 3], scores[4, 7], atol=1e-5)
    assert not torch.allclose(scores[0, 3], scores[0, 4], atol=1e-3)
    assert torch.allclose(q.norm(dim=1), q[0].norm().expand(9), atol=1e-5)


@pytest.mark.parametrize("pairs", ["halves", "neighbours"])
def test_a_rotation_over_a_grid_keeps_rows_and_columns_apart(pairs: str) -> None:
    """Products depend on how many rows and columns lie between; one token stays."""
    case = read(f"{{rope: 1, grid: [3, 4], pairs: {pairs}, skip: 1}} @ 13x8")
    turn = Built(case.layer.torch(*case.inputs))
    given = torch.randn(2, 1, 8)
    q, k = (turn(x.expand(1, 13, 8))[0] for x in given)
    assert torch.equal(q[0], given[0, 0])
    scores = (q[1:] @ k[1:].T).reshape(3, 4, 3, 4)
    assert torch.allclose(scores[0, 0, 1, 2], scores[1, 1, 2, 3], atol=1e-5)
    assert torch.allclose(scores[2, 0, 2, 3], scores[0, 0, 0, 3], atol=1e-5)
    assert not torch.allclose(scores[0, 0, 1, 0], scores[0, 0, 0, 1], atol=1e-3)


HEAD = "archcalc: 1\nname: x\ninput: {a: [5, 16], b: [7, 16]}\nlayers:\n  - "
REFUSED = [
    ("{attention: 4, k: b}", "AC145", "attention needs v too"),
    ("{attention: 4, q: b}", "AC145", "attention needs k and v too"),
    ("{attention: 4, k: c, v: b}", "AC154", "no earlier step is named 'c'"),
    ("{attention: 3, k: b, v: b}", "AC210", "3 does not divide 16: heads must divide"),
    ("{attention: 4, k: b, v: a}", "AC201", "as many values as keys: 7 and 5"),
    ("{attention: 4, q: a, k: {linear: 8, from: b}, v: b}", "AC201", "= 2 differ"),
    (
        "{attention: 4, keys: b, k: b, v: b}",
        "AC141",
        "attention has no argument 'keys'",
    ),
    ("{parameter: [3, 4], from: a}", "AC145", "parameter reads no tensor"),
    ("{parameter: }", "AC140", "needs sizes"),
    ("{parameter: [3, 0]}", "AC142", "0 is below 1"),
    ("{relative_bias: 4}", "AC140", "needs a grid, or buckets and queries"),
    ("{relative_bias: 4, buckets: 32}", "AC140", "buckets need queries"),
    (
        "{relative_bias: 4, buckets: 6, queries: 3, distance: 9}",
        "AC140",
        "multiple of 4",
    ),
    ("{relative_bias: 4, grid: 3, keys: 5}", "AC140", "its own queries and keys"),
]


@pytest.mark.parametrize(("step", "code", "message"), REFUSED)
def test_what_is_refused(step: str, code: str, message: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.loads(f"{HEAD}{step}\n").analyze()
    problem = caught.value.problems[0]
    assert (problem.code, message in problem.message) == (code, True), problem.message
    assert problem.place is not None
    assert problem.place.line == 5


def test_lengths_that_do_not_fit_name_each_input() -> None:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.loads(f"{HEAD}{{name: x, attention: 4, q: a, k: b, v: a}}").analyze()
    said = caught.value.problems[0].show()
    assert "q = 5×16" in said
    assert "k = 7×16" in said


def test_a_learned_tensor_changes_no_receptive_field() -> None:
    text = (
        "archcalc: 1\nname: x\ninput: [3, 9, 9]\nlayers:\n"
        "  - {name: c, conv: 4, kernel: 3, pad: 1}\n"
        "  - {name: p, parameter: [4, 9, 9]}\n  - {add: [c, p]}\n"
    )
    graph = archcalc.loads(text).graph
    fields = receptive_fields(graph)
    assert fields[graph.names["add"]] == fields[graph.names["c"]]

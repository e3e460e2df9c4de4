"""A copied repetition is what it would have been, written out by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from samples import zoo

from archcalc.errors import ArchcalcError
from archcalc.graph.copies import Copies
from archcalc.graph.graph import Graph
from archcalc.limits import Limits
from archcalc.network.network import Network, load, loads

HEAD = "name: n\ninput: [8, 16, 16]\n"
BLOCK = """
params: {width: 8}
blocks:
  b:
    params: {out: width, stride: 1}
    layers:
      - residual:
          - {conv: out, kernel: 3, stride: stride, pad: 1, norm: bn, act: relu}
          - {name: inner, use: c, out: out}
        shortcut: identity-or-projection
        act: relu
  c:
    params: {out: required}
    layers:
      - {name: one, conv: out, kernel: 1}
      - concat: {left: [{conv: out, kernel: 1}], right: identity}
      - {conv: out, kernel: 1}
  wide:
    params: {out: 8}
    layers:
      - {conv: out + i, kernel: 1}
      - {conv: out, kernel: 1}
  tied:
    layers:
      - {name: a, conv: cin, kernel: 1}
      - {conv: cin, kernel: 1, share: a}
  pair:
    inputs: [x, y]
    layers:
      - {add: [x, y]}
  far:
    layers:
      - {name: own, conv: cin, kernel: 1}
      - {add: [own, stem]}
  aux:
    layers:
      - {conv: cin, kernel: 1}
      - aux: [{conv: 2, kernel: 1}, gap]
"""
CASES = [
    "layers: [{use: b, repeat: 6}]",
    "layers: [{use: b, repeat: 6, first: {stride: 2}, last: {out: 4}}]",
    "layers: [{use: b, repeat: 1, first: {stride: 2}, last: {out: 4}}]",
    "layers: [{use: b, repeat: 2, last: {out: 4}}, {use: b, repeat: 3, out: 4}]",
    "layers: [{use: wide, repeat: 4}]",
    "layers: [{use: tied, repeat: 4}]",
    "layers: [{use: b, repeat: 4, share: s, name: s}]",
    "layers: [{name: stem, conv: 8}, {use: far, repeat: 4}]",
    "layers: [{name: stem, conv: 8}, {use: b, repeat: 3}, {add: [stem, b.2, b.3]}]",
    "layers: [{name: stem, conv: 8}, {name: p, use: b}, "
    "{use: pair, from: [stem, p], repeat: 4}]",
    "layers: [{use: aux, repeat: 3}]",
    "layers: [{residual: [{use: b, repeat: 2}, {conv: 8}], repeat: 3}]",
    "layers: [{concat: {l: [{use: wide, repeat: 2}], r: identity}, repeat: 3}]",
    "layers: [{stage: [{name: k, use: b}, {use: b, repeat: 2}], repeat: 3}, relu]",
    "layers: [{conv: 8, kernel: 3, pad: 1, act: relu, repeat: 5}]",
    "layers: [{use: b, repeat: 4, out: cin + 2}]",
    "layers: [{use: b, repeat: 3, first: {stride: 2}}, "
    "{name: t, use: b, repeat: 3}, {conv: 8, share: t.2.inner.one}]",
]


def written_out(network: Network) -> Graph:
    """Return the graph with every repetition written out by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Copies, "fits", lambda *_: False)
        return replace(network).graph


def outcome(network: Network, plainly: bool = False) -> Any:
    """Return a network's graph, or what is wrong with it."""
    try:
        return written_out(network) if plainly else network.graph
    except ArchcalcError as error:
        return error.problems


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("input", [None, "C,H,W", "8,H,W"])
def test_a_copy_is_the_same_graph(case: str, input: str | None) -> None:
    spec = loads(f"{HEAD}{BLOCK}{case}\n").spec
    copied = outcome(Network(spec, input=input))
    assert copied == outcome(Network(spec, input=input), plainly=True)
    assert isinstance(copied, Graph) or input


@pytest.mark.parametrize("name", zoo())
def test_the_zoo_is_the_same_graph(name: str) -> None:
    network = load(name)
    for variant in (None, *network.variants):
        chosen = Network(network.spec, variant)
        assert chosen.graph == written_out(chosen)


def test_copies_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    again, made = Copies.again, []

    def counted(self: Copies, *given: Any) -> int:
        made.append(given[1])
        return again(self, *given)

    monkeypatch.setattr(Copies, "again", counted)
    load("resnet152").graph  # noqa: B018  # a cached property
    assert len(made) == sum(n - 2 for n in (3, 8, 36, 3))


def test_a_copy_that_is_too_much_is_refused_where_it_would_be() -> None:
    network = loads(f"{HEAD}{BLOCK}{CASES[0]}\n")
    spec, limits = network.spec, Limits(nodes=40)
    copied = outcome(Network(spec, limits=limits))
    assert not isinstance(copied, Graph)
    assert copied == outcome(Network(spec, limits=limits), plainly=True)

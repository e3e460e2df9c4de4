"""Which params of a spec become arguments of the network's class.

A param becomes one if everything that depends on it stays a formula: then the class can
be made with another value. A param that decides which layers there are stays a number.
"""

from __future__ import annotations

from dataclasses import replace

from archcalc.errors import ArchcalcError
from archcalc.graph.graph import Graph
from archcalc.layers.base import Call, Function
from archcalc.network.network import Network
from archcalc.sizes.polynomials import Poly, symbol
from archcalc.writers.language import Language, Words
from archcalc.writers.names import Names

MOST_PARAMS = 12
"""How many params are tried; each needs the network written out once more."""


def with_arguments(
    network: Network, language: Language
) -> tuple[Graph, Words, dict[str, int]]:
    """Return the graph with symbols for some params, and their values as they are.

    Its layers come in words of the language.
    """
    plain, values = network.graph, network.params
    wanted = [
        name
        for name, value in values.items()
        if type(value) is int and Names(language.names).free(name) == name
    ][:MOST_PARAMS]
    found: dict[str, int] = {}
    graph, words = plain, language.lower(plain)
    for name in wanted:
        tried = {**found, name: values[name]}
        try:
            other = _with_symbols(network, tried)
            told = language.lower(other) if _alike(plain, other, tried) else None
        except (ArchcalcError, TypeError):  # a rule needs a number here
            continue
        if told is not None and _same_code(words, told):
            graph, words, found = other, told, tried
    used = _symbols(words)
    return graph, words, {name: found[name] for name in found if name in used}


def _with_symbols(network: Network, names: dict[str, int]) -> Graph:
    """Return the graph with symbols for params; raises where a rule needs a number."""
    settings = {**network.settings, **{name: symbol(name) for name in names}}
    return replace(network, settings=settings).graph


def _alike(plain: Graph, other: Graph, values: dict[str, int]) -> bool:
    """Say whether a graph with symbols has the same layers and the same code."""
    if other.assumptions or other.unfit:
        return False
    if len(plain.nodes) != len(other.nodes) or len(plain.groups) != len(other.groups):
        return False
    for one, two in zip(plain.nodes, other.nodes, strict=True):
        alike = one.name, one.inputs, one.layer.key, one.share
        if alike != (two.name, two.inputs, two.layer.key, two.share):
            return False
        sizes = tuple([_at(size, values) for size in two.shape])
        if sizes != one.shape:
            return False
    return True


def _same_code(plain: Words, other: Words) -> bool:
    """Say whether layers have the same code; only arguments of modules may differ."""
    return all(
        [_code(step.record) for step in steps]
        == [_code(step.record) for step in other.steps[index]]
        for index, steps in plain.steps.items()
    )


def _code(call: Call) -> tuple[object, ...]:
    """Return what of a record may not depend on a param."""
    if isinstance(call, Function):
        return (call.body,)
    return call.target, len(call.args), call.kwargs.keys(), call.before, call.after


def _at(size: object, values: dict[str, int]) -> object:
    return size.at(**values) if isinstance(size, Poly) else size


def _symbols(words: Words) -> set[str]:
    """Return the symbols in the arguments and weights of the layers."""
    found: set[str] = set()
    for record in (step.record for steps in words.steps.values() for step in steps):
        given: list[object] = []
        if isinstance(record, Function):
            given += [size for shape in record.params.values() for size in shape]
        else:
            for value in (*record.args, *record.kwargs.values()):
                given += value if isinstance(value, tuple) else (value,)
        found.update(*(v.symbols for v in given if isinstance(v, Poly)))
    return found

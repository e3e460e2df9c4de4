"""Code that archcalc writes for other languages than torch, beside the reference build.

The code is run, the weights of the reference build are copied into its modules, and
both get the same inputs. Keras runs on torch, JAX on the CPU.
"""

from __future__ import annotations

import ast
import os
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from archcalc import Network
from archcalc.network.torch_network import build
from archcalc.writers import spoken
from archcalc.writers.code import Written
from archcalc.writers.language import Language, Weight

Arrays = list[np.ndarray[Any, Any]]


def arranged(value: Tensor, weight: Weight) -> np.ndarray[Any, Any]:
    """Return a weight of torch as another language has it."""
    array = value.detach().numpy()
    if weight.sizes is not None:
        array = array.reshape(weight.sizes)
    return array if weight.axes is None else array.transpose(weight.axes)


def lying(value: Tensor, order: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return a value of torch with its axes in another order."""
    return np.ascontiguousarray(value.detach().numpy().transpose(order))


class Beside:
    """A network in a language and in torch, with the same random weights."""

    def __init__(self, network: Network, to: Language) -> None:
        self.network, self.graph = network, network.graph
        self.written = Written(network, to)
        torch.manual_seed(1)
        self.reference: Any = build(self.graph, "cpu").eval()
        with torch.no_grad():
            for value in [*self.reference.parameters(), *self.reference.buffers()]:
                if value.is_floating_point() and not value.any():
                    value.copy_(torch.rand_like(value) * 0.1)

    def inputs(self, batch: int = 2) -> list[Tensor]:
        """Return random inputs; zeros where a layer reads whole numbers."""
        graph = self.graph
        ids = graph.ids
        return [
            torch.zeros((batch, *graph.nodes[i].shape), dtype=torch.int64)
            if i in ids
            else torch.randn((batch, *graph.nodes[i].shape))
            for i in graph.inputs
        ]

    def given(self, inputs: list[Tensor]) -> Arrays:
        """Return inputs as the code takes them."""
        orders = self.written.words.orders
        nodes = zip(self.graph.inputs, inputs, strict=True)
        return [lying(value, orders[index]) for index, value in nodes]

    def wanted(self, inputs: list[Tensor]) -> Arrays:
        """Return the outputs of the reference build, as the code should give them."""
        with torch.no_grad():
            found = self.reference(*inputs)
        values = found if isinstance(found, tuple) else (found,)
        orders = self.written.words.orders
        nodes = zip(self.graph.outputs, values, strict=True)
        return [lying(value, orders[index]) for index, value in nodes]

    def weights(self) -> Iterator[tuple[Weight, np.ndarray[Any, Any]]]:
        """Yield each weight of the code with its value in the reference build.

        Every weight of the reference build is among them, but for counts of batches.
        """
        for node in self.graph.nodes:
            part = None if node.aux else self.reference.part(node)
            own = self.written.paths.get(node.index, {})
            theirs = {} if part is None else values_of(part)
            assert own.keys() == theirs.keys(), node.name
            for name, weight in own.items():
                yield weight, arranged(theirs[name], weight)


def values_of(part: Any) -> dict[str, Tensor]:
    """Return the weights and buffers of a module by name, without counts of batches."""
    named = [*part.named_parameters(), *part.named_buffers()]
    return {name: value for name, value in named if value.is_floating_point()}


def made(written: Written) -> dict[str, Any]:
    """Run the code of a network; return what it defines, and its model as `model`."""
    code = written.text()
    found: dict[str, Any] = {}
    exec(compile(code, "<exported>", "exec"), found)
    names = [n.name for n in ast.parse(code).body if isinstance(n, ast.ClassDef)]
    found["model"] = found[names[-1]]
    return found


@cache
def keras() -> Any:
    """Import Keras on torch; it writes its settings where it is told."""
    os.environ["KERAS_BACKEND"] = "torch"
    os.environ.setdefault("KERAS_HOME", tempfile.mkdtemp(prefix="keras"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras as library
    return library


def keras_outputs(beside: Beside, inputs: list[Tensor]) -> Arrays:
    """Run the Keras code of a network with the weights of the reference build.

    Fails unless the shapes of all weights are those of torch, with axes exchanged, and
    the model has no others.
    """
    keras()
    model = made(beside.written)["model"]()
    given = [torch.from_numpy(value) for value in beside.given(inputs)]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model(*given, training=False)  # makes the weights
        copied = set()
        for weight, value in beside.weights():
            variable = eval(f"model.{weight.name}", {"model": model})
            assert tuple(variable.shape) == value.shape, weight.name
            variable.assign(np.ascontiguousarray(value))
            copied.add(id(variable))
        seeds = ("seed_generator_state",)
        own = [v for v in model.weights if v.name not in seeds]
        assert {id(v) for v in own} == copied
        found = model(*given, training=False)
    values = found if isinstance(found, tuple | list) else [found]
    return [value.numpy() for value in values]


def jax_outputs(beside: Beside, inputs: list[Tensor]) -> Arrays:
    """Run the JAX code of a network with the weights of the reference build.

    Fails as `keras_outputs` does.
    """
    import jax
    from flax import nnx

    kind = made(beside.written)["model"]
    model = nnx.eval_shape(lambda: kind(rngs=nnx.Rngs(0)))  # shapes, no numbers
    model.eval()
    copied = set()
    for weight, value in beside.weights():
        variable = eval(f"model.{weight.name}", {"model": model})
        assert tuple(variable.shape) == value.shape, weight.name
        variable.set_value(jax.numpy.array(value))
        copied.add(id(variable))
    random = (nnx.RngState,)
    own = [v for _, v in nnx.iter_graph(model) if isinstance(v, nnx.Variable)]
    assert {id(v) for v in own if not isinstance(v, random)} == copied
    found = model(*[jax.numpy.array(value) for value in beside.given(inputs)])
    values = found if isinstance(found, tuple | list) else [found]
    return [np.asarray(value) for value in values]


RUNS = {"keras": keras_outputs, "jax": jax_outputs}


def same_numbers(network: Network, to: str, channels: str = "last") -> None:
    """Compare the outputs of the code with the reference's, weights copied."""
    language = spoken(to, channels)
    beside = Beside(network, language)
    inputs = beside.inputs()
    wanted = beside.wanted(inputs)
    found = RUNS[to](beside, inputs)
    assert len(found) == len(wanted)
    for own, theirs in zip(found, wanted, strict=True):
        assert own.shape == theirs.shape
        np.testing.assert_allclose(own, theirs, rtol=2e-4, atol=2e-5 * scale(theirs))


def scale(values: np.ndarray[Any, Any]) -> float:
    """Return the largest size of some values, at least 1e-30."""
    finite = values[np.isfinite(values)]
    return max(float(np.abs(finite).max(initial=0)), 1e-30)

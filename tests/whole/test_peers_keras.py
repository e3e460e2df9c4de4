"""Keras' parameters against the convention: its layers, and networks of its own.

Keras is asked on torch's meta device, where weights have a shape and no memory.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from math import prod
from typing import Any

import pytest
from layer_cases import EXAMPLES, Case
from peers import library

import archcalc
from archcalc.figures.conventions import View, convention, counted

pytestmark = pytest.mark.peers

Sizes = tuple[int, ...]


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Import Keras on torch; it writes its settings where it is told."""
    os.environ["KERAS_BACKEND"] = "torch"
    os.environ["KERAS_HOME"] = str(tmp_path_factory.mktemp("keras"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return library("keras")


def entering(layer: Any, x: Sizes) -> Sizes:
    """Return a shape as Keras has it: the channels of an image or a signal last."""
    if layer.key == "fc":
        return (prod(x),)
    last = layer.key in ("linear", "embedding", "lstm", "gru")
    if last or (layer.key == "ln" and len(x) < 3):
        return x
    return (*x[1:], x[0])


# -- the layers that Keras has ---------------------------------------------------------


def conv(layers: Any, layer: Any, x: Sizes) -> Any:
    given = {"groups": layer.groups, "use_bias": layer.bias}
    return sized(layers, "Conv", x)(layer.out, layer.kernel, **given)


def dwconv(layers: Any, layer: Any, x: Sizes) -> Any:
    given = {"depth_multiplier": layer.multiplier, "use_bias": layer.bias}
    return sized(layers, "DepthwiseConv", x)(layer.kernel, **given)


def deconv(layers: Any, layer: Any, x: Sizes) -> Any:
    name = f"Conv{len(x) - 1}DTranspose"
    return getattr(layers, name)(layer.out, layer.kernel, use_bias=layer.bias)


def sized(layers: Any, name: str, x: Sizes) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(layers, f"{name}{len(x) - 1}D")
    return found


def dense(layers: Any, layer: Any, x: Sizes) -> Any:
    return layers.Dense(layer.out, use_bias=layer.bias)


def embedding(layers: Any, layer: Any, x: Sizes) -> Any:
    return layers.Embedding(layer.num, layer.dim)


def batch_norm(layers: Any, layer: Any, x: Sizes) -> Any:
    return layers.BatchNormalization(center=layer.affine, scale=layer.affine)


def layer_norm(layers: Any, layer: Any, x: Sizes) -> Any:
    axes = keras_axes(layer, x)
    return layers.LayerNormalization(axes, center=layer.affine, scale=layer.affine)


def keras_axes(layer: Any, x: Sizes) -> Any:
    """Return the normalized axes of a tensor with its channels last."""
    axis = layer.axis(x)
    if axis is None:
        return [*range(1, len(x) + 1)]
    return -1 if len(x) < 3 or axis == 0 else axis


def group_norm(layers: Any, layer: Any, x: Sizes) -> Any:
    given = {"center": layer.affine, "scale": layer.affine}
    return layers.GroupNormalization(getattr(layer, "groups", -1), **given)


def prelu(layers: Any, layer: Any, x: Sizes) -> Any:
    shared = range(1, len(x) if layer.slopes == "channels" else len(x) + 1)
    return layers.PReLU(shared_axes=[*shared])


def recurrent(layers: Any, layer: Any, x: Sizes) -> Any:
    kind = layers.LSTM if layer.key == "lstm" else layers.GRU
    given = {"use_bias": layer.biases > 0, "return_sequences": True}
    if layer.key == "gru":
        given["reset_after"] = layer.biases > 1
    made = []
    for _ in range(layer.layers):
        one = kind(layer.hidden, **given)
        made.append(layers.Bidirectional(one) if layer.bidirectional else one)
    return made


MAKERS: dict[str, Callable[[Any, Any, Sizes], Any]] = {
    "conv": conv,
    "dwconv": dwconv,
    "deconv": deconv,
    "fc": dense,
    "linear": dense,
    "embedding": embedding,
    "bn": batch_norm,
    "ln": layer_norm,
    "gn": group_norm,
    "in": group_norm,
    "prelu": prelu,
    "lstm": recurrent,
    "gru": recurrent,
}
"""RMS norm is left out: Keras' shape for other axes than the last is its own."""


def theirs(keras: Any, layer: Any, x: Sizes) -> int:
    """Return the parameters of the Keras layers that do the same as one of ours."""
    made = MAKERS[layer.key](keras.layers, layer, x)
    shape = (None, *entering(layer, x))
    params = 0
    with keras.device("meta"):
        for one in made if isinstance(made, list) else [made]:
            one.build(shape)
            params += one.count_params()
            if isinstance(made, list):
                shape = one.compute_output_shape(shape)
    return params


def ours(layer: Any, inputs: tuple[Any, ...]) -> Any:
    output = layer.shape(*inputs)
    view = View(layer, inputs, output, layer.work(output, *inputs))
    return counted(convention("keras"), view)[1]


def keras_has(layer: Any) -> bool:
    """Say whether Keras has a layer.

    Its transposed convolution has no groups, its LSTM no projection, and what wraps a
    weight, such as a weight norm, is another layer there.
    """
    grouped = layer.key == "deconv" and layer.groups != 1
    projected = getattr(layer, "proj", None) is not None
    wrapped = getattr(layer, "weight_norm", "none") != "none"
    return layer.key in MAKERS and not (grouped or projected or wrapped)


CASES = [case for case in EXAMPLES if keras_has(case.layer)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_layers_have_the_parameters_of_keras(keras: Any, case: Case) -> None:
    assert ours(case.layer, case.inputs) == theirs(keras, case.layer, case.inputs[0])


# -- networks --------------------------------------------------------------------------

NETWORKS = (
    "vgg16",
    "alexnet-2gpu",
    "googlenet",
    "mobilenet-v3-small",
    "resnet50",
    "se-resnet50",
    "densenet121",
    "unet",
)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_the_sum_of_their_keras_layers(keras: Any, name: str) -> None:
    network = archcalc.load(name)
    graph = network.graph
    summed = sum(
        theirs(keras, node.layer, graph.input_shapes(node)[0])  # type: ignore[arg-type]  # shipped sizes are numbers
        for node in graph.nodes
        if node.layer.key in MAKERS and not node.aux
    )
    assert network.analyze(convention="keras").total.reported_params == summed


APPLICATIONS = {
    "VGG16": ("vgg16", 138_357_544),
    "VGG19": ("vgg19", 143_667_240),
    "MobileNet": ("mobilenet-v1", 4_253_864),
    "MobileNetV2": ("mobilenet-v2", 3_538_984),
    "DenseNet121": ("densenet121", 8_062_504),
    "Xception": ("xception", 22_910_480),
}
"""Networks that Keras ships in our layout, and their parameters."""


@pytest.mark.parametrize("application", APPLICATIONS)
def test_applications_of_keras_have_our_parameters(
    keras: Any, application: str
) -> None:
    name, published = APPLICATIONS[application]
    with keras.device("meta"):
        model = getattr(keras.applications, application)(weights=None)
    found = archcalc.load(name).analyze(convention="keras").total.reported_params
    assert model.count_params() == found == published


def test_resnet50_of_keras_has_biases_besides(keras: Any) -> None:
    with keras.device("meta"):
        model = keras.applications.ResNet50(weights=None)
    found = archcalc.load("resnet50").analyze(convention="keras")
    biases = [node.shape[0] for node in found.graph.nodes if node.layer.key == "conv"]
    assert found.total.reported_params == 25_610_152
    assert model.count_params() == 25_610_152 + sum(biases) == 25_636_712

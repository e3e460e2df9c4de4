"""Keras' models, read as networks: sizes and weights by hand, from Keras' definitions.

`test_keras_peers.py` compares with Keras itself; here nothing needs it.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest
from keras_texts import (
    archive,
    call,
    entry,
    functional,
    layer,
    network_of,
    row,
    sequential,
    tensor,
)

import archcalc
from archcalc import ArchcalcError
from archcalc.network.network import network
from archcalc.readers import source_of

pytestmark = pytest.mark.filterwarnings("ignore::archcalc.InputWarning")


def kinds(model: Any) -> list[str]:
    return [node.layer.key for node in network_of(model).graph.nodes[1:]]


CONV = {"filters": 8, "kernel_size": [3, 3], "padding": "same", "activation": "relu"}
IMAGE = (12, 11, 6)

ROWS: dict[str, tuple[tuple[int, ...], tuple[Any, ...], tuple[int, ...], int]] = {
    # input as Keras has it, layers, sizes as archcalc has them, parameters
    "conv": (IMAGE, (("Conv2D", CONV),), (8, 12, 11), 8 * (54 + 1)),
    "conv of stride 2": (
        *(IMAGE, (("Conv2D", CONV | {"strides": [2, 2]}),), (8, 6, 6), 440),
    ),
    "conv without padding": (
        IMAGE,
        (("Conv2D", {"filters": 4, "kernel_size": 3, "use_bias": False}),),
        (4, 10, 9),
        216,
    ),
    "groups": (
        *(IMAGE, (("Conv2D", CONV | {"groups": 2}),), (8, 12, 11), 8 * (27 + 1)),
    ),
    "depthwise": (
        IMAGE,
        (("DepthwiseConv2D", {"kernel_size": [3, 3], "depth_multiplier": 2}),),
        (12, 10, 9),
        12 * (9 + 1),
    ),
    "separable": (
        *(IMAGE, (("SeparableConv2D", CONV),), (8, 12, 11), 54 + 8 * (6 + 1)),
    ),
    "transposed": (
        IMAGE,
        (("Conv2DTranspose", {"filters": 5, "kernel_size": 2, "strides": 3}),),
        (5, 36, 33),
        5 * 24 + 5,
    ),
    "transposed, same": (
        *(IMAGE, (("Conv2DTranspose", CONV | {"strides": 2}),), (8, 24, 22), 440),
    ),
    "a row of pools": (
        IMAGE,
        (
            ("MaxPooling2D", {"pool_size": [2, 2], "padding": "same"}),
            ("AveragePooling2D", {"pool_size": 2, "strides": 1}),
            ("GlobalAveragePooling2D", {}),
        ),
        (6,),
        0,
    ),
    "a mean padded on one side": (
        IMAGE,
        (("AveragePooling2D", {"pool_size": 2, "strides": 1, "padding": "same"}),),
        (12, 11, 6),
        0,
    ),
    "padding and cropping": (
        IMAGE,
        (
            ("ZeroPadding2D", {"padding": [[1, 0], [2, 3]]}),
            ("Cropping2D", {"cropping": [[0, 2], [1, 1]]}),
            ("UpSampling2D", {"size": [2, 3]}),
        ),
        (6, 22, 42),
        0,
    ),
    "channels first": (
        (6, 12, 11),
        (
            ("Conv2D", CONV | {"data_format": "channels_first"}),
            ("BatchNormalization", {"axis": 1}),
            ("GlobalMaxPooling2D", {"data_format": "channels_first"}),
        ),
        (8,),
        440 + 16,
    ),
    "a shift without a scale": (
        *(IMAGE, (("BatchNormalization", {"axis": [3], "scale": False}),)),
        *((6, 12, 11), 6),
    ),
    "layer norms": (
        IMAGE,
        (
            ("LayerNormalization", {"axis": [-1]}),
            ("LayerNormalization", {"axis": [1, 2, 3]}),
            ("LayerNormalization", {"axis": [2, 3], "center": False}),
        ),
        (6, 12, 11),
        12 + 2 * 792 + 66,
    ),
    "group norm": (
        *(IMAGE, (("GroupNormalization", {"groups": 3, "axis": -1}),)),
        *((6, 12, 11), 12),
    ),
    "a linear layer over channels": (
        *(IMAGE, (("Dense", {"units": 5}),), (5, 12, 11), 35),
    ),
    "flat": (
        IMAGE,
        (("Flatten", {}), ("Dense", {"units": 10, "activation": "softmax"})),
        (10,),
        7930,
    ),
    "a gate's sizes": (
        IMAGE,
        (
            ("GlobalAveragePooling2D", {}),
            ("Reshape", {"target_shape": [1, 1, 6]}),
            ("Conv2D", {"filters": 2, "kernel_size": 1}),
        ),
        (2, 1, 1),
        14,
    ),
    "tokens and back": (
        IMAGE,
        (
            ("Reshape", {"target_shape": [-1, 6]}),
            ("LayerNormalization", {}),
            ("Reshape", {"target_shape": [11, 12, 6]}),
        ),
        (6, 11, 12),
        12,
    ),
    "moved axes": (*(IMAGE, (("Permute", {"dims": [3, 1, 2]}),), (6, 12, 11), 0),),
    "a causal signal": (
        (20, 6),
        (
            ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}),
            ("MaxPooling1D", {}),
            ("Dense", {"units": 3}),
            ("GlobalAveragePooling1D", {}),
        ),
        (3,),
        76 + 15,
    ),
    "recurrent": (
        (7, 4),
        (
            ("LSTM", {"units": 5, "return_sequences": True}),
            ("GRU", {"units": 3, "reset_after": True, "return_sequences": True}),
            ("SimpleRNN", {"units": 2, "use_bias": False}),
        ),
        (2,),
        4 * (20 + 25 + 5) + 3 * (15 + 9 + 6) + 10,
    ),
    "both ways": (
        (7, 4),
        (
            (
                "Bidirectional",
                {
                    "layer": {"class_name": "LSTM", "config": {"units": 5}},
                    "merge_mode": "sum",
                },
            ),
        ),
        (5,),
        400,
    ),
    "at each position": (
        (3, *IMAGE),
        (
            (
                "TimeDistributed",
                {"layer": {"class_name": "Conv2D", "config": CONV, "name": "inner"}},
            ),
            ("TimeDistributed", {"layer": {"class_name": "Flatten", "config": {}}}),
        ),
        (3, 8 * 12 * 11),
        440,
    ),
    "learned slopes": (
        IMAGE,
        (
            ("PReLU", {"shared_axes": [1, 2]}),
            ("PReLU", {"shared_axes": [1, 2, 3]}),
            ("PReLU", {"shared_axes": [3]}),
        ),
        (6, 12, 11),
        6 + 1 + 132,
    ),
    "letters": (
        (7, 8),
        (
            (
                "EinsumDense",
                {
                    "equation": "abc,cde->abde",
                    "output_shape": [None, 2, 3],
                    "bias_axes": "de",
                },
            ),
        ),
        (7, 2, 3),
        6 * 9,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_layers_have_the_sizes_and_weights_of_keras(name: str) -> None:
    shape, given, sizes, params = ROWS[name]
    layers = [layer(k, f"l{at}", **config) for at, (k, config) in enumerate(given)]
    analysis = network_of(row(shape, *layers)).analyze()
    assert analysis.output == sizes
    assert analysis.total.params == params


def test_work_is_that_of_the_layers() -> None:
    made = row(
        IMAGE,
        layer("Conv2D", "c", **CONV),
        layer("Flatten", "f"),
        layer("Dense", "d", units=3),
    )
    total = network_of(made).analyze().total
    assert total.macs == 8 * 132 * 54 + 3 * 8 * 132


ACTIVATIONS = {
    **{name: name for name in ("relu", "relu6", "sigmoid", "tanh", "selu", "elu")},
    **{name: name for name in ("softplus", "softsign", "softmax", "log_softmax")},
    "silu": "swish",
    "swish": "swish",
    "gelu": "gelu",
    "mish": "mish",
    "hard_sigmoid": "hardsigmoid",
    "hard_silu": "hardswish",
    "exponential": "exp",
    "leaky_relu": "leaky_relu",
    "log_sigmoid": "unknown",
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    made = row(IMAGE, layer("Activation", "a", activation=name))
    assert kinds(made) == [ACTIVATIONS[name]]


BOUNDS = {
    (None, 0.0, 0.0): "relu",
    (6.0, 0.0, 0.0): "relu6",
    (3.0, 0.0, 0.0): "clamp",
    (None, 0.1, 0.0): "leaky_relu",
    (None, 0.0, 1.0): "unknown",
}


@pytest.mark.parametrize("given", BOUNDS)
def test_relu_with_bounds(given: tuple[float | None, float, float]) -> None:
    top, slope, bend = given
    config = {"max_value": top, "negative_slope": slope, "threshold": bend}
    assert kinds(row(IMAGE, layer("ReLU", "a", **config))) == [BOUNDS[given]]


# -- graphs ----------------------------------------------------------------------------


def gated() -> Any:
    """Return a gate, a sum and a join, with an operation that is called as a layer."""
    ops = "keras.src.ops.numpy"
    return functional(
        [
            entry("x", *IMAGE),
            layer("Conv2D", "c", "x", filters=6, kernel_size=1),
            layer("Add", "sum", ("c", "x")),
            layer("Add", "plus", call("sum", 1), module=ops),
            layer("Multiply", "times", call("plus", "x"), module=ops),
            layer("Concatenate", "join", ("times", "c"), axis=-1),
            layer("Mean", "mean", "join", module=ops, axis=[1, 2], keepdims=False),
        ]
    )


def test_an_operation_is_no_layer_of_its_name() -> None:
    """`Add` of `keras.src.ops` adds two arguments, the layer `Add` adds a list."""
    net = network_of(gated())
    found = [node.layer.key for node in net.graph.nodes]
    assert found == ["input", "conv", "add", "plus", "multiply", "concat", "mean"]
    assert net.analyze().output == (12,)


def test_a_layer_that_is_called_again_has_its_weights_once() -> None:
    dense = layer("Dense", "d", "x", call(tensor("d", [4], 0)), units=4)
    made = functional([entry("x", 4), dense], ["d", 1, 0])
    total = network_of(made).analyze().total
    assert (total.params, total.macs) == (20, 32)


def test_a_model_inside_is_called_twice() -> None:
    inner = functional([entry("i", 4), layer("Dense", "d", "i", units=4)], name="inner")
    inner["inbound_nodes"] = [call("x"), call(tensor("inner", [4], 0))]
    made = functional([entry("x", 4), inner], ["inner", 2, 0])
    total = network_of(made).analyze().total
    assert (total.params, total.macs) == (20, 32)


def test_a_row_inside_a_graph() -> None:
    inner = sequential(entry("i", 4), layer("Dense", "d", units=3)) | {
        "name": "inner",
        "inbound_nodes": [call("x"), call("y")],
    }
    join = layer("Add", "sum", call([tensor("inner"), tensor("inner", None, 1)]))
    inputs = [["x", 0, 0], ["y", 0, 0]]
    net = network_of(
        functional([entry("x", 4), entry("y", 4), inner, join], None, inputs)
    )
    assert net.analyze().total.params == 15
    assert net.analyze().output == (3,)


def test_attention_of_several_heads() -> None:
    """Queries and values of other lengths, with a width of their own."""
    attend = layer(
        "MultiHeadAttention",
        "attend",
        call("q", "v"),
        num_heads=2,
        key_dim=5,
        value_dim=3,
        use_bias=True,
    )
    inputs = [["q", 0, 0], ["v", 0, 0]]
    made = functional([entry("q", 7, 8), entry("v", 9, 6), attend], None, inputs)
    total = network_of(made).analyze().total
    assert total.params == 10 * 9 + 10 * 7 + 6 * 7 + 8 * 7
    assert total.macs == 7 * 80 + 9 * 60 + 9 * 36 + 7 * 9 * (10 + 6) + 7 * 48


def test_a_model_with_named_inputs_and_outputs() -> None:
    layers = [
        entry("b", 3),
        entry("a", 4),
        layer("Concatenate", "join", ("a", "b"), axis=1),
        layer("Dense", "one", "join", units=2),
        layer("Dense", "two", "b", units=5),
    ]
    outputs = {"y": ["two", 0, 0], "x": ["one", 0, 0]}
    inputs = {"b": ["b", 0, 0], "a": ["a", 0, 0]}
    net = network_of(functional(layers, outputs, inputs))
    assert net.analyze().outputs == ((2,), (5,))


def test_open_sizes_have_names() -> None:
    made = row((None, None, 3), layer("Conv2D", "c", **CONV))
    total = network_of(made).analyze().total
    assert total.params == 224
    assert total.macs.at(H=10, W=20) == 8 * 27 * 200


def test_a_lambda_is_a_hole(capsys: pytest.CaptureFixture[str]) -> None:
    """Its code is not decoded: it is no base64, and nothing minds."""
    code = {"class_name": "__lambda__", "config": {"code": "*** not base64 ***"}}
    made = row(
        (4,),
        layer("Lambda", "l", function=code, output_shape=[6]),
        layer("Dense", "d", units=2),
    )
    net = network_of(made)
    assert [n.layer.key for n in net.graph.nodes] == ["input", "unknown", "fc"]
    assert net.analyze().total.params == 14
    assert net.spec.uncounted


def test_states_of_a_recurrent_layer() -> None:
    """What enters with states counts its weights alone."""
    config = {"units": 5, "return_state": True}
    states = {
        "initial_state": [tensor("first", None, 0, 1), tensor("first", None, 0, 2)]
    }
    layers = [
        entry("x", 7, 4),
        entry("y", 6, 3),
        layer("LSTM", "first", "x", **config),
        layer("LSTM", "second", call("y", **states), units=5, return_sequences=True),
    ]
    inputs = [["x", 0, 0], ["y", 0, 0]]
    net = network_of(functional(layers, None, inputs))
    assert net.analyze().output == (6, 5)
    assert net.analyze().total.params == 4 * (20 + 25 + 5) + 4 * (15 + 25 + 5)


# -- files -----------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_is_read_without_its_weights(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    weights = {"model.weights.h5": b"\x89HDF\r\n" + bytes(1000)}
    path.write_bytes(archive(gated(), packed=packed, **weights))
    found = archcalc.load(path).analyze()
    assert found.output == (12,)
    assert found.total.params == 42


def test_what_is_read_is_what_is_imported() -> None:
    """The YAML of a model gives the same network again."""
    net = network_of(gated())
    again = network(source_of(net.spec.source.text.encode(), "net.yaml", "net.yaml"))
    assert again.analyze().total == net.analyze().total


def test_other_json_is_told_apart() -> None:
    with pytest.raises(ArchcalcError, match="describes no network") as caught:
        source_of(b'{"name": "x"}', "package.json", "package.json")
    assert "a Keras model" in (caught.value.problems[0].help or "")


def test_weights_count_as_count_params_does() -> None:
    """The convention `keras` counts the statistics of batch norms too."""
    made = row(IMAGE, layer("BatchNormalization", "n", axis=-1))
    total = network_of(made).analyze(convention="keras").total
    assert total.reported_params == 4 * 6
    assert prod(IMAGE) == 792

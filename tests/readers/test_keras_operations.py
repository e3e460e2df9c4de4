"""Keras' operations without a layer, and rarer layers: sizes and weights by hand."""

from __future__ import annotations

from typing import Any

import pytest
from keras_texts import call, entry, functional, layer, network_of, row, tensor

from archcalc import ArchcalcError, Network

pytestmark = pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
OPS = "keras.src.ops.numpy"
IMAGE = (4, 5, 6)
X, Y = tensor("x", IMAGE), tensor("y", IMAGE)


def part(*bounds: int | None) -> Any:
    names = ("start", "stop", "step")
    config = dict(zip(names, (*bounds, None, None)[:3], strict=True))
    return {"class_name": "slice", "config": config}


WHOLE = part(None, None)
OPERATIONS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], str, Any]] = {
    # operation, arguments, configuration, our kind of layer, sizes
    "a number behind": ("Add", (X, 2), {}, "plus", (6, 4, 5)),
    "a number before": ("Add", (2, X), {}, "plus", (6, 4, 5)),
    "nothing added": ("Add", (X, 0), {}, "input", (6, 4, 5)),
    "less a number": ("Subtract", (X, 2), {}, "plus", (6, 4, 5)),
    "a number less": ("Subtract", (1, X), {}, "minus_from", (6, 4, 5)),
    "two tensors": ("Subtract", (X, Y), {}, "subtract", (6, 4, 5)),
    "itself twice": ("Multiply", (X, X), {}, "square", (6, 4, 5)),
    "the sum with itself": ("Add", (X, X), {}, "times", (6, 4, 5)),
    "divided": ("TrueDivide", (X, 4), {}, "times", (6, 4, 5)),
    "a number divided": ("Divide", (3, X), {}, "times", (6, 4, 5)),
    "two divided": ("Divide", (X, Y), {}, "unknown", (6, 4, 5)),
    "divided by 0": ("Divide", (X, 0), {}, "unknown", (6, 4, 5)),
    "no numbers": ("Add", (X, {}), {}, "unknown", (6, 4, 5)),
    "no tensors": ("Subtract", ({}, X, Y), {"x1": {}}, "unknown", (6, 4, 5)),
    "one alone": ("Add", (X,), {}, "unknown", (6, 4, 5)),
    "a sign": ("Negative", (X,), {}, "times", (6, 4, 5)),
    "no layer for it": ("Flip", (X,), {"axis": 1}, "unknown", (6, 4, 5)),
    "a root": ("Sqrt", (X,), {}, "sqrt", (6, 4, 5)),
    "a gelu": ("Gelu", (X,), {"approximate": False}, "gelu", (6, 4, 5)),
    "a softmax": ("Softmax", (X,), {"axis": -1}, "softmax", (6, 4, 5)),
    "a softmax of rows": ("LogSoftmax", (X,), {"axis": 1}, "log_softmax", (6, 4, 5)),
    "clipped": ("Clip", (X, -1, 1), {}, "clamp", (6, 4, 5)),
    "not below": ("Maximum", (X, 0), {}, "clamp", (6, 4, 5)),
    "not above": ("Minimum", (2, X), {}, "clamp", (6, 4, 5)),
    "the larger": ("Maximum", (X, Y), {}, "unknown", (6, 4, 5)),
    "squared": ("Power", (X, 2), {}, "square", (6, 4, 5)),
    "another power": ("Power", (X, 3), {}, "unknown", (6, 4, 5)),
    "another type": ("Cast", (X,), {"dtype": "float16"}, "input", (6, 4, 5)),
    "rows": ("Reshape", (X,), {"newshape": [-1, 20, 6]}, "tokens", (20, 6)),
    "one row": ("Reshape", (X, [-1, 120]), {}, "flatten", (120,)),
    "axes apart": ("Reshape", (X, [-1, 4, 5, 2, 3]), {}, "reshape", (4, 5, 2, 3)),
    "the batch moved": ("Reshape", (X, [2, -1]), {}, "unknown", None),
    "moved": ("Transpose", (X,), {"axes": [0, 3, 1, 2]}, "permute", (6, 4, 5)),
    "moved back": ("Transpose", (X,), {"axes": [0, 1, 2, 3]}, "input", (4, 5, 6)),
    "an axis more": ("ExpandDims", (X,), {"axis": 1}, "reshape", (6, 1, 4, 5)),
    "the last axis more": ("ExpandDims", (X,), {"axis": -1}, "reshape", None),
    "joined": ("Concatenate", ([X, Y],), {"axis": -1}, "concat", (12, 4, 5)),
    "joined rows": ("Concatenate", ([X, Y], 1), {}, "concat", (6, 8, 5)),
    "a mean": ("Mean", (X,), {"axis": [1, 2], "keepdims": False}, "mean", (6,)),
    "a mean that stays": ("Mean", (X, -1, True), {}, "mean", (1, 4, 5)),
    "a sum": ("Sum", (X,), {"axis": 3}, "sum", (4, 5)),
    "the largest": ("Max", (X,), {"axis": [1]}, "max", (6, 5)),
    "a mean of the batch": ("Mean", (X,), {"axis": 0}, "unknown", None),
    "a part": ("GetItem", (X, [WHOLE, part(1, 3)]), {}, "slice", (6, 2, 5)),
    "parts": (
        *("GetItem", (X, [WHOLE, part(1), WHOLE, part(None, -2)]), {}),
        *("slice", (4, 3, 5)),
    ),
    "the whole": ("GetItem", (X, [WHOLE, WHOLE]), {}, "input", (6, 4, 5)),
    "every second": ("GetItem", (X, [WHOLE, part(0, 4, 2)]), {}, "unknown", None),
    "nothing": ("GetItem", (X, [WHOLE, part(3, 1)]), {}, "unknown", None),
    "one position": ("GetItem", (X, [WHOLE, 1]), {}, "unknown", None),
    "bounds that are texts": ("GetItem", (X, [part(*"ab")]), {}, "unknown", None),
    "an axis of no number": ("ExpandDims", (X,), {"axis": [1]}, "unknown", None),
    "an axis too many": ("ExpandDims", (X,), {"axis": 9}, "unknown", None),
    "all of one position": ("Squeeze", (X,), {}, "unknown", (6, 4, 5)),
    "none of one position": ("Squeeze", (X,), {"axis": 1}, "unknown", (6, 4, 5)),
    "turned round": ("Transpose", (X,), {}, "unknown", (6, 4, 5)),
    "a mean of all": ("Mean", (X,), {"axis": None}, "unknown", (6, 4, 5)),
    "sizes of no list": ("Reshape", (X, 3), {}, "unknown", (6, 4, 5)),
    "two sizes open": ("Reshape", (X, [-1, -1, 6]), {}, "unknown", (6, 4, 5)),
    "too many values": ("Reshape", (X, [-1, 7, 6]), {}, "unknown", (6, 4, 5)),
    "more parts than axes": ("GetItem", (X, [WHOLE] * 5), {}, "unknown", (6, 4, 5)),
    "a matrix and a number": ("Matmul", (X, 2), {}, "unknown", (6, 4, 5)),
    "a power that is a tensor": ("Power", (2, X), {}, "unknown", (6, 4, 5)),
    "another operation": ("Roll2", (X,), {}, "unknown", (6, 4, 5)),
}
STATED = {
    "an axis of no number": (4, 1, 5, 6),
    "an axis too many": (4, 5, 1, 6),
    "the batch moved": (60,),
    "the last axis more": (4, 5, 6, 1),
    "a mean of the batch": (5, 6),
    "every second": (2, 5, 6),
    "nothing": (1, 5, 6),
    "one position": (5, 6),
    "bounds that are texts": (4, 5, 6),
}
"""The sizes that a file states where no rule gives them, in Keras' order."""


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name: str) -> None:
    """A layer behind it states the sizes, as Keras writes them."""
    kind, given, config, key, sizes = OPERATIONS[name]
    shape = STATED.get(name)
    if shape is None and key == "unknown":
        shape = IMAGE
    made = layer(kind, "op", call(*given), module=OPS, **config)
    behind = layer("Activation", "end", call(tensor("op", shape)), activation="linear")
    layers = [entry("x", *IMAGE), entry("y", *IMAGE), made, behind]
    inputs = [["x", 0, 0], ["y", 0, 0]]
    net = network_of(functional(layers, None, inputs))
    found = net.graph.nodes[-1]
    if key == "input":
        assert [n.layer.key for n in net.graph.nodes] in (
            ["input", "input", "identity"],
            ["input", "input"],
        )
        return
    assert found.layer.key == key
    if sizes is None:
        assert sorted(found.shape) == sorted(shape or ())
    elif key == "unknown":
        assert sorted(found.shape) == sorted(sizes)
    else:
        assert found.shape == sizes


def test_a_product_of_matrices() -> None:
    product = layer("Matmul", "m", call(tensor("x"), tensor("y")), module=OPS)
    inputs = [["x", 0, 0], ["y", 0, 0]]
    net = network_of(
        functional([entry("x", 3, 4), entry("y", 4, 5), product], None, inputs)
    )
    assert net.analyze().output == (3, 5)
    assert net.analyze().total.macs == 60


def test_an_axis_that_goes_away() -> None:
    mean = layer("Mean", "m", call(X), module=OPS, axis=1, keepdims=True)
    gone = layer("Squeeze", "s", "m", module=OPS, axis=[1])
    net = network_of(functional([entry("x", *IMAGE), mean, gone]))
    assert net.analyze().output == (6, 5)


ROWS: dict[str, tuple[tuple[int, ...], tuple[Any, ...], tuple[int, ...], int]] = {
    # input, layers, sizes as archcalc has them, parameters
    "dropouts": (
        IMAGE,
        (
            ("Dropout", {"rate": 0.25}),
            ("SpatialDropout2D", {"rate": 0.5}),
            ("StochasticDepth", {"drop_path_rate": 0.1}),
            ("GaussianNoise", {"stddev": 0.1}),
        ),
        (6, 4, 5),
        0,
    ),
    "activations with arguments": (
        IMAGE,
        (
            ("LeakyReLU", {"alpha": 0.2}),
            ("ELU", {"alpha": 0.5}),
            ("ThresholdedReLU", {"theta": 1.0}),
            ("Softmax", {"axis": [-1]}),
            ("Softmax", {"axis": 1}),
            (
                "Activation",
                {"activation": {"class_name": "function", "config": "relu"}},
            ),
        ),
        (6, 4, 5),
        0,
    ),
    "statistics that are given": (
        *(IMAGE, (("Normalization", {"axis": -1, "mean": [0, 0, 0, 0, 0, 0]}),)),
        *((6, 4, 5), 0),
    ),
    "one mean of all values": (
        *(IMAGE, (("Normalization", {"axis": None}),), (6, 4, 5), 0),
    ),
    "factors and terms": (
        IMAGE,
        (
            ("Rescaling", {"scale": 1 / 255}),
            ("Rescaling", {"scale": 2.0, "offset": -1}),
            ("Rescaling", {"scale": [1.0] * 6}),
        ),
        (6, 4, 5),
        0,
    ),
    "a scale without a shift": (
        *(IMAGE, (("BatchNormalization", {"axis": -1, "center": False}),)),
        *((6, 4, 5), 6),
    ),
    "norms along rows": (
        IMAGE,
        (
            ("BatchNormalization", {"axis": 1}),
            ("LayerNormalization", {"axis": 1}),
            ("LayerNormalization", {"axis": -1, "scale": False}),
        ),
        (6, 4, 5),
        8 + 8 + 6,
    ),
    "norms of tokens": (
        (7, 6),
        (
            ("LayerNormalization", {"axis": 1, "center": False}),
            ("BatchNormalization", {"axis": 2, "scale": False}),
            ("RMSNormalization", {}),
            ("UnitNormalization", {"axis": -1}),
        ),
        (7, 6),
        7 + 6 + 6,
    ),
    "groups of one channel": (
        IMAGE,
        (
            ("GroupNormalization", {"groups": -1, "axis": -1}),
            ("GroupNormalization", {"groups": 2, "axis": -1, "scale": False}),
            ("LayerScale", {"projection_dim": 6}),
        ),
        (6, 4, 5),
        12 + 6 + 6,
    ),
    "as many windows as asked for": (
        IMAGE,
        (
            ("AdaptiveAveragePooling2D", {"output_size": [3, 3]}),
            ("AdaptiveMaxPooling2D", {"output_size": 2}),
        ),
        (6, 2, 2),
        0,
    ),
    "sizes of images": (
        IMAGE,
        (
            ("Resizing", {"height": 8, "width": 9}),
            ("CenterCrop", {"height": 6, "width": 7}),
            ("UpSampling2D", {"size": 2, "interpolation": "bilinear"}),
            ("ZeroPadding2D", {}),
        ),
        (6, 14, 16),
        0,
    ),
    "signals": (
        (7, 6),
        (
            ("ZeroPadding1D", {"padding": [1, 2]}),
            ("Cropping1D", {"cropping": 1}),
            ("UpSampling1D", {"size": 3}),
            ("GlobalMaxPooling1D", {"keepdims": True}),
        ),
        (6, 1),
        0,
    ),
    "tokens and their mean": (
        *((7, 6), (("GlobalAveragePooling1D", {"keepdims": True}),), (1, 6), 0),
    ),
    "a transposed convolution with more behind": (
        IMAGE,
        (
            (
                "Conv2DTranspose",
                {
                    "filters": 2,
                    "kernel_size": 3,
                    "strides": 2,
                    "padding": "same",
                    "output_padding": 1,
                },
            ),
        ),
        (2, 8, 10),
        2 * 55,
    ),
    "a vector at every position": (
        (4,),
        (("RepeatVector", {"n": 3}), ("Dense", {"units": 2})),
        (3, 2),
        10,
    ),
    "turned tokens": (
        (7, 6),
        (("Permute", {"dims": [2, 1]}), ("Permute", {"dims": [1, 2]})),
        (6, 7),
        0,
    ),
    "ones that come and go": (
        (1, 6, 1),
        (("Reshape", {"target_shape": [6]}), ("Reshape", {"target_shape": [6, 1, 1]})),
        (1, 6, 1),
        0,
    ),
    "look-ups": (
        (7,),
        (("Embedding", {"input_dim": 10, "output_dim": 4}), ("Masking", {})),
        (7, 4),
        40,
    ),
    "other letters": (
        (7, 8),
        (
            (
                "EinsumDense",
                {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"},
            ),
        ),
        (7, 5),
        45,
    ),
    "cells": (
        (7, 4),
        (
            (
                "RNN",
                {
                    "cell": {"class_name": "GRUCell", "config": {"units": 3}},
                    "return_sequences": True,
                },
            ),
            (
                "RNN",
                {
                    "cell": {
                        "class_name": "StackedRNNCells",
                        "config": {
                            "cells": [
                                {"class_name": "LSTMCell", "config": {"units": 2}},
                                {"class_name": "SimpleRNNCell", "config": {"units": 5}},
                            ]
                        },
                    }
                },
            ),
        ),
        (5,),
        3 * 3 * (4 + 3 + 1) + 4 * 2 * (3 + 2 + 1) + 5 * (2 + 5 + 1),
    ),
    "cuDNN's": (
        ((7, 4)),
        (("CuDNNGRU", {"units": 3}),),
        (3,),
        3 * 3 * (4 + 3 + 2),
    ),
    "other functions": (
        *((7, 4), (("LSTM", {"units": 3, "activation": "relu"}),), (3,)),
        4 * 3 * (4 + 3 + 1),
    ),
    "relu in place of tanh": (
        *((7, 4), (("SimpleRNN", {"units": 3, "activation": "relu"}),), (3,)),
        3 * (4 + 3 + 1),
    ),
    "recurrent convolutions": (
        (3, *IMAGE),
        (
            (
                "ConvLSTM2D",
                {
                    "filters": 2,
                    "kernel_size": 3,
                    "padding": "same",
                    "return_sequences": True,
                },
            ),
            ("ConvLSTM2D", {"filters": 2, "kernel_size": 3, "use_bias": False}),
        ),
        (2, 3, 2),
        8 * (9 * 8 + 1) + 8 * 9 * 4,
    ),
    "at each position": (
        (3, 8, 9, 2),
        tuple(
            ("TimeDistributed", {"layer": {"class_name": kind, "config": given}})
            for kind, given in (
                ("ZeroPadding2D", {"padding": [[1, 1], [0, 0]]}),
                ("DepthwiseConv2D", {"kernel_size": 3}),
                ("MaxPooling2D", {"pool_size": [2, 2]}),
                ("Dense", {"units": 4}),
                ("BatchNormalization", {"axis": -1}),
                ("GlobalAveragePooling2D", {}),
                ("Reshape", {"target_shape": [2, 2]}),
            )
        ),
        (3, 2, 2),
        20 + 12 + 8,
    ),
    "signals at each position": (
        (3, 8, 2),
        tuple(
            ("TimeDistributed", {"layer": {"class_name": kind, "config": given}})
            for kind, given in (
                ("Conv1D", {"filters": 5, "kernel_size": 3}),
                ("GlobalMaxPooling1D", {}),
            )
        ),
        (5, 3),
        35,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_layers_have_the_sizes_and_weights_of_keras(name: str) -> None:
    shape, given, sizes, params = ROWS[name]
    layers = [layer(k, f"l{at}", **config) for at, (k, config) in enumerate(given)]
    analysis = network_of(row(shape, *layers)).analyze()
    assert analysis.output == sizes
    assert analysis.total.params == params


def both(kind: str, *shapes: tuple[int, ...], **config: Any) -> Network:
    """Return a layer of several tensors."""
    names = tuple(f"x{at}" for at in range(len(shapes)))
    entries = [entry(n, *shape) for n, shape in zip(names, shapes, strict=True)]
    inputs = [[name, 0, 0] for name in names]
    return network_of(
        functional([*entries, layer(kind, "l", names, **config)], None, inputs)
    )


JOINS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...], int]] = {
    # layer, inputs, configuration, sizes, parameters
    "the smaller": ("Minimum", (IMAGE, IMAGE), {}, (6, 4, 5), 0),
    "a share": ("CustomScaleLayer", (IMAGE, IMAGE), {"scale": 0.5}, (6, 4, 5), 0),
    "a gate": ("Multiply", (IMAGE, (1, 1, 6)), {}, (6, 4, 5), 0),
    "one alone": ("Concatenate", (IMAGE,), {"axis": -1}, (6, 4, 5), 0),
    "vectors": ("Dot", ((4,), (4,)), {"axes": 1}, (1,), 0),
    "rows": ("Dot", ((3, 4), (5, 4)), {"axes": [2, 2]}, (3, 5), 0),
    "attention": ("Attention", ((7, 8), (5, 8)), {}, (7, 8), 0),
    "scaled": ("Attention", ((7, 8), (5, 8)), {"use_scale": True}, (7, 8), 1),
    "joined": ("Attention", ((7, 8),) * 3, {"score_mode": "concat"}, (7, 8), 1),
    "additive": ("AdditiveAttention", ((7, 8), (5, 8)), {}, (7, 8), 8),
}


@pytest.mark.parametrize("name", JOINS)
def test_layers_of_several_tensors(name: str) -> None:
    kind, shapes, config, sizes, params = JOINS[name]
    analysis = both(kind, *shapes, **config).analyze()
    assert analysis.output == sizes
    assert analysis.total.params == params


def test_tensors_that_do_not_fit_together() -> None:
    """Sums of other numbers of axes, a larger of other sizes, a product of images."""
    for kind, shapes, config in (
        ("Add", (IMAGE, (6,)), {}),
        ("Concatenate", (IMAGE, (6,)), {}),
        ("Maximum", (IMAGE, (1, 1, 6)), {}),
        ("Dot", ((4,), (4,)), {"axes": 1, "normalize": True}),
        ("MultiHeadAttention", (IMAGE, IMAGE), {"num_heads": 1, "key_dim": 2}),
    ):
        with pytest.raises(ArchcalcError, match="AC592"):
            both(kind, *shapes, **config)


def test_groups_of_heads_with_a_gate_and_scores() -> None:
    """Eight heads of queries read two of keys; scores are a second output."""
    given = {"num_query_heads": 8, "num_key_value_heads": 2, "head_dim": 3}
    kwargs = {"use_causal_mask": True, "return_attention_scores": True}
    attend = layer(
        "GroupQueryAttention",
        "a",
        call("x", "x", **kwargs),
        use_bias=False,
        use_gate=True,
        **given,
    )
    outputs = [["a", 0, 0], ["a", 0, 1]]
    analysis = network_of(functional([entry("x", 5, 16), attend], outputs)).analyze()
    assert analysis.outputs == ((5, 16), (8, 5, 5))
    assert analysis.total.params == 16 * (24 + 6 + 6 + 24) + 24 * 16


def test_halves_of_a_layer_that_reads_both_ways() -> None:
    """Without a merge there are two tensors."""
    inner = {"class_name": "GRU", "config": {"units": 3, "return_state": False}}
    both_ways = layer("Bidirectional", "b", "x", layer=inner, merge_mode=None)
    outputs = [["b", 0, 0], ["b", 0, 1]]
    analysis = network_of(functional([entry("x", 7, 4), both_ways], outputs)).analyze()
    assert analysis.outputs == ((3,), (3,))

"""Small models of Keras, a few for each layer that is read: each makes one of `keras`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], Any]
IMAGE = (11, 12, 6)
CASES: dict[str, Make] = {}
"""The models by their names."""
NOT_RUN = {
    *("signals", "moves", "norms of images", "norms of tokens", "several heads"),
    "open sizes",
}
"""Models that Keras on torch cannot run without values or without all sizes."""
PARTLY = {"states", "other functions", "recurrent convolutions", "attention alone"}
"""Models with a layer whose work is not counted here."""
MORE_STEPS = {"recurrent": 96 + 21, "cells": 84 + 2 * 134, "masked": 84}
"""Multiply-accumulates of steps that Keras on torch computes more than there are.

Its loop over positions first runs the cell to see what it gives
(keras/src/backend/torch/rnn.py); torch counted two such steps for stacked cells. Layers
that torch has a function for run no loop.
"""


def case(name: str) -> Callable[[Make], Make]:
    """Give a model its name."""

    def register(make: Make) -> Make:
        CASES[name] = make
        return make

    return register


def behind(keras: Any, shape: Any, layers: list[Any], dtype: str = "float32") -> Any:
    """Return a model of layers behind each other."""
    x = entering = keras.Input(shape, dtype=dtype)
    for layer in layers:
        x = layer(x)
    return keras.Model(entering, x)


def sliding(padding: str, stride: int) -> Make:
    """Return a model of windows with this padding and stride."""

    def make(keras: Any) -> Any:
        layers, x = keras.layers, keras.Input(IMAGE)
        given: Any = {"strides": stride, "padding": padding}
        made = [
            layers.Conv2D(8, (3, 2), groups=2, activation="relu", **given),
            layers.DepthwiseConv2D(3, depth_multiplier=2, **given),
            layers.SeparableConv2D(8, 3, depth_multiplier=2, **given),
            layers.Conv2DTranspose(8, (4, 2), **given),
            layers.MaxPooling2D((3, 2), **given),
            layers.AveragePooling2D(3, **given),
        ]
        return keras.Model(x, [layer(x) for layer in made])

    return make


for padding in ("same", "valid"):
    for stride in (1, 2, 3):
        CASES[f"windows, {padding}, stride {stride}"] = sliding(padding, stride)


@case("dilated and cut windows")
def dilated(keras: Any) -> Any:
    layers, x = keras.layers, keras.Input(IMAGE)
    made = [
        layers.Conv2D(8, 3, dilation_rate=2, padding="same", use_bias=False),
        layers.Conv2DTranspose(8, 4, strides=3, output_padding=2),
        layers.Conv2DTranspose(8, 4, strides=3, padding="same", output_padding=1),
        layers.Conv2DTranspose(8, 3, padding="same", dilation_rate=2),
        layers.AdaptiveAveragePooling2D((5, 4)),
        layers.AdaptiveMaxPooling2D(2),
    ]
    return keras.Model(x, [layer(x) for layer in made])


@case("a causal signal")
def causal(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.Conv1D(8, 3, padding="causal", dilation_rate=2)]
    made += [layers.MaxPooling1D(2), layers.BatchNormalization(), layers.Dense(5)]
    made += [layers.SeparableConv1D(4, 3), layers.GlobalAveragePooling1D()]
    return behind(keras, (20, 6), made)


@case("signals")
def signals(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.DepthwiseConv1D(3), layers.ZeroPadding1D((1, 2))]
    made += [layers.Cropping1D((2, 1)), layers.UpSampling1D(3)]
    return behind(keras, (21, 6), [*made, layers.GlobalMaxPooling1D()])


@case("volumes")
def volumes(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.Conv3D(4, 3, padding="same"), layers.MaxPooling3D(2)]
    made += [layers.BatchNormalization(), layers.Conv3DTranspose(5, 2, strides=2)]
    return behind(
        keras, (9, 8, 7, 3), [*made, layers.GlobalAveragePooling3D(keepdims=True)]
    )


@case("channels first")
def first(keras: Any) -> Any:
    layers, given = keras.layers, {"data_format": "channels_first"}
    made = [layers.Conv2D(4, 3, **given), layers.MaxPooling2D(**given)]
    made += [layers.BatchNormalization(axis=1), layers.ZeroPadding2D(**given)]
    made += [layers.GlobalAveragePooling2D(**given), layers.Dense(4)]
    return behind(keras, (3, 11, 12), made)


@case("parts of batch norms")
def batch_norms(keras: Any) -> Any:
    norm, dense = keras.layers.BatchNormalization, keras.layers.Dense
    image, row, one = keras.Input(IMAGE), keras.Input((7, 6)), keras.Input((7,))
    made = [
        norm(center=False)(norm(scale=False)(image)),
        norm(axis=1, scale=False, center=False)(image),
        norm(center=False)(dense(4)(norm(scale=False)(row))),
        norm(scale=False)(dense(4, use_bias=False)(one)),
    ]
    return keras.Model([image, row, one], made)


@case("norms of images")
def image_norms(keras: Any) -> Any:
    layers = keras.layers
    norm = layers.LayerNormalization
    made = [norm(), norm(axis=[1, 2, 3]), norm(axis=(2, 3)), norm(scale=False)]
    made += [norm(center=False, axis=1), layers.RMSNormalization()]
    groups = layers.GroupNormalization
    made += [groups(3), groups(-1), groups(2, scale=False), groups(1, center=False)]
    return behind(keras, IMAGE, made)


@case("norms of tokens")
def token_norms(keras: Any) -> Any:
    layers = keras.layers
    norm, root = layers.LayerNormalization, layers.RMSNormalization
    made = [norm(), norm(axis=1), norm(axis=[1, 2]), root(), root(axis=[1, 2])]
    return behind(keras, (7, 6), [*made, layers.UnitNormalization()])


@case("activations")
def activations(keras: Any) -> Any:
    names = "relu relu6 sigmoid tanh softplus softsign selu elu gelu silu hard_silu"
    names += " hard_sigmoid mish exponential leaky_relu softmax log_softmax linear"
    names += " hard_tanh celu log_sigmoid"
    layers = keras.layers
    made = [layers.Activation(name) for name in names.split()]
    made += [layers.ReLU(), layers.ReLU(6), layers.ReLU(3), layers.ReLU(threshold=1.0)]
    made += [layers.ReLU(negative_slope=0.1), layers.LeakyReLU(), layers.ELU(0.5)]
    made += [layers.Softmax(), layers.Softmax(1), layers.PReLU()]
    made += [layers.PReLU(shared_axes=axes) for axes in ([1, 2], [1, 2, 3])]
    return behind(keras, IMAGE, made)


@case("one value a channel")
def pooled(keras: Any) -> Any:
    layers, image, row = keras.layers, keras.Input(IMAGE), keras.Input((7, 6))
    made = []
    for keep in (False, True):
        made += [
            layers.GlobalAveragePooling2D(keepdims=keep)(image),
            layers.GlobalMaxPooling2D(keepdims=keep)(image),
            layers.GlobalAveragePooling1D(keepdims=keep)(row),
            layers.GlobalMaxPooling1D(keepdims=keep)(row),
        ]
    return keras.Model([image, row], made)


@case("moves")
def moves(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.ZeroPadding2D(((1, 2), (3, 0))), layers.Cropping2D(((1, 0), (2, 1)))]
    made += [layers.UpSampling2D((2, 3))]
    made += [layers.UpSampling2D(2, interpolation="bilinear"), layers.Resizing(10, 9)]
    made += [layers.CenterCrop(8, 8), layers.Reshape((64, 6)), layers.Permute((2, 1))]
    made += [layers.Reshape((6, 8, -1)), layers.Permute((3, 1, 2)), layers.Flatten()]
    return behind(keras, IMAGE, [*made, layers.RepeatVector(3), layers.Dense(4)])


@case("a vector that becomes an image")
def grown(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.Reshape((1, 1, 24)), layers.Conv2DTranspose(8, 3)]
    made += [layers.Reshape((9, 8)), layers.Reshape((3, 3, 8)), layers.Conv2D(4, 3)]
    return behind(keras, (24,), [*made, layers.Reshape((4,)), layers.Dense(3)])


@case("a gate")
def gate(keras: Any) -> Any:
    layers, x = keras.layers, keras.Input(IMAGE)
    y = layers.Reshape((1, 1, 6))(layers.GlobalAveragePooling2D()(x))
    y = layers.Dense(6, "sigmoid")(layers.Dense(2, "relu")(y))
    return keras.Model(x, layers.Multiply()([x, y]))


@case("joins")
def joins(keras: Any) -> Any:
    layers, a, b = keras.layers, keras.Input(IMAGE), keras.Input(IMAGE)
    names = [
        "Add",
        "Subtract",
        "Multiply",
        "Average",
        "Maximum",
        "Minimum",
        "Concatenate",
    ]
    made = [getattr(layers, name)()([a, b]) for name in names]
    made += [layers.Concatenate(axis=1)([a, b])]
    made += [layers.Add()([a, a]), layers.Multiply()([a, a])]
    rows = [keras.Input(shape) for shape in ((6, 6), (5, 6), (4,), (4,))]
    made += [layers.Dot(axes=2)(rows[:2]), layers.Dot(axes=(1, 2))(rows[:2])]
    return keras.Model([a, b, *rows], [*made, layers.Dot(1)(rows[2:])])


@case("recurrent")
def recurrent(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.Embedding(30, 8), layers.Dropout(0.2), layers.SpatialDropout1D(0.1)]
    made += [layers.LSTM(5, return_sequences=True)]
    made += [layers.GRU(4, return_sequences=True)]
    given = {"reset_after": False, "use_bias": False, "return_sequences": True}
    made += [layers.GRU(4, **given), layers.SimpleRNN(3, activation="relu")]
    return behind(keras, (7,), [*made, layers.Dense(2)], "int32")


@case("both ways")
def both_ways(keras: Any) -> Any:
    layers, x = keras.layers, keras.Input((7, 4))
    made = []
    for mode in ("concat", "sum", "mul", "ave", None):
        given = {"merge_mode": mode}
        inner = layers.GRU(3, return_sequences=mode != "sum")
        found = layers.Bidirectional(inner, **given)(x)
        made += found if mode is None else [found]
    return keras.Model(x, made)


@case("cells")
def cells(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.RNN(layers.LSTMCell(3), return_sequences=True)]
    made += [layers.RNN([layers.GRUCell(5), layers.SimpleRNNCell(2)])]
    return behind(keras, (7, 4), made)


@case("masked")
def masked(keras: Any) -> Any:
    return behind(keras, (7, 4), [keras.layers.Masking(), keras.layers.LSTM(3)])


@case("other functions")
def other_functions(keras: Any) -> Any:
    return behind(keras, (7, 4), [keras.layers.LSTM(3, activation="relu")])


@case("states")
def states(keras: Any) -> Any:
    layers, x, y = keras.layers, keras.Input((7, 4)), keras.Input((6, 3))
    _, h, c = layers.LSTM(5, return_state=True)(x)
    z = layers.LSTM(5, return_sequences=True)(y, initial_state=[h, c])
    return keras.Model([x, y], layers.Dense(3)(z))


@case("recurrent convolutions")
def conv_lstm(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.ConvLSTM2D(5, 3, padding="same", return_sequences=True)]
    return behind(keras, (4, 9, 8, 3), [*made, layers.ConvLSTM2D(2, 3, strides=2)])


@case("at each position")
def distributed(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.Conv2D(5, 3, strides=2, padding="same"), layers.BatchNormalization()]
    made += [layers.MaxPooling2D(), layers.DepthwiseConv2D(3), layers.Flatten()]
    made = [layers.TimeDistributed(one) for one in [*made, layers.Dense(4)]]
    return behind(keras, (4, 11, 12, 3), [*made, layers.GRU(3)])


@case("a model at each position")
def distributed_model(keras: Any) -> Any:
    layers = keras.layers
    inner = [keras.Input((11, 12, 3)), layers.Conv2D(5, 3, activation="relu")]
    inner += [layers.ZeroPadding2D(1), layers.MaxPooling2D(2)]
    inner += [layers.GlobalAveragePooling2D(), layers.Dense(4)]
    made = [layers.TimeDistributed(keras.Sequential(inner)), layers.GRU(3)]
    return behind(keras, (4, 11, 12, 3), made)


@case("several heads")
def heads(keras: Any) -> Any:
    layers, q, v = keras.layers, keras.Input((7, 8)), keras.Input((5, 6))
    many, given = layers.MultiHeadAttention, {"use_bias": False, "output_shape": 9}
    made = [
        many(2, 5)(q, v),
        many(2, 5, value_dim=3, **given)(q, v, v, use_causal_mask=True),
        many(3, 4, use_gate=True)(q, q),
        layers.GroupQueryAttention(6, 4, 2)(q, q),
        many(2, 4)(q, q, return_attention_scores=True)[0],
    ]
    return keras.Model([q, v], made)


@case("attention alone")
def attention(keras: Any) -> Any:
    layers, q, v = keras.layers, keras.Input((7, 8)), keras.Input((5, 8))
    made = [layers.Attention(), layers.Attention(use_scale=True)]
    made += [layers.Attention(score_mode="concat"), layers.AdditiveAttention()]
    return keras.Model([q, v], [one([q, v]) for one in made])


@case("letters")
def letters(keras: Any) -> Any:
    dense = keras.layers.EinsumDense
    made = [dense("abc,cd->abd", (None, 12), bias_axes="d")]
    made += [dense("...x,xy->...y", 5, activation="relu")]
    made += [dense("abc,cde->abde", (None, 2, 3), bias_axes="de")]
    return behind(keras, (7, 8), made)


@case("numbers and noise")
def numbers(keras: Any) -> Any:
    layers = keras.layers
    made = [layers.Rescaling(1 / 255), layers.Rescaling(2.0, offset=-1)]
    made += [layers.GaussianNoise(0.1), layers.RandomFlip(), layers.Identity()]
    return behind(keras, IMAGE, [*made, layers.ActivityRegularization(0.1)])


@case("operations")
def operations(keras: Any) -> Any:
    ops, a, b = keras.ops, keras.Input(IMAGE), keras.Input(IMAGE)
    made = [a + b, a - b, a * b, a / 2, a * 3, a - 1, 1 - a, 2 / a, -a, abs(a), a**2]
    names = [
        "relu",
        "sigmoid",
        "square",
        "sqrt",
        "exp",
        "gelu",
        "tanh",
        "silu",
        "log",
        "rsqrt",
    ]
    made += [getattr(ops, name)(a) for name in names]
    made += [ops.softmax(a, -1), ops.clip(a, 0, 1), ops.maximum(a, 0.0)]
    made += [ops.mean(a, (1, 2)), ops.mean(a, -1, keepdims=True), ops.max(a, [1])]
    made += [ops.sum(a, 3), ops.reshape(a, (-1, 132, 6)), ops.cast(a, "float16")]
    made += [ops.transpose(a, (0, 3, 1, 2)), ops.expand_dims(a, 1), ops.flip(a, 1)]
    made += [ops.squeeze(ops.mean(a, 1, keepdims=True), 1)]
    made += [ops.concatenate([a, b], -1), a[:, 1:5], a[:, :, 2:-1, :]]
    made += [ops.matmul(a, ops.transpose(b, (0, 1, 3, 2))), ops.maximum(a, b)]
    return keras.Model([a, b], [*made, ops.where(a > 0, a, b) + 1])


@case("a model inside a model")
def nested(keras: Any) -> Any:
    layers, shape = keras.layers, (8, 8, 3)
    row = keras.Sequential([keras.Input(shape), layers.Conv2D(4, 3), layers.Flatten()])
    x = keras.Input(shape)
    inner = keras.Model(x, [row(x), layers.GlobalAveragePooling2D()(x)])
    y, z = keras.Input(shape), keras.Input(shape)
    return keras.Model([y, z], layers.Concatenate()([*inner(y), *inner(z)]))


@case("outputs of a model inside")
def nested_outputs(keras: Any) -> Any:
    layers, x, y = keras.layers, keras.Input((8,)), keras.Input((8,))
    inner = keras.Model(x, layers.Dense(3)(x))
    return keras.Model(y, [inner(y), inner(layers.Dense(8)(y))])


@case("layers called again")
def tied(keras: Any) -> Any:
    layers, x = keras.layers, keras.Input((8, 8, 8))
    conv, dense = layers.Conv2D(8, 3, padding="same"), layers.Dense(6)
    shapes = [keras.Input(shape) for shape in ((5, 5, 6), (6,), (4, 6))]
    made = [conv(conv(conv(x))), *(dense(one) for one in shapes)]
    return keras.Model([x, *shapes], made)


@case("open sizes")
def open_sizes(keras: Any) -> Any:
    layers, x, y = keras.layers, keras.Input((None, None, 3)), keras.Input((None,))
    z = layers.Conv2D(4, 3, strides=2, padding="same")(x)
    z = layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.MaxPooling2D(2)(z)))
    ids = layers.Bidirectional(layers.LSTM(3))(layers.Embedding(9, 4)(y))
    return keras.Model([x, y], [z, layers.Dense(1)(ids)])

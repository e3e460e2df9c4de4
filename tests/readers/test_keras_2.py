"""Keras 2's models, read as networks."""

from __future__ import annotations

import pytest
from keras_texts import network_of, old, old_model

pytestmark = pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
IMAGE = (12, 11, 6)


def test_keras_2_names_calls_in_lists() -> None:
    layers = [
        old("InputLayer", "x", batch_input_shape=[None, *IMAGE]),
        old("Conv2D", "c", [["x", 0, 0, {}]], filters=6, kernel_size=[1, 1]),
        old(
            "TFOpLambda",
            "plus",
            ["c", 0, 0, {"y": ["x", 0, 0], "name": None}],
            function="math.add",
        ),
        old("Add", "sum", [["plus", 0, 0, {}], ["x", 0, 0, {}]]),
        old("Activation", "a", [["sum", 0, 0, {}]], activation="hard_sigmoid"),
    ]
    net = network_of(old_model(layers, [["a", 0, 0]], [["x", 0, 0]]))
    found = [node.layer.key for node in net.graph.nodes]
    assert found == ["input", "conv", "add", "add", "times", "plus", "clamp"]
    assert net.analyze().total.params == 42


def test_keras_2_counts_calls_of_models_from_one() -> None:
    inner = {
        "class_name": "Sequential",
        "name": "inner",
        "config": {
            "name": "inner",
            "layers": [
                old("InputLayer", "i", batch_input_shape=[None, 4]),
                old("Dense", "d", units=4),
            ],
        },
        "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]],
    }
    layers = [old("InputLayer", "x", batch_input_shape=[None, 4]), inner]
    total = (
        network_of(old_model(layers, [["inner", 2, 0]], [["x", 0, 0]])).analyze().total
    )
    assert (total.params, total.macs) == (20, 32)


def test_a_row_of_keras_2_0_is_a_bare_list() -> None:
    made = {
        "class_name": "Sequential",
        "config": [
            old("Dense", "a", units=5, batch_input_shape=[None, 8]),
            old("Dense", "b", units=2),
        ],
        "keras_version": "2.0.8",
    }
    assert network_of(made).analyze().total.params == 57


def test_keras_2_has_constants_and_lists_of_tensors() -> None:
    """A first argument that is a number, and tensors among the arguments by name."""
    shape = [None, 4]
    layers = [
        old("InputLayer", "x", batch_input_shape=shape),
        old("InputLayer", "y", batch_input_shape=shape),
        old(
            "TFOpLambda",
            "minus",
            ["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0]}],
            function="math.subtract",
        ),
        old(
            "TFOpLambda",
            "joined",
            [["minus", 0, 0, {"axis": -1}], ["y", 0, 0, {"axis": -1}]],
            function="concat",
        ),
    ]
    inputs = [["x", 0, 0], ["y", 0, 0]]
    net = network_of(old_model(layers, [["joined", 0, 0]], inputs))
    found = [node.layer.key for node in net.graph.nodes]
    assert found == ["input", "input", "minus_from", "concat"]

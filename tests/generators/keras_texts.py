"""Keras models as JSON and archives, written by hand as Keras 3 and Keras 2 write them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from archcalc import Network
from archcalc.network.network import network
from archcalc.readers import source_of

Object = dict[str, Any]
Sizes = Sequence[int | None]


def tensor(
    layer: str, shape: Sizes | None = None, node: int = 0, number: int = 0
) -> Any:
    """Return a tensor among the arguments of a call."""
    config: Object = {"dtype": "float32", "keras_history": [layer, node, number]}
    if shape is not None:
        config["shape"] = [None, *shape]
    return {"class_name": "__keras_tensor__", "config": config}


def call(*given: Any, **named: Any) -> Object:
    """Return a call of a layer; a text is the tensor of that layer."""
    args = [
        [tensor(x) for x in one]
        if isinstance(one, tuple)
        else tensor(one)
        if isinstance(one, str)
        else one
        for one in given
    ]
    kwargs = {k: tensor(v) if isinstance(v, str) else v for k, v in named.items()}
    return {"args": args, "kwargs": kwargs}


def layer(
    kind: str, name: str, *calls: Any, module: str = "keras.layers", **config: Any
) -> Object:
    """Return a layer; a text or a tuple of texts is a call with these tensors."""
    made = [one if isinstance(one, dict) else call(one) for one in calls]
    return {
        "module": module,
        "class_name": kind,
        "config": {"name": name, **config},
        "registered_name": None,
        "name": name,
        "inbound_nodes": made,
    }


def entry(name: str, *shape: int | None, dtype: str = "float32") -> Object:
    """Return an input."""
    return layer("InputLayer", name, batch_shape=[None, *shape], dtype=dtype)


def functional(
    layers: Sequence[Object],
    outputs: Any = None,
    inputs: Any = None,
    name: str = "model",
) -> Object:
    """Return a model; without outputs its last layer is one, its first the input."""
    first, last = layers[0]["name"], layers[-1]["name"]
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": name,
            "layers": [*layers],
            "input_layers": inputs or [first, 0, 0],
            "output_layers": outputs or [last, 0, 0],
        },
        "registered_name": "Functional",
        "name": name,
    }


def sequential(*layers: Object, **more: Any) -> Object:
    """Return a model whose layers follow each other."""
    config = {"name": "sequential", "layers": [*layers], **more}
    return {"module": "keras", "class_name": "Sequential", "config": config}


def row(shape: Sizes, *layers: Object) -> Object:
    """Return a model of layers behind each other, with an input of these sizes."""
    return sequential(entry("input", *shape), *layers)


def old(kind: str, name: str, *calls: Any, **config: Any) -> Object:
    """Return a layer as Keras 2 wrote it."""
    return {
        "class_name": kind,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": [*calls],
    }


def old_model(layers: Sequence[Object], outputs: Any, inputs: Any) -> Object:
    """Return a model as Keras 2 wrote it."""
    config = {
        "name": "model_1",
        "layers": [*layers],
        "input_layers": inputs,
        "output_layers": outputs,
    }
    return {
        "class_name": "Functional",
        "config": config,
        "keras_version": "2.15.0",
        "backend": "tensorflow",
    }


def text(model: Any) -> bytes:
    """Return a model as JSON."""
    return json.dumps(model).encode()


def network_of(model: Any, name: str = "model.json") -> Network:
    """Return the network that a model is read as."""
    return network(source_of(text(model), name, name))


def archive(
    model: Any = None, version: str = "3.15.1", packed: bool = False, **more: bytes
) -> bytes:
    """Return a `.keras` archive; `more` are further entries by their names."""
    file = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", kind) as made:
        made.writestr("metadata.json", json.dumps({"keras_version": version}))
        if model is not None:
            made.writestr("config.json", json.dumps(model))
        for name, data in more.items():
            made.writestr(name, data)
    return file.getvalue()

"""Keras files with something changed: in the values of the JSON, its text, or an archive.

Whatever comes out must be read, or be refused with one message.
"""

from __future__ import annotations

import copy
import json
import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

from keras_texts import archive, call, entry, functional, layer, row, tensor

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3, 2**31, 2**63, 10**40, -(10**40), 0.5, 1e300),
    *(float("inf"), float("nan"), "", "same", "channels_first", "\ud800", "x" * 5000),
    *([], {}, [None], [[]], [1, 2, 3], [None, None, None, 3], [2**40, 2**40], [0, 0]),
    *({"class_name": "Dense"}, {"config": {}}, {"class_name": "slice", "config": 3}),
)
"""Values that a field may suddenly have."""


def seeds() -> list[Any]:
    """Return whole models, which changes begin from."""
    ops = "keras.src.ops.numpy"
    image = [
        entry("x", 8, 9, 3),
        layer("Conv2D", "c", "x", filters=4, kernel_size=[3, 3], padding="same"),
        layer("BatchNormalization", "n", "c", axis=-1, scale=False),
        layer("ReLU", "r", "n", max_value=6.0),
        layer("DepthwiseConv2D", "w", "r", kernel_size=3, strides=2),
        layer("AveragePooling2D", "p", "w", pool_size=2, padding="same", strides=1),
        layer("GetItem", "part", call("p", KEY), module=ops),
        layer("ZeroPadding2D", "z", "p", padding=[[0, 1], [2, 0]]),
        layer("Conv2DTranspose", "t", "z", filters=2, kernel_size=3, strides=2),
        layer("GlobalAveragePooling2D", "g", "t", keepdims=False),
        layer("Reshape", "s", "g", target_shape=[1, -1]),
        layer("Multiply", "m", call("s", 2), module=ops),
        layer("Dense", "d", "m", call(tensor("d", [1, 2])), units=2, activation="gelu"),
    ]
    tokens = [
        entry("q", 7, 8),
        layer("LayerNormalization", "n", "q", axis=[-1]),
        layer("MultiHeadAttention", "a", call("n", "n"), num_heads=2, key_dim=4),
        layer("Add", "s", ("a", "q")),
        layer("Permute", "p", "s", dims=[2, 1]),
        layer("Concatenate", "j", ("p", "p"), axis=1),
        layer("LSTM", "l", "j", units=3, return_sequences=True, return_state=True),
        layer("Dot", "o", ("l", "l"), axes=[2, 2]),
    ]
    inner = {"class_name": "Conv1D", "config": {"filters": 3, "kernel_size": 3}}
    return [
        functional(image),
        functional(tokens),
        row(
            (5, 20, 3),
            layer("TimeDistributed", "t", layer=inner),
            layer("GroupNormalization", "g", groups=3),
            layer("Lambda", "u", output_shape=[4, 4], function={"config": "00"}),
            layer("PReLU", "p", shared_axes=[1]),
        ),
    ]


KEY = [
    {"class_name": "slice", "config": {"start": None, "stop": None, "step": None}},
    {"class_name": "slice", "config": {"start": 1, "stop": 3, "step": None}},
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every list and object with each of its keys."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(inner):
        yield value, key
        if isinstance(one, dict | list):
            yield from places(one)


def bent(draw: random.Random, model: Any) -> Any:
    """Return a model with a few values changed, dropped, doubled or put elsewhere."""
    made = copy.deepcopy(model)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        found = list(places(made))
        holder, key = draw.choice(found)
        draw.choice(CHANGES)(draw, holder, key, found)
    return made


def odd(draw: random.Random, holder: Any, key: Any, found: Any) -> None:
    holder[key] = copy.deepcopy(draw.choice(ODD))


def dropped(draw: random.Random, holder: Any, key: Any, found: Any) -> None:
    del holder[key]


def other(draw: random.Random, holder: Any, key: Any, found: Any) -> None:
    """Put a value of elsewhere here."""
    there, name = draw.choice(found)
    if isinstance(there, list) and name >= len(there):
        return
    holder[key] = copy.deepcopy(there[name])


def doubled(draw: random.Random, holder: Any, key: Any, found: Any) -> None:
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[f"{key}_"] = copy.deepcopy(holder[key])


def near(draw: random.Random, holder: Any, key: Any, found: Any) -> None:
    """Change a number by a little."""
    if type(holder[key]) is int:
        holder[key] += draw.choice((-2, -1, 1, 2, 10))
    else:
        odd(draw, holder, key, found)


CHANGES: tuple[Callable[..., None], ...] = (
    odd,
    odd,
    near,
    near,
    dropped,
    other,
    doubled,
)


def mutated(draw: random.Random, data: bytes) -> bytes:
    """Return bytes of which some are changed, cut, doubled, or lie about sizes."""
    made = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 5))):
        at = draw.randrange(len(made) + 1)
        kind = draw.randrange(6)
        if kind == 0:
            del made[at:]
        elif kind == 1:
            made[at : at + 1] = bytes([draw.randrange(256)])
        elif kind == 2:
            made[at:at] = made[at : at + draw.randrange(64)]
        elif kind == 3:
            del made[at : at + draw.randrange(32)]
        elif kind == 4:
            made[at : at + 4] = struct.pack("<I", draw.choice((0, 1, 2**31, 2**32 - 1)))
        else:
            made[at:at] = draw.choice(
                (b"[", b"{", b'"', b"9" * 40, b"\0", b"\xff", b",")
            )
    return bytes(made)


def file_of(draw: random.Random) -> tuple[str, bytes]:
    """Return a file with something wrong, most probably, and its name."""
    made = draw.choice(seeds())
    made = bent(draw, made) if draw.random() < 0.8 else made
    data = json.dumps(made).encode("utf-8", "surrogatepass")
    name = "model.json"
    if draw.random() < 0.3:
        name, data = "model.keras", archive(made, packed=draw.random() < 0.5)
    return name, mutated(draw, data) if draw.random() < 0.3 else data

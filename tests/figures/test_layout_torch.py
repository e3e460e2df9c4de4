"""Strides against torch: what is a view, what lies in a row, what has to be copied."""

from __future__ import annotations

from random import Random

import pytest
import torch
from torch import Tensor
from torch_memory import inference, inputs_of, prepared, saved_by_node, walk

import archcalc
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer
from archcalc.layers.records.strides import Ints, Laid, met, rows
from archcalc.layers.reshape import Rearrange


def scattered(random: Random) -> Tensor:
    """Return a tensor that may be a part of another, its axes in another order."""
    sizes = [random.choice((1, 1, 2, 3, 4)) for _ in range(random.randint(1, 5))]
    x = torch.empty([n + random.choice((0, 0, 1)) for n in sizes])
    for axis, n in enumerate(sizes):
        x = x.narrow(axis, 0, n)
    if random.random() < 0.4:
        x = x.permute(random.sample(range(x.dim()), x.dim()))
    return x[..., ::2] if random.random() < 0.2 else x


def grouped(random: Random, values: int) -> Ints:
    """Return sizes of as many values."""
    found = []
    while values > 1 and len(found) < 4:
        divisors = [d for d in range(1, values + 1) if values % d == 0]
        found.append(random.choice(divisors))
        values //= found[-1]
    found += [values] if values > 1 or not found else []
    random.shuffle(found)
    return tuple(found)


def real(sizes: Ints, strides: Ints) -> list[tuple[int, int]]:
    """Return sizes and strides; that of an axis of size 1 means nothing."""
    return [(n, s) for n, s in zip(sizes, strides, strict=True) if n > 1]


def laid(x: Tensor) -> Laid:
    return Laid(tuple(x.shape), x.stride())


@pytest.mark.parametrize("seed", range(20))
def test_a_reshape_is_a_view_where_it_is_one_in_torch(seed: int) -> None:
    random = Random(seed)
    views = 0
    for _ in range(100):
        x = scattered(random)
        wanted = grouped(random, x.numel())
        found = laid(x).regrouped(wanted)
        try:
            view = x.view(wanted)
        except RuntimeError:
            assert found is None, (x.shape, x.stride(), wanted)
            continue
        assert found is not None, (x.shape, x.stride(), wanted)
        assert real(*found[:2]) == real(wanted, view.stride())
        views += 1
    assert 10 < views < 100


def beside(random: Random, sizes: list[int]) -> Tensor:
    """Return a tensor that stretches to sizes, its axes in any order in memory."""
    own = [n if random.random() < 0.8 else 1 for n in sizes]
    if random.random() < 0.2:
        own = own[:1] + own[random.randint(1, len(own)) :]
    order = random.sample(range(len(own)), len(own))
    x = torch.zeros([own[axis] for axis in order])
    return x.permute([order.index(axis) for axis in range(len(own))])


@pytest.mark.parametrize("seed", range(5))
def test_what_two_tensors_make_lies_as_in_torch(seed: int) -> None:
    """Axes that one lacks stand behind the batch, as the record of a sum has them."""
    random, turned = Random(seed), 0
    for _ in range(200):
        sizes = [random.choice((1, 2, 3, 4)) for _ in range(random.randint(1, 5))]
        pair = [beside(random, sizes) for _ in range(2)]
        rank = max(x.dim() for x in pair)
        made = sum(x[(slice(None), *[None] * (rank - x.dim()))] for x in pair)
        assert isinstance(made, Tensor)
        shape = tuple(made.shape)
        found = met(shape, *map(laid, pair))
        assert real(*found[:2]) == real(shape, made.stride()), pair
        turned += not made.is_contiguous()
    assert 20 < turned < 180


@pytest.mark.parametrize("seed", range(5))
def test_what_lies_in_a_row_is_contiguous(seed: int) -> None:
    random = Random(seed)
    for _ in range(100):
        x = scattered(random)
        sizes = tuple(x.shape)
        assert laid(x).in_a_row() == x.is_contiguous()
        apart = torch.ops.aten.relu(x)
        assert real(*laid(x).compact()[:2]) == real(sizes, apart.stride())
        assert rows(sizes) == torch.empty(sizes).stride()


def test_an_order_of_axes() -> None:
    x = torch.empty(2, 5, 6, 8).permute(0, 3, 1, 2)
    assert Laid.anew((2, 8, 5, 6), (0, 2, 3, 1)) == laid(x)


REARRANGED: list[tuple[Layer, tuple[int, ...]]] = [
    (layer, shape)
    for layer, shapes in [
        (CATALOGUE["identity"](), [(8, 5, 6)]),
        (CATALOGUE["slice"](bounds=(1, 3), axis=1), [(8, 5, 6), (4, 3)]),
        (CATALOGUE["split"](pieces=2, part=1), [(8, 5, 6), (4, 3)]),
        (CATALOGUE["crop"](size=2), [(8, 5, 6), (4, 3)]),
        (CATALOGUE["token"](index=1), [(4, 3)]),
        (CATALOGUE["subsample"](stride=(2, 3)), [(8, 5, 6)]),
        (CATALOGUE["flatten"](), [(8, 5, 6), (1, 4, 1), (7,)]),
        (CATALOGUE["reshape"](sizes=(3, -1)), [(6, 5, 2), (3, 4)]),
        (CATALOGUE["permute"](axes=(1, 2, 0)), [(8, 5, 6), (1, 5, 6), (4, 1, 1)]),
        (CATALOGUE["permute"](axes=(0, 2, 1)), [(8, 1, 6), (8, 5, 6)]),
        (CATALOGUE["transpose"](), [(8, 5, 6), (3, 1, 6), (3, 4, 1)]),
        (CATALOGUE["tokens"](), [(8, 5, 6), (1, 5, 6), (8, 1, 1), (8, 4)]),
        (CATALOGUE["image"](sizes=(2, 3)), [(6, 8), (6, 1)]),
    ]
    for shape in shapes
]


def test_every_layer_that_rearranges_is_tried() -> None:
    rules = {key: kind.viewed for key, kind in CATALOGUE.items()}
    views = {key for key, rule in rules.items() if rule is not Layer.viewed}
    others = {"add", "subtract", "multiply", "average", "dropout", "droppath"}
    others |= {"parameter"}  # reads nothing
    assert {layer.key for layer, _ in REARRANGED} == views - others
    assert all(issubclass(CATALOGUE[key], Rearrange) for key in views - others)


@pytest.mark.parametrize("gaps", ["none", "before", "after"])
@pytest.mark.parametrize(("layer", "shape"), REARRANGED, ids=str)
def test_a_layer_that_rearranges(
    layer: Layer, shape: tuple[int, ...], gaps: str
) -> None:
    """A view in torch is one here, with the same strides."""
    from layer_torch import Built

    x = torch.zeros(2, *shape)
    if gaps == "before":
        x = torch.zeros(2, shape[0] + 1, *shape[1:])[:, 1:]
    elif gaps == "after":
        x = torch.zeros(2, *shape[:-1], shape[-1] + 1)[..., :-1]
    y = Built(layer.torch(*[shape]))(x)
    sizes = tuple(y.shape)
    found = layer.viewed(sizes, laid(x))
    shares = y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    assert shares == (found is not None)
    if found is not None:
        assert real(*found[:2]) == real(sizes, y.stride())


def turned(random: Random, sizes: list[int]) -> Tensor:
    """Return a part of a tensor whose axes lie in any order, often channels last."""
    axes = range(len(sizes))
    order = (
        [0, *axes[2:], 1] if random.random() < 0.3 else random.sample(axes, len(axes))
    )
    x = torch.ones([sizes[axis] + random.choice((0, 0, 1)) for axis in order])
    x = x.permute([order.index(axis) for axis in axes])
    return x[tuple(slice(n) for n in sizes)]


def written_as_torch(layer: Layer, x: Tensor) -> Tensor:
    """Hold how a layer writes its output to torch, whose output is returned."""
    from layer_torch import Built

    with torch.no_grad():
        y: Tensor = Built(layer.torch(tuple(x.shape[1:]))).eval()(x)
    made = tuple(y.shape)
    found = layer.written(made, laid(x)) or Laid.anew(made)
    assert real(*found[:2]) == real(made, y.stride()), (layer, x.shape, x.stride())
    return y


ORDERED = ["layer_scale", "position", "channel_bias", "frozen_bn", "grn", "zero"]
ORDERED += ["glu", "swiglu", "geglu", "reglu"]
"""Arithmetic that keeps the order of its input's axes."""


@pytest.mark.parametrize("key", ORDERED)
def test_arithmetic_keeps_the_order_of_axes(key: str) -> None:
    """Of parts with gaps, moved axes, single pixels and one sample too."""
    random, others = Random(key), 0
    least = 3 if key in ("frozen_bn", "grn") else 2
    for _ in range(150):
        rank = random.randint(least, 5)
        sizes = [random.choice((1, 2, 3, 4)) for _ in range(rank)]
        given: dict[str, object] = {}
        if key.endswith("glu"):
            axis = random.randint(1, rank - 1)
            sizes[axis] = random.choice((2, 4))
            given = {"axis": axis - 1}
        elif key == "zero" and rank > 2:
            given = {"stride": random.choice((1, 2))}
        x = turned(random, sizes)
        others += not written_as_torch(CATALOGUE[key](**given), x).is_contiguous()
    assert 30 < others < 145


NORMED: list[tuple[str, dict[str, object]]] = [
    ("bn", {}),
    ("bn", {"fixed": True}),
    ("gn", {"groups": 2}),
    *[
        (key, {"over": over, "affine": affine})
        for key in ("ln", "rms")
        for over in ("last", "channels", "all")
        for affine in (True, False)
    ],
]


@pytest.mark.parametrize(("key", "given"), NORMED, ids=str)
def test_norms_keep_channels_last(key: str, given: dict[str, object]) -> None:
    """Or write rows: of images and volumes in any order, with gaps and without."""
    random = Random(0)
    for _ in range(120):
        rank = random.choice((3, 4, 4, 5))
        sizes = [random.choice((2, 4)), random.choice((2, 4))]
        sizes += [random.choice((2, 3, 4)) for _ in range(rank - 2)]
        x = turned(random, sizes)
        written_as_torch(CATALOGUE[key](**given), x)


BEFORE = ("{ln: channels}", "{crop: 3}", "{slice: [0, 4]}", "{split: 2, axis: 1}")
BEHIND = ("flatten", "{linear: 3}", "{gn: 2}", "tokens", "{droppath: 0.5}")


@pytest.mark.parametrize("key", [*ORDERED, "bn", "{rms: last, affine: false}"])
def test_what_reads_another_order_keeps_and_needs_as_much(key: str) -> None:
    """Bytes that are kept, and that live, for each layer in all of these places."""
    branches = (f"      {i}: [{step}, {{fc: 2}}]" for i, step in enumerate(BEHIND))
    joined = "\n".join(["  - add:", *branches])
    for before in BEFORE:
        steps = f"  - bn\n  - {before}\n  - {key}\n{joined}\n"
        text = f"archcalc: 1\nname: n\ninput: [8, 4, 6]\nlayers:\n{steps}"
        analysis = archcalc.loads(text).analyze(batch=2)
        memory, graph = analysis.memory, analysis.graph
        module = prepared(graph, inplace=memory.training_storages.overwriting)
        assert list(memory.saved_per_node) == saved_by_node(module, 2), steps
        module = prepared(graph, inplace=memory.storages.overwriting)
        lived = [(step.peak, step.after) for step in inference(module, 2)]
        moments = memory.inference.moments
        assert [(m.live, m.after) for m in moments] == lived, steps


def gathered(layer: Layer, sizes: Ints, strides: Ints) -> bool:
    return layer.gathers(Laid(sizes, strides))


def test_what_is_copied_to_lie_in_a_row() -> None:
    """A copy is kept of a part with gaps, by some layers; never of what has none."""
    sizes, strides = (2, 3, 4), (24, 4, 1)
    keys = {"linear": {"out": 2}, "fc": {"out": 2}, "gn": {"groups": 1}, "in": {}}
    for key, arguments in keys.items():
        layer = CATALOGUE[key](**arguments)
        assert not gathered(layer, sizes, rows(sizes))
        assert gathered(layer, sizes, strides) == (key != "fc")
        assert gathered(layer, sizes, (30, 9, 2))
    assert not gathered(CATALOGUE["linear"](out=2), (2, 4), (8, 1))
    assert gathered(CATALOGUE["matmul"](), (2, 3, 4, 5), (120, 20, 5, 1))
    assert not gathered(CATALOGUE["matmul"](), (2, 3, 4, 5), (90, 30, 6, 1))
    assert not gathered(CATALOGUE["matmul"](), (2, 3, 2, 4, 5), (180, 60, 30, 6, 1))
    assert not gathered(CATALOGUE["matmul"](), (2, 4, 5), (40, 5, 1))
    assert not gathered(CATALOGUE["relu"](), sizes, strides)
    assert gathered(CATALOGUE["tokens"](), (2, 4, 3, 3), (120, 30, 6, 1))
    assert not gathered(CATALOGUE["tokens"](), (2, 4, 3, 6), (120, 30, 6, 1))


def test_a_group_norm_reads_channels_that_lie_last() -> None:
    norm, image, row = CATALOGUE["gn"](groups=2), (2, 4, 5, 6), (2, 4, 6)
    assert not gathered(norm, image, (120, 1, 24, 4))
    assert gathered(norm, row, (24, 1, 4))
    assert gathered(CATALOGUE["in"](), image, (120, 1, 24, 4))
    assert gathered(CATALOGUE["linear"](out=2), image, (120, 1, 24, 4))


NORM = "  - {ln: channels}\n"
CHAINS: list[tuple[str, str]] = [
    ("[4, 5, 6]", NORM + "  - relu\n  - {gn: 2}\n  - relu\n"),
    ("[4, 5, 6]", NORM + "  - softmax\n"),
    ("[4, 5, 6]", NORM + "  - {dropout: 0.5}\n  - {droppath: 0.5}\n"),
    ("[4, 5, 6]", NORM + "  - {slice: [1, 3]}\n  - relu\n  - sigmoid\n"),
    ("[4, 5, 6]", NORM + "  - tokens\n  - {linear: 3}\n  - relu\n"),
    ("[4, 5, 6]", NORM + "  - {permute: [1, 2, 0]}\n  - {linear: 3}\n"),
    ("[4, 5, 6]", NORM + "  - flatten\n"),
    ("[4, 5, 6]", NORM + "  - add:\n      one: [identity]\n  - flatten\n"),
    ("[4, 5, 6]", NORM + "  - add:\n      a: identity\n      b: [relu]\n  - flatten\n"),
    ("[4, 6]", "  - transpose\n  - multiply:\n      a: [gap]\n      b: identity\n"),
    ("[4, 6]", "  - {rms: channels}\n  - relu\n"),
    ("[6]", "  - ln\n  - relu\n"),
    ("[4, 6]", "  - {ln: last}\n  - relu\n"),
    ("[4, 5, 6]", "  - {slice: [1, 4]}\n  - {droppath: 0.5}\n  - relu\n"),
    ("[4, 6]", "  - {ln: channels}\n  - {gn: 2}\n  - relu\n"),
    ("[4, 5, 6]", "  - {crop: 3}\n  - tokens\n  - {linear: 3}\n"),
    ("[4, 5, 6]", NORM + "  - {linear: 3}\n  - relu\n"),
    ("[4, 5, 6]", "  - {slice: [1, 3], axis: 2}\n  - {droppath: 0.5}\n"),
    ("[4, 5, 6]", "  - {crop: 3}\n  - {droppath: 0.5}\n  - {gn: 2}\n"),
    ("[4, 5, 6]", "  - {crop: [3, 6]}\n  - tokens\n  - {linear: 3}\n"),
    ("[4, 5, 6]", "  - {subsample: [2, 3]}\n  - {subsample: 2}\n  - {fc: 3}\n"),
    ("[4, 6]", "  - {token: 1}\n  - {linear: 3}\n"),
    ("[4, 2, 6]", "  - {slice: [1, 3]}\n  - {token: 1}\n  - {linear: 3}\n"),
    ("[4, 6]", "  - {split: 2, part: 1, axis: 1}\n  - transpose\n  - relu\n"),
    (
        "[4, 1, 6]",
        "  - {transpose: [0, 1]}\n  - {slice: [1, 3], axis: 1}\n  - flatten\n",
    ),
    ("[4, 1, 1]", "  - {permute: [1, 0, 2]}\n  - tokens\n"),
    ("[6, 4]", "  - {slice: [0, 2], axis: 1}\n  - {image: [2, 3]}\n  - {bn: }\n"),
    # heads of one value each are put side by side without a copy, out of order
    ("[4, 12]", "  - {attention: 4}\n  - relu\n  - {linear: 3}\n"),
    ("[1, 12]", "  - {attention: 2}\n  - relu\n"),
    ("[4, 12]", "  - {attention: 2}\n  - relu\n"),
    ("[4, 12]", "  - {attention: 1}\n  - relu\n"),
    ("[1, 6]", "  - {window_attention: 2, size: 2}\n  - relu\n"),
    ("[4, 6]", "  - {window_attention: 2, size: 2}\n  - relu\n"),
    ("[16, 6]", "  - {window_attention: 2, size: 2}\n  - relu\n"),
    ("[4, 6]", "  - {window_attention: 2, size: 1}\n  - relu\n"),
    ("[6, 6]", "  - {window_attention: 2, size: 2, grid: [3, 2]}\n  - relu\n"),
    ("[6, 6]", "  - {window_attention: 2, size: 2, grid: [3, 2], shift: 1}\n"),
    ("[6, 6]", "  - {window_attention: 2, size: 3, grid: [3, 2], shift: 1}\n"),
    ("[6, 6]", "  - {window_attention: 2, size: 3, grid: [2, 3]}\n  - relu\n"),
    ("[6, 12]", "  - {window_attention: 2, size: 2, grid: [3, 2]}\n  - relu\n"),
    ("[6, 12]", "  - {window_attention: 2, size: 2, grid: [2, 3]}\n  - relu\n"),
    ("[6, 12]", "  - {window_attention: 1, size: 2, grid: [3, 2]}\n  - relu\n"),
    ("[3, 4, 4]", "  - {unfold: 2, stride: 3}\n  - relu\n"),
    ("[3, 4, 4]", "  - {unfold: 3}\n"),
]


@pytest.mark.parametrize(("shape", "layers"), CHAINS)
def test_how_the_outputs_of_a_network_lie(shape: str, layers: str) -> None:
    """Strides, who shares memory with whom, and how large each block is."""
    text = f"archcalc: 1\nname: chain\ninput: {shape}\nlayers:\n{layers}"
    analysis = archcalc.loads(text).analyze(batch=2, inplace=False)
    storages, graph = analysis.memory.storages, analysis.graph
    module = prepared(graph).eval()
    values: dict[int, Tensor] = {}
    inputs = inputs_of(graph, 2, torch.float32)
    with torch.no_grad():
        every = range(len(graph.nodes))
        nodes = list(walk(module, inputs, False, values, every))
    for node in nodes:
        y, own = values[node.index], values[storages.owner[node.index]]
        sizes, strides, _ = storages.layouts.of(node.index)
        assert sizes == y.shape
        assert real(sizes, strides) == real(sizes, y.stride()), node.name
        assert y.untyped_storage()._cdata == own.untyped_storage()._cdata, node.name
        if storages.owner[node.index] == node.index:
            assert storages.size[node.index] == y.untyped_storage().nbytes()
        for other in range(node.index):
            shares = storages.owner[other] == storages.owner[node.index]
            theirs = values[other].untyped_storage()._cdata
            assert shares == (theirs == y.untyped_storage()._cdata)

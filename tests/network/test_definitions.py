"""Networks with the weights of another hand's definition give its output.

At small sizes: every weight has its own step, and none is left over. At full size
test_zoo.py compares counts. `tests/peers.txt` has the libraries of language and diffusion models.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from definition import Definition
from definitions import DEFINITIONS
from independent import BESIDE, MAKERS, sound, token_ids
from torch import Tensor, nn

import archcalc
from archcalc.graph.graph import Graph
from archcalc.network.torch_network import build

COUNTER = "num_batches_tracked"
PLACES = ("relative_position_index", "attention_bias_idxs")
WIDE = (
    *("ssd300", "retinanet:torchvision"),
    *("faster-rcnn:torchvision", "mask-rcnn:torchvision"),
    *("deeplabv3-plus:resnet50", "r2plus1d-18", "yolov8:m"),
    *("hrnet-seg", "pspnet", "unet-3d"),
)
"""Networks with a backbone that comes in one width, or with many layers: long tests."""


def marked(row: Definition) -> Any:
    mark = pytest.mark.peers if row.library in BESIDE else pytest.mark.long
    slow = row.library in BESIDE or row.spec in WIDE
    return pytest.param(row, marks=[mark] * slow)


@pytest.mark.parametrize(
    "row", [*map(marked, DEFINITIONS)], ids=lambda row: str(row.spec)
)
def test_the_same_weights_give_the_same_output(row: Definition) -> None:
    torch.manual_seed(0)
    theirs = made(row)
    network = archcalc.load(row.spec, set=row.sizes)
    ours: Any = build(network.graph, "cpu").eval()
    fill(network.graph, ours, theirs, row)
    with torch.no_grad():
        for found, known in outputs(network, ours, theirs):
            varied = float(known.std())
            assert torch.allclose(found, known, rtol=1e-4, atol=1e-4 * varied)
            assert varied > 0.01 * known.abs().mean(), "nearly all values are the same"


def made(row: Definition) -> Any:
    """Return the definition with weights that keep values at about their size."""
    theirs = MAKERS[row.library](row.model, **row.options).to_empty(device="cpu")
    for module in theirs.modules():
        if isinstance(module, nn.LayerNorm | nn.GroupNorm | nn.BatchNorm2d):
            module.eps = 1e-5  # timm, torchvision and diffusers have another
    for name, value in theirs.named_parameters():
        spread(name, value.data)
    for name, value in theirs.named_buffers():
        if name.endswith(COUNTER):
            value.zero_()
        elif name.endswith(PLACES):
            value.copy_(theirs_places(value, mirrored="idxs" in name))
        elif re.search(r"\.bn|downsample|running_", name):
            spread(name, value)
        else:
            value.copy_(known_buffer(name, value, theirs))
    if hasattr(theirs, "tie_weights"):
        theirs.tie_weights()
    return theirs.eval()


def spread(name: str, value: Tensor) -> None:
    """Fill a matrix by how much enters it; a vector about 1, or 0 where it is added."""
    if value.dim() > 1:
        value.normal_(std=value[0].numel() ** -0.5)
    else:
        scales = name.endswith(("weight", "var"))
        value.normal_(float(scales), 0.1)


def theirs_places(value: Tensor, mirrored: bool) -> Tensor:
    """Return the place in a table of each pair of tokens in a window."""
    side = round(value.numel() ** 0.25)
    rows = torch.arange(side).repeat_interleave(side)
    columns = torch.arange(side).repeat(side)
    down, right = rows[:, None] - rows, columns[:, None] - columns
    if mirrored:
        return down.abs() * side + right.abs()
    return ((down + side - 1) * (2 * side - 1) + right + side - 1).view_as(value)


def known_buffer(name: str, value: Tensor, theirs: Any) -> Tensor:
    """Return what a buffer holds: positions, zeros, angles, or which tokens are seen."""
    if not value.dim():
        return torch.tensor(float("-inf"))
    if name.endswith("triu_indices"):  # of DLRM's pairs, here in the authors' order
        count = round((2 * value.shape[1]) ** 0.5 + 0.5)
        return torch.tril_indices(count, count, -1)
    if name.startswith("rope."):
        theirs.rope.init_non_persistent_buffers()
        return value
    places = torch.arange(value.shape[-1])
    if name.endswith("inv_freq"):
        return theirs.config.rope_theta ** (-places / len(places))
    known = {
        "position_ids": places,
        "token_type_ids": torch.zeros_like(places),
        "bias": places[:, None] >= places,
    }
    return known[name.rpartition(".")[2]].expand_as(value)


def fill(graph: Graph, ours: Any, theirs: nn.Module, row: Definition) -> None:
    """Copy weights and statistics into the steps that stand for them, one by one."""
    tensors = [*theirs.state_dict().items()]
    known = {value.data_ptr(): name for name, value in reversed(tensors)}
    state = {name: v for name, v in tensors if name == known[v.data_ptr()]}
    state = {n: v for n, v in state.items() if not n.endswith((COUNTER, *PLACES))}
    named = stacked(dict(sorted(state.items(), key=lambda pair: row.place(pair[0]))))
    parts = [ours.part(n) for n in graph.nodes if n.share is None]
    own = [
        value
        for part in parts
        if part is not None
        for name, value in part.state_dict().items()
        if name not in (COUNTER, *PLACES)
    ]
    assert len(own) == len(named)
    for value, (name, given) in zip(own, named.items(), strict=True):
        turned = given.T if re.search(row.turned, name) else given
        if row.heads and "qkv" in name:
            turned = by_kind(turned, row.heads)
        assert sizes(turned) == sizes(value), name
        value.copy_(turned.reshape(value.shape))


def by_kind(value: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Put all queries before all keys and values, which stand head by head."""
    heads = value.unflatten(0, (-1, sum(sizes))).split(sizes, 1)
    return torch.cat([part.flatten(0, 1) for part in heads])


def stacked(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Put the matrices of all experts of a layer into one tensor, in their order."""
    found: dict[str, list[Tensor]] = {}
    for name, value in state.items():
        found.setdefault(re.sub(r"experts\.\d+", "experts", name), []).append(value)
    return {n: torch.stack(v) if len(v) > 1 else v[0] for n, v in found.items()}


def sizes(tensor: Tensor) -> list[int]:
    """Return the sizes of axes that have some: a token may have a batch of 1."""
    return [size for size in tensor.shape if size > 1]


def finished(network: archcalc.Network, scores: Any) -> Any:
    """Return what a classifier gives: a library leaves softmax to the loss."""
    last = network.graph.nodes[-1].layer.key
    return scores.softmax(-1) if last == "softmax" else scores


def apart(found: Any, known: Any) -> Any:
    """Yield each output of ours with theirs."""
    pair = found, known
    return [pair] if isinstance(found, Tensor) else zip(*pair, strict=True)


def outputs(network: archcalc.Network, ours: Any, theirs: Any) -> Any:
    """Yield what both give for the same input."""
    (shape, *more) = network.input_shapes.values()
    if hasattr(theirs, "time_proj"):
        x, text = (torch.randn(2, *size) for size in (shape, more[-1]))
        step = torch.tensor([7, 500])
        yield ours(x, theirs.time_proj(step), text), theirs(x, step, text).sample
        return
    if hasattr(theirs, "post_quant_conv"):
        x = torch.randn(2, *shape)
        known = theirs.encode(x).latent_dist.parameters, theirs(x).sample
        yield from zip(ours(x), known, strict=True)
        return
    if hasattr(theirs, "inputs"):
        given = theirs.inputs(4)
        yield from apart(ours(*given), theirs(*given))
        return
    if not hasattr(theirs, "config"):
        x = torch.randn(2, *shape)
        yield from apart(ours(x), finished(network, theirs(x)))
        return
    if theirs.config.model_type in ("segformer", "sam_vision_model"):
        x = torch.randn(2, *shape)
        yield ours(x), theirs(pixel_values=x)[0]
        return
    if theirs.main_input_name == "pixel_values":
        x = torch.randn(2, *shape)
        mask = torch.ones(2, *shape[1:], dtype=torch.bool)
        (*_, places) = theirs.model.backbone(x, mask)[1]
        found = theirs(pixel_values=x)
        yield from zip(
            ours(x, places.flatten(2).transpose(1, 2)),
            (found.logits, found.pred_boxes),
            strict=True,
        )
        return
    if theirs.main_input_name in ("input_features", "input_values"):
        given = sound(theirs, 2, shape)
        first, *texts = given
        given[first].normal_()
        for name in texts:
            given[name] = torch.randint(50, given[name].shape)
        read = [given[first].reshape(2, *shape), *(given[name] for name in texts)]
        yield ours(*read), theirs(**given).logits
        return
    yield from of_texts(network, ours, theirs)


def of_texts(network: archcalc.Network, ours: Any, theirs: Any) -> Any:
    """Yield what both give for token ids, and for which part of a text they are of."""
    (shape, *more) = network.input_shapes.values()
    ids = token_ids(theirs, shape)
    for name in ids:
        ids[name] = torch.randint(50, (2, *shape))
    found = theirs(**ids)
    given = [*ids.values(), *(torch.zeros_like(ids["input_ids"]) for _ in more)]
    mine, known = ours(*given[: 1 + len(more)]), getattr(found, "logits", found[-1])
    if not isinstance(mine, Tensor):  # the vector of a sentence too
        mean = found.last_hidden_state.mean(1)
        known = nn.functional.normalize(mean, dim=-1), known
    yield from apart(mine, known)

"""The rules of layers against torch: shapes, weights, memory, refusals, values."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import pytest
import torch
from independent import library
from layer_cases import EXAMPLES, FURTHER, Case, layer, read
from layer_torch import Built, batch_of, build, inputs
from torch import Tensor
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Kernel, Saved
from archcalc.layers.fields import FieldError
from archcalc.layers.records.strides import Laid


def shapes(named: Iterator[tuple[str, Tensor]]) -> dict[str, tuple[int, ...]]:
    return {name.removeprefix("part."): tuple(value.shape) for name, value in named}


CASES = [*EXAMPLES, *FURTHER]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.text)
def test_torch_builds_the_same_layer(case: Case) -> None:
    """Output shape, weights, buffers and multiply-accumulates, all equal."""
    built = build(case, "meta")
    with FlopCounterMode(display=False) as counter:
        y = built(*inputs(case, 3, device="meta"))
    assert tuple(y.shape) == (batch_of(case, 3), *case.output)
    assert shapes(built.named_parameters()) == case.layer.weights(*case.inputs)
    assert shapes(built.named_buffers()) == case.layer.buffers(*case.inputs)
    work = case.layer.work(case.output, *case.inputs)
    assert counter.get_total_flops() == 2 * 3 * work.get("mac", 0)


class Kept:
    """What autograd keeps of one run: bytes, and the names of parameters and buffers.

    Storages count once.
    """

    def __init__(self, built: Built, xs: list[Tensor]) -> None:
        named = [*built.named_parameters(), *built.named_buffers()]
        self.own = {storage(v): name.removeprefix("part.") for name, v in named}
        self.bytes: dict[int, int] = {}
        self.names: set[str] = set()
        self.alive: list[Tensor] = []
        hooks = torch.autograd.graph.saved_tensors_hooks(
            self.keep, lambda tensor: tensor
        )
        with hooks:
            self.output = built(*xs)

    def keep(self, tensor: Tensor) -> Tensor:
        self.alive.append(tensor)
        key = storage(tensor)
        if key in self.own:
            self.names.add(self.own[key])
        else:
            self.bytes[key] = tensor.untyped_storage().nbytes()
        return tensor


def storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def took_onednn(output: Tensor) -> bool:
    """Say whether oneDNN's kernel of an LSTM made this: autograd names its backward."""
    waiting, seen = [output.grad_fn], set()
    while waiting:
        made = waiting.pop()
        if made is None or made in seen:
            continue
        if made.name().startswith("MkldnnRnnLayer"):
            return True
        seen.add(made)
        waiting += [function for function, _ in made.next_functions]
    return False


def ruled(case: Case, onednn: bool, batch: int, width: int) -> Saved:
    """Return what a layer keeps by its rule, for the kernel that ran."""
    laid = [Laid.anew((batch, *sizes)) for sizes in case.inputs]
    inside = case.layer.inside(Kernel(8 * width, onednn), *laid)
    return inside.saved if inside else case.layer.saved(case.output, *case.inputs)


def ruled_bytes(case: Case, saved: Saved, batch: int, width: int, train: bool) -> int:
    width = max(4, width) if saved.upcasts else width
    values = sum(prod(case.inputs[i]) for i in saved.inputs)
    values += prod(case.output) if saved.output else 0
    extras = saved.extras if train or not saved.train_only else ()
    extras = tuple(e for e in extras if train or not e.training)
    each = sum((e.each * batch + e.once) * (e.width or width) for e in extras)
    return batch * width * values + each


def no_bfloat16(case: Case) -> bool:
    """Say whether torch's CPU has no such kernel: averages over volumes."""
    return "nn.AvgPool3d" in str(case.layer.torch(*case.inputs)) or (
        case.layer.key == "lrn" and len(case.inputs[0]) > 2
    )


def is_exact(case: Case) -> bool:
    """Say whether the rule is torch's to the byte.

    Places for `max_unpool` are made for it alone here, where a network has its pool's.
    """
    return case.layer.key != "max_unpool"


RUNS = [
    (case, dtype)
    for case in filter(is_exact, CASES)
    for dtype in (torch.float32, torch.bfloat16)
    if dtype is torch.float32 or not no_bfloat16(case)
]


@pytest.mark.parametrize(
    ("case", "dtype"), RUNS, ids=lambda v: v.text if isinstance(v, Case) else str(v)
)
@pytest.mark.parametrize(
    ("batch", "train"),
    [
        pytest.param(3, True, id="3-train"),
        pytest.param(2, False, id="2-eval"),
        pytest.param(2, True, id="2-train", marks=pytest.mark.long),
        pytest.param(3, False, id="3-eval", marks=pytest.mark.long),
    ],
)
def test_backward_keeps_what_the_rule_says(
    case: Case, dtype: torch.dtype, batch: int, train: bool
) -> None:
    kept_as_ruled(case, dtype, batch, train)


def kept_as_ruled(case: Case, dtype: torch.dtype, batch: int, train: bool) -> bool:
    """Hold what one run keeps against the rule; say whether oneDNN ran an LSTM."""
    torch.manual_seed(0)
    built = build(case).to(dtype).train(train)
    xs = [x if x.dtype == torch.long else x.to(dtype) for x in inputs(case, batch)]
    for x in xs:
        x.requires_grad_(x.is_floating_point())
    kept = Kept(built, xs)
    onednn = took_onednn(kept.output)
    saved = ruled(case, onednn, batch, dtype.itemsize)
    ours = ruled_bytes(case, saved, batch, dtype.itemsize, train)
    assert sum(kept.bytes.values()) == ours
    buffers = {"running_mean", "running_var", "relative_position_index"}
    assert kept.names - buffers == set(saved.weights)
    read = xs[0] if xs else next(built.parameters())
    shares = storage(kept.output) == storage(read)
    assert shares == (case.layer.storage == "view" or gives_on(case, train))
    return onednn


TWO_KERNELS = [
    "{lstm: 6} @ 5x8",
    "{lstm: 5, layers: 3} @ 7x3",
    "{lstm: 6, layers: 2, bidirectional: true} @ 5x8",
    "{lstm: 1} @ 2x1",
    "{lstm: 64, layers: 2} @ 2x70",
    "{lstm: 6, biases: 1} @ 5x8",
    "{lstm: 4, layers: 2, bidirectional: true, biases: 1} @ 3x8",
    "{lstm: 6, biases: 0} @ 5x8",
    "{lstm: 4, layers: 3, bidirectional: true, biases: 0} @ 3x5",
]
PROJECTED = [
    "{lstm: 5, proj: 2, layers: 3} @ 7x3",
    "{lstm: 6, proj: 5, layers: 2, bidirectional: true} @ 5x8",
    "{lstm: 4, proj: 1, biases: 0} @ 3x8",
]
TYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("text", TWO_KERNELS)
def test_both_kernels_of_an_lstm(
    text: str, dtype: torch.dtype, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both rules hold, and torch takes each kernel where the documentation says so."""
    case = read(text)
    formats = {torch.float32} if torch.backends.mkldnn.is_available() else set()
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        formats.add(torch.bfloat16)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", True)
    assert kept_as_ruled(case, dtype, batch, train=True) == (dtype in formats)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    assert not kept_as_ruled(case, dtype, batch, train=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("text", PROJECTED)
def test_projections_have_one_kernel(text: str, dtype: torch.dtype) -> None:
    assert not kept_as_ruled(read(text), dtype, 3, train=True)


def gives_on(case: Case, train: bool) -> bool:
    """Say whether a layer passes its input on: one that drops, arithmetic of one."""
    if case.layer.key in ("add", "subtract", "multiply") and len(case.inputs) == 1:
        return True
    return case.layer.role == "drop" and (not train or "dropout: 0}" in case.text)


def test_a_rate_of_zero_drops_nothing() -> None:
    case = read("{dropout: 0} @ 10")
    kept = Kept(build(case), inputs(case, 2, requires_grad=True))
    assert kept.bytes == {}


# -- refusals --------------------------------------------------------------------------

REFUSED = [
    "{conv: 8, kernel: 3} @ 4x2x9",
    "{conv: 8, kernel: 3, groups: 3} @ 4x9x9",
    "{conv: 9, kernel: 3, groups: 2} @ 4x9x9",
    "{conv: 8, kernel: [3, 3]} @ 4x9",
    "{gn: 3} @ 8x5x6",
    "{softmax: 3} @ 8x5x6",
    "glu @ 7x5",
    "add @ 8x5x6, 4x5x6",
    "concat @ 8x5x6, 8x5x7",
    "matmul @ 5x6, 5x6",
    "matmul @ 3x5x6, 2x6x5",
    "{reshape: [8, 7]} @ 8x5x6",
    "{permute: [0, 0, 1]} @ 8x5x6",
    "{image: [5, 5]} @ 30x8",
    "{shuffle: 3} @ 8x5x6",
    "{pixel_shuffle: 2} @ 6x5x6",
    "{pixel_unshuffle: 2} @ 3x8x9",
    "{token: 7} @ 7x16",
    "{window_attention: 2, size: 2, grid: [3, 5]} @ 16x12",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_rules_refuse_torch_refuses(text: str) -> None:
    """Where the rules give a record at all: some need the shape to make it."""
    case = read(text)
    with pytest.raises(ShapeError):
        case.layer.shape(*case.inputs)
    with pytest.raises((RuntimeError, ValueError, IndexError, ShapeError, TypeError)):
        build(case)(*inputs(case, 2))


STRICTER = {
    "{slice: [2, 9]} @ 8x5x6": "torch cuts a slice off at the end of its axis",
    "{split: 3} @ 8x5x6": "torch makes the last piece smaller",
    "{crop: 6} @ 8x5x6": "torch cuts a slice off at the end of its axis",
}


@pytest.mark.parametrize("text", STRICTER)
def test_where_the_rules_are_stricter_than_torch(text: str) -> None:
    case = read(text)
    with pytest.raises(ShapeError):
        case.layer.shape(*case.inputs)
    assert build(case)(*inputs(case, 2)).shape[0] == 2


def test_sizes_that_are_not_positive_are_refused_before_torch_sees_them() -> None:
    for text in ("{conv: 8, kernel: 0}", "{conv: 8, stride: 0}", "{conv: 8, pad: -1}"):
        with pytest.raises(FieldError):
            layer(text, (4, 8, 8))


# -- values ----------------------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False])
def test_attention_is_torchs_scaled_dot_product_attention(causal: bool) -> None:
    x = torch.randn(2, 7, 48)
    q, k, v = x.unflatten(2, (3, 4, 4)).permute(2, 0, 3, 1, 4)
    known = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    rule = CATALOGUE["attention"](heads=4, causal=causal)
    found = Built(rule.torch((7, 48)))(x)
    assert torch.allclose(found, known.transpose(1, 2).flatten(2), atol=1e-6)


GRIDS = [
    (4, 4, 2, 0),
    (4, 4, 2, 1),
    (6, 9, 3, 1),
    (5, 7, 3, 1),
    (3, 8, 4, 2),
    (2, 2, 4, 2),
]


@pytest.mark.parametrize(("height", "width", "size", "shift"), GRIDS)
def test_window_attention_lets_tokens_of_one_window_see_each_other(
    height: int, width: int, size: int, shift: int
) -> None:
    """Against a loop over tokens: same window after the shift, same side of it."""
    torch.manual_seed(0)
    rule = CATALOGUE["window_attention"](
        heads=2, size=size, shift=shift, grid=(height, width)
    )
    x = torch.randn(2, height * width, 12)
    built = Built(rule.torch((height * width, 12)))
    table = built.part["relative_position_bias_table"]
    down, right = -(-height // size) * size, -(-width // size) * size
    shifts = (0 if size >= height else shift, 0 if size >= width else shift)
    padded = functional.pad(
        x.unflatten(1, (height, width)), (0, 0, 0, right - width, 0, down - height)
    )
    found = built(x).unflatten(1, (height, width))
    places = list(product(range(down), range(right)))
    cells = [moved(p, shifts, (down, right), size) for p in places]
    for place, cell in zip(places, cells, strict=True):
        if place[0] >= height or place[1] >= width:
            continue
        seen = [i for i, other in enumerate(cells) if other.window == cell.window]
        keys = padded[:, [places[i][0] for i in seen], [places[i][1] for i in seen]]
        offsets = [
            (cell.row - cells[i].row + size - 1) * (2 * size - 1)
            + (cell.column - cells[i].column + size - 1)
            for i in seen
        ]
        q = padded[:, place[0], place[1]].unflatten(1, (3, 2, 2))[:, 0]
        k, v = keys.unflatten(2, (3, 2, 2))[:, :, 1:].unbind(2)
        scores = torch.einsum("bhd,bkhd->bkh", q, k) / 2**0.5 + table[offsets]
        known = torch.einsum("bkh,bkhd->bhd", scores.softmax(1), v).flatten(1)
        assert torch.allclose(found[:, place[0], place[1]], known, atol=1e-5), place


class Cell:
    """Where a token lies after the shift: its window and its place in there."""

    def __init__(self, window: tuple[Any, ...], row: int, column: int) -> None:
        self.window, self.row, self.column = window, row, column


def moved(
    place: tuple[int, int], shifts: tuple[int, int], sizes: tuple[int, int], size: int
) -> Cell:
    now = [(p - s) % n for p, s, n in zip(place, shifts, sizes, strict=True)]
    wrapped = [p < s for p, s in zip(place, shifts, strict=True)]
    return Cell(
        (now[0] // size, now[1] // size, *wrapped), now[0] % size, now[1] % size
    )


def test_tokens_and_image_undo_each_other() -> None:
    x = torch.randn(2, 8, 5, 6)
    tokens = Built(CATALOGUE["tokens"]().torch((8, 5, 6)))(x)
    back = Built(CATALOGUE["image"](sizes=(5, 6)).torch((30, 8)))(tokens)
    assert torch.equal(back, x)
    assert torch.equal(tokens[:, 7], x[:, :, 1, 1])


def test_layer_norm_over_channels_is_one_over_the_last_axis() -> None:
    x = torch.randn(2, 8, 5, 6)
    known = functional.layer_norm(x.permute(0, 2, 3, 1), (8,)).permute(0, 3, 1, 2)
    found = Built(CATALOGUE["ln"]().torch((8, 5, 6)))(x)
    assert torch.allclose(found, known, atol=1e-6)


def test_drop_path_drops_whole_samples_in_training_alone() -> None:
    torch.manual_seed(0)
    built = Built(CATALOGUE["droppath"](rate=Fraction(1, 2)).torch((3, 4)))
    x = torch.ones(64, 3, 4)
    sums = {float(s) for s in built.train()(x).sum((1, 2))}
    assert sums == {0.0, 24.0}
    assert torch.equal(built.eval()(x), x)


def test_an_average_is_a_mean_and_zero_is_zero() -> None:
    xs = [torch.full((1, 2, 3), float(n)) for n in (1, 2, 6)]
    shape = ((2, 3),) * 3
    assert torch.equal(Built(CATALOGUE["average"]().torch(*shape))(*xs), 3 * xs[0])
    zeros = Built(CATALOGUE["zero"](stride=2).torch((2, 3)))(xs[0])
    assert torch.equal(zeros, torch.zeros(1, 2, 2))


def test_a_class_token_comes_first_and_a_position_is_added() -> None:
    x = torch.randn(2, 7, 4)
    first = Built(CATALOGUE["class_token"]().torch((7, 4)))
    y = first(x)
    assert torch.equal(y[:, 1:], x)
    assert torch.equal(y[0, 0], first.part["token"][0])
    place = Built(CATALOGUE["position"]().torch((7, 4)))
    assert torch.equal(place(x), x + place.part["table"])


@pytest.mark.parametrize(
    ("size", "samples", "scale", "aligned"),
    [(2, 2, "1/4", True), (3, 1, "1", True), (2, 2, "1/4", False)],
)
def test_roi_align_is_torchvisions(
    size: int, samples: int, scale: str, aligned: bool
) -> None:
    """Its plain definition reads on outside of the image, its kernels give 0 there."""
    torch.manual_seed(0)
    known = library("torchvision.ops.roi_align")
    x = torch.randn(2, 3, 7, 9)
    corner = torch.rand(2, 5, 2) * 3
    boxes = torch.cat((corner, corner + torch.rand(2, 5, 2) * 4), -1) / float(
        Fraction(scale)
    )
    given = {"samples": samples, "scale": Fraction(scale), "aligned": aligned}
    rule = CATALOGUE["roi_align"](size=size, **given)
    found = Built(rule.torch((3, 7, 9), (5, 4)))(x, boxes)
    numbered = torch.arange(2.0).repeat_interleave(5)[:, None]
    rois = torch.cat((numbered, boxes.flatten(0, 1)), 1)
    how = (float(Fraction(scale)), size, size, samples, aligned)
    theirs = known._roi_align.__wrapped__(x, rois, *how).unflatten(0, (2, 5))
    assert torch.allclose(found, theirs, atol=1e-5)
    assert not Built(rule.torch((3, 7, 9), (5, 4)))(x, boxes + 100).any()


def test_deform_conv_reads_where_offsets_say() -> None:
    """Against a loop over places; without offsets it is a convolution."""
    torch.manual_seed(0)
    rule = CATALOGUE["deform_conv"](out=4, kernel=3, stride=2, pad=1, groups=2)
    shapes = (4, 6, 7), (36, 3, 4), (18, 3, 4)
    built = Built(rule.torch(*shapes))
    x, mask = torch.randn(1, *shapes[0]), torch.rand(1, *shapes[2])
    weight, bias = built.part["weight"], built.part["bias"]
    plain = functional.conv2d(x, weight, bias, 2, 1, 1, 2)
    ones, still = torch.ones_like(mask), torch.zeros(1, *shapes[1])
    assert torch.allclose(built(x, still, ones), plain, atol=1e-5)
    offset = torch.randn(1, *shapes[1]) * 2
    columns = torch.zeros(4, 9, 3, 4)
    for c, k, i, j in product(range(4), range(9), range(3), range(4)):
        at = 2 * (c // 2 * 9 + k)
        down = i * 2 - 1 + k // 3 + float(offset[0, at, i, j])
        right = j * 2 - 1 + k % 3 + float(offset[0, at + 1, i, j])
        for row, column in product(range(6), range(7)):
            near = max(0, 1 - abs(down - row)) * max(0, 1 - abs(right - column))
            columns[c, k, i, j] += near * x[0, c, row, column]
        columns[c, k, i, j] *= mask[0, c // 2 * 9 + k, i, j]
    groups = columns.flatten(2).unflatten(0, (2, 2)).flatten(1, 2)
    known = weight.flatten(1).unflatten(0, (2, 2)) @ groups
    known = known.flatten(0, 1).unflatten(1, (3, 4)) + bias[:, None, None]
    assert torch.allclose(built(x, offset, mask)[0], known, atol=1e-4)

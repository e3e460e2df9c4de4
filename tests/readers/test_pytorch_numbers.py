"""What is read of a PyTorch module computes the module's own numbers.

The spec is written as PyTorch code again, as `archcalc export` does; with the weights
of the module it must give the module's outputs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc import Network

Sizes = tuple[int, ...]


def rebuilt(network: Network) -> nn.Module:
    """Return the module in the exported code of a network."""
    made: dict[str, Any] = {}
    code = archcalc.export(network)
    exec(compile(code, "<exported>", "exec"), made)
    names = [n.name for n in ast.parse(code).body if isinstance(n, ast.ClassDef)]
    model: nn.Module = made[names[-1]]()
    return model.eval()


def with_equal_weights(theirs: nn.Module, ours: nn.Module) -> None:
    """Draw the weights of one module, and give each to the other by its shape."""
    left = [*theirs.parameters()]
    with torch.no_grad():
        for weight in left:
            weight.copy_(torch.randn_like(weight) * 0.5)
        for weight in ours.parameters():
            like = next(w for w in left if w.shape == weight.shape)
            left = [w for w in left if w is not like]
            weight.copy_(like)
    assert not left


def numbers_equal(module: nn.Module, *sizes: Sizes, names: str = "x") -> Network:
    """Compare a module's figures and numbers with those of what is read of it."""
    torch.manual_seed(0)
    module.eval()
    given = sizes[0] if len(sizes) == 1 else dict(zip(names, sizes, strict=True))
    network = archcalc.load(module, input=given)
    inputs = [torch.randn(1, *one) for one in sizes]
    with torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            module.to("meta")(*(x.to("meta") for x in inputs))
        module.to_empty(device="cpu")
        ours = rebuilt(network)
        with_equal_weights(module, ours)
        wanted, found = module(*inputs), ours(*inputs)
    total = network.analyze().total
    assert total.params == sum(p.numel() for p in module.parameters())
    assert total.macs == counter.get_total_flops() // 2
    assert not network.spec.uncounted
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    return network


# -- attention -------------------------------------------------------------------------


class Attends(nn.Module):
    """Attention of four heads of four features, with layers for what it reads."""

    def __init__(self, packed: bool, few: int = 4, mask: bool = False, **given: Any):
        super().__init__()
        self.packed, self.given = packed, given
        if packed:
            self.qkv = nn.Linear(16, 48)
        else:
            self.q = nn.Linear(16, 16, bias=False)
            self.k, self.v = nn.Linear(16, 4 * few), nn.Linear(16, 4 * few)
        self.mask = nn.Parameter(torch.zeros(4, 6, 6)) if mask else None

    def forward(self, x: Tensor) -> Tensor:
        if self.packed:
            q, k, v = self.qkv(x).view(1, 6, 3, 4, 4).permute(2, 0, 3, 1, 4).unbind(0)
        else:
            parts = (self.q(x), self.k(x), self.v(x))
            q, k, v = (y.view(1, 6, -1, 4).transpose(1, 2) for y in parts)
        mask = None if self.mask is None else self.mask[None]
        y = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, **self.given
        )
        return y.transpose(1, 2).reshape(1, 6, 16)


ATTENDS: dict[str, tuple[nn.Module, str]] = {
    "packed": (Attends(packed=True), "attention: 4}"),
    "packed, scaled": (Attends(packed=True, scale=0.3), "times: 0.3"),
    "packed, not scaled": (
        Attends(packed=True, scale=1.0, is_causal=True),
        "attention: 4, causal: true, scale: false}",
    ),
    "packed, with a mask": (Attends(packed=True, mask=True), "from: qkv, mask: "),
    "apart": (Attends(packed=False), "attention: 4, q: q, k: k, v: v}"),
    "apart, usual scale": (
        Attends(packed=False, scale=0.5),
        "attention: 4, q: q, k: k, v: v}",
    ),
    "apart, scaled": (Attends(packed=False, scale=0.3), "times: 0.3, from: q"),
    "apart, causal": (
        Attends(packed=False, is_causal=True),
        "v: v, causal: true}",
    ),
    "apart, with a mask": (
        Attends(packed=False, mask=True, scale=2.0),
        "{name: mask, parameter: [4, 6, 6]}",
    ),
    "grouped": (
        Attends(packed=False, few=2, enable_gqa=True, scale=0.1, is_causal=True),
        "kv_heads: 2",
    ),
}


@pytest.mark.parametrize("name", ATTENDS)
def test_attention(name: str) -> None:
    module, words = ATTENDS[name]
    network = numbers_equal(module, (6, 16))
    assert words in network.spec.source.text


class Calls(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.function(x)


def one_head(x: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(x, x, x, scale=0.2)


def by_parts(x: Tensor) -> Tensor:
    """Attention in windows: parts of a sample before the heads."""
    parts = x.view(2, 3, 4, 4).transpose(1, 2)
    y = functional.scaled_dot_product_attention(parts, parts, parts, scale=0.7)
    return y.transpose(1, 2).reshape(1, 6, 16)


@pytest.mark.parametrize("function", [one_head, by_parts])
def test_attention_of_one_head_and_of_parts(function: Callable[..., Any]) -> None:
    numbers_equal(Calls(function), (6, 16))


class Written(nn.Module):
    """Attention written out; `factor` multiplies the scores."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.qkv, self.factor = nn.Linear(16, 48), factor

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).view(1, 6, 3, 4, 4).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) * self.factor).softmax(-1)
        return (weights @ v).transpose(1, 2).reshape(1, 6, 16)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0.5, "- {attention: 4}"),
        (1.0, "- {attention: 4, scale: false}"),
        (0.3, "times: 0.3"),
    ],
)
def test_attention_written_out_keeps_its_scale(factor: float, words: str) -> None:
    network = numbers_equal(Written(factor), (6, 16))
    assert words in network.spec.source.text


# -- recurrent layers ------------------------------------------------------------------


class States(nn.Module):
    """A recurrent layer whose last states are read: of all layers and directions."""

    def __init__(self, kind: str, **given: Any) -> None:
        super().__init__()
        self.run = getattr(nn, kind)(6, 8, batch_first=True, **given)
        ways = 2 if given.get("bidirectional") else 1
        out = given.get("proj_size", 8)
        self.out = nn.Linear(out * ways * given.get("num_layers", 1), 3)

    def forward(self, x: Tensor) -> Tensor:
        _, last = self.run(x)
        last = last[0] if isinstance(last, tuple) else last
        return self.out(last.transpose(0, 1).flatten(1))


RECURRENT: dict[str, nn.Module] = {
    "rnn": States("RNN"),
    "rnn with relu": States("RNN", nonlinearity="relu", num_layers=2),
    "lstm both ways": States("LSTM", bidirectional=True),
    "deep lstm both ways": States("LSTM", bidirectional=True, num_layers=2),
    "deep gru": States("GRU", num_layers=3),
    "lstm with a projection": States("LSTM", proj_size=4),
}


@pytest.mark.parametrize("name", RECURRENT)
def test_last_states(name: str) -> None:
    numbers_equal(RECURRENT[name], (9, 6))


class Translates(nn.Module):
    """A decoder that begins with the last states of an encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.LSTM(6, 8, batch_first=True)
        self.decode = nn.LSTM(5, 8, batch_first=True)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        _, states = self.encode(x)
        found, _ = self.decode(y, states)
        return found


def test_states_that_a_layer_begins_with_are_named_and_lose_nothing() -> None:
    module = Translates()
    with pytest.warns(archcalc.InputWarning, match="initial_state"):
        network = archcalc.load(module, input={"x": (9, 6), "y": (7, 5)})
    total = network.analyze().total
    assert total.params == sum(p.numel() for p in module.parameters())
    assert total.macs == 9 * 4 * 8 * (6 + 8) + 7 * 4 * 8 * (5 + 8)


class Pooled(nn.Module):
    """A recurrent cell that no rule knows, of whose outputs the second is read."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(6, 8)

    def forward(self, x: Tensor) -> Tensor:
        _, cells = self.cell(x)
        return cells


def test_weights_are_counted_where_the_first_output_is_not_read() -> None:
    with pytest.warns(archcalc.InputWarning, match="lstm_cell"):
        network = archcalc.load(Pooled(), input=(6,))
    assert network.analyze().total.params == 4 * 8 * (6 + 8 + 2)


# -- what is exported ------------------------------------------------------------------


class Captions(nn.Module):
    """An image and words: one input of real numbers, one of ids."""

    def __init__(self) -> None:
        super().__init__()
        self.see, self.look = nn.Conv2d(3, 8, 3), nn.Embedding(20, 8)

    def forward(self, image: Tensor, words: Tensor) -> Tensor:
        return self.see(image).mean((2, 3)) + self.look(words).mean(1)


@pytest.mark.parametrize("turned", [False, True])
def test_some_inputs_may_be_ids(turned: bool) -> None:
    sizes = {"image": (3, 9, 9), "words": (5,)}
    sizes = dict(reversed(sizes.items())) if turned else sizes
    total = archcalc.load(Captions(), input=sizes).analyze().total
    assert (total.params, total.macs) == (8 * 28 + 160, 49 * 8 * 27)


def test_an_error_of_the_code_is_told_where_inputs_may_be_ids() -> None:
    class Wrong(nn.Module):
        def forward(self, words: Tensor, other: Tensor) -> Tensor:
            return functional.embedding(words, torch.zeros(3, 4)) @ other

    with pytest.raises(archcalc.UsageError, match="AC599"):
        archcalc.load(Wrong(), input={"words": (5,), "other": (3, 3)})


def test_a_module_of_buffers_alone_may_be_on_the_meta_device() -> None:
    module = nn.BatchNorm2d(3, affine=False).to("meta")
    assert archcalc.load(module, input=(3, 8, 8)).analyze().total.params == 0


# -- layers by other names -------------------------------------------------------------


class Crosses(nn.Module):
    """Attention of one tensor to another: its weights are pieces of one."""

    def __init__(self, apart: bool) -> None:
        super().__init__()
        self.heads, self.apart = nn.MultiheadAttention(16, 4, batch_first=True), apart

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        values = y.relu() if self.apart else y
        return self.heads(x, y, values, need_weights=False)[0]


@pytest.mark.parametrize("apart", [False, True])
def test_pieces_of_a_weight(apart: bool) -> None:
    module = Crosses(apart)
    network = archcalc.load(module, input={"x": (5, 16), "y": (7, 16)})
    total = network.analyze().total
    assert not network.spec.uncounted
    assert total.params == 4 * (16 * 16 + 16)
    assert total.macs == (2 * 5 + 2 * 7) * 16 * 16 + 2 * 5 * 7 * 16


def test_a_weight_that_is_read_whole_too_is_no_pieces() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(8, 4))

        def forward(self, x: Tensor) -> Tensor:
            first, second = self.weight.chunk(2)
            y = functional.linear(x, first) + functional.linear(x, second)
            return functional.linear(x, self.weight).sum(-1, keepdim=True) * y

    with pytest.warns(archcalc.InputWarning):
        total = archcalc.load(Both(), input=(3, 4)).analyze().total
    assert total.params == 32


LAYERS: dict[str, tuple[nn.Module, Sizes, str]] = {
    "glu": (nn.GLU(1), (8, 5, 5), "- glu"),
    "glu of rows": (nn.GLU(2), (8, 6, 5), "{glu: 1}"),
    "glu of tokens": (nn.GLU(), (7, 16), "- glu"),
    "group norm": (nn.GroupNorm(2, 8, affine=False), (8, 5, 5), "affine: false"),
    "shuffle": (nn.ChannelShuffle(2), (8, 5, 6), "{shuffle: 2}"),
    "response": (nn.LocalResponseNorm(5), (8, 5, 6), "{lrn: 5}"),
    "response of an even size": (nn.LocalResponseNorm(4), (8, 5, 6), "{lrn: 4}"),
    "error function": (Calls(torch.erf), (8, 5), "- erf"),
    "bicubic": (
        nn.Upsample(scale_factor=2, mode="bicubic", align_corners=True),
        (3, 4, 5),
        "{upsample: 2, mode: bicubic, align_corners: true}",
    ),
    "to a size": (
        nn.Upsample(size=(7, 9), mode="bicubic"),
        (3, 4, 5),
        "{resize: [7, 9], mode: bicubic}",
    ),
    "nearest": (
        nn.Upsample(scale_factor=2, mode="nearest-exact"),
        (3, 4, 5),
        "{upsample: 2, mode: nearest-exact}",
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_by_another_name(name: str) -> None:
    module, sizes, words = LAYERS[name]
    network = numbers_equal(nn.Sequential(nn.Identity(), module), sizes, names="i")
    assert words in network.spec.source.text


@pytest.mark.parametrize("beta", [1, 2])
def test_a_product_and_a_sum(beta: int) -> None:
    def added(x: Tensor) -> Tensor:
        return torch.baddbmm(x, x, x.mT @ x, beta=beta)

    if beta == 1:
        numbers_equal(Calls(added), (6, 4))
        return
    with pytest.warns(archcalc.InputWarning, match="baddbmm"):
        archcalc.load(Calls(added), input=(6, 4))


@pytest.mark.parametrize("shape", [(1, 3, 3), (3, 3, 1)])
def test_what_is_no_local_response_norm(shape: Sizes) -> None:
    """The mean of squares is one of neighbours in the image."""

    def function(x: Tensor) -> Tensor:
        squares = (x * x).view(1, 1, 8, 5, 6)
        pads = [n for size in shape[::-1] for n in (size // 2, size // 2)]
        mean = functional.avg_pool3d(functional.pad(squares, pads), shape, stride=1)
        return x / (mean.view(1, 8, 5, 6) * 1e-4 + 1.0) ** 0.75

    with pytest.warns(archcalc.InputWarning, match="Pow"):
        network = archcalc.load(Calls(function), input=(8, 5, 6))
    assert "lrn" not in network.spec.source.text


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (slice(2, 5), "- {crop: [4, 3], offset: 2}"),
        (slice(1, 5), "- {crop: 4, offset: [2, 1]}"),
        (slice(1, 6), "- {crop: [4, 5], offset: [2, 1]}"),
    ],
)
def test_a_piece_of_an_image(columns: slice, words: str) -> None:
    network = numbers_equal(Calls(lambda x: x[:, :, 2:6, columns]), (3, 7, 8))
    assert words in network.spec.source.text


def test_a_piece_from_the_middle() -> None:
    network = numbers_equal(Calls(lambda x: x[:, :, 1:6, 2:6]), (3, 7, 8))
    assert "- {crop: [5, 4]}" in network.spec.source.text


def test_slices_that_are_no_piece_of_an_image() -> None:
    def function(x: Tensor) -> Tensor:
        y = x[:, :, 1:5]
        return y[..., 1:7] * y.mean((1, 2, 3), keepdim=True)

    text = archcalc.load(Calls(function), input=(3, 7, 8)).spec.source.text
    assert "crop" not in text
    text = archcalc.load(Calls(lambda x: x[:, 1:, :, 1:4]), input=(3, 7, 8)).spec.source
    assert "crop" not in text.text


# -- what is not trained ---------------------------------------------------------------


def test_frozen_weights_are_parameters() -> None:
    """Freezing a module, as for fine-tuning, changes none of its figures."""
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, 5)
    )
    free = archcalc.load(module, input=(3, 8, 8))
    frozen = archcalc.load(module.requires_grad_(False), input=(3, 8, 8))
    assert frozen.spec.source.text == free.spec.source.text
    assert frozen.analyze().total.params == sum(p.numel() for p in module.parameters())


def test_buffers_are_no_parameters() -> None:
    class Shifts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("table", torch.zeros(3, 8, 8))

        def forward(self, x: Tensor) -> Tensor:
            return x + self.table

    with pytest.warns(archcalc.InputWarning, match="Add"):
        network = archcalc.load(Shifts(), input=(3, 8, 8))
    assert network.analyze().total.params == 0

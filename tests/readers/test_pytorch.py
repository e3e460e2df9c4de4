"""PyTorch modules, read through `torch.export` and counted by our rules.

The judge is torch: parameters are those of the module, and multiply-accumulates half of
what `FlopCounterMode` counts.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from independent import MAKERS, Library, theirs
from samples import long_unless
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.layers.base import numel

# -- modules of a few lines ------------------------------------------------------------


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.left = nn.Conv2d(8, 4, 1)
        self.right = nn.Sequential(nn.Conv2d(8, 4, 3, padding=1), nn.SiLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.stem(x)).relu_()
        return torch.cat([self.left(x), self.right(x)], 1)


class Gate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(8, 2, 1)
        self.up = nn.Conv2d(2, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = x.mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.up(torch.relu(self.down(gate))))
        return x * gate


class Heads(nn.Module):
    """Attention written out, with its batch axis moved to the second place."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(0, 1)
        return self.attention(x, x, x, need_weights=False)[0].transpose(0, 1)


class Words(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.look = nn.Embedding(50, 8)
        self.run = getattr(nn, kind)(8, 16, batch_first=True)
        self.out = nn.Linear(16, 3)

    def forward(self, words: Tensor) -> Tensor:
        states, last = self.run(self.look(words))
        return self.out(last[-1] if isinstance(last, Tensor) else states[:, -1])


class Twice(nn.Module):
    """One layer that runs twice: its weights count once."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.layer(x).relu())


class Again(nn.Module):
    """Norms and an activation with weights that run twice, behind what is no layer."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.slope = nn.GroupNorm(2, 4), nn.PReLU(4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(torch.cat([x, x], 1))
        x = self.slope(self.norm(x).exp())
        return self.slope(x * 2)


class OnePiece(nn.Module):
    """A list of one tensor, from what gives several as a rule."""

    def forward(self, x: Tensor) -> Tensor:
        (x,) = x.chunk(2, 2)
        (x,) = x.split(7, 1)
        return x.unbind(2)[0]


class Standardized(nn.Module):
    """A convolution whose kernel is made of its weight and a gain."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Conv2d(3, 8, 3)
        self.gain = nn.Parameter(torch.ones(8, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.kernel.weight * self.gain, self.kernel.bias)


class Learned(nn.Module):
    """Learned tensors beside the layers: one is added, one multiplies."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1, 6, 1))
        self.scale = nn.Parameter(torch.ones(6, 8))

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.shift) * self.scale


class Letters(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        scores = torch.einsum("bnd,bmd->bnm", x, x) * 0.5
        return torch.einsum("bnm,bmd->bnd", scores, x).sum(1).exp()


class Largest(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1).abs()


class Biased(nn.Module):
    """Attention with learned biases that are picked from a table."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(8, 24)
        self.table = nn.Parameter(torch.zeros(11, 2))
        self.register_buffer("places", torch.zeros(36, dtype=torch.long))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).reshape(1, 6, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        mask = self.table[self.places].view(6, 6, 2).permute(2, 0, 1).unsqueeze(0)
        x = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return x.transpose(1, 2).reshape(1, 6, 8)


class Windows(nn.Module):
    """A convolution and a norm of windows that were cut out of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 6, 3, padding=1, groups=2)
        self.norm = nn.BatchNorm2d(6)

    def forward(self, x: Tensor) -> Tensor:
        x = x.view(1, 4, 2, 3, 2, 3).permute(0, 2, 4, 1, 3, 5).reshape(4, 4, 3, 3)
        x = nn.functional.max_pool2d(self.norm(self.conv(x)), 2)
        return x.reshape(1, -1)


class Computed(nn.Module):
    """Weights that other weights make: of a bias, and of a matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.make = nn.Linear(2, 3, bias=False)
        self.gain = nn.Parameter(torch.zeros(4))
        self.register_buffer("places", torch.zeros(5, 2))

    def forward(self, x: Tensor) -> Tensor:
        bias = torch.sigmoid(self.make(self.places))
        gate = torch.sigmoid(self.gain)
        return (x + bias) @ x.mT * gate[:, None, None] + (1 - gate)[:, None, None]


class Grouped(nn.Module):
    """Attention in which two heads of queries read one of keys, under `no_grad`."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k = nn.Linear(8, 16), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            q = self.q(x).view(1, 5, 4, 4).transpose(1, 2)
        k = self.k(x).view(1, 5, 2, 4).transpose(1, 2)
        x = nn.functional.scaled_dot_product_attention(q, k, k, enable_gqa=True)
        return x.transpose(1, 2).flatten(2)


class Written(nn.Module):
    """A product that is written into a part of another one."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 6), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x)
        y[:, :, 1:] = y[:, :, 1:] + self.b(x)
        return y.relu()


class Calls(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


CALLS: dict[str, tuple[Callable[[Tensor], Tensor], tuple[int, ...]]] = {
    "elu": (nn.functional.elu, (3, 4)),
    "celu": (nn.functional.celu, (3, 4)),
    "leaky relu": (nn.functional.leaky_relu, (3, 4)),
    "relu6": (nn.functional.relu6, (3, 4)),
    "clamp": (lambda x: x.clamp(0, 6), (3, 4)),
    "hard sigmoid": (nn.functional.hardsigmoid, (3, 4)),
    "log softmax": (lambda x: x.log_softmax(-1), (3, 4)),
    "subtract": (lambda x: 1 - x, (3, 4)),
    "divide": (lambda x: x / 4, (3, 4)),
    "power": (lambda x: x**2, (3, 4)),
    "pad": (lambda x: nn.functional.pad(x, (1, 2, 0, 1)), (2, 5, 5)),
    "reflect": (lambda x: nn.functional.pad(x, (1, 1, 1, 1), "reflect"), (2, 5, 5)),
    "unbind": (lambda x: sum(x.unbind(1)), (3, 4)),
    "stack": (lambda x: torch.stack([x, x.relu()], 1), (3, 4)),
    "chunk": (lambda x: x.chunk(2, 1)[1], (4, 5, 5)),
    "split": (lambda x: x.split([1, 3], 1)[1], (4, 5, 5)),
    "select": (lambda x: x[:, 0], (4, 5)),
    "slice": (lambda x: x[:, 1:3], (4, 5)),
    "roll": (lambda x: x.roll((1, 2), (2, 3)), (2, 5, 5)),
    "squeeze": (lambda x: x.unsqueeze(2).squeeze(2), (4, 5)),
    "swap": (lambda x: x.swapaxes(1, 2).movedim(1, 2), (4, 5)),
    "transpose": (lambda x: x.mT @ x, (4, 5)),
    "narrow": (lambda x: x.narrow(1, 1, 2).narrow(2, -3, 2), (4, 5)),
    "resize": (lambda x: nn.functional.interpolate(x, size=(7, 9)), (2, 5, 5)),
    "corners": (
        nn.Upsample(size=(7, 9), mode="bilinear", align_corners=True),
        (2, 5, 5),
    ),
    "adaptive": (lambda x: nn.functional.adaptive_max_pool2d(x, 2), (2, 5, 5)),
    "average pool": (lambda x: nn.functional.avg_pool2d(x, 2), (2, 6, 6)),
    "fold": (lambda x: nn.functional.fold(x, (4, 4), 2, stride=2), (8, 4)),
    "unshuffle": (lambda x: nn.functional.pixel_unshuffle(x, 2), (2, 4, 4)),
    "zeros": (lambda x: x + x.new_zeros(3, 4), (3, 4)),
    "attention": (
        lambda x: nn.functional.scaled_dot_product_attention(x, x, x),
        (2, 5, 8),
    ),
    "mean": (lambda x: x.mean(dim=(1, 2)), (3, 4, 5)),
    "times itself": (lambda x: x * x, (3, 4)),
    "plus itself": (lambda x: x + x, (3, 4)),
    "over itself": (lambda x: x.relu() / x.sigmoid(), (3, 4)),
    "of lower rank": (lambda x: x + x[:, 0], (1, 4)),
    "stretched": (lambda x: x / x.amax(2, keepdim=True).expand_as(x), (3, 4)),
    "every second": (lambda x: x[:, 1::2, ::2], (6, 6, 3)),
    "rolled tokens": (lambda x: x.roll((-1, -2), (1, 2)), (4, 5, 3)),
    "padded tokens": (lambda x: nn.functional.pad(x, (0, 0, 0, 1, 0, 2)), (4, 5, 3)),
    "reverse root": (lambda x: x.rsqrt(), (3, 4)),
    "as another": (lambda x: x.reshape_as(x.mT), (3, 4)),
    "product and sum": (lambda x: torch.addcmul(x, x.relu(), x.sigmoid()), (3, 4)),
    "nothing joined": (lambda x: torch.cat([x[:, :0], x], 1), (3, 4)),
    "norm": (lambda x: torch.linalg.vector_norm(x, dim=1, keepdim=True), (3, 4)),
}


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
@pytest.mark.parametrize("name", CALLS)
def test_a_function_gives_what_torch_gives(name: str) -> None:
    function, sizes = CALLS[name]
    made = function(torch.zeros(1, *sizes))
    found = archcalc.load(Calls(function), input=sizes).analyze()
    assert numel(found.output) == made.numel()
    assert found.output in (tuple(made.shape[1:]), tuple(made.shape))


class Two(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


SMALL: dict[str, tuple[nn.Module, Any]] = {
    "branches": (Branches(), (3, 9, 9)),
    "gate": (Gate(), (8, 5, 5)),
    "heads": (Heads(), (6, 16)),
    "lstm": (Words("LSTM"), (7,)),
    "gru": (Words("GRU"), (7,)),
    "twice": (Twice(), (8,)),
    "again": (Again(), (2, 5, 6)),
    "one piece": (OnePiece(), (3, 1)),
    "a volume": (nn.Sequential(nn.Conv3d(2, 4, 3), nn.MaxPool3d(2)), (2, 9, 9, 9)),
    "a signal": (nn.Sequential(nn.Conv1d(2, 4, 3), nn.GELU()), (2, 20)),
    "deconv": (nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1), (4, 5, 5)),
    "groups": (nn.Conv2d(8, 16, 3, groups=8), (8, 6, 6)),
    "same": (nn.Conv2d(3, 4, 4, padding="same"), (3, 9, 9)),
    "ceil": (nn.MaxPool2d(3, 2, ceil_mode=True), (3, 10, 10)),
    "norms": (nn.Sequential(nn.GroupNorm(2, 4), nn.InstanceNorm2d(4)), (4, 6, 6)),
    "upsample": (
        nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(3, 3, 1)),
        (3, 4, 4),
    ),
    "shuffle": (nn.Sequential(nn.PixelShuffle(2), nn.Softplus()), (8, 4, 4)),
    "unfold": (nn.Unfold(3), (2, 6, 6)),
    "learned": (Learned(), (6, 8)),
    "letters": (Letters(), (6, 8)),
    "largest": (nn.Sequential(nn.Conv2d(3, 4, 1), Largest()), (3, 5, 5)),
    "biased attention": (Biased(), (6, 8)),
    "windows": (Windows(), (4, 6, 6)),
    "computed weights": (Computed(), (4, 5, 3)),
    "grouped heads": (Grouped(), (5, 8)),
    "written in place": (Written(), (3, 4)),
    "two inputs": (Two(), {"a": (3, 4), "b": (3, 4)}),
}


def macs_of(module: nn.Module, input: Any) -> int:
    """Return half of what torch counts in one forward pass."""
    shapes = input.values() if isinstance(input, dict) else [input]
    ids = any(isinstance(part, nn.Embedding) for part in module.modules())
    dtype = torch.int64 if ids else torch.float32
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        on_meta = copy.deepcopy(module).eval().to("meta")
        on_meta(*(torch.zeros(1, *s, dtype=dtype, device="meta") for s in shapes))
    return counter.get_total_flops() // 2


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
@pytest.mark.parametrize("name", SMALL)
def test_a_module_has_torchs_figures(name: str) -> None:
    module, input = SMALL[name]
    network = archcalc.load(module, input=input)
    total = network.analyze().total
    assert total.params == sum(p.numel() for p in module.parameters())
    assert total.macs == macs_of(module, input)
    again = archcalc.loads(network.spec.source.text, name).analyze().total
    assert (again.params, again.macs) == (total.params, total.macs)


def test_what_no_rule_knows_is_named() -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cumsum(x, 1)

    with pytest.warns(archcalc.InputWarning, match="cumsum"):
        network = archcalc.load(Odd(), input=(4, 5))
    assert network.analyze().output == (4, 5)


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
def test_a_kernel_made_of_weights_has_all_of_them() -> None:
    module = Standardized()
    total = archcalc.load(module, input=(3, 8, 8)).analyze().total
    assert total.params == sum(p.numel() for p in module.parameters())
    assert total.macs == macs_of(module, (3, 8, 8))


def test_weights_that_run_twice_count_once() -> None:
    module, input = SMALL["twice"]
    total = archcalc.load(module, input=input).analyze().total
    assert (total.params, total.macs) == (72, 128)


class Arithmetic(nn.Module):
    """A linear layer, then `function` of its output."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.function(self.linear(x))
        return found


NUMBERS: list[tuple[Any, str]] = [
    (lambda x: x * 4.0, "act: {times: 4}"),
    (lambda x: x / 4.0, "act: {times: 0.25}"),
    (lambda x: x / 3, "act: {times: 1/3}"),
    (lambda x: x / 2**0.5, "act: {times: 0.707107}"),
    (lambda x: x**2, "act: square"),
    (lambda x: 2**x, "op: Pow"),
]


@pytest.mark.parametrize(("function", "written"), NUMBERS)
@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
def test_arithmetic_with_a_number(function: Any, written: str) -> None:
    net = archcalc.load(Arithmetic(function), input=(4, 8))
    assert written in net.spec.source.text


def test_the_module_is_left_as_it_was() -> None:
    module = Branches().train()
    archcalc.load(module, input=(3, 9, 9))
    assert module.training


# -- models of libraries ---------------------------------------------------------------

LIBRARIES: list[tuple[Library, str]] = [
    ("torchvision", "resnet18"),
    ("torchvision", "mobilenet_v3_small"),
    ("torchvision", "vit_b_16"),
    ("torchvision", "densenet121"),
    ("torchvision", "efficientnet_b0"),
    ("torchvision", "convnext_tiny"),
    ("torchvision", "shufflenet_v2_x1_0"),
    ("torchvision", "swin_t"),
    ("timm", "seresnet50"),
    ("timm", "mixer_s16_224"),
    ("timm", "resmlp_12_224"),
    ("timm", "twins_pcpvt_small"),
    ("timm", "vit_relpos_small_patch16_224"),
    ("timm", "levit_128s"),
    ("timm", "mvitv2_tiny"),
    ("timm", "efficientvit_m0"),
]


@pytest.mark.parametrize(
    "model",
    long_unless(lambda one: one[1] in ("resnet18", "vit_b_16"), LIBRARIES),
)
@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
def test_a_librarys_model_has_its_figures(model: tuple[Library, str]) -> None:
    library, name = model
    module = MAKERS[library](name)
    total = archcalc.load(module, input=(3, 224, 224)).analyze().total
    found = theirs(library, name)
    assert (total.params, total.macs) == (found.params, found.macs)

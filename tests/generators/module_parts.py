"""Layers of random PyTorch modules, those of torch and a few of our own.

A maker draws a step that may read a tensor; `random_modules` puts them together.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Made(NamedTuple):
    """A step: what is called, and the number of values that it reads."""

    call: Callable[..., Any]
    reads: int = 1
    part: nn.Module | None = None


Maker = Callable[[Random, Tensor], Made]
MAKERS: dict[str, tuple[tuple[int, ...], Maker]] = {}
"""The makers of steps by name, with the numbers of axes that they read (none: all)."""


def maker(*ranks: int) -> Callable[[Maker], Maker]:
    """List a maker of steps."""

    def register(function: Maker) -> Maker:
        MAKERS[function.__name__] = ranks, function
        return function

    return register


class Learned(nn.Module):
    """A learned tensor that is added, or that multiplies."""

    def __init__(self, sizes: tuple[int, ...], times: bool) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.randn(sizes))
        self.times = times

    def forward(self, x: Tensor) -> Tensor:
        return x * self.value if self.times else x + self.value


class Token(nn.Module):
    """A learned token before the others."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)


class Attention(nn.Module):
    """Attention in the usual three ways: fused, written out, or torch's module."""

    def __init__(self, random: Random, width: int) -> None:
        super().__init__()
        self.heads = random.choice([n for n in (1, 2, 3, 4) if width % n == 0])
        self.how = random.choice(("fused", "written", "module"))
        if self.how == "module":
            self.inner = nn.MultiheadAttention(width, self.heads, batch_first=True)
        else:
            self.qkv = nn.Linear(width, 3 * width, bias=random.random() < 0.7)
            self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        if self.how == "module":
            made: Tensor = self.inner(x, x, x, need_weights=False)[0]
            return made
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        if self.how == "fused":
            x = functional.scaled_dot_product_attention(q, k, v)
        else:
            x = (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(-1) @ v
        joined: Tensor = self.out(x.transpose(1, 2).reshape(batch, tokens, width))
        return joined


class Recurrent(nn.Module):
    """A recurrent layer; its states, or the last of them."""

    def __init__(self, random: Random, width: int) -> None:
        super().__init__()
        kind = random.choice((nn.LSTM, nn.GRU))
        both = random.random() < 0.4
        self.run = kind(
            width, random.randint(1, 4), batch_first=True, bidirectional=both
        )
        self.last = random.random() < 0.5

    def forward(self, x: Tensor) -> Tensor:
        states: Tensor = self.run(x)[0]
        return states[:, -1] if self.last else states


class Tied(nn.Module):
    """A matrix that is read as it is, and turned."""

    def __init__(self, entering: int, inner: int) -> None:
        super().__init__()
        self.layer = nn.Linear(entering, inner, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(self.layer(x).tanh(), self.layer.weight.t())


class Gained(nn.Module):
    """A convolution whose kernel is a product of two learned tensors."""

    def __init__(self, entering: int, out: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(out, entering, 3, 3))
        self.gain = nn.Parameter(torch.randn(out, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.kernel * self.gain, padding=1)


class Residual(nn.Module):
    """A part whose output is added to its input."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.inner(x)
        return found


class Gate(nn.Module):
    """Channels scaled by what their means say."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(width, 2, 1), nn.Conv2d(2, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        found = self.up(self.down(x.mean((2, 3), keepdim=True)).relu_())
        return x * torch.sigmoid(found)


def of_part(part: nn.Module) -> Made:
    return Made(part, 1, part)


def width_of(random: Random, least: int = 1) -> int:
    return random.choice([n for n in (1, 2, 3, 4, 6, 8, 12) if n >= least])


# -- layers ----------------------------------------------------------------------------


@maker(3, 4, 5)
def convolution(random: Random, x: Tensor) -> Made:
    axes, entering = x.dim() - 2, x.shape[1]
    groups = random.choice([n for n in (1, 1, 2, 3, entering) if entering % n == 0])
    kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[axes - 1]
    kernel = [random.choice((1, 2, 3)) for _ in range(axes)]
    stride, dilation = random.choice((1, 1, 2, 3)), random.choice((1, 1, 1, 2))
    pad: Any = random.choice((0, 1, "same" if stride == 1 else 0))
    out = groups * random.choice((1, 2, 3))
    return of_part(
        kind(
            entering,
            out,
            tuple(kernel),
            stride,
            pad,
            dilation,
            groups,
            random.random() < 0.6,
        )
    )


@maker(3, 4, 5)
def transposed(random: Random, x: Tensor) -> Made:
    kind = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[x.dim() - 3]
    groups = random.choice([n for n in (1, 2) if x.shape[1] % n == 0])
    stride = random.choice((1, 2))
    more = random.choice((0, stride - 1))
    out = groups * random.choice((1, 2, 3))
    kernel, pad = random.choice((2, 3)), random.choice((0, 1))
    return of_part(kind(x.shape[1], out, kernel, stride, pad, more, groups))


@maker(2, 3, 4, 5)
def linear(random: Random, x: Tensor) -> Made:
    return of_part(nn.Linear(x.shape[-1], width_of(random), bias=random.random() < 0.7))


@maker(2, 3, 4, 5)
def batch_norm(random: Random, x: Tensor) -> Made:
    kind = {4: nn.BatchNorm2d, 5: nn.BatchNorm3d}.get(x.dim(), nn.BatchNorm1d)
    return of_part(kind(x.shape[1], affine=random.random() < 0.8))


@maker(3, 4, 5)
def group_norm(random: Random, x: Tensor) -> Made:
    groups = random.choice([n for n in (1, 2, 3, 4) if x.shape[1] % n == 0])
    return of_part(nn.GroupNorm(groups, x.shape[1]))


@maker(3, 4)
def instance_norm(random: Random, x: Tensor) -> Made:
    kind = nn.InstanceNorm1d if x.dim() == 3 else nn.InstanceNorm2d
    return of_part(kind(x.shape[1], affine=random.random() < 0.5))


@maker(2, 3, 4)
def layer_norm(random: Random, x: Tensor) -> Made:
    axes = random.choice((1, 1, x.dim() - 1))
    if random.random() < 0.3:
        return of_part(nn.RMSNorm(x.shape[-1]))
    return of_part(nn.LayerNorm(tuple(x.shape[-axes:])))


@maker(3)
def attention(random: Random, x: Tensor) -> Made:
    return of_part(Attention(random, x.shape[-1]))


@maker(3)
def encoder(random: Random, x: Tensor) -> Made:
    heads = random.choice([n for n in (1, 2) if x.shape[-1] % n == 0])
    first = random.random() < 0.5
    return of_part(
        nn.TransformerEncoderLayer(
            x.shape[-1], heads, 6, batch_first=True, norm_first=first
        )
    )


@maker(3)
def recurrent(random: Random, x: Tensor) -> Made:
    return of_part(Recurrent(random, x.shape[-1]))


@maker(3)
def token(random: Random, x: Tensor) -> Made:
    return of_part(Token(x.shape[-1]))


@maker(2, 3, 4)
def learned(random: Random, x: Tensor) -> Made:
    sizes = [1, *x.shape[1:]] if random.random() < 0.5 else [*x.shape[1:]]
    sizes = [1 if random.random() < 0.3 else n for n in sizes]
    return of_part(Learned(tuple(sizes), random.random() < 0.5))


@maker(2, 3)
def tied(random: Random, x: Tensor) -> Made:
    return of_part(Tied(x.shape[-1], width_of(random)))


@maker(4)
def gained(random: Random, x: Tensor) -> Made:
    return of_part(Gained(x.shape[1], width_of(random)))


@maker()
def slopes(random: Random, x: Tensor) -> Made:
    return of_part(nn.PReLU(x.shape[1] if x.dim() > 1 and random.random() < 0.5 else 1))

"""Random PyTorch modules: layers and calls put together, as people write `forward`.

`composed(random)` gives a module and the sizes of its input without the batch. Each
step reads values that stand before it, and is tried at once on a small tensor: what
torch refuses is not written. A module may run twice, and what nobody reads goes out.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

MOST = 4096
"""Values of one tensor at most."""


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


class Composed(nn.Module):
    """A module whose `forward` is a list of steps."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList()
        self.steps: list[tuple[Callable[..., Any], tuple[int, ...]]] = []
        self.told: list[str] = []
        self.gives: tuple[int, ...] = ()

    def forward(self, x: Tensor) -> Any:
        values = [x]
        for call, reads in self.steps:
            made = call(*(values[i] for i in reads))
            values += made if isinstance(made, list | tuple) else [made]
        found = tuple(values[i] for i in self.gives)
        return found[0] if len(found) == 1 else found


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


@maker()
def sequence(random: Random, x: Tensor) -> Made:
    """A few layers in a row, which may run twice where they stand."""
    parts, inner = [], x
    for _ in range(random.randint(1, 3)):
        made = layer_of(random, inner)
        if made is not None and made.part is not None:
            parts.append(made.part)
            inner = tried(made, [inner])[0]
    return of_part(nn.Sequential(*parts or [nn.Identity()]))


@maker()
def residual(random: Random, x: Tensor) -> Made:
    """A block of its own whose output is added to its input."""
    inner = filled(random, x, random.randint(1, 4), whole=False)
    same = inner.steps and inner(x).shape == x.shape
    return of_part(Residual(inner) if same else inner)


# -- pools and other calls on images ---------------------------------------------------


@maker(3, 4, 5)
def pool(random: Random, x: Tensor) -> Made:
    axes = x.dim() - 2
    name = f"{random.choice(('max', 'avg'))}_pool{axes}d"
    kernel, stride = random.choice((2, 3)), random.choice((None, 1, 2))
    pad, up = random.choice((0, 1)), random.random() < 0.3
    return Made(
        lambda x: getattr(functional, name)(x, kernel, stride, pad, ceil_mode=up)
    )


@maker(3, 4)
def adaptive(random: Random, x: Tensor) -> Made:
    kind, size = random.choice(("max", "avg")), random.choice((1, 2, 3))
    call = getattr(functional, f"adaptive_{kind}_pool{x.dim() - 2}d")
    return Made(lambda x: call(x, size))


@maker(3, 4, 5)
def interpolated(random: Random, x: Tensor) -> Made:
    smooth = ("linear", "bilinear", "trilinear")[x.dim() - 3]
    mode = random.choice(("nearest", smooth))
    if random.random() < 0.5:
        scale = random.choice((2, 3))
        return Made(lambda x: functional.interpolate(x, scale_factor=scale, mode=mode))
    size = tuple(random.randint(1, 7) for _ in x.shape[2:])
    return Made(lambda x: functional.interpolate(x, size=size, mode=mode))


@maker(4)
def shuffled(random: Random, x: Tensor) -> Made:
    call = random.choice((functional.pixel_shuffle, functional.pixel_unshuffle))
    return Made(lambda x: call(x, 2))


@maker(4)
def channel_shuffle(random: Random, x: Tensor) -> Made:
    groups = random.choice([n for n in (1, 2, 3) if x.shape[1] % n == 0])

    def call(x: Tensor) -> Tensor:
        batch, channels, *axes = x.shape
        x = x.view(batch, groups, channels // groups, *axes)
        return x.transpose(1, 2).reshape(batch, channels, *axes)

    return Made(call)


@maker(4)
def windows(random: Random, x: Tensor) -> Made:
    """An image cut into windows and their tokens, as Swin does."""
    size = random.choice(
        [n for n in (1, 2, 3) if not x.shape[2] % n and not x.shape[3] % n]
    )

    def call(x: Tensor) -> Tensor:
        batch, channels, high, wide = x.shape
        x = x.view(batch, channels, high // size, size, wide // size, size)
        return x.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, channels)

    return Made(call)


@maker(4)
def gate(random: Random, x: Tensor) -> Made:
    return of_part(Gate(x.shape[1]))


@maker(3, 4)
def padded(random: Random, x: Tensor) -> Made:
    sizes = [random.randint(0, 2) for _ in range(2 * random.randint(1, x.dim() - 2))]
    mode = random.choice(("constant", "constant", "reflect", "replicate"))
    return Made(lambda x: functional.pad(x, sizes, mode))


@maker(4)
def unfolded(random: Random, x: Tensor) -> Made:
    kernel, stride = random.choice((1, 2, 3)), random.choice((1, 2))
    return Made(lambda x: functional.unfold(x, kernel, stride=stride))


# -- moves and parts -------------------------------------------------------------------


@maker()
def flattened(random: Random, x: Tensor) -> Made:
    first = random.randint(1, max(1, x.dim() - 1))
    return Made(lambda x: x.flatten(first))


@maker(4)
def tokens(random: Random, x: Tensor) -> Made:
    return random.choice(
        (
            Made(lambda x: x.flatten(2).transpose(1, 2)),
            Made(lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, x.shape[1])),
            Made(lambda x: x.flatten(2).mT),
        )
    )


@maker(3)
def image(random: Random, x: Tensor) -> Made:
    count = x.shape[1]
    high = random.choice([n for n in range(1, count + 1) if count % n == 0])
    return Made(
        lambda x: x.transpose(1, 2).reshape(x.shape[0], -1, high, count // high)
    )


@maker()
def regrouped(random: Random, x: Tensor) -> Made:
    """Other sizes for the values of a sample."""
    left, sizes = prod(x.shape[1:]), [1]
    while left > 1 and len(sizes) < random.randint(2, 5):
        sizes.append(random.choice([n for n in range(1, left + 1) if left % n == 0]))
        left //= sizes[-1]
    sizes.append(left)
    return Made(lambda x: x.reshape(sizes))


@maker()
def permuted(random: Random, x: Tensor) -> Made:
    """Axes in another order; that of the samples mostly stays."""
    order = list(range(1, x.dim()))
    random.shuffle(order)
    order.insert(0 if random.random() < 0.8 else random.randint(0, len(order)), 0)
    return Made(lambda x: x.permute(order))


@maker(3, 4)
def swapped(random: Random, x: Tensor) -> Made:
    first, second = random.sample(range(1, x.dim()), 2)
    return Made(lambda x: x.transpose(first, second))


@maker()
def more_axes(random: Random, x: Tensor) -> Made:
    axis = random.randint(1, x.dim())
    return Made(lambda x: x.unsqueeze(axis))


@maker()
def fewer_axes(random: Random, x: Tensor) -> Made:
    axis = random.randint(1, max(1, x.dim() - 1))
    return Made(lambda x: x.squeeze(axis))


@maker()
def part(random: Random, x: Tensor) -> Made:
    axis = random.randint(1, max(1, x.dim() - 1))
    size = x.shape[axis]
    start = random.randint(0, size - 1)
    stop = random.randint(start + 1, size)
    return random.choice(
        (
            Made(lambda x: x.narrow(axis, start, stop - start)),
            Made(lambda x: x.select(axis, start)),
            Made(lambda x: x[:, start % x.shape[1] :]),
            Made(lambda x: x[..., : x.shape[-1] - 1]),
            Made(lambda x: x[..., ::2]),
            Made(lambda x: x[:, -1]),
        )
    )


@maker()
def pieces(random: Random, x: Tensor) -> Made:
    axis = random.randint(1, max(1, x.dim() - 1))
    size, count = x.shape[axis], random.choice((2, 3))
    first = random.randint(1, max(1, size - 1))
    return random.choice(
        (
            Made(lambda x: x.chunk(count, axis)),
            Made(lambda x: x.split(first, axis)),
            Made(lambda x: x.unbind(axis)),
            Made(lambda x: x.split([first, size - first], axis)),
        )
    )


@maker()
def rolled(random: Random, x: Tensor) -> Made:
    axes = [n for n in range(1, x.dim()) if random.random() < 0.5] or [x.dim() - 1]
    shifts = [random.randint(-2, 2) for _ in axes]
    return Made(lambda x: x.roll(shifts, axes))


@maker(3, 4)
def written(random: Random, x: Tensor) -> Made:
    """A copy that is written into, as a whole or in a part."""
    start, whole = random.randint(0, x.shape[1] - 1), random.random() < 0.5

    def call(x: Tensor) -> Tensor:
        y = x.exp()
        if whole:
            y += x
            return y.relu_().mul_(2)
        y[:, start:] = x[:, start:] * 2
        return y

    return Made(call)


@maker()
def repeated(random: Random, x: Tensor) -> Made:
    """The same tensor several times, behind or beside each other."""
    return random.choice(
        (
            Made(lambda x: torch.cat([x, x], 1)),
            Made(lambda x: torch.stack([x, x], 1)),
            Made(lambda x: torch.stack([x, x.relu()], -1)),
        )
    )


# -- functions of each value, reductions ----------------------------------------------


@maker()
def function(random: Random, x: Tensor) -> Made:
    names = ("relu", "sigmoid", "tanh", "silu", "gelu", "elu", "softplus", "mish")
    names += ("hardswish", "hardsigmoid", "relu6", "leaky_relu", "selu", "softsign")
    name = random.choice(names)
    kind = {
        "relu": nn.ReLU,
        "silu": nn.SiLU,
        "gelu": nn.GELU,
        "relu6": nn.ReLU6,
        "tanh": nn.Tanh,
    }.get(name)
    if kind is not None and random.random() < 0.5:
        return of_part(kind())
    return Made(lambda x: getattr(functional, name)(x))


@maker()
def arithmetic(random: Random, x: Tensor) -> Made:
    number = random.choice((2, 0.5, 3, -1))
    return random.choice(
        (
            Made(lambda x: x + number),
            Made(lambda x: x * number),
            Made(lambda x: number - x),
            Made(lambda x: x / number),
            Made(lambda x: x**2),
            Made(lambda x: -x),
            Made(lambda x: x.clamp(-1, number + 2)),
            Made(lambda x: x.exp()),
            Made(lambda x: x.abs()),
            Made(lambda x: (x * x + 1).sqrt()),
            Made(lambda x: functional.dropout(x, 0.5, training=False).contiguous() + 1),
        )
    )


@maker()
def soft(random: Random, x: Tensor) -> Made:
    axis = random.randint(1, max(1, x.dim() - 1))
    kind = random.choice((torch.softmax, torch.log_softmax))
    return Made(lambda x: kind(x, axis))


@maker()
def reduced(random: Random, x: Tensor) -> Made:
    axes = [n for n in range(1, x.dim()) if random.random() < 0.4] or [x.dim() - 1]
    keep = random.random() < 0.5
    name = random.choice(("mean", "mean", "sum", "amax"))
    return Made(lambda x: getattr(x, name)(tuple(axes), keepdim=keep))


# -- several values --------------------------------------------------------------------


@maker()
def joined(random: Random, x: Tensor) -> Made:
    axis = random.randint(1, max(1, x.dim() - 1))
    return Made(lambda *xs: torch.cat(xs, axis), random.choice((2, 2, 3)))


@maker()
def summed(random: Random, x: Tensor) -> Made:
    return Made(
        random.choice(
            (
                lambda x, y: x + y,
                lambda x, y: x * y,
                lambda x, y: x - y,
                lambda x, y: x / (y * y + 1),
                lambda x, y: x.add(y).relu_(),
                lambda x, y: torch.maximum(x, y),
            )
        ),
        2,
    )


@maker(3, 4)
def multiplied(random: Random, x: Tensor) -> Made:
    return Made(
        random.choice(
            (
                lambda x, y: x @ y,
                lambda x, y: x @ y.transpose(-2, -1),
                lambda x, y: torch.matmul(x.transpose(-1, -2), y),
                lambda x, y: torch.einsum("b...nd,b...md->b...nm", x, y),
            )
        ),
        2,
    )


@maker(3)
def lettered(random: Random, x: Tensor) -> Made:
    equation = random.choice(("bnd,bmd->bnm", "bnd,bnm->bdm", "bnd,bnd->bn"))
    return Made(lambda x, y: torch.einsum(equation, x, y), 2)


@maker(3)
def attended(random: Random, x: Tensor) -> Made:
    """Attention of tokens to others, without weights."""
    return Made(lambda x, y: functional.scaled_dot_product_attention(x, y, y), 2)


# -- composition -----------------------------------------------------------------------

BLOCKS = ("sequence", "residual")
LAYERS = (
    *("convolution", "linear", "batch_norm", "layer_norm", "function", "group_norm"),
    *("convolution", "linear", "transposed", "attention"),
)


def drawn(random: Random, x: Tensor, names: tuple[str, ...]) -> tuple[str, Made] | None:
    """Return a step that may read a tensor, by its name."""
    fitting = [n for n in names if not MAKERS[n][0] or x.dim() in MAKERS[n][0]]
    if not fitting:
        return None
    name = random.choice(fitting)
    return name, MAKERS[name][1](random, x)


def layer_of(random: Random, x: Tensor) -> Made | None:
    """Return a layer that a tensor fits."""
    for _ in range(5):
        found = drawn(random, x, LAYERS)
        if found is not None and tried(found[1], [x]):
            return found[1]
    return None


def tried(made: Made, given: list[Tensor]) -> list[Tensor]:
    """Return what a step gives, nothing where torch refuses it or it is too large."""
    if made.part is not None:
        made.part.eval()
    try:
        with torch.no_grad():
            found = made.call(*given)
    except (RuntimeError, ValueError, IndexError, AssertionError):
        return []
    found = list(found) if isinstance(found, list | tuple) else [found]
    small = all(0 < v.numel() <= MOST and v.dim() in range(2, 7) for v in found)
    return found if small and len(found) <= 6 else []


def filled(random: Random, x: Tensor, steps: int, whole: bool = True) -> Composed:
    """Return a module of some steps; only the outermost has blocks inside."""
    module, values, read = Composed(), [x], set[int]()
    names = tuple(n for n in MAKERS if whole or n not in BLOCKS)
    used: list[Made] = []
    for _ in range(4 * steps):
        if len(module.steps) == steps:
            break
        newest = len(values) - 1
        at = random.choice((newest, random.randrange(len(values)))) if whole else newest
        again = [made for made in used if made.part is not None]
        if again and random.random() < 0.15:
            found = "again", random.choice(again)
        else:
            drawn_one = drawn(random, values[at], names)
            if drawn_one is None:
                continue
            found = drawn_one
        name, made = found
        alike = [i for i, v in enumerate(values) if v.shape == values[at].shape]
        others = alike if random.random() < 0.7 else range(len(values))
        reads = [at, *(random.choice(others) for _ in range(made.reads - 1))]
        gives = tried(made, [values[i] for i in reads])
        if not gives or not all(new(value, values) for value in gives):
            continue
        if made.part is not None and name != "again":
            module.parts.append(made.part)
        used.append(made)
        module.steps.append((made.call, tuple(reads)))
        module.told.append(f"{name} of {reads}: {[tuple(v.shape) for v in gives]}")
        read |= set(reads)
        values += gives
    module.gives = (len(values) - 1,)
    if whole:
        module.gives = tuple(i for i in range(1, len(values)) if i not in read)
    return module


def new(value: Tensor, others: list[Tensor]) -> bool:
    """Say whether a tensor is none of the others, nor one of them in other sizes."""
    return not any(
        value.numel() == other.numel() and value.flatten().equal(other.flatten())
        for other in others
    )


def composed(random: Random, longest: int = 12) -> tuple[Composed, tuple[int, ...]]:
    """Return a random module and the sizes of its input."""
    axes = random.choice((1, 2, 2, 2, 3, 3, 3, 3, 4))
    channels = random.choice((1, 2, 3, 4, 6, 8))
    sizes = tuple(random.randint(2, 8) for _ in range(axes - 1))
    shape = (
        (*sizes, channels)
        if axes == 2 and random.random() < 0.6
        else (channels, *sizes)
    )
    x = torch.randn((1, *shape), generator=torch.Generator().manual_seed(0))
    module = filled(random, x, random.randint(1, longest))
    return module.eval(), shape

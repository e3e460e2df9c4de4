"""Calls of random PyTorch modules: pools, moves, parts, functions, joins, products."""

from __future__ import annotations

from math import prod
from random import Random

import torch
from module_parts import Gate, Made, maker, of_part
from torch import Tensor, nn
from torch.nn import functional

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

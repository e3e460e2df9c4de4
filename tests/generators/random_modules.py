"""Random PyTorch modules: layers and calls put together, as people write `forward`.

`composed(random)` gives a module and the sizes of its input without the batch. Each
step reads values that stand before it, and is tried at once on a small tensor: what
torch refuses is not written. A module may run twice, and what nobody reads goes out.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import module_calls
import module_parts
import torch
from module_parts import MAKERS, Made, Residual, maker, of_part
from torch import Tensor, nn

FAMILIES = (module_parts, module_calls)
"""The modules of makers; importing them fills `MAKERS`."""
MOST = 4096
"""Values of one tensor at most."""


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

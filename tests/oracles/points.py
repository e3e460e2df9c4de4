"""Definitions of networks that see points, by their authors' code."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


def shared(sizes: Sequence[int]) -> nn.Sequential:
    """Return layers that every point goes through alike, each with a norm and a ReLU."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Conv1d(before, after, 1), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def dense(sizes: Sequence[int], end: int) -> nn.Sequential:
    """Return layers of one vector with a norm and a ReLU, and a plain one at the end."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], end))


class Turn(nn.Module):
    """A T-Net of PointNet: a matrix made of all points turns each of them.

    The identity that the authors add to the matrix belongs to the bias.
    """

    def __init__(self, size: int, c: int) -> None:
        super().__init__()
        self.size = size
        self.points = shared([size, c, 2 * c, 16 * c])
        self.matrix = dense([16 * c, 8 * c, 4 * c], size * size)

    def forward(self, x: Tensor) -> Tensor:
        matrix = self.matrix(self.points(x).amax(2)).unflatten(1, (self.size, -1))
        turned: Tensor = (x.transpose(1, 2) @ matrix).transpose(1, 2)
        return turned


class PointNet(nn.Module):
    """PointNet (Qi 2016; charlesq34/pointnet, models/pointnet_cls.py)."""

    def __init__(self, c: int = 64, turns: bool = True, classes: int = 40) -> None:
        super().__init__()
        self.turn = Turn(3, c) if turns else nn.Identity()
        self.low = shared([3, c, c])
        self.turn_features = Turn(c, c) if turns else nn.Identity()
        self.high = shared([c, c, 2 * c, 16 * c])
        self.scores = dense([16 * c, 8 * c, 4 * c], classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.turn_features(self.low(self.turn(x)))
        scores: Tensor = self.scores(self.high(x).amax(2))
        return scores


class Attend(nn.Module):
    """A multihead attention block (Lee 2018; juho-lee/set_transformer, modules.py)."""

    def __init__(self, queries: int, keys: int, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(queries, width)
        self.k, self.v = nn.Linear(keys, width), nn.Linear(keys, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        q = self.q(x)
        each, keys, values = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (q, self.k(y), self.v(y))
        )
        scores = (each @ keys.transpose(2, 3) / q.shape[2] ** 0.5).softmax(3)
        seen: Tensor = q + (scores @ values).transpose(1, 2).flatten(2)
        return seen + self.out(seen).relu()


class Induced(nn.Module):
    """Learned points attend to all points, and all points to these."""

    def __init__(self, before: int, width: int, heads: int, inds: int) -> None:
        super().__init__()
        self.learned = nn.Parameter(torch.empty(1, inds, width))
        self.few = Attend(width, before, width, heads)
        self.all = Attend(before, width, width, heads)

    def forward(self, x: Tensor) -> Tensor:
        few = self.few(self.learned.repeat(len(x), 1, 1), x)
        found: Tensor = self.all(x, few)
        return found


class SetTransformer(nn.Module):
    """A set transformer (Lee 2018; juho-lee/set_transformer, main_pointcloud.py)."""

    def __init__(
        self, width: int = 256, heads: int = 4, inds: int = 16, classes: int = 40
    ) -> None:
        super().__init__()
        first, second = (Induced(n, width, heads, inds) for n in (3, width))
        self.encoder = nn.Sequential(first, second)
        self.seed = nn.Parameter(torch.empty(1, 1, width))
        self.pool = Attend(width, width, width, heads)
        self.scores = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.encoder(x)
        pooled = self.pool(self.seed.repeat(len(x), 1, 1), x)
        scores: Tensor = self.scores(pooled)
        return scores[:, 0]


class NeRF(nn.Module):
    """NeRF's network (Mildenhall 2020; bmild/nerf, run_nerf_helpers.py)."""

    def __init__(
        self, width: int = 256, places: int = 63, directions: int = 27
    ) -> None:
        super().__init__()
        self.sizes = (places, directions)
        ins = [places, *[width] * 4, width + places, width, width]
        self.layers = nn.ModuleList(nn.Linear(n, width) for n in ins)
        self.density = nn.Linear(width, 1)
        self.features = nn.Linear(width, width)
        self.view = nn.Linear(width + directions, width // 2)
        self.color = nn.Linear(width // 2, 3)

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        weight = self.color.weight
        return tuple(weight.new_empty(batch, size).normal_() for size in self.sizes)

    def forward(self, place: Tensor, direction: Tensor) -> Tensor:
        x = place
        for number, layer in enumerate(self.layers):
            x = layer(torch.cat([place, x], 1) if number == 5 else x).relu()
        seen = torch.cat([self.features(x), direction], 1)
        color = self.color(self.view(seen).relu())
        return torch.cat([color, self.density(x)], 1)

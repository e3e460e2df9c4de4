"""Definitions of networks that recommend, by their authors' code."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

KAGGLE = (
    *(1460, 583, 10131227, 2202608, 305, 24, 12517, 633, 3, 93145, 5683, 8351593),
    *(3194, 27, 14992, 5461306, 10, 5652, 2173, 4, 7046547, 18, 15, 286181, 105),
    142572,
)
"""The rows of the tables for Criteo's Kaggle data (facebookresearch/dlrm)."""


def layers(sizes: Sequence[int], last: nn.Module | None = None) -> nn.Sequential:
    """Return linear layers with a ReLU after each, or another function at the end."""
    made: list[nn.Module] = []
    for before, after in pairwise(sizes):
        made += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*made[:-1], last or made[-1])


def ids(rows: Sequence[int], batch: int, like: Tensor) -> Tensor:
    """Return for each sample a row of each table."""
    made = [torch.randint(n, (batch, 1), device=like.device) for n in rows]
    return torch.cat(made, 1)


class DLRM(nn.Module):
    """Numbers, categories, and products of their pairs (Naumov 2019)."""

    def __init__(
        self,
        tables: Sequence[int] = KAGGLE,
        bottom: Sequence[int] = (512, 256, 64),
        dim: int = 16,
        top: Sequence[int] = (512, 256),
    ) -> None:
        super().__init__()
        self.rows = tables
        self.bottom = layers([13, *bottom, dim])
        bags = (nn.EmbeddingBag(rows, dim, mode="sum") for rows in tables)
        self.tables = nn.ModuleList(bags)
        count = len(tables) + 1
        joined = dim + count * (count - 1) // 2
        self.top = layers([joined, *top, 1], nn.Sigmoid())

    def inputs(self, batch: int) -> tuple[Tensor, Tensor]:
        like = self.bottom[0].weight
        assert isinstance(like, Tensor)
        return like.new_empty(batch, 13).normal_(), ids(self.rows, batch, like)

    def forward(self, dense: Tensor, sparse: Tensor) -> Tensor:
        numbers = self.bottom(dense)
        columns = zip(self.tables, sparse.split(1, 1), strict=True)
        vectors = torch.stack([numbers, *(t(column) for t, column in columns)], 1)
        products = torch.bmm(vectors, vectors.transpose(1, 2))
        rows, places = torch.tril_indices(*products.shape[1:], -1)
        joined = torch.cat([numbers, products[:, rows, places]], 1)
        return self.top(joined)  # type: ignore[no-any-return]  # a module's


class TwoTower(nn.Module):
    """A tower for who asks and one for what is found (torchrec's retrieval example)."""

    def __init__(
        self,
        users: int = 943,
        items: int = 1682,
        dim: int = 64,
        towers: Sequence[int] = (128, 64),
    ) -> None:
        super().__init__()
        self.rows = users, items
        self.user = nn.EmbeddingBag(users, dim)
        self.of_user = layers([dim, *towers])
        self.item = nn.EmbeddingBag(items, dim)
        self.of_item = layers([dim, *towers])

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        return ids(self.rows, batch, self.user.weight).split(1, 1)

    def forward(self, user: Tensor, item: Tensor) -> tuple[Tensor, ...]:
        asked, found = self.of_user(self.user(user)), self.of_item(self.item(item))
        return asked, found, (asked * found).sum(1, keepdim=True)

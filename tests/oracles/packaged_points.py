"""Networks that see points, of parts that packages of PyPI define."""

from __future__ import annotations

from typing import Any
from unittest import mock

import torch
from partial_imports import Nothing, bare, package, without
from torch import Tensor, nn


def PointNetCls() -> Any:  # noqa: N802  # the package's name
    made = package("pointnet.pointnet")
    return made.PointNetCls(3, 40, stn_3d=made.STN())


class NerfModel(nn.Module):
    """NeRF's network of kornia, up to the numbers that it makes color and density of.

    The place enters again before the fifth of its eight layers, the authors' before the
    sixth. As in the authors' code, it stands before what the layers have made, and the
    density is read one layer earlier than the package reads it.
    """

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        bare("kornia", "kornia.nerf")
        with without("kornia.geometry", "kornia.utils", "kornia.core.external"):
            made: Any = package("kornia.nerf.nerf_model")
        self.net = made.NerfModel(num_ray_points=1, num_hidden=width)

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        net, like = self.net, next(self.parameters())
        encoders = net._pos_encoder, net._dir_encoder
        sizes = (encoder.num_encoded_dims for encoder in encoders)
        return tuple(torch.randn(batch, n, device=like.device) for n in sizes)

    def forward(self, place: Tensor, direction: Tensor) -> Tensor:
        net, concat = self.net, torch.cat
        with mock.patch.object(torch, "cat", lambda xs, dim: concat(xs[::-1], dim)):
            x = net._mlp(place)
        seen = torch.cat([net._fc1(x), direction], 1)
        return torch.cat([net._rgb[0](net._fc2(seen)), net._sigma(x)], 1)


class SetTransformer(nn.Module):
    """A set transformer of the blocks that torch_geometric has for sets of nodes.

    They are the authors', but for the axis of softmax: here it is that of the keys.
    """

    def __init__(
        self, width: int = 256, heads: int = 4, inds: int = 16, classes: int = 40
    ) -> None:
        super().__init__()
        bare("torch_geometric", "torch_geometric.nn", "torch_geometric.nn.glob")
        package("torch_geometric.nn").GCNConv = Nothing
        with without("torch_geometric.utils"):
            self.made: Any = package("torch_geometric.nn.glob.gmt")
        pairs = ((width, 3), (3, width), (width, width), (width, width))
        self.learned = nn.ParameterList(torch.empty(1, inds, width) for _ in "12")
        self.attend = nn.ModuleList(
            self.made.MAB(queries, keys, width, heads) for queries, keys in pairs
        )
        self.pool = self.made.PMA(width, heads, 1)
        self.pool.S = nn.Parameter(torch.empty(1, 1, width))  # on the device, too
        self.scores = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        softmax = torch.softmax
        with mock.patch.object(torch, "softmax", lambda scores, _: softmax(scores, 2)):
            for number, learned in enumerate(self.learned):
                few, every = self.attend[2 * number : 2 * number + 2]
                x = every(x, few(learned.repeat(len(x), 1, 1), x))
            scores: Tensor = self.scores(self.pool(x))
        return scores[:, 0]

"""Networks of the shelf as packages of PyPI define them (`tests/peers.txt`).

A package's own code makes every layer; what depends on values, such as which boxes are
kept, is left out. What a package imports and its network does not use is not installed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import accumulate
from typing import Any
from unittest import mock

import torch
from independent import PEERS
from open_mmlab import C3D as C3D
from open_mmlab import HRNet as HRNet
from packaged_points import NerfModel as NerfModel
from packaged_points import PointNetCls as PointNetCls
from packaged_points import SetTransformer as SetTransformer
from partial_imports import bare, package, without
from recommenders import KAGGLE, ids
from torch import Tensor, nn


class DetectionModel(nn.Module):
    """YOLOv8 of ultralytics; distances stay distances, where it makes boxes of them."""

    def __init__(self, size: str = "n") -> None:
        super().__init__()
        folder = PEERS.parent / "ultralytics"
        folder.mkdir(exist_ok=True)
        given = {"YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(folder)}
        with (
            mock.patch.dict(os.environ, given),
            mock.patch.object(torch, "save", torch.save),
            without("cv2"),
        ):
            tasks: Any = package("ultralytics.nn.tasks")
        with mock.patch.object(tasks.Detect, "bias_init"):
            self.net = tasks.DetectionModel(f"yolov8{size}.yaml", verbose=False)
        last = self.net.model[-1]
        last._get_decode_boxes = lambda found: last.dfl(found["boxes"])

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        distances, scores = self.net(image)[0].transpose(1, 2).tensor_split((4,), 2)
        return scores, distances


class YOLOv3(nn.Module):
    """YOLOv3 of torchvision-yolov3; a class more stands for whether there is any."""

    def __init__(self, classes: int = 80) -> None:
        super().__init__()
        make = package("torchvision_yolov3").yolov3_darknet53
        self.net: Any = make(classes + 1, pretrained_backbone=False)
        self.net.transform = Given()
        self.net.losses = nn.ModuleList(Given() for _ in range(3))

    def forward(self, image: Tensor) -> Tensor:
        maps = (found.unflatten(1, (3, -1)) for found in self.net(image))
        return torch.cat([x.permute(0, 3, 4, 1, 2).flatten(1, 3) for x in maps], 1)


class Given(nn.Module):
    """Stands where images are scaled and boxes are chosen: it returns what it is given."""

    def forward(self, *given: Any) -> Any:
        return given

    def postprocess(self, found: Any, sizes: Any) -> Any:
        return [maps for maps, _ in found]


class HourglassNet(nn.Module):
    """Hourglasses of pytorch-stacked-hourglass, with the authors' widths of the stem.

    The second of its blocks keeps 128 channels, and the third doubles them (src/models/hg.lua
    of princeton-vl/pose-hg-train); the package has these the other way round.
    """

    def __init__(self, stacks: int = 8) -> None:
        super().__init__()
        bare("stacked_hourglass")
        made: Any = package("stacked_hourglass.model")
        self.net = made.HourglassNet(made.Bottleneck, stacks, num_blocks=1)
        self.net.inplanes = 64
        for name, half in (("layer1", 64), ("layer2", 64), ("layer3", 128)):
            block = self.net._make_residual(made.Bottleneck, half, 1)
            setattr(self.net, name, block)

    def forward(self, image: Tensor) -> Any:
        return self.net(image)[-1]


def authors_networks() -> Any:
    """Import the networks that DeepLIIF has from the authors of pix2pix."""
    bare("deepliif", "deepliif.models")
    with without("deepliif.util"):
        return package("deepliif.models.networks")


class UnetGenerator(nn.Module):
    """The generator of pix2pix."""

    def __init__(self, c: int = 64) -> None:
        super().__init__()
        made = authors_networks()
        norm = made.get_norm_layer("batch")
        self.net = made.UnetGenerator(3, 3, 8, c, norm_layer=norm)

    def forward(self, image: Tensor) -> Any:
        return self.net(image)


class NLayerDiscriminator(nn.Module):
    """The discriminator of pix2pix."""

    def __init__(self, depth: int = 3, c: int = 64) -> None:
        super().__init__()
        made = authors_networks()
        norm = made.get_norm_layer("batch")
        self.net = made.NLayerDiscriminator(6, c, depth, norm_layer=norm)

    def forward(self, images: Tensor) -> Any:
        return self.net(images)


def UNet3D() -> Any:  # noqa: N802  # the package's name
    return package("unet").UNet3D(3, 3)


class ProxylessNASNets(nn.Module):
    """A network of mcunet, from a config as its authors' files are."""

    def __init__(
        self,
        widths: Sequence[int],
        depths: Sequence[int],
        e: Sequence[int],
        k: Sequence[int],
    ) -> None:
        super().__init__()
        entered, out, *outs = widths
        act = {"act_func": "relu6", "use_se": False}
        blocks: list[Any] = [inverted(entered, out, 3, 1, 1, **act)]
        ends = [*accumulate(depths)]
        for number, (expand, kernel) in enumerate(zip(e, k, strict=True)):
            before, at = out, sum(end <= number for end in ends)
            out = outs[at]
            first = number == 0 or number in ends
            stride = 2 if first and at not in (3, 5) else 1
            blocks.append(inverted(before, out, kernel, stride, expand, **act))
        how = {"use_bn": True, "act_func": "relu6", "bias": False}
        stem = {"in_channels": 3, "out_channels": entered, "kernel_size": 3}
        end = {"in_features": out, "out_features": 1000}
        config = {
            "bn": {"momentum": 0.1, "eps": 1e-5, "ws_eps": None},
            "first_conv": {"name": "ConvLayer", **stem, "stride": 2, **how},
            "blocks": blocks,
            "feature_mix_layer": None,
            "classifier": {"name": "LinearLayer", **end},
        }
        made: Any = package("mcunet.tinynas.nn.networks").ProxylessNASNets
        self.net = made.build_from_config(config)

    def forward(self, image: Tensor) -> Any:
        return self.net(image)


def inverted(
    before: int, out: int, kernel: int, stride: int, expand: int, **act: Any
) -> dict[str, Any]:
    """Return the config of an inverted residual."""
    kept = expand > 1 and stride == 1 and before == out
    identity = {"in_channels": [before], "out_channels": [out]}
    return {
        "name": "MobileInvertedResidualBlock",
        "mobile_inverted_conv": {
            "name": "MBInvertedConvLayer",
            "in_channels": before,
            "out_channels": out,
            "kernel_size": kernel,
            "stride": stride,
            "expand_ratio": expand,
            **act,
        },
        "shortcut": {"name": "IdentityLayer", **identity} if kept else None,
    }


def x3d(size: str) -> Any:
    """Return `x3d_<size>` of PyTorchVideo, up to the scores."""
    make = getattr(package("pytorchvideo.models.hub.x3d"), f"x3d_{size}")
    return make(head_activation=None)


class SlowFast(nn.Module):
    """SlowFast of PyTorchVideo, whose head takes the mean of a whole map.

    Its own pools are as large as maps of 224 pixels.
    """

    def __init__(
        self,
        depth: int = 50,
        ratio: int = 8,
        kernel: int = 5,
        frames: int = 32,
        size: int = 256,
    ) -> None:
        super().__init__()
        self.ratio, self.sizes = ratio, (frames, size, size)
        side = size // 32
        self.net = package("pytorchvideo.models.slowfast").create_slowfast(
            model_depth=depth,
            slowfast_fusion_conv_kernel_size=(kernel, 1, 1),
            slowfast_fusion_conv_stride=(ratio, 1, 1),
            head_pool_kernel_sizes=(
                (frames // ratio, side, side),
                (frames, side, side),
            ),
        )

    def inputs(self, batch: int) -> tuple[Tensor, Tensor]:
        device = next(self.parameters()).device
        fast = torch.randn(batch, 3, *self.sizes, device=device)
        return fast[:, :, :: self.ratio], fast

    def forward(self, slow: Tensor, fast: Tensor) -> Any:
        return self.net([slow, fast])


TORCHREC = ("torchrec.datasets", "torchrec.distributed", "torchrec.sparse.tensor_dict")


def torchrec(name: str) -> Any:
    """Import a module of torchrec without its compiled operators and its sharding."""
    bare("torchrec", "torchrec.models", "torchrec.modules", "torchrec.sparse")
    with without("fbgemm_gpu", "tensordict", "pyre_extensions", *TORCHREC):
        module: Any = package(f"torchrec.{name}")
    if name == "modules.embedding_modules":
        module.maybe_td_to_kjt = lambda features, keys: features
    return module


class Tables(nn.Module):
    """torchrec's collection of tables, of which each sample reads one row."""

    def __init__(self, rows: Sequence[int], dim: int) -> None:
        super().__init__()
        config = torchrec("modules.embedding_configs").EmbeddingBagConfig
        self.names = [f"table{i}" for i in range(len(rows))]
        tables = [
            config(name=name, num_embeddings=n, embedding_dim=dim, feature_names=[name])
            for name, n in zip(self.names, rows, strict=True)
        ]
        make = torchrec("modules.embedding_modules").EmbeddingBagCollection
        self.collection = make(tables, device=torch.device("meta"))

    def keyed(self, ids: Tensor) -> Any:
        """Return torchrec's form of the rows `(batch, tables)` that are read."""
        batch, count = ids.shape
        whole = {"dtype": torch.long, "device": ids.device}
        return torchrec("sparse.jagged_tensor").KeyedJaggedTensor(
            self.names,
            ids.T.flatten(),
            lengths=torch.ones(batch * count, **whole),
            offsets=torch.arange(batch * count + 1, **whole),
            stride=batch,
            length_per_key=[batch] * count,
            offset_per_key=[batch * i for i in range(count + 1)],
        )


class DLRM(nn.Module):
    """DLRM of torchrec, and the sigmoid that it leaves to the loss."""

    def __init__(
        self,
        tables: Sequence[int] = KAGGLE,
        bottom: Sequence[int] = (512, 256, 64),
        dim: int = 16,
        top: Sequence[int] = (512, 256),
    ) -> None:
        super().__init__()
        read = Tables(tables, dim)
        self.rows, self.keyed = tables, read.keyed
        made = torchrec("models.dlrm").DLRM
        self.net = made(read.collection, 13, [*bottom, dim], [*top, 1])

    def inputs(self, batch: int) -> tuple[Tensor, Tensor]:
        dense = torch.randn(batch, 13, device=next(self.parameters()).device)
        return dense, ids(self.rows, batch, dense)

    def forward(self, dense: Tensor, sparse: Tensor) -> Any:
        return self.net(dense, self.keyed(sparse)).sigmoid()


class TwoTowers(nn.Module):
    """Two towers of torchrec's tables and layers, as in its retrieval example."""

    def __init__(
        self,
        rows: Sequence[int] = (943, 1682),
        dim: int = 64,
        towers: Sequence[int] = (128, 64),
    ) -> None:
        super().__init__()
        make = torchrec("modules.mlp").MLP
        self.rows = rows
        self.tables = nn.ModuleList(Tables([n], dim) for n in rows)
        self.towers = nn.ModuleList(make(dim, [*towers]) for _ in rows)

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        like = next(self.parameters())
        return ids(self.rows, batch, like).split(1, 1)

    def forward(self, *read: Tensor) -> Any:
        asked, found = (
            tower(table.collection(table.keyed(ids)).values())
            for tower, table, ids in zip(self.towers, self.tables, read, strict=True)
        )
        return asked, found, (asked * found).sum(1, keepdim=True)

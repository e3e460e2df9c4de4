"""Networks that label or make each pixel, of another library or written for the tests."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import torch
from pytorchcv.models import pspnet
from pytorchcv.models.resnetd import ResNetD
from timm.models import hrnet
from torch import Tensor, nn


class PSPNet(nn.Module):
    """PSPNet (Zhao 2016) of pytorchcv, with the backbone of its authors."""

    def __init__(
        self,
        c: int = 64,
        depths: tuple[int, ...] = (3, 4, 23, 3),
        classes: int = 150,
        aux: bool = False,
    ) -> None:
        super().__init__()
        stages = [[4 * c << i] * depth for i, depth in enumerate(depths)]
        how: Any = {"bottleneck": True, "conv1_stride": False, "bends": (3,)}
        backbone: Any = ResNetD(stages, c, **how).features
        del backbone[-1]
        given: Any = {"fixed_size": False, "num_classes": classes, "aux": aux}
        self.net = pspnet.PSPNet(backbone, stages[-1][0], **given)

    def forward(self, image: Tensor) -> Tensor:
        found = self.net(image)
        return found[0] if self.net.aux else found  # type: ignore[no-any-return]


class UNet3D(nn.Module):
    """U-Net on volumes (Çiçek 2016), without padding."""

    def __init__(self, c: int = 32, labels: int = 3) -> None:
        super().__init__()
        self.down = nn.ModuleList()
        before = 3
        for level in range(4):
            half, out = c << level, 2 * c << level
            self.down.append(self.double(before, half, out))
            before = out
        self.up = nn.ModuleList()
        for level in (2, 1, 0):
            out = 2 * c << level
            larger = nn.ConvTranspose3d(before, before, 2, 2, bias=False)
            self.up += [larger, self.double(before + out, out, out)]
            before = out
        self.map = nn.Conv3d(before, labels, 1)

    def double(self, *widths: int) -> nn.Sequential:
        """Return two convolutions, each with a norm."""
        layers: list[nn.Module] = []
        for before, out in pairwise(widths):
            layers += [nn.Conv3d(before, out, 3), nn.BatchNorm3d(out), nn.ReLU()]
        return nn.Sequential(*layers)

    def forward(self, volume: Tensor) -> Tensor:
        maps = [self.down[0](volume)]
        for double in self.down[1:]:
            maps.append(double(nn.functional.max_pool3d(maps[-1], 2)))
        x = maps.pop()
        for larger, double in zip(self.up[::2], self.up[1::2], strict=True):
            x, beside = larger(x), maps.pop()
            for axis in (2, 3, 4):
                start = (beside.shape[axis] - x.shape[axis]) // 2
                beside = beside.narrow(axis, start, x.shape[axis])
            x = double(torch.cat((beside, x), 1))
        return self.map(x)  # type: ignore[no-any-return]


class Level(nn.Module):
    """A level of pix2pix's generator, with all levels below inside of it."""

    def __init__(self, widths: tuple[int, ...], image: int = 0) -> None:
        super().__init__()
        before, width = widths[:2]
        last = len(widths) == 2
        self.image = image
        self.down = nn.Conv2d(before, width, 4, 2, 1, bias=False)
        self.norm = nn.Identity() if image or last else nn.BatchNorm2d(width)
        self.below = nn.Identity() if last else Level(widths[1:])
        wide = width if last else 2 * width
        out = image or before
        self.up = nn.ConvTranspose2d(wide, out, 4, 2, 1, bias=bool(image))
        self.after = nn.Identity() if image else nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.image else nn.functional.leaky_relu(x, 0.2)
        y = self.below(self.norm(self.down(y)))
        y = self.after(self.up(y.relu()))
        return y.tanh() if self.image else torch.cat((x, y), 1)


class Pix2Pix(nn.Module):
    """The generator of pix2pix (Isola 2016), level in level as its authors write it."""

    def __init__(self, c: int = 64) -> None:
        super().__init__()
        self.levels = Level((3, c, 2 * c, 4 * c, *[8 * c] * 5), image=3)

    def forward(self, image: Tensor) -> Tensor:
        return self.levels(image)  # type: ignore[no-any-return]


class PatchGAN(nn.Module):
    """The discriminator of pix2pix (Isola 2016); `depth` convolutions halve the map."""

    def __init__(self, c: int = 64, depth: int = 3) -> None:
        super().__init__()
        leaky = partial(nn.LeakyReLU, 0.2)
        widths = [min(c << level, 8 * c) for level in range(depth + 1)]
        layers = [nn.Conv2d(6, c, 4, 2, 1), leaky()]
        for level, (before, out) in enumerate(pairwise(widths)):
            stride = 2 if level + 1 < depth else 1
            layers += [nn.Conv2d(before, out, 4, stride, 1, bias=False)]
            layers += [nn.BatchNorm2d(out), leaky()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)  # type: ignore[no-any-return]


class HRNetSeg(nn.Module):
    """HRNetV2 for segmentation (Wang 2019): timm's streams, interpolated, and a head."""

    def __init__(self, c: int = 48, classes: int = 19) -> None:
        super().__init__()
        known = hrnet.cfg_cls["hrnet_w48"]
        stages = {
            name: {**known[name], "num_channels": tuple(c << i for i in range(n))}
            for name, n in (("stage2", 2), ("stage3", 3), ("stage4", 4))
        }
        self.streams: Any = hrnet.HighResolutionNet({**known, **stages}, head="")
        for module in self.streams.modules():
            if isinstance(module, nn.Upsample):
                module.mode = "bilinear"
        wide = 15 * c
        mixed = nn.Conv2d(wide, wide, 1), nn.BatchNorm2d(wide), nn.ReLU()
        self.head = nn.Sequential(*mixed, nn.Conv2d(wide, classes, 1))

    def forward(self, image: Tensor) -> Tensor:
        resize = partial(nn.functional.interpolate, mode="bilinear")
        maps = self.streams.forward_features(image)
        large = [resize(x, maps[0].shape[2:]) for x in maps[1:]]
        scores = self.head(torch.cat((maps[0], *large), 1))
        return resize(scores, image.shape[2:])

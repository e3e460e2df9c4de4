"""Detectors of torchvision without the choice of boxes, and others that none defines.

What depends on scores, such as which boxes are cut out, is left out or is an input.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN, MaskRCNN
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.rpn import concat_box_prediction_layers
from torchvision.ops import Conv2dNormActivation
from torchvision.ops import roi_align as operator

STRIDES = (4, 8, 16, 32)
cut_out: Any = operator.__globals__["_roi_align"].__wrapped__
"""torchvision's own plain definition, which it compiles where its kernels do not load."""


class Proposals(nn.Module):
    """Faster R-CNN or Mask R-CNN of torchvision, which reads boxes for each level."""

    def __init__(
        self,
        classes: int = 91,
        size: tuple[int, int] = (800, 800),
        proposals: int = 1000,
        found: int = 0,
    ) -> None:
        super().__init__()
        backbone = resnet_fpn_backbone(backbone_name="resnet50", weights=None)
        kind: Any = MaskRCNN if found else FasterRCNN
        self.net = kind(backbone, classes)
        self.size = size
        self.counts = [n for n in (proposals, found) if n]

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        """Return images, and for each head the boxes of each level."""
        device = next(self.parameters()).device
        height, width = self.size
        image = torch.randn(batch, 3, height, width, device=device)
        return image, *(
            self.boxes(batch, count - 3 * (count // 4) if level == 0 else count // 4)
            for count in self.counts
            for level in range(4)
        )

    def boxes(self, batch: int, count: int) -> Tensor:
        device = next(self.parameters()).device
        whole = torch.tensor(self.size[::-1], device=device)
        corner = torch.rand(batch, count, 2, device=device) * whole / 2
        size = torch.rand(batch, count, 2, device=device) * whole / 2
        return torch.cat((corner, corner + size), 2)

    def forward(self, image: Tensor, *boxes: Tensor) -> tuple[Tensor, ...]:
        maps = [*self.net.backbone(image).values()]
        scores, moves = self.net.rpn.head(maps)
        found = concat_box_prediction_layers(scores, moves)
        heads = self.net.roi_heads
        cut = heads.box_head(self.cut(maps, boxes[:4], 7))
        results = [*heads.box_predictor(cut), *found]
        if len(boxes) > 4:
            maps = heads.mask_head(self.cut(maps, boxes[4:], 14))
            results.append(heads.mask_predictor(maps))
        return tuple(x.unflatten(0, (len(image), -1)) for x in results)

    def cut(self, maps: list[Tensor], boxes: tuple[Tensor, ...], size: int) -> Tensor:
        """Return what is cut out of all levels, the boxes of all samples in one row."""
        parts = []
        for level, stride, given in zip(maps[:4], STRIDES, boxes, strict=True):
            batch, count = given.shape[:2]
            number = torch.arange(batch, device=given.device).repeat_interleave(count)
            rois = torch.cat((number[:, None], given.flatten(0, 1)), 1)
            found = cut_out(level, rois, 1 / stride, size, size, 2, False)
            parts.append(found.unflatten(0, (batch, count)))
        return torch.cat(parts, 1).flatten(0, 1)


class YOLOv3(nn.Module):
    """YOLOv3 (Redmon 2018), section by section as in the authors' cfg/yolov3.cfg.

    A route of one number begins there again; of two, it puts maps behind each other.
    """

    def __init__(self, c: int = 32, classes: int = 80) -> None:
        super().__init__()
        sections: list[tuple[Any, ...]] = [("conv", c, 3, 1)]
        for width, times in ((2, 1), (4, 2), (8, 8), (16, 8), (32, 4)):
            pair = [("conv", width * c // 2, 1, 1), ("conv", width * c, 3, 1)]
            sections.append(("conv", width * c, 3, 2))
            sections += [*pair, ("shortcut", -3)] * times
        for width, old in ((16, 61), (8, 36), (4, 0)):
            sections += [("conv", width * c, 1, 1), ("conv", 2 * width * c, 3, 1)] * 3
            sections += [("last", 3 * (classes + 5)), ("yolo",)]
            if old:
                sections += [("route", -4), ("conv", width * c // 2, 1, 1)]
                sections += [("upsample",), ("route", -1, old)]
        self.sections = sections
        self.convs = nn.ModuleList()
        widths = [3]
        leaky = partial(nn.LeakyReLU, 0.1)
        for kind, *given in sections:
            width = widths[-1]
            if kind == "route":
                width = sum(widths[n] if n < 0 else widths[n + 1] for n in given)
            if kind == "conv":
                out, size, stride = given
                norm = Conv2dNormActivation(
                    width, out, size, stride, activation_layer=leaky
                )
                self.convs.append(norm)
            elif kind == "last":
                self.convs.append(nn.Conv2d(width, given[0], 1))
            widths.append(given[0] if kind in ("conv", "last") else width)

    def forward(self, image: Tensor) -> Tensor:
        convs, maps, found = iter(self.convs), [], []
        x = image
        for kind, *given in self.sections:
            if kind in ("conv", "last"):
                x = next(convs)(x)
            elif kind == "shortcut":
                x = x + maps[given[0]]
            elif kind == "route":
                x = torch.cat([maps[n] for n in given], 1)
            elif kind == "upsample":
                x = nn.functional.interpolate(x, scale_factor=2.0)
            else:
                found.append(x.unflatten(1, (3, -1)).permute(0, 3, 4, 1, 2))
            maps.append(x)
        return torch.cat([y.flatten(1, 3) for y in found], 1)


def swish(inputs: int, outputs: int, size: int = 1, stride: int = 1) -> nn.Module:
    return Conv2dNormActivation(inputs, outputs, size, stride, activation_layer=nn.SiLU)


class Chain(nn.Module):
    """Pairs of convolutions, one after the other; half of the channels passes by."""

    def __init__(self, inputs: int, out: int, depth: int, skip: bool = False) -> None:
        super().__init__()
        half = out // 2
        self.skip, self.enter = skip, swish(inputs, out)
        self.pairs = nn.ModuleList(
            nn.Sequential(swish(half, half, 3), swish(half, half, 3))
            for _ in range(depth)
        )
        self.leave = swish((2 + depth) * half, out)

    def forward(self, x: Tensor) -> Tensor:
        parts = [*self.enter(x).chunk(2, 1)]
        for pair in self.pairs:
            y = pair(parts[-1])
            parts.append(parts[-1] + y if self.skip else y)
        return self.leave(torch.cat(parts, 1))  # type: ignore[no-any-return]


class Pools(nn.Module):
    """A map beside the largest values of ever wider windows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter, self.leave = swish(width, width // 2), swish(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.enter(x)]
        for _ in range(3):
            parts.append(nn.functional.max_pool2d(parts[-1], 5, 1, 2))
        return self.leave(torch.cat(parts, 1))  # type: ignore[no-any-return]


class YOLOv8(nn.Module):
    """YOLOv8 (Jocher 2023), up to classes and distances of each place.

    With the same weights it gives the scores and distances of ultralytics 8.4.190.
    `layers` are those of its yolov8.yaml with weights, in their order.
    """

    def __init__(
        self, c: int = 16, top: int = 256, depth: int = 1, classes: int = 80
    ) -> None:
        super().__init__()
        outs = (c, 2 * c, 4 * c, 8 * c, top)
        times = (depth, 2 * depth, 2 * depth, depth)
        self.layers = nn.ModuleList([swish(3, c, 3, 2)])
        for (before, out), n in zip(pairwise(outs), times, strict=True):
            self.layers.append(swish(before, out, 3, 2))
            self.layers.append(Chain(out, out, n, skip=True))
        self.layers.append(Pools(top))
        self.layers.append(Chain(top + 8 * c, 8 * c, depth))
        self.layers.append(Chain(12 * c, 4 * c, depth))
        self.layers += [swish(4 * c, 4 * c, 3, 2), Chain(12 * c, 8 * c, depth)]
        self.layers += [swish(8 * c, 8 * c, 3, 2), Chain(top + 8 * c, top, depth)]
        self.sides = self.heads(outs[2:], max(c, 64), 64)
        self.bins = nn.Parameter(torch.empty(16, 1))
        self.scores = self.heads(outs[2:], max(4 * c, classes), classes)

    def heads(self, widths: tuple[int, ...], wide: int, out: int) -> nn.ModuleList:
        return nn.ModuleList(
            nn.Sequential(
                swish(width, wide, 3), swish(wide, wide, 3), nn.Conv2d(wide, out, 1)
            )
            for width in widths
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        maps = [image]
        for layer in self.layers[:10]:
            maps.append(layer(maps[-1]))
        top = maps[-1]
        larger = partial(nn.functional.interpolate, scale_factor=2.0)
        middle = self.layers[10](torch.cat((larger(top), maps[7]), 1))
        found = [self.layers[11](torch.cat((larger(middle), maps[5]), 1))]
        for index, beside in ((12, middle), (14, top)):
            smaller = self.layers[index](found[-1])
            found.append(self.layers[index + 1](torch.cat((smaller, beside), 1)))
        sides, scores = (
            torch.cat([f(x).flatten(2) for f, x in zip(heads, found, strict=True)], 2)
            for heads in (self.sides, self.scores)
        )
        chances = sides.unflatten(1, (4, 16)).softmax(2).permute(0, 3, 1, 2)
        return scores.sigmoid().transpose(1, 2), (chances @ self.bins)[..., 0]

"""Definitions of networks for images that no library at hand has."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torchvision.ops import Conv2dNormActivation


class Before(nn.Module):
    """A residual block with norms before its convolutions (He 2016)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        half = after // 2
        self.body = nn.Sequential(
            *(nn.BatchNorm2d(before), nn.ReLU(), nn.Conv2d(before, half, 1)),
            *(nn.BatchNorm2d(half), nn.ReLU(), nn.Conv2d(half, half, 3, padding=1)),
            *(nn.BatchNorm2d(half), nn.ReLU(), nn.Conv2d(half, after, 1)),
        )
        same = before == after
        self.kept = nn.Identity() if same else nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.body(x) + self.kept(x)
        return added


class Hourglass(nn.Module):
    """A map is halved, goes through a smaller hourglass, and is doubled again."""

    def __init__(self, depth: int, c: int) -> None:
        super().__init__()
        self.side, self.down = Before(c, c), Before(c, c)
        self.inner = Hourglass(depth - 1, c) if depth > 1 else Before(c, c)
        self.up = Before(c, c)

    def forward(self, x: Tensor) -> Tensor:
        small = nn.functional.max_pool2d(x, 2)
        back = self.up(self.inner(self.down(small)))
        joined: Tensor = self.side(x) + nn.functional.interpolate(back, scale_factor=2)
        return joined


class Stack(nn.Module):
    """An hourglass and its heat maps; unless it is the last, what the next one sees."""

    def __init__(self, c: int, depth: int, joints: int, last: bool) -> None:
        super().__init__()
        self.hourglass = Hourglass(depth, c)
        self.after = Before(c, c)
        self.features = nn.Sequential(nn.Conv2d(c, c, 1), nn.BatchNorm2d(c), nn.ReLU())
        self.heat = nn.Conv2d(c, joints, 1)
        self.last = last
        if not last:
            self.kept, self.back = nn.Conv2d(c, c, 1), nn.Conv2d(joints, c, 1)

    def forward(self, x: Tensor) -> Tensor:
        features = self.features(self.after(self.hourglass(x)))
        heat: Tensor = self.heat(features)
        return heat if self.last else x + self.kept(features) + self.back(heat)


class StackedHourglass(nn.Module):
    """Stacked hourglasses (Newell 2016; pytorch_stacked_hourglass of princeton-vl)."""

    def __init__(
        self, stacks: int = 8, c: int = 256, depth: int = 4, joints: int = 16
    ) -> None:
        super().__init__()
        stem = nn.Conv2d(3, c // 4, 7, 2, 3)
        self.layers = nn.Sequential(
            *(stem, nn.BatchNorm2d(c // 4), nn.ReLU()),
            *(Before(c // 4, c // 2), nn.MaxPool2d(2)),
            *(Before(c // 2, c // 2), Before(c // 2, c)),
            *(Stack(c, depth, joints, n == stacks) for n in range(1, stacks + 1)),
        )

    def forward(self, image: Tensor) -> Tensor:
        heat: Tensor = self.layers(image)
        return heat


class Inverted(nn.Module):
    """An inverted residual: wide inside, with a depthwise convolution."""

    def __init__(
        self, before: int, wide: int, after: int, kernel: int, stride: int, kept: bool
    ) -> None:
        super().__init__()
        act = {"activation_layer": nn.ReLU6}
        self.kept = kept and stride == 1 and before == after
        self.body = nn.Sequential(
            Conv2dNormActivation(before, wide, 1, **act),
            Conv2dNormActivation(wide, wide, kernel, stride, groups=wide, **act),
            Conv2dNormActivation(wide, after, 1, activation_layer=None),
        )

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.body(x)
        return x + found if self.kept else found


MCUNET = (
    (16, (3, 5, 5, 4), (7, 3, 7, 5), 2),
    (24, (5, 5, 5), (5, 5, 5), 2),
    (40, (5, 6, 4), (3, 7, 5), 2),
    (48, (5, 5, 5), (5, 7, 3), 1),
    (96, (6, 5, 4), (3, 7, 3), 2),
)
"""Channels, expansions, kernels and stride of the stages of MCUNet for 320 kB."""


class MCUNet(nn.Module):
    """MCUNet for 320 kB (Lin 2020): its counts are those of the authors' README."""

    def __init__(self, classes: int = 1000, stages: Sequence[tuple] = MCUNET) -> None:  # type: ignore[type-arg]  # see MCUNET
        super().__init__()
        act = {"activation_layer": nn.ReLU6}
        layers: list[nn.Module] = [
            Conv2dNormActivation(3, 16, 3, 2, **act),
            Conv2dNormActivation(16, 16, 3, groups=16, **act),
            Conv2dNormActivation(16, 8, 1, activation_layer=None),
        ]
        before = 8
        for after, wider, kernels, first in stages:
            for number, (times, kernel) in enumerate(zip(wider, kernels, strict=True)):
                stride, kept = (1, True) if number else (first, False)
                block = Inverted(before, times * before, after, kernel, stride, kept)
                layers.append(block)
                before = after
        layers += [Inverted(before, 480, 160, 7, 1, kept=False)]
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(160, classes)]
        self.layers = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        scores: Tensor = self.layers(image)
        return scores

"""Definitions of networks for video, after PyTorchVideo, of any width and depth.

`packaged.py` has PyTorchVideo's own, which are compared with the same specs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

Sizes = int | tuple[int, int, int]


def normed(
    before: int,
    after: int,
    kernel: Sizes = 1,
    stride: Sizes = 1,
    act: bool = True,
    **how: Any,
) -> nn.Sequential:
    """Return a convolution padded by half its kernel, a norm, and maybe a ReLU."""
    sizes = (kernel,) * 3 if isinstance(kernel, int) else kernel
    half = tuple(size // 2 for size in sizes)
    conv = nn.Conv3d(before, after, kernel, stride, half, bias=False, **how)
    return nn.Sequential(conv, nn.BatchNorm3d(after), *[nn.ReLU()] * act)


class Squeeze(nn.Module):
    """Weigh each channel by what two layers make of all means."""

    def __init__(self, width: int, reduced: int) -> None:
        super().__init__()
        ends = nn.Conv3d(width, reduced, 1), nn.Conv3d(reduced, width, 1)
        pool = nn.AdaptiveAvgPool3d(1)
        self.gate = nn.Sequential(pool, ends[0], nn.ReLU(), ends[1], nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        weighed: Tensor = x * self.gate(x)
        return weighed


class Expanded(nn.Module):
    """A block of X3D: a wide depthwise convolution, every second one with a gate."""

    def __init__(self, before: int, after: int, stride: int, reduced: int) -> None:
        super().__init__()
        wide, step = 9 * after // 4, (1, stride, stride)
        self.body = nn.Sequential(
            normed(before, wide),
            normed(wide, wide, 3, step, act=False, groups=wide),
            Squeeze(wide, reduced) if reduced else nn.Identity(),
            nn.SiLU(),
            normed(wide, after, act=False),
        )
        self.kept = nn.Sequential()
        if stride > 1:
            self.kept.append(nn.Conv3d(before, after, 1, step, bias=False))
        if before != after:
            self.kept.append(nn.BatchNorm3d(after))

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.body(x) + self.kept(x)
        return added.relu()


class X3D(nn.Module):
    """X3D (Feichtenhofer 2020; pytorchvideo/models/x3d.py)."""

    def __init__(
        self,
        c: int = 24,
        depths: Sequence[int] = (3, 5, 11, 7),
        reduced: Sequence[int] = (8, 8, 16, 32),
        end: int = 2048,
        classes: int = 400,
    ) -> None:
        super().__init__()
        flat, long = (1, 3, 3), (5, 1, 1)
        layers: list[nn.Module] = [
            nn.Conv3d(3, c, flat, (1, 2, 2), (0, 1, 1), bias=False),
            normed(c, c, long, groups=c),
        ]
        before = c
        for stage, depth in enumerate(depths):
            for number in range(depth):
                gate = 0 if number % 2 else reduced[stage]
                stride = 1 if number else 2
                layers.append(Expanded(before, c << stage, stride, gate))
                before = c << stage
        layers += [normed(before, 9 * before // 4), nn.AdaptiveAvgPool3d(1)]
        layers += [nn.Conv3d(9 * before // 4, end, 1, bias=False), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(end, classes))

    def forward(self, clip: Tensor) -> Tensor:
        scores: Tensor = self.layers(clip)
        return scores


class Bottleneck(nn.Module):
    """A block of SlowFast, whose first kernel may see several frames."""

    def __init__(
        self, before: int, mid: int, after: int, time: int, stride: int
    ) -> None:
        super().__init__()
        step = (1, stride, stride)
        self.body = nn.Sequential(
            normed(before, mid, (time, 1, 1)),
            normed(mid, mid, (1, 3, 3), step),
            normed(mid, after, act=False),
        )
        changed = before != after
        self.kept = nn.Sequential(
            *[normed(before, after, 1, step, act=False)] * changed
        )

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.body(x) + self.kept(x)
        return added.relu()


class Pathways(nn.Module):
    """A stage of both pathways; where they go on, the fast one joins the slow one."""

    def __init__(self, slow: nn.Module, fast: nn.Module, joined: nn.Module | None):
        super().__init__()
        self.slow, self.fast, self.joined = slow, fast, joined

    def forward(self, slow: Tensor, fast: Tensor) -> tuple[Tensor, Tensor]:
        slow, fast = self.slow(slow), self.fast(fast)
        if self.joined is None:
            return slow, fast
        return torch.cat([slow, self.joined(fast)], 1), fast


class SlowFast(nn.Module):
    """SlowFast of ResNets (Feichtenhofer 2018; pytorchvideo/models/slowfast.py)."""

    def __init__(
        self,
        c: int = 64,
        depths: Sequence[int] = (3, 4, 6, 3),
        ratio: int = 8,
        kernel: int = 5,
        frames: int = 32,
        size: int = 256,
        classes: int = 400,
    ) -> None:
        super().__init__()
        self.frames, self.size, self.ratio = frames, size, ratio
        pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))

        def join(width: int) -> nn.Module:
            return normed(width, 2 * width, (kernel, 1, 1), (ratio, 1, 1))

        slow = nn.Sequential(normed(3, c, (1, 7, 7), (1, 2, 2)), pool)
        fast = nn.Sequential(normed(3, c // 8, (5, 7, 7), (1, 2, 2)), pool)
        self.stages = nn.ModuleList([Pathways(slow, fast, join(c // 8))])
        wide, thin = c + c // 4, c // 8
        for stage, depth in enumerate(depths):
            mid, stride = c << stage, 2 if stage else 1
            slow, fast = nn.Sequential(), nn.Sequential()
            for number in range(depth):
                step = 1 if number else stride
                slow.append(Bottleneck(wide, mid, 4 * mid, 3 if stage > 1 else 1, step))
                fast.append(Bottleneck(thin, mid // 8, mid // 2, 3, step))
                wide, thin = 4 * mid, mid // 2
            more = join(thin) if stage < 3 else None
            self.stages.append(Pathways(slow, fast, more))
            wide += 2 * thin
        self.head = nn.Linear(36 * (c << 3) // 8, classes)

    def inputs(self, batch: int) -> tuple[Tensor, Tensor]:
        sizes = (self.size, self.size)
        fast = self.head.weight.new_empty(batch, 3, self.frames, *sizes).normal_()
        return fast[:, :, :: self.ratio].contiguous(), fast

    def forward(self, slow: Tensor, fast: Tensor) -> Tensor:
        for stage in self.stages:
            slow, fast = stage(slow, fast)
        means = [clip.mean((2, 3, 4)) for clip in (slow, fast)]
        scores: Tensor = self.head(torch.cat(means, 1))
        return scores

"""Definitions written for the tests, of networks that no library defines alike.

Their layers are those of timm and torchvision. `inputs` gives a batch of samples where
a network has several inputs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from timm.models.vision_transformer import Attention, Mlp, PatchEmbed
from torch import Tensor, nn
from torchvision.models import get_model
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.segmentation.deeplabv3 import ASPP
from torchvision.ops import Conv2dNormActivation


class Layer(nn.Module):
    """Attention and an MLP, each shifted, scaled and weighed by a condition."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        gelu = partial(nn.GELU, approximate="tanh")
        self.change = nn.Linear(width, 6 * width)
        self.attention = Attention(width, num_heads=heads, qkv_bias=True)
        self.mlp = Mlp(width, 4 * width, act_layer=gelu)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        change = self.change(condition).unflatten(-1, (2, 3, -1))
        for part, inner in enumerate((self.attention, self.mlp)):
            shift, scale, gate = change[..., part, :, :].unbind(-2)
            x = x + gate * inner(moved(x, shift, scale))
        return x


def moved(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Return features of mean 0 and variance 1, scaled and shifted."""
    return nn.functional.layer_norm(x, x.shape[-1:]) * (1 + scale) + shift


class DiT(nn.Module):
    """A diffusion transformer (Peebles and Xie 2022; models.py of their repository)."""

    def __init__(
        self,
        width: int = 1152,
        depth: int = 28,
        heads: int = 16,
        size: int = 32,
        classes: int = 1000,
    ) -> None:
        super().__init__()
        wide = nn.Linear(width, width)
        self.size, self.classes = size, classes
        self.time = nn.Sequential(nn.Linear(256, width), nn.SiLU(), wide)
        self.label = nn.Embedding(classes + 1, width)
        self.patches = PatchEmbed(size, 2, 4, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(depth))
        self.change = nn.Linear(width, 2 * width)
        self.pixels = nn.Linear(width, 32)

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        """Return a latent, positions, the sines of a time step, and a class."""
        weight = self.pixels.weight
        numbers = partial(torch.randn, device=weight.device)
        width, tokens = weight.shape[1], (self.size // 2) ** 2
        label = torch.randint(self.classes, (batch, 1), device=weight.device)
        latent = numbers(batch, 4, self.size, self.size)
        return latent, numbers(batch, tokens, width), numbers(batch, 1, 256), label

    def forward(self, *given: Tensor) -> Tensor:
        latent, positions, time, label = given
        condition = nn.functional.silu(self.time(time) + self.label(label))
        x = self.patches(latent) + positions
        for layer in self.layers:
            x = layer(x, condition)
        x = self.pixels(moved(x, *self.change(condition).chunk(2, -1)))
        side = self.size // 2
        folded: Any = x.unflatten(2, (4, 8)).permute(
            0, 3, 2, 1
        )  # channel, pixel, patch
        channels = folded.reshape(len(x), 32, side, side)
        return nn.functional.pixel_shuffle(channels, 2)


class DeepLab(nn.Module):
    """DeepLabv3+ (Chen 2018) of torchvision's ResNet and pyramid, and its decoder."""

    def __init__(self, backbone: str = "resnet101", classes: int = 21) -> None:
        super().__init__()
        dilated = [False, False, True]
        net: Any = get_model(backbone, replace_stride_with_dilation=dilated)
        for index, block in enumerate(net.layer4):
            block.conv2.dilation = block.conv2.padding = (2 << index, 2 << index)
        self.backbone = IntermediateLayerGetter(
            net, {"layer1": "low", "layer4": "high"}
        )
        self.pyramid = ASPP(2048, [6, 12, 18])
        self.low = Conv2dNormActivation(256, 48, 1)
        wide = (Conv2dNormActivation(width, 256) for width in (304, 256))
        self.refine = nn.Sequential(*wide)
        self.scores = nn.Conv2d(256, classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        resize = partial(nn.functional.interpolate, mode="bilinear")
        maps = self.backbone(image)
        high = resize(self.pyramid(maps["high"]), maps["low"].shape[2:])
        scores = self.scores(self.refine(torch.cat([high, self.low(maps["low"])], 1)))
        return resize(scores, image.shape[2:])

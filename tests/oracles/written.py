"""Definitions written for the tests, of networks that no library defines alike.

Their layers are those of timm and torchvision. `inputs` gives a batch of samples where
a network has several inputs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from detectors import Proposals as Proposals
from detectors import YOLOv3 as YOLOv3
from detectors import YOLOv8 as YOLOv8
from images import MCUNet as MCUNet
from images import StackedHourglass as StackedHourglass
from points import NeRF as NeRF
from points import PointNet as PointNet
from points import SetTransformer as SetTransformer
from recommenders import DLRM as DLRM
from recommenders import TwoTower as TwoTower
from segmenters import HRNetSeg as HRNetSeg
from segmenters import PatchGAN as PatchGAN
from segmenters import Pix2Pix as Pix2Pix
from segmenters import PSPNet as PSPNet
from segmenters import UNet3D as UNet3D
from timm.models.vision_transformer import Attention, Mlp, PatchEmbed
from torch import Tensor, nn
from torchvision.models import get_model
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.maxvit import MaxVit as MaxVit
from torchvision.models.segmentation.deeplabv3 import ASPP
from torchvision.ops import Conv2dNormActivation
from videos import X3D as X3D
from videos import SlowFast as SlowFast


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


class Modulated(nn.Module):
    """A convolution whose kernel every sample scales by a style of its own."""

    def __init__(
        self, width: int, inputs: int, outputs: int, size: int = 3, twice: bool = False
    ) -> None:
        super().__init__()
        ends = (inputs, outputs) if twice else (outputs, inputs)
        self.twice = twice
        self.style = nn.Linear(width, inputs)
        self.kernel = nn.Parameter(torch.empty(*ends, size, size))
        self.bias = nn.Parameter(torch.empty(outputs))
        if size > 1:
            self.strength = nn.Parameter(torch.empty(1))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return colors, or with noise a map of features."""
        shared = self.kernel.transpose(0, 1) if self.twice else self.kernel
        kernels = shared * self.style(w)[:, None, :, None, None]
        if noise is not None:
            energy = kernels.square().sum((2, 3, 4), keepdim=True)
            kernels = kernels / (energy + 1e-8).sqrt()
        y = self.convolved(x.flatten(0, 1)[None], kernels).unflatten(1, (len(x), -1))[0]
        if noise is None:
            return y + self.bias[:, None, None]
        y = y + self.strength * noise[:, None] + self.bias[:, None, None]
        return nn.functional.leaky_relu(y, 0.2) * 2**0.5

    def convolved(self, joined: Tensor, kernels: Tensor) -> Tensor:
        """Convolve the channels of all samples, in a group for each sample."""
        groups = len(kernels)
        if self.twice:
            kernel = kernels.transpose(1, 2).flatten(0, 1)
            y = nn.functional.conv_transpose2d(joined, kernel, stride=2, groups=groups)
            return filtered(y, 1, 1)
        same = self.kernel.shape[-1] // 2
        kernel = kernels.flatten(0, 1)
        return nn.functional.conv2d(joined, kernel, padding=same, groups=groups)


def filtered(x: Tensor, before: int, after: int) -> Tensor:
    """Filter with [1, 3, 3, 1] / 4 along both axes, zeros before and after."""
    x = nn.functional.pad(x, (before, after, before, after))
    for axis in (-2, -1):
        size = x.shape[axis] - 3
        parts = [x.narrow(axis, start, size) for start in range(4)]
        x = (parts[0] + 3 * parts[1] + 3 * parts[2] + parts[3]) / 4
    return x


class StyleGAN2(nn.Module):
    """The generator of StyleGAN2 (Karras 2019; training/networks.py of its authors).

    Constants that weights are multiplied by belong to the weights.
    """

    def __init__(
        self, size: int = 1024, base: int = 32768, most: int = 512, width: int = 512
    ) -> None:
        super().__init__()
        self.sides = [4 << level for level in range(size.bit_length() - 2)]
        self.mapping = nn.ModuleList(nn.Linear(width, width) for _ in range(8))
        self.const = nn.Parameter(torch.empty(most, 4, 4))
        self.layers = nn.ModuleList()
        before = most
        for side in self.sides:
            wide = min(base // side, most)
            if side > 4:
                self.layers.append(Modulated(width, before, wide, twice=True))
            self.layers.append(Modulated(width, wide, wide))
            self.layers.append(Modulated(width, wide, 3, size=1))
            before = wide

    def inputs(self, batch: int) -> tuple[Tensor, ...]:
        """Return a latent, and the noise of all layers in one row."""
        numbers = partial(torch.randn, device=self.const.device)
        noises = sum(side * side * (1 + (side > 4)) for side in self.sides)
        return numbers(batch, self.mapping[0].in_features), numbers(batch, noises)

    def forward(self, latent: Tensor, noise: Tensor) -> Tensor:
        w: Any = latent / (latent.square().mean(1, keepdim=True) + 1e-8).sqrt()
        for layer in self.mapping:
            w = nn.functional.leaky_relu(layer(w), 0.2) * 2**0.5
        x, image = self.const.repeat(len(w), 1, 1, 1), noise
        layers, used = iter(self.layers), 0
        for side in self.sides:
            for _ in range(1 + (side > 4)):
                plane = noise[:, used : used + side * side].unflatten(1, (side, side))
                x, used = next(layers)(x, w, plane), used + side * side
            colors = next(layers)(x, w)
            image = colors + doubled(image) if side > 4 else colors
        return image


def doubled(image: Tensor) -> Tensor:
    """Put zeros between pixels, and filter."""
    height, width = image.shape[2:]
    spaced = image.new_zeros(*image.shape[:2], 2 * height, 2 * width)
    spaced[..., ::2, ::2] = image
    return filtered(spaced, 2, 1)


class Separation(nn.Module):
    """A layer of Conv-TasNet: a depthwise convolution, to a residual and a skip."""

    def __init__(self, width: int, hidden: int, dilation: int, last: bool) -> None:
        super().__init__()
        apart = {"padding": dilation, "dilation": dilation, "groups": hidden}
        self.features = nn.Sequential(
            *(nn.Conv1d(width, hidden, 1), nn.PReLU(), nn.GroupNorm(1, hidden)),
            *(nn.Conv1d(hidden, hidden, 3, **apart), nn.PReLU()),
            nn.GroupNorm(1, hidden),
        )
        self.residual = nn.Identity() if last else nn.Conv1d(hidden, width, 1)
        self.skip = nn.Conv1d(hidden, width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(x)
        return self.residual(features), self.skip(features)


class ConvTasNet(nn.Module):
    """Conv-TasNet (Luo and Mesgarani 2018, figure 1, non-causal).

    With the same weights it gives what torchaudio 2.11's gives, which does not load
    beside a build of torch for the CPU.
    """

    def __init__(
        self,
        features: int = 512,
        width: int = 128,
        hidden: int = 512,
        depth: int = 8,
        stacks: int = 3,
    ) -> None:
        super().__init__()
        window = {"stride": 8, "padding": 8, "bias": False}
        self.encoder = nn.Conv1d(1, features, 16, **window)
        self.norm = nn.GroupNorm(1, features)
        self.narrow = nn.Conv1d(features, width, 1)
        last = stacks * depth - 1
        self.layers = nn.ModuleList(
            Separation(width, hidden, 2 ** (i % depth), i == last)
            for i in range(last + 1)
        )
        self.prelu = nn.PReLU()
        self.masks = nn.Conv1d(width, 2 * features, 1)
        self.decoder = nn.ConvTranspose1d(features, 1, 16, **window)

    def forward(self, sound: Tensor) -> Tensor:
        encoded = self.encoder(sound)
        x, total = self.narrow(self.norm(encoded)), torch.zeros(())
        for index, layer in enumerate(self.layers):
            residual, skip = layer(x)
            total = skip if index == 0 else total + skip
            x = x + residual if index + 1 < len(self.layers) else x
        masks = self.masks(self.prelu(total)).sigmoid().unflatten(1, (2, -1))
        voices = masks * encoded[:, None]
        return self.decoder(voices.flatten(0, 1)).unflatten(0, (len(sound), 2))[:, :, 0]


class WaveNet(nn.Module):
    """WaveNet without conditions (van den Oord 2016, figure 4); padded to be causal."""

    def __init__(
        self,
        values: int = 256,
        width: int = 32,
        gated: int = 32,
        skip: int = 1024,
        end: int = 512,
        depth: int = 10,
        stacks: int = 3,
    ) -> None:
        super().__init__()
        self.start = nn.Conv1d(values, width, 1)
        dilations = [2**level for level in range(depth)] * stacks
        self.layers = nn.ModuleList()
        for index, dilation in enumerate(dilations):
            layer = nn.ModuleDict()
            for name in ("filter", "gate"):
                layer[name] = nn.Conv1d(width, gated, 2, dilation=dilation)
            if index + 1 < len(dilations):
                layer["residual"] = nn.Conv1d(gated, width, 1)
            layer["skip"] = nn.Conv1d(gated, skip, 1)
            self.layers.append(layer)
        self.end1 = nn.Conv1d(skip, end, 1)
        self.end2 = nn.Conv1d(end, values, 1)

    def forward(self, sound: Tensor) -> Tensor:
        x, skips = self.start(sound), []
        for layer in self.layers:
            parts: Any = layer
            before = nn.functional.pad(x, (parts["gate"].dilation[0], 0))
            z = parts["filter"](before).tanh() * parts["gate"](before).sigmoid()
            skips.append(parts["skip"](z))
            x = x + parts["residual"](z) if "residual" in parts else x
        total: Any = sum(skips[1:], skips[0])
        return self.end2(self.end1(total.relu()).relu())


class DCGAN(nn.Module):
    """DCGAN's generator (Radford 2015), or that of TensorFlow's tutorial on it.

    `same` is written out: a transposed convolution without padding, then less at the
    beginning than at the end, as Keras has it.
    """

    def __init__(self, width: int = 1024, digits: bool = False) -> None:
        super().__init__()
        self.side, self.slope = (7, 0.3) if digits else (4, 0.0)
        outs = [width // 2, width // 4, *([1] if digits else [width // 8, 3])]
        self.strides = [1, 2, 2] if digits else [2] * 4
        self.first = nn.Linear(100, width * self.side**2, bias=False)
        self.norm = nn.BatchNorm1d(width * 49) if digits else nn.BatchNorm2d(width)
        ins = [width, *outs[:-1]]
        self.convs = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 5, s, bias=not digits and b == outs[-1])
            for a, b, s in zip(ins, outs, self.strides, strict=True)
        )
        self.norms = nn.ModuleList(map(nn.BatchNorm2d, outs[:-1]))

    def inputs(self, batch: int) -> tuple[Tensor]:
        return (torch.randn(batch, 100, device=self.first.weight.device),)

    def forward(self, z: Tensor) -> Tensor:
        sides = (-1, self.side, self.side)
        x = self.first(z)
        after = isinstance(self.norm, nn.BatchNorm2d)
        x = self.norm(x.unflatten(1, sides)) if after else self.norm(x)
        x = x if after else x.unflatten(1, sides)
        for number, (conv, stride) in enumerate(
            zip(self.convs, self.strides, strict=True)
        ):
            x = nn.functional.leaky_relu(x, self.slope)
            size, start = stride * x.shape[-1], (5 - stride) // 2
            x = conv(x)[:, :, start : start + size, start : start + size]
            x = self.norms[number](x) if number < len(self.norms) else x
        return x.tanh()


class CRNN(nn.Module):
    """Convolutions and two LSTMs that read words (Shi 2015, the authors' code)."""

    def __init__(self, c: int = 64, hidden: int = 256, classes: int = 37) -> None:
        super().__init__()
        outs = [c, 2 * c, 4 * c, 4 * c, 8 * c, 8 * c, 8 * c]
        pools = {0: 2, 1: 2, 3: (2, 1), 5: (2, 1)}
        layers: list[nn.Module] = []
        for number, (a, b) in enumerate(zip([1, *outs[:-1]], outs, strict=True)):
            last = number == 6
            layers.append(nn.Conv2d(a, b, 2 if last else 3, padding=0 if last else 1))
            layers += [nn.BatchNorm2d(b)] if number in (2, 4, 6) else []
            layers.append(nn.ReLU())
            if number in pools:
                pad = (0, 1) if number > 2 else 0
                layers.append(nn.MaxPool2d(2, pools[number], pad))
        self.maps = nn.Sequential(*layers)
        how: dict[str, Any] = {"batch_first": True, "bidirectional": True}
        self.first = nn.LSTM(8 * c, hidden, **how)
        self.join = nn.Linear(2 * hidden, hidden)
        self.second = nn.LSTM(hidden, hidden, **how)
        self.characters = nn.Linear(2 * hidden, classes)

    def forward(self, image: Tensor) -> Tensor:
        columns = self.maps(image).squeeze(2).transpose(1, 2)
        joined = self.join(self.first(columns)[0])
        found: Tensor = self.characters(self.second(joined)[0])
        return found.log_softmax(-1)


class C3D(nn.Module):
    """Convolutions over space and time (Tran 2015); the last pool rounds up."""

    def __init__(self, c: int = 64, hidden: int = 4096, classes: int = 487) -> None:
        super().__init__()
        outs = [[c], [2 * c], [4 * c] * 2, [8 * c] * 2, [8 * c] * 2]
        layers: list[nn.Module] = []
        before = 3
        for number, stage in enumerate(outs):
            for out in stage:
                layers += [nn.Conv3d(before, out, 3, padding=1), nn.ReLU()]
                before = out
            kernel = (2 if number else 1, 2, 2)
            layers.append(nn.MaxPool3d(kernel, ceil_mode=number == 4))
        layers += [nn.Flatten(), nn.Linear(16 * before, hidden), nn.ReLU()]
        layers += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
        self.layers = nn.Sequential(*layers)

    def forward(self, clip: Tensor) -> Tensor:
        return self.layers(clip)  # type: ignore[no-any-return]  # a module's

"""Networks of OpenMMLab's packages: mmsegmentation and mmaction2."""

from __future__ import annotations

from typing import Any

from partial_imports import bare, package, without
from torch import Tensor, nn

UNUSED = ("cv2", "mmcv.ops", "mmseg.structures", "mmseg.utils", "mmseg.models.losses")


class C3D(nn.Module):
    """C3D of mmaction2, with the scores of its head and the authors' last pool.

    The authors' rounds up; the package's has padding, so that its windows lie elsewhere.
    """

    def __init__(self, classes: int = 487) -> None:
        super().__init__()
        bare("mmcv", "mmaction", "mmaction.models", "mmaction.models.backbones")
        with without(*UNUSED):
            made: Any = package("mmaction.models.backbones.c3d")
        self.net = made.C3D()
        self.net.pool5 = nn.MaxPool3d(2, ceil_mode=True)
        self.scores = nn.Linear(4096, classes)

    def forward(self, clip: Tensor) -> Tensor:
        return self.scores(self.net(clip))  # type: ignore[no-any-return]  # a module's


class HRNet(nn.Module):
    """HRNet of mmsegmentation, with its head that puts all streams behind each other.

    The package's first convolution of the head has no bias, as a batch norm follows it.
    The authors' has one.
    """

    def __init__(self, c: int = 48, classes: int = 19) -> None:
        super().__init__()
        bare("mmcv", "mmseg", "mmseg.models")
        bare("mmseg.models.backbones", "mmseg.models.decode_heads")
        with without(*UNUSED, "mmseg.models.builder"):
            nets: Any = package("mmseg.models.backbones.hrnet")
            heads: Any = package("mmseg.models.decode_heads.fcn_head")
        wide = c, 2 * c, 4 * c, 8 * c
        stages = {"stage1": stage(1, "BOTTLENECK", (64,))}
        for number, modules in ((2, 1), (3, 4), (4, 3)):
            stages[f"stage{number}"] = stage(modules, "BASIC", wide[:number])
        self.net = nets.HRNet(stages)
        self.head = heads.FCNHead(
            num_convs=1,
            kernel_size=1,
            concat_input=False,
            in_channels=wide,
            in_index=(0, 1, 2, 3),
            input_transform="resize_concat",
            channels=sum(wide),
            num_classes=classes,
            norm_cfg={"type": "BN"},
        )
        self.head.convs[0].conv = nn.Conv2d(sum(wide), sum(wide), 1)

    def forward(self, image: Tensor) -> Tensor:
        found = self.head(self.net(image))
        return nn.functional.interpolate(found, image.shape[2:], mode="bilinear")


def stage(modules: int, kind: str, widths: tuple[int, ...]) -> dict[str, Any]:
    """Return the config of a stage, with four blocks in each stream."""
    count = len(widths)
    return {
        "num_modules": modules,
        "num_branches": count,
        "block": kind,
        "num_blocks": (4,) * count,
        "num_channels": widths,
    }

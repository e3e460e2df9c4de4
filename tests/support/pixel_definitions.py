"""Detectors, networks that label pixels or make images, with another library's."""

from __future__ import annotations

from definition import Definition
from weight_orders import first_of, of_pspnet, of_ssd

BACKBONE = ("body", "inner_blocks.3", "inner_blocks.2", "inner_blocks.1")
"""The parts of torchvision's pyramid in the order in which they run."""

PIXELS = [
    Definition(
        "faster-rcnn:torchvision",
        {
            "height": 64,
            "width": 96,
            "proposals": 9,
            "classes": 6,
        },
        *("written", "Proposals"),
        {"size": (64, 96), "proposals": 9, "classes": 6},
        first_of(*BACKBONE, "inner_blocks.0", "fpn"),
    ),
    Definition(
        "mask-rcnn:torchvision",
        {"height": 64, "width": 96, "proposals": 9, "found": 6, "classes": 6},
        *("written", "Proposals"),
        {"size": (64, 96), "proposals": 9, "found": 6, "classes": 6},
        first_of(*BACKBONE, "inner_blocks.0", "fpn"),
    ),
    Definition(
        *("ssd300", {"classes": 6}, "torchvision", "ssd300_vgg16"),
        {"weights_backbone": None, "num_classes": 6},
        of_ssd,
    ),
    Definition(
        *("yolov3", {"size": 64, "c": 4, "classes": 6}, "written", "YOLOv3"),
        *({"c": 4, "classes": 6}, first_of()),
    ),
    Definition(
        *("yolov8:m", {"size": 64, "c": 4, "top": 24, "classes": 6}, "written"),
        *("YOLOv8", {"c": 4, "top": 24, "depth": 2, "classes": 6}),
        first_of("layers", "sides", "bins"),
    ),
    Definition(
        *("pspnet", {"size": 49, "c": 4, "depths": [2, 2, 3, 2], "classes": 6}),
        *("written", "PSPNet"),
        {"c": 4, "depths": (2, 2, 3, 2), "classes": 6, "aux": True},
        of_pspnet,
    ),
    Definition(
        *("unet-3d", {"width": 92, "depth": 92, "c": 2, "labels": 3}),
        *("written", "UNet3D", {"c": 2, "labels": 3}, first_of()),
    ),
    Definition(
        *("pix2pix", {"c": 4}, "written", "Pix2Pix", {"c": 4}, first_of()),
    ),
    Definition(
        *("patchgan:286", {"c": 4}, "written", "PatchGAN", {"c": 4, "depth": 5}),
        first_of(),
    ),
    Definition(
        *("hrnet-seg", {"height": 64, "width": 96, "c": 2, "classes": 6}),
        *("written", "HRNetSeg", {"c": 2, "classes": 6}, first_of()),
    ),
]

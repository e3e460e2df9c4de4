"""Networks that packages of PyPI define, as small as the package makes them.

Some have one width only. What is not the package's own says `tests/evidence/`.
"""

from __future__ import annotations

from definition import Definition
from packaged_orders import (
    of_hourglass,
    of_pathways,
    of_set_transformer,
    of_towers,
    of_yolov8,
)
from weight_orders import first_of

MCUNET = {
    "widths": (16, 8, 16, 24, 40, 48, 96, 160),
    "depths": (2, 2, 2, 3, 3, 1),
    "e": (4, 3, 3, 5, 5, 4, 4, 3, 4, 5, 4, 4, 6),
    "k": (3, 3, 7, 3, 3, 7, 5, 3, 3, 7, 5, 5, 3),
}
SMALL_DLRM = {"tables": [5, 7, 3, 9], "bottom": [32], "dim": 12, "top": [32]}
SMALL_CLIP = {"frames": 8, "size": 32}

PACKAGED = [
    Definition(
        *("yolov8", {"size": 64}, "ultralytics", "DetectionModel", {"size": "n"}),
        of_yolov8,
    ),
    Definition(
        *("yolov3", {"size": 64}, "torchvision-yolov3", "YOLOv3", {}),
        first_of(
            *("backbone", "embedding0", "embedding1_cbl", "embedding1"),
            *("embedding2_cbl", "embedding2"),
        ),
    ),
    Definition(
        *("stacked-hourglass", {"stacks": 2, "size": 64}, "pytorch-stacked-hourglass"),
        *("HourglassNet", {"stacks": 2}, of_hourglass),
    ),
    Definition(
        *("pix2pix", {"c": 4}, "deepliif", "UnetGenerator", {"c": 4}, first_of()),
    ),
    Definition(
        *("patchgan:286", {"c": 4}, "deepliif", "NLayerDiscriminator"),
        *({"c": 4, "depth": 5}, first_of()),
    ),
    Definition(
        *("mcunet:5fps", {}, "mcunet", "ProxylessNASNets", MCUNET, first_of()),
    ),
    Definition(*("x3d:xs", {}, "pytorchvideo", "x3d", {"size": "xs"}, of_pathways)),
    Definition(
        *("slowfast:8x8", SMALL_CLIP, "pytorchvideo", "SlowFast"),
        *({**SMALL_CLIP, "ratio": 4, "kernel": 7}, of_pathways),
    ),
    Definition(*("c3d", {}, "mmaction2", "C3D", {}, first_of())),
    Definition(
        *("dlrm", SMALL_DLRM, "torchrec", "DLRM", SMALL_DLRM),
        first_of("dense_arch", "sparse_arch"),
    ),
    Definition(
        *("two-tower", {"users": 9, "items": 7, "dim": 6, "towers": [8, 5]}),
        *("torchrec", "TwoTowers", {"rows": (9, 7), "dim": 6, "towers": (8, 5)}),
        of_towers,
    ),
    Definition(
        *("nerf", {"width": 16, "again": 4}, "kornia", "NerfModel", {"width": 16}),
        first_of("_mlp", "_sigma", "_fc1", "_fc2"),
    ),
    Definition(
        "set-transformer",
        {"points": 9, "width": 16, "inds": 5, "classes": 6},
        *("torch-geometric", "SetTransformer"),
        {"width": 16, "inds": 5, "classes": 6},
        of_set_transformer,
    ),
    Definition(
        *("hrnet-seg", {"height": 64, "width": 96, "c": 2, "classes": 6}),
        *("mmsegmentation", "HRNet", {"c": 2, "classes": 6}),
        first_of("net.", "head.convs"),
    ),
]

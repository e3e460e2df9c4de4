"""Networks since 2016 at small sizes, and the same network of another library."""

from __future__ import annotations

from definition import Definition
from recent_orders import of_coatnet, of_efficientformer, of_fastvit
from weight_orders import first_of

RECENT = [
    Definition(
        "coatnet",
        {
            "c": [16, 16, 24, 32, 48],
            "deep": 2,
            "deeper": 2,
            "head": 8,
            "size": 64,
            "classes": 6,
        },
        *("timm", "coatnet_0_224"),
        {
            "conv_stride_mode": "1x1",
            "stem_width": 16,
            "embed_dim": (16, 24, 32, 48),
            "depths": (2, 2, 2, 2),
            "transformer_dim_head": 8,
            "head_hidden_size": 48,
            "img_size": 64,
            "num_classes": 6,
        },
        of_coatnet,
        heads=(8, 8, 8),
    ),
    Definition(
        *("efficientformer", {"c": [8, 16, 24, 32], "depths": [1, 1, 2, 3]}),
        *("timm", "efficientformer_l1"),
        {"embed_dims": (8, 16, 24, 32), "depths": (1, 1, 2, 3), "num_vit": 1},
        of_efficientformer,
        turned="attention_biases",
        heads=(32, 32, 128),
    ),
    Definition(
        "fastvit:sa12",
        {"c": 32, "few": 1, "deep": 2, "mlp": 3, "size": 64, "classes": 6},
        *("timm", "fastvit_sa12"),
        {
            "embed_dims": (32, 64, 128, 256),
            "layers": (1, 1, 2, 1),
            "mlp_ratios": (3, 3, 3, 3),
            "num_classes": 6,
        },
        of_fastvit,
    ),
    Definition(
        "x3d",
        {
            "frames": 5,
            "size": 32,
            "c": 8,
            "depths": [2, 3, 1, 2],
            "reduced": [4, 4, 8, 8],
            "end": 24,
            "classes": 6,
        },
        *("written", "X3D"),
        {
            "c": 8,
            "depths": (2, 3, 1, 2),
            "reduced": (4, 4, 8, 8),
            "end": 24,
            "classes": 6,
        },
        first_of(),
    ),
    Definition(
        "slowfast",
        {
            "c": 16,
            "depths": [2, 1, 2, 1],
            "ratio": 4,
            "kernel": 3,
            "frames": 8,
            "size": 32,
            "classes": 6,
        },
        *("written", "SlowFast"),
        {
            "c": 16,
            "depths": (2, 1, 2, 1),
            "ratio": 4,
            "kernel": 3,
            "frames": 8,
            "size": 32,
            "classes": 6,
        },
        first_of(),
    ),
    Definition(
        "stacked-hourglass",
        {"stacks": 2, "c": 16, "depth": 2, "joints": 5, "size": 32},
        *("written", "StackedHourglass"),
        {"stacks": 2, "c": 16, "depth": 2, "joints": 5},
        first_of(),
    ),
    Definition(
        *("mcunet", {"size": 64, "classes": 6}, "written", "MCUNet"),
        *({"classes": 6}, first_of()),
    ),
    Definition(
        *("pointnet", {"points": 9, "c": 4, "classes": 5}, "written", "PointNet"),
        *({"c": 4, "classes": 5}, first_of()),
    ),
    Definition(
        "set-transformer",
        {"points": 9, "width": 16, "inds": 5, "classes": 6},
        *("written", "SetTransformer"),
        {"width": 16, "inds": 5, "classes": 6},
        first_of("encoder", "seed"),
    ),
    Definition(
        *("nerf", {"width": 16}, "written", "NeRF", {"width": 16}, first_of()),
    ),
]

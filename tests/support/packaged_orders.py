"""The order in which the weights of packages' networks stand in ours."""

from __future__ import annotations

import re

from weight_orders import first_of


def of_yolov8(name: str) -> tuple[int, ...]:
    """Sort the weights of YOLOv8: a chain's bottlenecks before what joins them."""
    layer, part = re.findall(r"model\.(\d+)\.(\w+)", name)[0]
    parts = ("cv2", "dfl", "cv3") if layer == "22" else ("cv1", "m", "cv2")
    return int(layer), first_of(*parts)(part)


def of_hourglass(name: str) -> tuple[int, ...]:
    """Sort the weights of hourglasses stack by stack, each from its ends inwards.

    Of the blocks of a level, the first two run on the way in, the third on the way out;
    the fourth is innermost.
    """
    parts = name.removeprefix("net.").split(".")
    kinds = ("hg", "res", "fc", "score", "fc_", "score_")
    if parts[0] not in kinds:
        return (0,)
    stack = 1, int(parts[1]), kinds.index(parts[0])
    if parts[0] != "hg":
        return stack
    level, block = int(parts[3]), int(parts[4])
    return *stack, *((0, -level, block) if block < 2 else (4 - block, level))


def of_pathways(name: str) -> tuple[int, ...]:
    """Sort the weights of PyTorchVideo's networks: a branch before its shortcut."""
    (stage,) = re.findall(r"^(?:net\.)?blocks\.(\d+)", name)
    paths = re.findall(r"pathway_blocks\.(\d+)", name)
    path = int(paths[0]) if paths else 9 * ("fusion" in name)
    block = re.findall(r"res_blocks\.(\d+)", name)
    return int(stage), path, *map(int, block), "branch1" in name


def of_towers(name: str) -> tuple[int, int]:
    """Sort the weights of two towers: each table before its tower."""
    return int(re.findall(r"\.(\d+)\.", name)[0]), "towers" in name


def of_set_transformer(name: str) -> tuple[int, ...]:
    """Sort the weights of a set transformer: learned points before who attends."""
    whole = first_of("learned", "attend", "pool")(name)
    if whole > 1:
        return (whole,)
    number = int(name.split(".")[1])
    return (0, number, 0) if whole == 0 else (0, number // 2, 1 + number)

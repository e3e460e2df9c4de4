"""The order in which the weights of recent networks stand in ours."""

from __future__ import annotations

import re

from weight_orders import first_of


def of_coatnet(name: str) -> tuple[int, ...]:
    """Sort the weights of CoAtNet: a branch before its shortcut, a table after queries."""
    whole = first_of("stem", "stages", "head")(name)
    if whole != 1:
        return (whole,)
    stage, block = map(int, re.findall(r"\.(\d+)(?=\.)", name)[:2])
    convolved = ("pre_norm", "conv1", "norm1", "conv2", "norm2", "se.", "conv3")
    attended = ("norm1", "qkv", "rel_pos", "attn.proj", "shortcut", "norm2")
    inner = convolved if stage < 2 else attended
    return whole, stage, block, first_of(*inner)(name)


def of_efficientformer(name: str) -> tuple[int, ...]:
    """Sort the weights of EfficientFormer: in a block, each scale after its branch."""
    whole = first_of("stem", "stages")(name)
    numbers = [*map(int, re.findall(r"\.(\d+)(?=\.)", name))]
    if "blocks" not in name:
        return (whole, *numbers, -1)
    inner = ("norm1", "biases", "qkv", "token_mixer", "ls1", "norm2", "fc1", "fc2")
    part = "fc1" if "mlp.norm1" in name else name.replace("mlp.norm2", "fc2")
    return (whole, *numbers, first_of(*inner)(part))


def of_fastvit(name: str) -> tuple[int, ...]:
    """Sort the weights of FastViT: what is mixed before what is taken from it."""
    whole = first_of("stem", "stages", "final_conv.conv", "final_conv")(name)
    numbers = [*map(int, re.findall(r"\.(\d+)(?=\.)", name))]
    part = first_of("downsample", "pos_emb")(name)
    if whole != 1 or part < 2:
        return (whole, *numbers[:1], part)
    return *(whole, numbers[0], part, numbers[1]), first_of("mixer.m", "mixer.n")(name)

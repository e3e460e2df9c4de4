"""The order in which the weights of a library's networks stand in ours.

Each function gives what sorts their names as the steps of the spec stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


def first_of(*parts: str) -> Callable[[str], int]:
    """Return what sorts names by the first part that they have, others last."""
    return lambda name: next((i for i, p in enumerate(parts) if p in name), len(parts))


def of_t5(name: str) -> tuple[Any, ...]:
    """Sort the weights of T5: tables of positions first, norms before their layer."""
    side = 4 if name.startswith("decoder") else 0
    if "relative" in name:
        return (side,)
    if "block" in name:
        numbers = map(int, re.findall(r"\.(\d+)\.", name))
        return (side + 2, *numbers, "layer_norm" not in name)
    return (side + 3,) if "final" in name else (1,)


def of_detr(name: str) -> tuple[int, ...]:
    """Sort the weights of DETR: queries between the stacks, q before k before v."""
    parts = ("backbone", "input_proj", "encoder.layers", "query_position")
    whole = first_of(*parts, "decoder.layers", "layernorm", "class_labels")(name)
    if ".layers." not in name or whole in (0, 7):
        return (whole,)
    ends = ("self_attn.", "self_attn_layer", "encoder_attn.", "encoder_attn_layer")
    layer = int(name.split(".layers.")[1].split(".")[0])
    inner = first_of(*ends, "fc1", "fc2")(name)
    return whole, layer, inner, first_of("q_proj", "k_proj", "v_proj")(name)


def of_segformer(name: str) -> tuple[int, ...]:
    """Sort the weights of SegFormer: stage by stage, then sides from the last stage on."""
    numbers = [*map(int, re.findall(r"\.(\d+)(?=\.)", name))]
    if "encoder" not in name:
        return (9, -numbers[0]) if "linear_c" in name else (10,)
    part = first_of("patch_embeddings", "block", "layer_norm")(name)
    inner = first_of("norm_1", "self.sr", "self.layer_norm", "query", "key", "value")
    return numbers[0], part, *numbers[1:], inner(name)


def of_latent(name: str) -> tuple[int, ...]:
    """Sort the weights of a diffusion model: down, middle, up; attention last."""
    wholes = ("conv_in", "time_embedding", "down_blocks", "mid_block", "up_blocks")
    part = first_of("encoder", "quant_conv", "decoder")(name), first_of(*wholes)(name)
    if "_block" not in name:
        return part
    numbers = [*map(int, re.findall(r"\.(\d+)(?=\.)", name))]
    block, index = (0, numbers[0]) if "mid_block" in name else numbers[:2]
    return *part, block, index + 9 * ("samplers" in name), "attentions" in name


def of_ssd(name: str) -> tuple[int, ...]:
    """Sort the weights of SSD: the scale of a map after the layers that give it."""
    parts = ("backbone.features", "scale", "backbone.extra", "classification")
    return (first_of(*parts)(name),)


def of_pspnet(name: str) -> tuple[int, ...]:
    """Sort the weights of PSPNet: the side head before the last stage."""
    stages = [*(f"backbone.{i}" for i in range(4)), "aux_block", "backbone.4"]
    whole = first_of(*stages, "pool", "final_block")(name)
    unit = int((re.search(r"unit(\d+)", name) or "00")[1])
    return whole, unit, "identity_conv" in name


def of_style(name: str) -> tuple[int, ...]:
    """Sort the weights of StyleGAN2: in a layer, style, kernel, noise, bias."""
    whole = first_of("mapping", "const")(name), *map(int, re.findall(r"\d+", name))
    return *whole, first_of("style", "kernel", "strength")(name)


def of_llama(name: str) -> tuple[int, ...]:
    """Sort the weights of Llama and its like: norms first, of experts the last matrix."""
    if ".layers." not in name:
        return (first_of("embed_tokens", ".layers.", "model.norm")(name),)
    parts = ("input_layernorm", "self_attn", "post_attention_layernorm")
    numbers = [*map(int, re.findall(r"\.(\d+)(?=\.)", name))]
    inner = first_of(*parts, ".w2", ".w1", "moe.gate", ".w3")(name)
    return 1, numbers[0], inner, *numbers[1:]


def of_dcgan(name: str) -> tuple[int, ...]:
    """Sort the weights of DCGAN: each norm after its convolution."""
    number = re.search(r"s\.(\d)", name)
    return (
        int(number[1]) + 2 if number else 0,
        first_of("first", "convs", "norm")(name),
    )


def of_maxvit(name: str) -> tuple[int, ...]:
    """Sort the weights of MaxViT: a branch before its shortcut, tables after queries."""
    whole = first_of("stem", "blocks", "classifier")(name)
    numbers = [*map(int, re.findall(r"\.(\d+)(?=\.)", name))]
    if whole != 1:
        return whole, *numbers
    part = first_of(
        "MBconv.layers", "MBconv.proj", "window_attention", "grid_attention"
    )
    inner = first_of("attn_layer.0", "to_qkv", "table", "merge", "mlp_layer")
    return whole, *numbers[:2], part(name), inner(name)


def in_stacks(
    wholes: tuple[str, ...], inner: tuple[str, ...]
) -> Callable[[str], tuple[int, ...]]:
    """Return what sorts names by their whole, and in layers by number and part."""

    def place(name: str) -> tuple[int, ...]:
        whole = first_of(*wholes)(name)
        if ".layers." not in name:
            return (whole,)
        layer = int(name.split(".layers.")[1].split(".")[0])
        return whole, layer, first_of(*inner)(name)

    return place


def of_whisper(name: str) -> tuple[int, ...]:
    """Sort the weights of Whisper: the encoder, then the decoder."""
    wholes = ("conv1", "conv2", "embed_tokens", "embed_positions", ".layers.")
    inner = [
        f"{part}{end}"
        for part in ("self_attn", "encoder_attn")
        for end in ("_layer_norm", ".q_proj", ".k_proj", ".v_proj", ".out_proj")
    ]
    place = in_stacks(wholes, (*inner, "final_layer_norm", "fc1"))
    return first_of("encoder.", "decoder.")(name), *place(name)


def of_clip(name: str) -> tuple[int, ...]:
    """Sort the weights of CLIP: the image's, then the text's, norms before layers."""
    wholes = ("patch", "class", "token", "position", "pre_layrnorm", ".layers.", "norm")
    inner = ("norm1", "q_proj", "k_proj", "v_proj", "out_proj", "norm2", "fc1", "fc2")
    return first_of("visi", "visual", "text_m", "text")(name), *in_stacks(
        wholes, inner
    )(name)


def of_trocr(name: str) -> tuple[int, ...]:
    """Sort the weights of TrOCR: the encoder, its pooler, then the decoder."""
    parts = ("query", "key", "value", "attention.output", "after", "intermediate")
    if "model.encoder" in name:
        wholes = ("patch_emb", "cls", "position", ".layer.", "layernorm", "pooler")
        inner = ("before", *parts)
        number = [int(n) for n in re.findall(r"\.layer\.(\d+)", name)]
        return 0, first_of(*wholes)(name), *number, first_of(*inner)(name)
    wholes = ("embed_tokens", "embed_positions", "layernorm_emb")
    attention = ("q_proj", "k_proj", "v_proj", "out_proj", "attn_layer_norm")
    inner = (
        *(f"self_attn.{one}" for one in attention[:4]),
        "self_attn_layer_norm",
        *(f"encoder_attn.{one}" for one in attention[:4]),
        "encoder_attn_layer_norm",
        "fc1",
        "fc2",
    )
    return 1, *in_stacks(wholes, inner)(name)


def of_sam(name: str) -> tuple[int, ...]:
    """Sort the weights of SAM's encoder: the table of distances down before across."""
    wholes = ("patch_embed", "pos_embed", ".layers.")
    inner = ("norm1", "qkv", "rel_pos_h", "rel_pos_w", "proj", "norm2", "lin1")
    return in_stacks(wholes, inner)(name)


def of_conformer(name: str) -> tuple[int, ...]:
    """Sort the weights of a Conformer: positions between queries and keys."""
    wholes = ("shrink", "enter", ".layers.", "of_sound", "words", "lstm", "of_text")
    inner = (
        *("ffn1_layer_norm", "ffn1.", "self_attn_layer_norm", "linear_q", "bias_u"),
        *("bias_v", "linear_pos", "linear_k", "linear_v", "linear_out"),
        *("conv_module.layer_norm", "pointwise_conv1", "depthwise", "batch_norm"),
        *("pointwise_conv2", "ffn2_layer_norm", "ffn2.", "final"),
    )
    return in_stacks(wholes, inner)(f".{name}" if name.startswith("layers") else name)

"""Networks with the weights of another hand's definition give its output.

At small sizes: every weight has its own step, and none is left over. At full size
test_zoo.py compares counts. `tests/peers.txt` has the libraries of language and diffusion models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
import torch
from independent import BESIDE, MAKERS, sound, token_ids
from torch import Tensor, nn

import archcalc
from archcalc.graph.graph import Graph
from archcalc.network.torch_network import build

SMALL = {"width": 24, "depth": 2, "heads": 3, "vocabulary": 50, "context": 10}
COUNTER = "num_batches_tracked"
PLACES = "relative_position_index"


class Definition(NamedTuple):
    """A network with small sizes, and the same from another library.

    `place` sorts the names of its weights as the steps stand; `turned` says which names
    have inputs before outputs.
    """

    spec: str
    sizes: dict[str, Any]
    library: Any
    model: str
    options: dict[str, Any]
    place: Callable[[str], Any]
    turned: str = "$^"


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


SMALL_LLAMA = {**SMALL, "heads": 6, "kv_heads": 2, "mlp": 40}
LLAMA = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "intermediate_size": 40,
    "vocab_size": 50,
    "rms_norm_eps": torch.finfo(torch.float32).eps,
}


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


DEFINITIONS = [
    Definition(
        *("mamba-130m", {"width": 24, "depth": 2, "vocabulary": 50, "context": 10}),
        *("transformers", "MambaForCausalLM"),
        {
            "hidden_size": 24,
            "num_hidden_layers": 2,
            "vocab_size": 50,
            "use_cache": False,
            "layer_norm_epsilon": torch.finfo(torch.float32).eps,
        },
        in_stacks(
            ("embeddings", ".layers."),
            ("norm", "in_proj", "conv1d", "x_proj", "dt_proj", "A_log", ".D"),
        ),
    ),
    Definition(
        *("whisper-tiny", {**SMALL, "frames": 12}),
        *("transformers", "WhisperForConditionalGeneration"),
        {
            "d_model": 24,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 3,
            "decoder_attention_heads": 3,
            "encoder_ffn_dim": 96,
            "decoder_ffn_dim": 96,
            "vocab_size": 50,
            "max_source_positions": 12,
            "max_target_positions": 10,
        },
        of_whisper,
    ),
    Definition(
        "wav2vec2",
        {
            "samples": 1600,
            "features": 8,
            "width": 24,
            "depth": 2,
            "heads": 3,
            "mlp": 40,
            "span": 6,
            "groups": 4,
            "letters": 9,
        },
        *("transformers", "Wav2Vec2ForCTC"),
        {
            "conv_dim": (8,) * 7,
            "hidden_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "intermediate_size": 40,
            "num_conv_pos_embeddings": 6,
            "num_conv_pos_embedding_groups": 4,
            "vocab_size": 9,
            "mask_time_prob": 0.0,
        },
        in_stacks(
            ("extractor", "projection", "pos_conv", "encoder.layer_norm", ".layers."),
            ("q_proj", "k_proj", "v_proj", "out_proj", ".layer_norm", "interm", "outp"),
        ),
    ),
    Definition(
        "conv-tasnet",
        {
            "samples": 80,
            "features": 12,
            "width": 6,
            "hidden": 10,
            "depth": 3,
            "stacks": 2,
        },
        *("written", "ConvTasNet"),
        {"features": 12, "width": 6, "hidden": 10, "depth": 3, "stacks": 2},
        first_of(),
    ),
    Definition(
        "wavenet",
        {
            "values": 7,
            "samples": 20,
            "width": 6,
            "gated": 5,
            "skip": 8,
            "end": 9,
            "depth": 3,
            "stacks": 2,
        },
        *("written", "WaveNet"),
        {
            "values": 7,
            "width": 6,
            "gated": 5,
            "skip": 8,
            "end": 9,
            "depth": 3,
            "stacks": 2,
        },
        first_of(),
    ),
    Definition(
        *("llama-3-8b", SMALL_LLAMA, "transformers", "LlamaForCausalLM"),
        {**LLAMA, "rope_theta": 500000.0},
        of_llama,
    ),
    Definition(
        *("llama-3.2-1b", SMALL_LLAMA, "transformers", "LlamaForCausalLM"),
        {**LLAMA, "rope_theta": 500000.0, "tie_word_embeddings": True},
        of_llama,
    ),
    Definition(
        *("mistral-7b", {**SMALL_LLAMA, "window": 3}, "transformers"),
        "MistralForCausalLM",
        {**LLAMA, "sliding_window": 3},
        of_llama,
    ),
    Definition(
        *("mixtral-8x7b", SMALL_LLAMA, "transformers", "MixtralForCausalLM"),
        {**LLAMA, "rope_theta": 1000000.0},
        of_llama,
    ),
    Definition(
        *("qwen2.5-0.5b", SMALL_LLAMA, "transformers", "Qwen2ForCausalLM"),
        {**LLAMA, "rope_theta": 1000000.0, "tie_word_embeddings": True},
        of_llama,
    ),
    Definition(
        *("gpt2", SMALL, "transformers", "GPT2LMHeadModel"),
        {"n_embd": 24, "n_layer": 2, "n_head": 3, "vocab_size": 50, "n_positions": 10},
        first_of("wte", "wpe"),
        turned=r"\.c_\w+\.weight",
    ),
    Definition(
        *("bert", SMALL, "transformers", "BertModel"),
        {
            "hidden_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "intermediate_size": 96,
            "vocab_size": 50,
            "layer_norm_eps": 1e-5,
            "max_position_embeddings": 10,
        },
        first_of("word_emb", "token_type", "position", "embeddings.LayerNorm"),
    ),
    Definition(
        *("t5", {**SMALL, "mlp": 40, "root": Fraction(24**-0.5)}, "transformers"),
        "T5ForConditionalGeneration",
        {
            "d_model": 24,
            "num_layers": 2,
            "num_heads": 3,
            "vocab_size": 50,
            "d_ff": 40,
            "layer_norm_epsilon": torch.finfo(torch.float32).eps,
        },
        of_t5,
    ),
    Definition(
        "detr",
        {
            "height": 64,
            "width": 96,
            "dim": 24,
            "heads": 3,
            "mlp": 40,
            "depth": 2,
            "queries": 5,
            "classes": 6,
        },
        *("transformers", "DetrForObjectDetection"),
        {
            "d_model": 24,
            "encoder_attention_heads": 3,
            "encoder_layers": 2,
            "decoder_attention_heads": 3,
            "decoder_layers": 2,
            "num_queries": 5,
            "encoder_ffn_dim": 40,
            "decoder_ffn_dim": 40,
            "num_labels": 6,
            "use_pretrained_backbone": False,
        },
        of_detr,
    ),
    Definition(
        "dinov2",
        {"width": 24, "depth": 2, "heads": 3, "mlp": 96, "size": 42},
        *("timm", "vit_small_patch14_reg4_dinov2"),
        {"embed_dim": 24, "depth": 2, "num_heads": 3, "img_size": 42},
        first_of("patch_embed", "pos_embed", "reg_token", "cls_token"),
    ),
    Definition(
        *("eva02", {"width": 24, "depth": 2, "heads": 3, "size": 42, "classes": 6}),
        *("timm", "eva02_base_patch14_224"),
        {"embed_dim": 24, "depth": 2, "num_heads": 3, "img_size": 42, "num_classes": 6},
        first_of("patch_embed", "cls_token", "pos_embed"),
    ),
    Definition(
        *("eva02:ti", {"width": 24, "depth": 2, "heads": 3, "size": 42, "classes": 6}),
        *("timm", "eva02_tiny_patch14_336"),
        {
            "embed_dim": 24,
            "depth": 2,
            "num_heads": 3,
            "img_size": 42,
            "num_classes": 6,
            "qkv_fused": False,  # its matrices one by one, as ours
            "swiglu_align_to": 1,
        },
        first_of("patch_embed", "cls_token", "pos_embed"),
    ),
    Definition(
        "retinanet:torchvision",
        {"height": 72, "width": 96, "classes": 6},
        *("torchvision", "retinanet_resnet50_fpn"),
        {"weights_backbone": None, "num_classes": 6},
        first_of("body", "inner_blocks.2", "inner_blocks.1", "inner_blocks.0"),
    ),
    Definition(
        "segformer",
        {
            "height": 64,
            "width": 96,
            "widths": [16, 32, 40, 64],
            "depths": [1, 1, 2, 1],
            "head": 8,
            "decoder": 24,
            "classes": 6,
        },
        *("transformers", "SegformerForSemanticSegmentation"),
        {
            "hidden_sizes": [16, 32, 40, 64],
            "depths": [1, 1, 2, 1],
            "num_attention_heads": [2, 4, 5, 8],
            "decoder_hidden_size": 24,
            "num_labels": 6,
        },
        of_segformer,
    ),
    Definition(
        *("dit", {"width": 24, "depth": 2, "heads": 3, "size": 8, "classes": 6}),
        *("written", "DiT"),
        {"width": 24, "depth": 2, "heads": 3, "size": 8, "classes": 6},
        first_of("time", "label", "patches"),
    ),
    Definition(
        *("deeplabv3-plus:resnet50", {"height": 65, "width": 97, "classes": 6}),
        *("written", "DeepLab"),
        {"backbone": "resnet50", "classes": 6},
        first_of(),
    ),
    Definition(
        "stable-diffusion-unet",
        {"height": 8, "width": 16, "widths": (32, 64, 64, 96), "tokens": 5, "text": 24},
        *("diffusers", "UNet2DConditionModel"),
        {"block_out_channels": (32, 64, 64, 96), "cross_attention_dim": 24},
        of_latent,
    ),
    Definition(
        "stable-diffusion-vae",
        {"height": 32, "width": 48, "widths": (32, 64, 64, 96)},
        *("diffusers", "AutoencoderKL"),
        {
            "block_out_channels": (32, 64, 64, 96),
            "layers_per_block": 2,
            "down_block_types": ("DownEncoderBlock2D",) * 4,
            "up_block_types": ("UpDecoderBlock2D",) * 4,
        },
        of_latent,
    ),
    Definition(
        *("dcgan", {"width": 16}, "written", "DCGAN", {"width": 16}),
        of_dcgan,
    ),
    Definition(
        *("dcgan-mnist", {"width": 8}, "written", "DCGAN"),
        {"width": 8, "digits": True},
        of_dcgan,
    ),
    Definition(
        *("crnn", {"c": 4, "hidden": 6, "classes": 5, "columns": 28}),
        *("written", "CRNN", {"c": 4, "hidden": 6, "classes": 5}, first_of()),
    ),
    Definition(
        *("c3d", {"c": 2, "hidden": 8, "classes": 5}, "written", "C3D"),
        *({"c": 2, "hidden": 8, "classes": 5}, first_of()),
    ),
    Definition(
        *("r2plus1d-18", {"frames": 4, "size": 16, "classes": 6}),
        *("torchvision", "r2plus1d_18", {"num_classes": 6}, first_of()),
    ),
    Definition(
        "maxvit",
        {
            "c": 16,
            "depths": [1, 1, 2, 1],
            "window": 2,
            "head": 8,
            "size": 64,
            "classes": 6,
        },
        *("written", "MaxVit"),
        {
            "stem_channels": 16,
            "block_channels": [16, 32, 64, 128],
            "block_layers": [1, 1, 2, 1],
            "head_dim": 8,
            "partition_size": 2,
            "input_size": (64, 64),
            "stochastic_depth_prob": 0.2,
            "num_classes": 6,
        },
        of_maxvit,
    ),
    Definition(
        *("stylegan2", {"size": 16, "base": 96, "most": 10, "width": 12}),
        *("written", "StyleGAN2"),
        {"size": 16, "base": 96, "most": 10, "width": 12},
        of_style,
    ),
]


WIDE = ("retinanet:torchvision", "deeplabv3-plus:resnet50", "r2plus1d-18")
"""Networks with a backbone that comes in one width: these take long."""


def marked(row: Definition) -> Any:
    mark = pytest.mark.peers if row.library in BESIDE else pytest.mark.long
    slow = row.library in BESIDE or row.spec in WIDE
    return pytest.param(row, marks=[mark] * slow)


@pytest.mark.parametrize(
    "row", [*map(marked, DEFINITIONS)], ids=lambda row: str(row.spec)
)
def test_the_same_weights_give_the_same_output(row: Definition) -> None:
    torch.manual_seed(0)
    theirs = made(row)
    network = archcalc.load(row.spec, set=row.sizes)
    ours: Any = build(network.graph, "cpu").eval()
    fill(network.graph, ours, theirs, row)
    with torch.no_grad():
        for found, known in outputs(network, ours, theirs):
            assert torch.allclose(found, known, rtol=1e-4, atol=1e-5)
            assert known.std() > 0.01


def made(row: Definition) -> Any:
    """Return the definition with weights that keep values at about their size."""
    theirs = MAKERS[row.library](row.model, **row.options).to_empty(device="cpu")
    for module in theirs.modules():
        if isinstance(module, nn.LayerNorm | nn.GroupNorm | nn.BatchNorm2d):
            module.eps = 1e-5  # timm, torchvision and diffusers have another
    for name, value in theirs.named_parameters():
        spread(name, value.data)
    for name, value in theirs.named_buffers():
        if name.endswith(COUNTER):
            value.zero_()
        elif name.endswith(PLACES):
            value.copy_(theirs_places(value))
        elif re.search(r"\.bn|downsample|running_", name):
            spread(name, value)
        else:
            value.copy_(known_buffer(name, value, theirs))
    if hasattr(theirs, "tie_weights"):
        theirs.tie_weights()
    return theirs.eval()


def spread(name: str, value: Tensor) -> None:
    """Fill a matrix by how much enters it; a vector about 1, or 0 where it is added."""
    if value.dim() > 1:
        value.normal_(std=value[0].numel() ** -0.5)
    else:
        scales = name.endswith(("weight", "var"))
        value.normal_(float(scales), 0.1)


def theirs_places(value: Tensor) -> Tensor:
    """Return the place in a table of each pair of tokens in a window."""
    side = round(len(value) ** 0.5)
    rows = torch.arange(side).repeat_interleave(side)
    columns = torch.arange(side).repeat(side)
    down, right = rows[:, None] - rows, columns[:, None] - columns
    return (down + side - 1) * (2 * side - 1) + right + side - 1


def known_buffer(name: str, value: Tensor, theirs: Any) -> Tensor:
    """Return what a buffer holds: positions, zeros, angles, or which tokens are seen."""
    if not value.dim():
        return torch.tensor(float("-inf"))
    if name.startswith("rope."):
        theirs.rope.init_non_persistent_buffers()
        return value
    places = torch.arange(value.shape[-1])
    if name.endswith("inv_freq"):
        return theirs.config.rope_theta ** (-places / len(places))
    known = {
        "position_ids": places,
        "token_type_ids": torch.zeros_like(places),
        "bias": places[:, None] >= places,
    }
    return known[name.rpartition(".")[2]].expand_as(value)


def fill(graph: Graph, ours: Any, theirs: nn.Module, row: Definition) -> None:
    """Copy weights and statistics into the steps that stand for them, one by one."""
    tensors = [*theirs.state_dict().items()]
    known = {value.data_ptr(): name for name, value in reversed(tensors)}
    state = {name: v for name, v in tensors if name == known[v.data_ptr()]}
    state = {n: v for n, v in state.items() if not n.endswith((COUNTER, PLACES))}
    named = stacked(dict(sorted(state.items(), key=lambda pair: row.place(pair[0]))))
    parts = [ours.part(n) for n in graph.nodes if n.share is None]
    own = [
        value
        for part in parts
        if part is not None
        for name, value in part.state_dict().items()
        if name not in (COUNTER, PLACES)
    ]
    assert len(own) == len(named)
    for value, (name, given) in zip(own, named.items(), strict=True):
        turned = given.T if re.search(row.turned, name) else given
        assert sizes(turned) == sizes(value), name
        value.copy_(turned.reshape(value.shape))


def stacked(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Put the matrices of all experts of a layer into one tensor, in their order."""
    found: dict[str, list[Tensor]] = {}
    for name, value in state.items():
        found.setdefault(re.sub(r"experts\.\d+", "experts", name), []).append(value)
    return {n: torch.stack(v) if len(v) > 1 else v[0] for n, v in found.items()}


def sizes(tensor: Tensor) -> list[int]:
    """Return the sizes of axes that have some: a token may have a batch of 1."""
    return [size for size in tensor.shape if size > 1]


def finished(network: archcalc.Network, scores: Any) -> Any:
    """Return what a classifier gives: a library leaves softmax to the loss."""
    last = network.graph.nodes[-1].layer.key
    return scores.softmax(-1) if last == "softmax" else scores


def outputs(network: archcalc.Network, ours: Any, theirs: Any) -> Any:
    """Yield what both give for the same input."""
    (shape, *more) = network.input_shapes.values()
    if hasattr(theirs, "time_proj"):
        x, text = (torch.randn(2, *size) for size in (shape, more[-1]))
        step = torch.tensor([7, 500])
        yield ours(x, theirs.time_proj(step), text), theirs(x, step, text).sample
        return
    if hasattr(theirs, "post_quant_conv"):
        x = torch.randn(2, *shape)
        known = theirs.encode(x).latent_dist.parameters, theirs(x).sample
        yield from zip(ours(x), known, strict=True)
        return
    if hasattr(theirs, "inputs"):
        given = theirs.inputs(2)
        yield ours(*given), theirs(*given)
        return
    if not hasattr(theirs, "config"):
        x = torch.randn(2, *shape)
        found = ours(x), finished(network, theirs(x))
        yield from [found] if isinstance(found[0], Tensor) else zip(*found, strict=True)
        return
    if theirs.config.model_type == "segformer":
        x = torch.randn(2, *shape)
        yield ours(x), theirs(pixel_values=x).logits
        return
    if theirs.main_input_name == "pixel_values":
        x = torch.randn(2, *shape)
        mask = torch.ones(2, *shape[1:], dtype=torch.bool)
        (*_, places) = theirs.model.backbone(x, mask)[1]
        found = theirs(pixel_values=x)
        yield from zip(
            ours(x, places.flatten(2).transpose(1, 2)),
            (found.logits, found.pred_boxes),
            strict=True,
        )
        return
    if theirs.main_input_name in ("input_features", "input_values"):
        given = sound(theirs, 2, shape)
        first, *texts = given
        given[first].normal_()
        for name in texts:
            given[name] = torch.randint(50, given[name].shape)
        read = [given[first].reshape(2, *shape), *(given[name] for name in texts)]
        yield ours(*read), theirs(**given).logits
        return
    ids = token_ids(theirs, shape)
    for name in ids:
        ids[name] = torch.randint(50, (2, *shape))
    found = theirs(**ids)
    given = [*ids.values(), *(torch.zeros_like(ids["input_ids"]) for _ in more)]
    yield ours(*given[: 1 + len(more)]), getattr(found, "logits", found[-1])

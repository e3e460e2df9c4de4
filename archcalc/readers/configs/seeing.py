"""The families of images and sound: their fields, and the params of a spec."""

from __future__ import annotations

from archcalc.readers.configs.families import (
    Chosen,
    count,
    counts,
    depth_of,
    depths_of,
    heads_of,
    labels,
    needs,
)
from archcalc.readers.records import Record


def vit(record: Record) -> Chosen:
    """ViT with one linear layer as its head."""
    heads_of(record, "ViTForImageClassification")
    needs(record, "num_channels", 3)
    needs(record, "qkv_bias", True)
    needs(record, "hidden_act", "gelu")
    return Chosen(
        "vit",
        {
            "width": count(record, "hidden_size", 768),
            "depth": depth_of(record, "num_hidden_layers", 12),
            "heads": count(record, "num_attention_heads", 12),
            "mlp": count(record, "intermediate_size", 3072),
            "patch": count(record, "patch_size", 16),
            "size": count(record, "image_size", 224),
            "classes": labels(record),
        },
    )


ORDER = (
    "  - tokens\n  - position\n  - {name: registers, class_token: registers}\n"
    "  - {name: class, class_token: 1}\n"
)
WITHOUT_REGISTERS = "  - tokens\n  - {name: class, class_token: 1}\n  - position\n"
WITH_REGISTERS = f"{WITHOUT_REGISTERS}  - {{name: registers, class_token: registers}}\n"


def dinov2(record: Record) -> Chosen:
    """DINOv2: the class token has a position too; the token of training is left out."""
    heads_of(record, "Dinov2Model", "Dinov2WithRegistersModel")
    needs(record, "num_channels", 3)
    needs(record, "qkv_bias", True)
    needs(record, "hidden_act", "gelu")
    needs(record, "use_swiglu_ffn", False)
    width = count(record, "hidden_size", 768)
    with_registers = record.text("model_type") != "dinov2"
    registers = record.whole("num_register_tokens", 4) if with_registers else 0
    params = {
        "width": width,
        "depth": depth_of(record, "num_hidden_layers", 12),
        "heads": count(record, "num_attention_heads", 12),
        "mlp": count(record, "mlp_ratio", 4, most=64) * width,
        "patch": count(record, "patch_size", 14),
        "size": count(record, "image_size", 224),
        "registers": registers or 4,
    }
    order = WITH_REGISTERS if registers else WITHOUT_REGISTERS
    return Chosen("dinov2", params, ((ORDER, order),))


def segformer(record: Record) -> Chosen:
    """SegFormer with the head that segments."""
    heads_of(record, "SegformerForSemanticSegmentation")
    needs(record, "num_channels", 3)
    needs(record, "num_encoder_blocks", 4)
    needs(record, "hidden_act", "gelu")
    for name, value in (
        ("patch_sizes", [7, 3, 3, 3]),
        ("strides", [4, 2, 2, 2]),
        ("mlp_ratios", [4, 4, 4, 4]),
    ):
        needs(record, name, value)
    widths = counts(record, "hidden_sizes", [32, 64, 160, 256], 4)
    heads = counts(record, "num_attention_heads", [1, 2, 5, 8], 4)
    of_head = {width // head for width, head in zip(widths, heads, strict=True)}
    if len(of_head) != 1 or any(w % h for w, h in zip(widths, heads, strict=True)):
        record.wrong(
            "the shipped spec has heads of one size in all stages",
            "num_attention_heads",
        )
    params = {
        "widths": widths,
        "depths": depths_of(record, [2, 2, 2, 2]),
        "head": of_head.pop(),
        "reduce": counts(record, "sr_ratios", [8, 4, 2, 1], 4),
        "decoder": count(record, "decoder_hidden_size", 256),
        "classes": labels(record),
    }
    return Chosen("segformer", params)


def _stages(record: Record, depths: list[int], few: int | None) -> dict[str, int]:
    """Return the channels and depths of a ConvNeXt."""
    needs(record, "num_channels", 3)
    needs(record, "patch_size", 4)
    needs(record, "hidden_act", "gelu")
    widths = counts(record, "hidden_sizes", [96, 192, 384, 768], 4)
    first = widths[0]
    if widths != [first, 2 * first, 4 * first, 8 * first]:
        record.wrong("the shipped spec doubles its channels", "hidden_sizes")
    found = depths_of(record, depths)
    around = found[0] if few is None else few
    if [*found[:2], found[3]] != [around] * 3:
        record.wrong(
            f"the shipped spec has depths {around}, {around}, n, {around}", "depths"
        )
    return {"c": first, "deep": found[2], "few": around, "classes": labels(record)}


def convnext_v2(record: Record) -> Chosen:
    """ConvNeXt V2 with its head."""
    heads_of(record, "ConvNextV2ForImageClassification")
    return Chosen("convnext-v2", _stages(record, [3, 3, 9, 3], None))


def convnext(record: Record) -> Chosen:
    """ConvNeXt with its head."""
    heads_of(record, "ConvNextForImageClassification")
    if not record.number("layer_scale_init_value", 1e-6) > 0:
        record.wrong("the shipped spec scales its layers", "layer_scale_init_value")
    params = _stages(record, [3, 3, 9, 3], 3)
    return Chosen("convnext", {k: v for k, v in params.items() if k != "few"})


def swin(record: Record) -> Chosen:
    """Swin Transformer with its head."""
    heads_of(record, "SwinForImageClassification")
    first = count(record, "embed_dim", 96)
    depths = depths_of(record, [2, 2, 6, 2])
    if [*depths[:2], depths[3]] != [2, 2, 2]:
        record.wrong("the shipped spec has depths 2, 2, n, 2", "depths")
    heads = [first * 2**stage // 32 for stage in range(4)]
    needs(record, "num_heads", heads)
    for name, value in (
        *(("num_channels", 3), ("patch_size", 4), ("mlp_ratio", 4.0)),
        *(
            ("qkv_bias", True),
            ("use_absolute_embeddings", False),
            ("hidden_act", "gelu"),
        ),
    ):
        needs(record, name, value)
    params = {
        "c": first,
        "deep": depths[2],
        "window": count(record, "window_size", 7),
        "size": count(record, "image_size", 224),
        "classes": labels(record),
    }
    return Chosen("swin", params)


def detr(record: Record) -> Chosen:
    """DETR on a ResNet-50."""
    heads_of(record, "DetrForObjectDetection")
    needs(record, "backbone", "resnet50")
    needs(record, "num_channels", 3)
    needs(record, "dilation", False)
    needs(record, "activation_function", "relu")
    depth = depth_of(record, "encoder_layers", 6)
    needs(record, "decoder_layers", depth, usual=6)
    heads = count(record, "encoder_attention_heads", 8)
    needs(record, "decoder_attention_heads", heads, usual=8)
    inner = count(record, "encoder_ffn_dim", 2048)
    needs(record, "decoder_ffn_dim", inner, usual=2048)
    params = {
        "dim": count(record, "d_model", 256),
        "heads": heads,
        "mlp": inner,
        "depth": depth,
        "queries": count(record, "num_queries", 100),
        "classes": labels(record, 91),
        "dropout": float(record.number("dropout", 0.1)),
        "attention_dropout": float(record.number("attention_dropout", 0)),
        "mlp_dropout": float(record.number("activation_dropout", 0)),
    }
    return Chosen("detr", params)


def wav2vec2(record: Record) -> Chosen:
    """wav2vec 2.0 with one linear layer for letters."""
    heads_of(record, "Wav2Vec2ForCTC")
    kernels = counts(record, "conv_kernel", [10, 3, 3, 3, 3, 2, 2])
    widths = counts(record, "conv_dim", [512] * len(kernels), len(kernels))
    needs(record, "conv_dim", [widths[0]] * len(kernels))
    for name, value in (
        *(("feat_extract_norm", "group"), ("do_stable_layer_norm", False)),
        *(("conv_bias", False), ("add_adapter", False), ("hidden_act", "gelu")),
    ):
        needs(record, name, value)
    params = {
        "features": widths[0],
        "kernels": kernels,
        "strides": counts(record, "conv_stride", [5, 2, 2, 2, 2, 2, 2], len(kernels)),
        "width": count(record, "hidden_size", 768),
        "depth": depth_of(record, "num_hidden_layers", 12),
        "heads": count(record, "num_attention_heads", 12),
        "mlp": count(record, "intermediate_size", 3072),
        "span": count(record, "num_conv_pos_embeddings", 128),
        "groups": count(record, "num_conv_pos_embedding_groups", 16),
        "letters": count(record, "vocab_size", 32),
    }
    return Chosen("wav2vec2", params)


def whisper(record: Record) -> Chosen:
    """Whisper, whose encoder and decoder have the same sizes."""
    heads_of(record, "WhisperForConditionalGeneration")
    width = count(record, "d_model", 384)
    depth = depth_of(record, "encoder_layers", 4)
    after = depth_of(record, "decoder_layers", 4)
    heads = count(record, "encoder_attention_heads", 6)
    needs(record, "decoder_attention_heads", heads, usual=6)
    needs(record, "encoder_ffn_dim", 4 * width, usual=1536)
    needs(record, "decoder_ffn_dim", 4 * width, usual=1536)
    needs(record, "activation_function", "gelu")
    needs(record, "tie_word_embeddings", True)
    bands = count(record, "num_mel_bins", 80)
    edits = [] if bands == 80 else [("sound: [80,", f"sound: [{bands},")]
    if after != depth:
        decoder = "name: decoder\n    repeat: "
        edits.append((f"{decoder}depth", f"{decoder}{after}"))
    params = {
        "width": width,
        "depth": depth,
        "heads": heads,
        "frames": count(record, "max_source_positions", 1500),
        "context": count(record, "max_target_positions", 448),
        "vocabulary": count(record, "vocab_size", 51865),
    }
    return Chosen("whisper-tiny", params, tuple(edits))


RESNETS: dict[tuple[str, tuple[int, ...]], str] = {
    ("basic", (2, 2, 2, 2)): "resnet18",
    ("basic", (3, 4, 6, 3)): "resnet34",
    ("bottleneck", (3, 4, 6, 3)): "resnet50",
    ("bottleneck", (3, 4, 23, 3)): "resnet101",
    ("bottleneck", (3, 8, 36, 3)): "resnet152",
}


def resnet(record: Record) -> Chosen:
    """The five ResNets of the paper, of one thousand classes or others."""
    heads_of(record, "ResNetForImageClassification")
    kind = record.text("layer_type", "bottleneck")
    depths = tuple(depths_of(record, [3, 4, 6, 3]))
    spec = RESNETS.get((kind, depths))
    if spec is None:
        record.wrong(f"the shelf has no ResNet of {kind} blocks {depths}", "depths")
    last = 4 if kind == "bottleneck" else 1
    needs(
        record,
        "hidden_sizes",
        [n * last for n in (64, 128, 256, 512)],
        usual=[256, 512, 1024, 2048],
    )
    needs(record, "embedding_size", 64)
    needs(record, "num_channels", 3)
    needs(record, "hidden_act", "relu")
    needs(record, "downsample_in_first_stage", False)
    early = record.flag("downsample_in_bottleneck", False)
    params = {"classes": labels(record)}
    if kind == "bottleneck":
        params["stride_in"] = 1 if early else 2
    return Chosen(spec, params)

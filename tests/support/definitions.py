"""Networks at small sizes, and the same network of another library.

test_definitions.py copies the weights, and compares the outputs.
"""

from __future__ import annotations

from fractions import Fraction

import torch
from definition import Definition
from packaged_definitions import PACKAGED
from pixel_definitions import PIXELS
from recent_definitions import RECENT
from weight_orders import (
    first_of,
    in_stacks,
    of_clip,
    of_conformer,
    of_dcgan,
    of_detr,
    of_latent,
    of_llama,
    of_maxvit,
    of_sam,
    of_segformer,
    of_style,
    of_t5,
    of_trocr,
    of_whisper,
)

SMALL = {"width": 24, "depth": 2, "heads": 3, "vocabulary": 50, "context": 10}
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
SMALL_BERT = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 96,
    "vocab_size": 50,
    "layer_norm_eps": 1e-5,
    "max_position_embeddings": 10,
}
SMALL_CLIP = {
    "width": 24,
    "depth": 2,
    "patch": 8,
    "size": 32,
    "text_width": 16,
    "text_depth": 2,
    "head": 8,
    "dim": 12,
    "context": 10,
    "vocabulary": 50,
}
SMALL_TROCR = {
    "size": 32,
    "patch": 8,
    "width": 24,
    "depth": 2,
    "heads": 3,
    "text_width": 32,
    "text_depth": 2,
    "text_heads": 4,
    "context": 10,
    "vocabulary": 50,
}


SMALL_DLRM = {"tables": [5, 7, 3, 9], "bottom": [32], "dim": 12, "top": [32]}
SMALL_TOWERS = {"users": 9, "items": 7, "dim": 6, "towers": [8, 5]}
SMALL_CONFORMER = {
    "width": 12,
    "depth": 2,
    "heads": 3,
    "kernel": 5,
    "decoder": 10,
    "frames": 27,
    "bands": 15,
    "pieces": 4,
    "vocabulary": 9,
}
DEFINITIONS = [
    Definition(
        *("conformer", {**SMALL_CONFORMER, "root": 2}, "transformers"),
        *("Wav2Vec2ConformerEncoderLayer", SMALL_CONFORMER, of_conformer),
    ),
    Definition(
        "sam-encoder",
        {
            "width": 24,
            "depth": 4,
            "heads": 3,
            "patch": 8,
            "size": 40,
            "window": 3,
            "every": 2,
            "out": 10,
        },
        *("transformers", "SamVisionModel"),
        {
            "hidden_size": 24,
            "num_hidden_layers": 4,
            "num_attention_heads": 3,
            "patch_size": 8,
            "image_size": 40,
            "window_size": 3,
            "global_attn_indexes": [1, 3],
            "output_channels": 10,
        },
        of_sam,
    ),
    Definition(
        *("dlrm", SMALL_DLRM, "written", "DLRM", SMALL_DLRM),
        first_of("bottom", "tables"),
    ),
    Definition(
        *("two-tower", SMALL_TOWERS, "written", "TwoTower", SMALL_TOWERS),
        first_of("user"),
    ),
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
        SMALL_BERT,
        first_of("word_emb", "token_type", "position", "embeddings.LayerNorm"),
    ),
    Definition(
        *("minilm", SMALL, "transformers", "BertModel"),
        SMALL_BERT,
        first_of("word_emb", "token_type", "position", "embeddings.LayerNorm"),
    ),
    Definition(
        *("clip", SMALL_CLIP, "transformers", "CLIPModel", SMALL_CLIP, of_clip),
    ),
    Definition(
        *("trocr", SMALL_TROCR, "transformers", "VisionEncoderDecoderModel"),
        *(SMALL_TROCR, of_trocr),
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
        *("mobilevit:xxs", {"size": 64, "classes": 6}, "timm", "mobilevit_xxs"),
        *({"num_classes": 6}, first_of()),
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
    *PIXELS,
    *RECENT,
    *PACKAGED,
]

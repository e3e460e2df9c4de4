"""Headers of real models beside the libraries that write and read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest
from independent import peer
from weight_files import Entry, safetensors, sparse

import archcalc
from archcalc.readers.weights.dtypes import GGML, SAFETENSORS
from archcalc.readers.weights.record import Weights, WeightsAlone

pytestmark = pytest.mark.peers
NAMES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16", "int64": "I64"}


def held(path: Path) -> Weights:
    with pytest.raises(WeightsAlone) as raised:
        archcalc.load(path)
    return raised.value.weights


def made(kind: str, options: dict[str, Any], dtype: str = "float32") -> Any:
    """Return a model of transformers on the meta device, from its config."""
    import torch

    library: Any = peer("transformers")
    model = getattr(library, kind)
    with torch.device("meta"):
        found = model(model.config_class(**options))
    return found.to(getattr(torch, dtype)).eval()


def entries(model: Any) -> Iterator[Entry]:
    """Yield the tensors of a model as they are saved, tied ones once."""
    seen = set()
    for name, tensor in model.state_dict().items():
        storage = tensor.untyped_storage()._cdata
        if storage not in seen:
            seen.add(storage)
            dtype = NAMES[str(tensor.dtype).removeprefix("torch.")]
            yield name, dtype, tuple(tensor.shape)


LLAMA_3 = {"vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336} | {
    "num_key_value_heads": 8
}
MODELS: dict[str, tuple[str, dict[str, Any], str]] = {
    "llama-3-8b": ("LlamaForCausalLM", LLAMA_3, "bfloat16"),
    "llama-2-7b": ("LlamaForCausalLM", {"intermediate_size": 11008}, "float16"),
    "mistral-7b": ("MistralForCausalLM", {}, "bfloat16"),
    "mixtral-8x7b": ("MixtralForCausalLM", {}, "bfloat16"),
    "qwen2.5-0.5b": (
        "Qwen2ForCausalLM",
        {"hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14}
        | {"num_key_value_heads": 2, "intermediate_size": 4864}
        | {"tie_word_embeddings": True},
        "bfloat16",
    ),
    "gpt2-xl": ("GPT2LMHeadModel", {"n_embd": 1600, "n_layer": 48, "n_head": 25}, ""),
    "bert": ("BertModel", {}, ""),
    "t5": ("T5ForConditionalGeneration", {}, "float16"),
    "vit": ("ViTForImageClassification", {"num_labels": 1000}, ""),
    "whisper": ("WhisperForConditionalGeneration", {}, "float16"),
    "wav2vec2": ("Wav2Vec2ForCTC", {}, ""),
    "segformer": ("SegformerForSemanticSegmentation", {"num_labels": 150}, ""),
    "resnet50": ("ResNetForImageClassification", {"num_labels": 1000}, ""),
}


@pytest.mark.parametrize("name", MODELS)
def test_headers_of_models_as_the_library_reads_them(name: str, tmp_path: Path) -> None:
    kind, options, dtype = MODELS[name]
    model = made(kind, options, dtype or "float32")
    path = sparse(tmp_path / f"{name}.safetensors", entries(model))
    ours = {t.name: t for t in held(path).tensors}
    library: Any = peer("safetensors")
    with library.safe_open(path, "numpy") as file:
        assert {*file.keys()} == {*ours}
        for key in file.keys():  # noqa: SIM118 # it is no mapping
            part = file.get_slice(key)
            assert tuple(part.get_shape()) == ours[key].shape
            assert part.get_dtype() == ours[key].dtype.name
    buffers = {key for key, _ in model.named_buffers()}
    learned = sum(t.values for key, t in ours.items() if key not in buffers)
    assert learned == model.num_parameters()
    stored = {id(p): p for p in model.parameters()}.values()
    bytes = sum(t.bytes for key, t in ours.items() if key not in buffers)
    assert bytes == sum(p.numel() * p.itemsize for p in stored)
    report = archcalc.table(path, fold=True)
    assert sum(row["params"] for row in report.rows()) == held(path).values


def test_ties_of_save_model(tmp_path: Path) -> None:
    """The library's own note on a name that shares another's values."""
    import torch

    words, head = torch.nn.Embedding(50, 8), torch.nn.Linear(8, 50, bias=False)
    head.weight = words.weight
    library: Any = peer("safetensors.torch")
    path = tmp_path / "tied.safetensors"
    model = torch.nn.ModuleDict({"words": words, "head": head})
    library.save_model(model, str(path))
    found = held(path)
    assert found.values == 400
    assert len(found.ties) == 1
    assert {*found.ties, *found.ties.values()} == {"words.weight", "head.weight"}


def test_formats_are_those_of_safetensors() -> None:
    library: Any = peer("safetensors")
    for name, dtype in SAFETENSORS.items():
        data = safetensors([("a", name, (3, 2 * dtype.block))])
        ((_, entry),) = library.deserialize(data)
        assert len(entry["data"]) == dtype.bytes(6 * dtype.block)
    wrong = safetensors([("a", "F32", (1,))]).replace(b"F32", b"F99")
    with pytest.raises(Exception, match="unknown variant") as raised:
        library.deserialize(wrong)
    known = str(raised.value).partition("expected one of")[2]
    assert {*known.split("`")[1::2]} == {*SAFETENSORS}


def test_types_are_those_of_ggml() -> None:
    library: Any = peer("gguf")
    theirs = {
        kind.value: (kind.name, *library.GGML_QUANT_SIZES[kind])
        for kind in library.GGMLQuantizationType
    }
    ours = {number: tuple(dtype) for number, dtype in GGML.items()}
    assert ours.pop(42) == ("Q2_0", 64, 18)  # newer than the library
    assert ours == theirs


LLAMA = (
    ("attn_q", 4096, 4096, "big"),
    ("attn_k", 1024, 4096, "big"),
    ("attn_v", 1024, 4096, "wide"),
    ("attn_output", 4096, 4096, "big"),
    ("ffn_gate", 14336, 4096, "big"),
    ("ffn_up", 14336, 4096, "big"),
    ("ffn_down", 4096, 14336, "wide"),
)
MIXES = {  # what a model of 8 billion parameters is quantized to: blocks, and the rest
    "Q4_K_M": ("Q4_K", "Q6_K"),
    "Q8_0": ("Q8_0", "Q8_0"),
    "Q5_K_S": ("Q5_K", "Q5_K"),
    "IQ2_XXS": ("IQ2_XXS", "Q2_K"),
    "MXFP4": ("MXFP4", "BF16"),
    "F16": ("F16", "F16"),
    "TQ1_0": ("TQ1_0", "Q4_0"),
}


def rows_of_llama(library: Any, mix: str) -> list[tuple[str, tuple[int, ...], Any]]:
    """Return name, shape and type of every tensor of a model of 32 blocks."""
    big, wide = (library.GGMLQuantizationType[name] for name in MIXES[mix])
    plain = library.GGMLQuantizationType.F32
    rows = [
        ("token_embd.weight", (128256, 4096), big),
        ("output_norm.weight", (4096,), plain),
        ("output.weight", (128256, 4096), wide),
    ]
    for block in range(32):
        rows.append((f"blk.{block}.attn_norm.weight", (4096,), plain))
        for name, out, into, kind in LLAMA:
            chosen = big if kind == "big" else wide
            rows.append((f"blk.{block}.{name}.weight", (out, into), chosen))
    return rows


def write_gguf(path: Path, mix: str) -> int:
    """Write such a model with zeros as weights; return its parameters, as gguf counts.

    Each tensor begins at a multiple of 32 bytes, as the format has it if not told.
    """
    library: Any = peer("gguf")
    import numpy

    writer = library.GGUFWriter(path, "llama")
    writer.add_name("a model")
    writer.add_block_count(32)
    writer.add_array("tokenizer.ggml.tokens", [f"t{at}" for at in range(5_000)])
    data = 0
    for name, shape, kind in rows_of_llama(library, mix):
        block, size = library.GGML_QUANT_SIZES[kind]
        stored = prod(shape) // block * size
        row = (*shape[:-1], shape[-1] // block * size)
        writer.add_tensor_info(name, row, numpy.dtype("uint8"), stored, raw_dtype=kind)
        data += -(-stored // 32) * 32
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    total: int = writer.get_total_parameter_count()[0]
    writer.close()
    begin = -(-path.stat().st_size // 32) * 32
    with path.open("r+b") as file:
        file.truncate(begin + data)
    return total


@pytest.mark.parametrize("mix", MIXES)
def test_gguf_files_as_the_library_writes_and_reads_them(
    mix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{mix}.gguf"
    total = write_gguf(path, mix)
    ours = held(path)
    assert ours.values == total == 8_030_130_176
    assert ours.says == {"architecture": "llama", "called": "a model"}
    theirs = peer("gguf").GGUFReader(path)
    assert len(theirs.tensors) == len(ours.tensors)
    for mine, his in zip(ours.tensors, theirs.tensors, strict=True):
        assert (mine.name, mine.dtype.name) == (his.name, his.tensor_type.name)
        assert mine.shape == tuple(map(int, reversed(his.shape)))
        assert (mine.values, mine.bytes) == (his.n_elements, his.n_bytes)
        assert theirs.data_offset + (mine.begin or 0) == his.data_offset


CONFIGS: dict[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "gpt2": (
        "GPT2LMHeadModel",
        (
            {},
            {"n_embd": 1024, "n_layer": 24, "n_head": 16},
            {"n_embd": 96, "n_layer": 3, "n_head": 4, "n_inner": 200},
        ),
    ),
    "bert": (
        "BertModel",
        ({}, {"hidden_size": 96, "intermediate_size": 100, "type_vocab_size": 3}),
    ),
    "t5": (
        "T5ForConditionalGeneration",
        (
            {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12},
            {"d_model": 64, "d_kv": 16, "num_decoder_layers": 3}
            | {"relative_attention_num_buckets": 16},
        ),
    ),
    "llama": (
        "LlamaForCausalLM",
        (
            LLAMA_3,
            {"vocab_size": 128256, "hidden_size": 3072, "intermediate_size": 8192}
            | {"num_hidden_layers": 28, "num_attention_heads": 24}
            | {"num_key_value_heads": 8, "tie_word_embeddings": True},
        ),
    ),
    "mistral": ("MistralForCausalLM", ({}, {"sliding_window": None})),
    "mixtral": (
        "MixtralForCausalLM",
        ({}, {"num_local_experts": 4, "num_experts_per_tok": 1}),
    ),
    "qwen2": (
        "Qwen2ForCausalLM",
        (
            MODELS["qwen2.5-0.5b"][1],
            {"hidden_size": 3584, "num_hidden_layers": 28, "num_attention_heads": 28}
            | {"num_key_value_heads": 4, "intermediate_size": 18944},
        ),
    ),
    "mamba": ("MambaForCausalLM", ({"num_hidden_layers": 24}, {"state_size": 8})),
    "vit": (
        "ViTForImageClassification",
        ({"num_labels": 1000}, {"patch_size": 8, "image_size": 64}),
    ),
    "dinov2": ("Dinov2Model", ({"image_size": 518},)),
    "dinov2_with_registers": (
        "Dinov2WithRegistersModel",
        ({"hidden_size": 384, "num_attention_heads": 6, "image_size": 518},),
    ),
    "swin": (
        "SwinForImageClassification",
        (
            {"num_labels": 1000},
            {"embed_dim": 128, "depths": [2, 2, 18, 2], "num_heads": [4, 8, 16, 32]},
        ),
    ),
    "segformer": (
        "SegformerForSemanticSegmentation",
        (
            {"num_labels": 150},
            {"hidden_sizes": [64, 128, 320, 512], "depths": [3, 4, 6, 3]}
            | {"decoder_hidden_size": 768},
        ),
    ),
    "convnext": (
        "ConvNextForImageClassification",
        ({"depths": [3, 3, 27, 3], "hidden_sizes": [128, 256, 512, 1024]},),
    ),
    "convnextv2": (
        "ConvNextV2ForImageClassification",
        ({"depths": [2, 2, 6, 2], "hidden_sizes": [40, 80, 160, 320]},),
    ),
    "resnet": (
        "ResNetForImageClassification",
        (
            {"num_labels": 1000},
            {"depths": [2, 2, 2, 2], "layer_type": "basic"}
            | {"hidden_sizes": [64, 128, 256, 512]},
        ),
    ),
    "wav2vec2": ("Wav2Vec2ForCTC", ({}, {"conv_dim": [64] * 7, "hidden_size": 96})),
    "whisper": (
        "WhisperForConditionalGeneration",
        (
            {},
            {"d_model": 1280, "encoder_layers": 32, "decoder_layers": 4}
            | {"encoder_attention_heads": 20, "decoder_attention_heads": 20}
            | {"encoder_ffn_dim": 5120, "decoder_ffn_dim": 5120, "num_mel_bins": 128},
        ),
    ),
    "detr": (
        "DetrForObjectDetection",
        ({"num_labels": 91, "use_pretrained_backbone": False},),
    ),
}
MASKS = ("mask_token", "masked_spec_embed")
"""What training alone uses, which the shipped specs leave out."""


@pytest.mark.parametrize(
    ("kind", "number"),
    [(kind, at) for kind, (_, each) in CONFIGS.items() for at in range(len(each))],
)
def test_configs_have_the_parameters_of_transformers(
    kind: str, number: int, tmp_path: Path
) -> None:
    name, each = CONFIGS[kind]
    model = made(name, each[number])
    text = {**json.loads(model.config.to_json_string()), "architectures": [name]}
    assert text["model_type"] == kind
    path = tmp_path / "config.json"
    path.write_text(json.dumps(text), encoding="utf-8")
    learned = {
        id(p): p.numel()
        for key, p in model.named_parameters()
        if not key.endswith(MASKS)
    }
    assert archcalc.load(path).analyze().total.params == sum(learned.values())

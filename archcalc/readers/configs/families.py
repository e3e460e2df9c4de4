"""From the fields of a config to a shipped spec and its params, a function a family.

The names of fields and their defaults are those of transformers, `configuration_*.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archcalc.readers.records import Record

Edits = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A shipped spec and what a config changes in it.

    `params` are set, and `edits` put a text in the place of another where the spec has
    no param.
    """

    spec: str
    params: Mapping[str, Any]
    edits: Edits = ()


def needs(record: Record, name: str, *allowed: Any, usual: Any = None) -> None:
    """Raise unless a field has one of some values; where it lacks, it has the first."""
    found = record.get(name)
    if found is None:
        found = allowed[0] if usual is None else usual
    if found not in allowed or isinstance(found, bool) != isinstance(allowed[0], bool):
        words = " or ".join(map(_said, allowed))
        record.wrong(f"the shipped spec has `{name}` {words} alone", name)


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def count(
    record: Record, name: str, usual: int | None = None, most: int = 2**31
) -> int:
    """Return a size: a whole number of at least 1."""
    found = record.whole(name, usual)
    if not 1 <= found <= most:
        record.wrong(f"`{name}` is a size from 1 to {most}, not {found}", name)
    return found


def counts(
    record: Record, name: str, usual: list[int], length: int = 0, most: int = 2**31
) -> list[int]:
    """Return a list of sizes, of a length where one is needed."""
    found = record.items(name) or usual
    sizes = [record.size(value, name) for value in found]
    if not all(1 <= size <= most for size in sizes) or len(sizes) > 64:
        record.wrong(f"`{name}` holds up to 64 sizes from 1 to {most}", name)
    if length and len(sizes) != length:
        record.wrong(f"`{name}` has {len(sizes)} sizes; the spec has {length}", name)
    return sizes


def labels(record: Record, usual: int = 2) -> int:
    """Return how many classes there are: those that are named, or their number."""
    named = record.get("id2label")
    if isinstance(named, dict) and named:
        return len(named)
    return count(record, "num_labels", usual)


def heads_of(record: Record, *names: str) -> None:
    """Raise where a config names a class that the spec does not stand for."""
    for name in record.items("architectures"):
        if name not in names:
            known = " or ".join(names)
            record.wrong(f"the shipped spec is that of {known}", "architectures")


def depth_of(record: Record, name: str, usual: int) -> int:
    """Return how many layers there are."""
    return count(record, name, usual, most=1_000)


def depths_of(record: Record, usual: list[int]) -> list[int]:
    """Return how many layers each of four stages has."""
    return counts(record, "depths", usual, 4, most=500)


# -- language --------------------------------------------------------------------------

UNTIED = (("linear: vocabulary, share: words", "linear: vocabulary"),)
TIED = (("linear: vocabulary}", "linear: vocabulary, share: words}"),)


def _decoder(record: Record, spec: str, tied: bool) -> Chosen:
    """Return a decoder with rotated positions: Llama and those after it."""
    width, heads = count(record, "hidden_size"), count(record, "num_attention_heads")
    if width % heads:
        record.wrong(
            f"{heads} heads do not divide `hidden_size` {width}", "hidden_size"
        )
    needs(record, "head_dim", width // heads)
    needs(record, "hidden_act", "silu")
    ties = record.flag("tie_word_embeddings", False)
    edits = () if ties == tied else TIED if ties else UNTIED
    params = {
        "width": width,
        "depth": depth_of(record, "num_hidden_layers", 32),
        "heads": heads,
        "kv_heads": count(record, "num_key_value_heads", heads),
        "mlp": count(record, "intermediate_size"),
        "context": count(record, "max_position_embeddings", 2048),
        "vocabulary": count(record, "vocab_size"),
    }
    return Chosen(spec, params, edits)


def llama(record: Record) -> Chosen:
    """Llama 1 to 3, and what calls itself so."""
    heads_of(record, "LlamaForCausalLM")
    needs(record, "attention_bias", False)
    needs(record, "mlp_bias", False)
    return _decoder(record, "llama-3-8b", tied=False)


def mistral(record: Record) -> Chosen:
    """Mistral; without a window it is a Llama."""
    heads_of(record, "MistralForCausalLM")
    window = record.fields.get("sliding_window", 4096)
    if window is None:
        return _decoder(record, "llama-3-8b", tied=False)
    chosen = _decoder(record, "mistral-7b", tied=False)
    params = {**chosen.params, "window": count(record, "sliding_window", 4096)}
    return Chosen(chosen.spec, params, chosen.edits)


def mixtral(record: Record) -> Chosen:
    """Mixtral: as many experts as the config says."""
    heads_of(record, "MixtralForCausalLM")
    if "sliding_window" in record:
        record.wrong("the shipped spec has no window", "sliding_window")
    chosen = _decoder(record, "mixtral-8x7b", tied=False)
    experts = count(record, "num_local_experts", 8, most=10_000)
    active = count(record, "num_experts_per_tok", 2, most=experts)
    edit = (("count: 8, active: 2", f"count: {experts}, active: {active}"),)
    return Chosen(chosen.spec, chosen.params, (*chosen.edits, *edit))


def qwen2(record: Record) -> Chosen:
    """Qwen2 and Qwen2.5; the large ones are not tied."""
    heads_of(record, "Qwen2ForCausalLM")
    needs(record, "use_sliding_window", False)
    return _decoder(record, "qwen2.5-0.5b", tied=True)


def gpt2(record: Record) -> Chosen:
    """GPT-2, with the head that uses the table of words."""
    heads_of(record, "GPT2LMHeadModel")
    width = count(record, "n_embd", 768)
    needs(record, "tie_word_embeddings", True)
    inner = count(record, "n_inner", 4 * width)
    needs(record, "activation_function", "gelu_new", "gelu_pytorch_tanh")
    needs(record, "add_cross_attention", False)
    edits = () if inner == 4 * width else (("linear: 4*width", f"linear: {inner}"),)
    params = {
        "width": width,
        "depth": depth_of(record, "n_layer", 12),
        "heads": count(record, "n_head", 12),
        "context": count(record, "n_positions", 1024),
        "vocabulary": count(record, "vocab_size", 50257),
    }
    return Chosen("gpt2", params, edits)


def bert(record: Record) -> Chosen:
    """BERT: the encoder and its pooler, without the heads of pre-training."""
    width = count(record, "hidden_size", 768)
    inner = count(record, "intermediate_size", 3072)
    segments = count(record, "type_vocab_size", 2)
    needs(record, "hidden_act", "gelu")
    needs(record, "is_decoder", False)
    needs(record, "position_embedding_type", "absolute")
    edits = [] if inner == 4 * width else [("linear: 4*width", f"linear: {inner}")]
    if segments != 2:
        edits.append(("embedding: 2,", f"embedding: {segments},"))
    params = {
        "width": width,
        "depth": depth_of(record, "num_hidden_layers", 12),
        "heads": count(record, "num_attention_heads", 12),
        "context": count(record, "max_position_embeddings", 512),
        "vocabulary": count(record, "vocab_size", 30522),
        "dropout": float(record.number("hidden_dropout_prob", 0.1)),
    }
    return Chosen("bert", params, tuple(edits))


def t5(record: Record) -> Chosen:
    """T5 of the first version: relu, and one table of words."""
    heads_of(record, "T5ForConditionalGeneration")
    needs(record, "feed_forward_proj", "relu")
    needs(record, "tie_word_embeddings", True)
    needs(record, "relative_attention_max_distance", 128)
    width, depth = count(record, "d_model", 512), depth_of(record, "num_layers", 6)
    after = depth_of(record, "num_decoder_layers", depth)
    of_head = count(record, "d_kv", 64)
    buckets = count(record, "relative_attention_num_buckets", 32, most=4096)
    edits = [("64*heads", f"{of_head}*heads")] if of_head != 64 else []
    if buckets != 32:
        edits.append(("buckets: 32", f"buckets: {buckets}"))
    if after != depth:
        edits.append(("use: decoder, repeat: depth", f"use: decoder, repeat: {after}"))
    params = {
        "width": width,
        "depth": depth,
        "heads": count(record, "num_heads", 8),
        "mlp": count(record, "d_ff", 2048),
        "context": count(record, "n_positions", 512),
        "vocabulary": count(record, "vocab_size", 32128),
        "dropout": float(record.number("dropout_rate", 0.1)),
        "root": f"{width**-0.5:.17f}",
    }
    return Chosen("t5", params, tuple(edits))


def mamba(record: Record) -> Chosen:
    """Mamba: a scan in the place of attention."""
    heads_of(record, "MambaForCausalLM")
    width = count(record, "hidden_size", 768)
    inner = count(record, "expand", 2, most=64)
    needs(record, "use_bias", False)
    needs(record, "use_conv_bias", True)
    needs(record, "conv_kernel", 4)
    needs(record, "tie_word_embeddings", True)
    rank = record.get("time_step_rank")
    params = {
        "width": width,
        "depth": depth_of(record, "num_hidden_layers", 32),
        "inner": count(record, "intermediate_size", inner * width),
        "state": count(record, "state_size", 16),
        "rank": -(-width // 16)
        if rank in (None, "auto")
        else count(record, "time_step_rank"),
        "vocabulary": count(record, "vocab_size", 50280),
    }
    return Chosen("mamba-130m", params)

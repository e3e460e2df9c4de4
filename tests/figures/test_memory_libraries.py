"""Bytes of whole networks of other libraries, run on the CPU: ours are equal.

What is kept for backward and the peak of a forward and a backward pass, at real sizes.
The specs end with a softmax that these classifiers leave to the loss: it is taken out.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import torch
from independent import configured, library
from layers_alone import activations_peak
from torch import Tensor, nn
from torch_memory import Live, Loss, Saved, threads

import archcalc
from archcalc.language import library as shelf
from archcalc.network.network import Network


@pytest.fixture(autouse=True, scope="module")
def _few_threads() -> Iterator[None]:
    """One where no number is asked for: the runner may have no more."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    yield
    torch.set_num_threads(before)


def saved_bytes(model: nn.Module, *x: Tensor, **named: Any) -> int:
    model.train()
    saved = Saved([*model.parameters(), *model.buffers()])
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda t: t):
        model(*x, **named)
    return saved.bytes


def step_peak(model: nn.Module, *x: Tensor, **named: Any) -> int:
    model.train()
    live = Live([*model.parameters(), *model.buffers()])
    with live:
        for value in (*x, *named.values()):
            if isinstance(value, Tensor):
                live.follow(value)
        loss = Loss.apply(result(model(*x, **named)))
        torch.autograd.backward(loss, torch.empty(0))
    return live.peak


def result(found: Any) -> Tensor:
    """Return the tensor of a model's answer that has a loss."""
    tensor: Tensor = (
        found if isinstance(found, Tensor) else getattr(found, "logits", found[-1])
    )
    return tensor


def written_out(model: nn.Module) -> nn.Module:
    """Let timm's attention multiply, soften and multiply by itself."""
    for part in model.modules():
        if hasattr(part, "fused_attn"):
            part.fused_attn = False
    return model


class Same(NamedTuple):
    """A network here and there; `change` is made to the spec, `set` sets its params."""

    name: str
    model: str
    size: int
    options: Mapping[str, Any] = MappingProxyType({})
    change: tuple[str, str] = ("", "")
    attention: str | None = None
    peak: bool = True


DROPPED = ("attention: heads", "attention: heads, dropout: 0.1")
NETWORKS = [
    Same("vit:ti-16", "vit_tiny_patch16_224", 224),
    Same(
        "vit:ti-16",
        "vit_tiny_patch16_224",
        224,
        {"attn_drop_rate": 0.1},
        change=DROPPED,
    ),
    Same("vit:ti-16", "vit_tiny_patch16_224", 224, attention="unfused", peak=False),
    Same("vit:ti-16", "vit_tiny_patch16_224", 512),
]
LARGE = [
    Same("swin", "swin_tiny_patch4_window7_224", 224, {"drop_path_rate": 0.0}),
    Same("vit:s-16", "vit_small_patch16_224", 224),
    Same("vit", "vit_base_patch16_224", 224),
    Same("vit", "vit_base_patch16_384", 384),
    Same("dinov2", "vit_small_patch14_reg4_dinov2", 518),
]
RUNS = [*NETWORKS, *(pytest.param(one, marks=pytest.mark.long) for one in LARGE)]


def told(name: str) -> str:
    path, _ = shelf.find(name)
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("same", RUNS, ids=lambda s: f"{s.model} {s.size}")
def test_bytes_of_timms_transformers(same: Same) -> None:
    text = told(same.name).replace("  - softmax\n", "").replace(*same.change)
    variant = same.name.partition(":")[2] or None
    network = Network(
        archcalc.loads(text).spec,
        variant,
        {"size": same.size},
        attention=same.attention,
    )
    analysis = network.analyze(inplace=False, batch=2)
    options = {"img_size": same.size, **same.options}
    timm: Any = library("timm")
    model = timm.create_model(same.model, pretrained=False, **options)
    if same.attention == "unfused":
        written_out(model)
    x = torch.randn(2, 3, same.size, same.size)
    assert analysis.memory.saved_for_backward == saved_bytes(model, x)
    if same.peak:
        assert activations_peak(analysis) == step_peak(model, x)
    del model
    gc.collect()


# -- transformers ----------------------------------------------------------------------

BATCH, N, DEPTH, HEADS, WIDTH = 2, 10, 2, 3, 24
SMALL = {"width": WIDTH, "depth": DEPTH, "vocabulary": 50, "context": N}
HIDDEN = DEPTH * N * N
"""Bytes of the hidden tokens of causal attention; transformers adds a number instead."""
ANGLES = 2 * (2 * DEPTH - 2) * N * 4 * 2
"""Tables of angles: two for each layer, of half a head's 4 features; there two of all."""


class Config(NamedTuple):
    """A class of transformers with a small config, and a network of the same sizes.

    `more` is how many bytes more are kept here than there, with the reason of each.
    """

    name: str
    set: Mapping[str, Any]
    model: str
    options: Mapping[str, Any]
    attention: str
    more: Mapping[str, int] = MappingProxyType({})
    dtype: str = "float32"
    peak: bool = True
    freeze: tuple[str, ...] = ()
    batch: int = BATCH


BERT = (
    *("bert", {**SMALL, "heads": HEADS}, "BertModel"),
    {
        "hidden_size": WIDTH,
        "num_hidden_layers": DEPTH,
        "num_attention_heads": HEADS,
        "intermediate_size": 4 * WIDTH,
        "vocab_size": 50,
        "max_position_embeddings": N,
    },
)
GPT2 = (
    *("gpt2", {**SMALL, "heads": HEADS}, "GPT2LMHeadModel"),
    {
        "n_embd": WIDTH,
        "n_layer": DEPTH,
        "n_head": HEADS,
        "vocab_size": 50,
        "n_positions": N,
        "activation_function": "gelu_pytorch_tanh",
        **dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0),
    },
)
LLAMA = {
    "hidden_size": WIDTH,
    "num_hidden_layers": DEPTH,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "intermediate_size": 40,
    "vocab_size": 50,
    "tie_word_embeddings": True,
}
GROUPED = {**SMALL, "heads": 6, "kv_heads": 2, "mlp": 40}
DETR = (
    {"dim": WIDTH, "heads": HEADS, "mlp": 40, "depth": DEPTH, "queries": 5}
    | {"height": 64, "width": 96, "classes": 6},
    "DetrForObjectDetection",
    {
        "d_model": WIDTH,
        "encoder_layers": DEPTH,
        "decoder_layers": DEPTH,
        "encoder_attention_heads": HEADS,
        "decoder_attention_heads": HEADS,
        "encoder_ffn_dim": 40,
        "decoder_ffn_dim": 40,
        "num_queries": 5,
        "num_labels": 6,
        "use_pretrained_backbone": False,
    },
)
UNDROPPED = {"attention_dropout": 0, "mlp_dropout": 0}
DROPPED_HERE = {"attention_dropout": 0.1, "activation_dropout": 0.1}
ENTERING = {"dropout before the encoder": -2 * 3 * WIDTH * 4}
POSITIONS = {"positions as a tensor": -8 * N}
CONFIGS = [
    Config(*BERT, "unfused"),
    Config(*BERT, "fused"),
    Config(*BERT, "unfused", dtype="bfloat16"),
    Config(*BERT, "fused", dtype="bfloat16"),
    Config(*GPT2, "fused", POSITIONS),
    Config(*GPT2, "fused", POSITIONS, dtype="bfloat16"),
    Config(*GPT2, "unfused", {**POSITIONS, "hidden": HIDDEN, "root": -4 * DEPTH}),
    Config(
        *(*GPT2, "unfused"),
        {**POSITIONS, "hidden": HIDDEN, "root": -2 * DEPTH},
        dtype="bfloat16",
    ),
    *(
        Config(name, GROUPED, model, LLAMA, attention, more)
        for name, model in (
            ("llama-3.2-1b", "LlamaForCausalLM"),
            ("qwen2.5-0.5b", "Qwen2ForCausalLM"),
        )
        for attention, more in (
            ("fused", {"angles": ANGLES}),
            ("unfused", {"angles": ANGLES, "hidden": HIDDEN}),
        )
    ),
    Config(
        *("t5", {**SMALL, "heads": HEADS, "mlp": 40}, "T5ForConditionalGeneration"),
        {
            "d_model": WIDTH,
            "num_layers": DEPTH,
            "num_heads": HEADS,
            "vocab_size": 50,
            "d_ff": 40,
        },
        "unfused",
        {"hidden": HIDDEN},
        peak=False,
    ),
    Config(
        *("detr", {**DETR[0], **UNDROPPED}, *DETR[1:], "unfused", ENTERING),
        freeze=("conv*",),
        batch=1,
        peak=False,
    ),
    Config(
        *("detr", *DETR[:2], {**DETR[2], **DROPPED_HERE}, "unfused", ENTERING),
        freeze=("conv*",),
        batch=1,
        peak=False,
    ),
    Config(
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
        "SegformerForSemanticSegmentation",
        {
            "hidden_sizes": [16, 32, 40, 64],
            "depths": [1, 1, 2, 1],
            "num_attention_heads": [2, 4, 5, 8],
            "decoder_hidden_size": 24,
            "num_labels": 6,
            "drop_path_rate": 0.0,
        },
        "unfused",
        {"images": BATCH * 4 * (384 * 16 + 96 * 32 + 2 * 24 * 40)},
        peak=False,
    ),
]


@pytest.mark.peers
@pytest.mark.parametrize(
    "row", CONFIGS, ids=lambda r: f"{r.name} {r.attention} {r.dtype}"
)
def test_bytes_of_another_librarys_transformers(row: Config) -> None:
    network = Network(
        archcalc.load(row.name).spec,
        None,
        row.set,
        freeze=row.freeze,
        attention=row.attention,
    )
    analysis = network.analyze(inplace=False, batch=row.batch, dtype=row.dtype)
    implementation = {"fused": "sdpa", "unfused": "eager"}[row.attention]
    kind, config = configured(
        row.model, attn_implementation=implementation, **row.options
    )
    model = kind(config).to(getattr(torch, row.dtype))
    if row.freeze:
        model.model.freeze_backbone()
    given = inputs_of(model, row)
    more = sum(row.more.values())
    assert analysis.memory.saved_for_backward == saved_bytes(model, **given) + more
    if row.peak:
        ones = given.get("attention_mask", torch.empty(0))
        theirs = step_peak(model, **given) - ones.nbytes
        assert activations_peak(analysis) == theirs + more


def inputs_of(model: Any, row: Config) -> dict[str, Any]:
    """Return what a model reads; causal ones look for packed texts without a mask."""
    if model.main_input_name == "pixel_values":
        size = row.set["height"], row.set["width"]
        return {"pixel_values": torch.randn(row.batch, 3, *size)}
    ids = torch.randint(50, (row.batch, N))
    if row.name == "bert":
        return {"input_ids": ids, "token_type_ids": torch.zeros_like(ids)}
    given = {"input_ids": ids, "use_cache": False}
    if row.name == "t5":
        return {**given, "decoder_input_ids": ids.clone()}
    return {**given, "attention_mask": torch.ones_like(ids)}


@pytest.mark.peers
def test_detr_with_a_frozen_backbone_at_full_size() -> None:
    """The settings of its checkpoint: no dropout of attention, none inside the MLP."""
    kind, config = configured("DetrForObjectDetection", use_pretrained_backbone=False)
    model = kind(config)
    model.model.freeze_backbone()
    theirs = saved_bytes(model, pixel_values=torch.randn(1, 3, 800, 800))
    entering = 25 * 25 * 256 * 4
    assert theirs == 195_032_000
    network = archcalc.load("detr", set={"width": 800, **UNDROPPED}, freeze="conv*")
    analysis = network.analyze(inplace=False, batch=1)
    assert analysis.memory.saved_for_backward == theirs - entering

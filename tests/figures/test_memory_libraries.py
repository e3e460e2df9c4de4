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
from independent import library
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


def saved_bytes(model: nn.Module, x: Tensor) -> int:
    model.train()
    saved = Saved([*model.parameters(), *model.buffers()])
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda t: t):
        model(x)
    return saved.bytes


def step_peak(model: nn.Module, x: Tensor) -> int:
    model.train()
    live = Live([*model.parameters(), *model.buffers()])
    with live:
        live.follow(x)
        loss = Loss.apply(model(x))
        torch.autograd.backward(loss, torch.empty(0))
    return live.peak


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

"""Known networks from other hands: torchvision's, timm's and pytorchcv's definitions.

A reference that is built from our own spec cannot find a mistake in the spec; these
can. Everything is built and run on the meta device: no weights, no downloads, no
memory.

    theirs("torchvision", "resnet50") == ours(archcalc.load("resnet50:v1.5"))

`tests/libraries.txt` pins the three libraries. They install without their dependencies;
what they import beside torch is numpy and Pillow. transformers and diffusers, which
take seconds to import, are asked with `-m peers` alone, and stand in `tests/peers.txt`.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple
from unittest import mock

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from archcalc import Network

PACKAGES = (
    *("ultralytics", "torchvision-yolov3", "pytorch-stacked-hourglass", "deepliif"),
    *("unet", "pointnet", "mcunet", "pytorchvideo", "torchrec"),
    *("kornia", "torch-geometric", "mmsegmentation", "mmaction2"),
)
"""Packages of one kind of network or two: `packaged.py` makes these."""
Library = (
    Literal["torchvision", "timm", "pytorchcv", "transformers", "diffusers", "written"]
    | str
)
BESIDE = ("transformers", "diffusers", *PACKAGES)
"""Libraries that only `-m peers` asks."""
PEERS = Path(__file__).parents[2] / "build" / "peers"
CONVOLUTIONS = ("conv", "dwconv", "deconv")
STUBS = ("nms", "qnms")
"""Compiled operators that `import torchvision` describes, so that they must exist."""


class Measured(NamedTuple):
    """A network in three figures.

    Parameters counted once each, multiply-accumulates of one sample, and the output
    shapes of all convolutions in the order in which they run, without the batch axis.
    """

    params: int
    macs: int
    conv_shapes: tuple[tuple[int, ...], ...]


def torchvision_model(name: str, **options: Any) -> nn.Module:
    """Return `torchvision.models.<name>` on the meta device, in evaluation mode."""
    models = library("torchvision.models")
    model = on_meta(models.get_model, name, {"weights": None, **options})
    return Dense(model) if hasattr(model, "anchor_generator") else model


class Dense(nn.Module):
    """A detector's maps and heads, without scaling of images and choice of boxes."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone, self.head = detector.backbone, detector.head

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        found = self.head([*self.backbone(image).values()])
        return found["cls_logits"], found["bbox_regression"]


def timm_model(name: str, **options: Any) -> nn.Module:
    """Return timm's model of this name on the meta device, in evaluation mode."""
    timm = library("timm")
    return on_meta(timm.create_model, name, {"pretrained": False, **options})


def pytorchcv_model(name: str, **options: Any) -> nn.Module:
    """Return pytorchcv's model of this name on the meta device, in evaluation mode."""
    provider = library("pytorchcv.model_provider")
    return on_meta(provider.get_model, name, {"pretrained": False, **options})


def transformers_model(name: str, **options: Any) -> nn.Module:
    """Return the model of this class with a config, on the meta device.

    Some have several inputs, or parts of which each has a config: `wrapped.py`.
    """
    wrapped = getattr(library("wrapped"), name, None)
    if wrapped is not None:
        return on_meta(lambda name: wrapped(**options), name, {})
    kind, config = configured(name, **options)
    return on_meta(kind, config, {})


def configured(name: str, **options: Any) -> tuple[Any, Any]:
    """Return a class of transformers and a config of it.

    Unless the options say otherwise, its attention is made of two products and a
    softmax. No token is padding: to look for one needs values.
    """
    kind = getattr(peer("transformers"), name)
    known = {"attn_implementation": "eager", "pad_token_id": None}
    return kind, kind.config_class(**{**known, **options})


def diffusers_model(name: str, **options: Any) -> nn.Module:
    """Return the model of this class on the meta device."""
    kind = getattr(peer("diffusers"), name)
    return on_meta(lambda name: kind(**options), name, {})


def peer(name: str) -> ModuleType:
    """Import a library of `tests/peers.txt`."""
    if str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))  # last: it has some packages twice
    return library(name)


def written_model(name: str, **options: Any) -> nn.Module:
    """Return a definition of `written.py` on the meta device, in evaluation mode."""
    return on_meta(lambda name: getattr(library("written"), name)(**options), name, {})


def packaged_model(name: str, **options: Any) -> nn.Module:
    """Return a package's network of `packaged.py` on the meta device."""
    return on_meta(lambda name: getattr(library("packaged"), name)(**options), name, {})


MAKERS = {
    **dict.fromkeys(PACKAGES, packaged_model),
    "written": written_model,
    "transformers": transformers_model,
    "diffusers": diffusers_model,
    "torchvision": torchvision_model,
    "timm": timm_model,
    "pytorchcv": pytorchcv_model,
}


def theirs(
    source: Library, name: str, shape: Sequence[int] = (3, 224, 224), **options: Any
) -> Measured:
    """Return another library's figures for a network; measured once in a session."""
    for key, value in options.items():
        options[key] = tuple(value) if isinstance(value, list) else value
    return _theirs(source, name, tuple(shape), tuple(sorted(options.items())))


@cache
def _theirs(
    source: Library, name: str, shape: tuple[int, ...], options: tuple[Any, ...]
) -> Measured:
    return measure(MAKERS[source](name, **dict(options)), shape)


def ours(network: Network) -> Measured:
    """Return what the rules give for a network, side heads left out."""
    total, nodes = network.analyze().total, network.graph.nodes
    convolutions = [n for n in nodes if n.layer.key in CONVOLUTIONS and not n.aux]
    shapes: Any = tuple(node.shape for node in convolutions)
    params, macs = total.params, total.macs
    assert isinstance(params, int)
    assert isinstance(macs, int)
    return Measured(params, macs, shapes)


def measure(model: nn.Module, shape: Sequence[int]) -> Measured:
    """Return a model's figures for one sample of this shape `(C, …)`.

    The model must be on the meta device. Convolutions are seen where torch runs them,
    so that those called as functions count too.
    """
    seen = ConvolutionShapes()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), without_autocast(), seen, counter:
        main = getattr(model, "main_input_name", "")
        if main == "input_ids":
            model(**token_ids(model, shape))
        elif main in ("input_features", "input_values"):
            model(**sound(model, 1, shape))
        elif hasattr(model, "inputs"):
            model(*model.inputs(1))
        elif hasattr(model, "time_proj"):
            text = (1, 77, model.config.cross_attention_dim)
            step = torch.zeros(1, device="meta")
            model(
                torch.empty((1, *shape), device="meta"),
                step,
                torch.empty(text, device="meta"),
            )
        else:
            model(torch.empty((1, *shape), device="meta"))
    params = sum(p.numel() for p in model.parameters())
    flops = counter.get_total_flops() - angles(counter)
    return Measured(params, flops // 2, tuple(seen.shapes))


def angles(counter: FlopCounterMode) -> int:
    """Return what transformers spends on a table of angles, which is no layer's work.

    It multiplies positions and frequencies as matrices, once for all layers.
    """
    counts = counter.get_flop_counts().items()
    names = (kinds for name, kinds in counts if name.endswith(".rotary_emb"))
    return sum(sum(kinds.values()) for kinds in names)


def without_autocast() -> AbstractContextManager[Any]:
    """Let models say `torch.autocast(enabled=False)`, which has no meta device.

    transformers says so where it computes the angles of rotary embeddings.
    """
    return mock.patch("torch.autocast", return_value=nullcontext())


def token_ids(model: Any, shape: Sequence[int]) -> dict[str, Tensor]:
    """Return zeros as token ids, for the decoder too where a model has one."""
    decodes = model.config.is_encoder_decoder
    names = ("input_ids", "decoder_input_ids") if decodes else ("input_ids",)
    made = torch.zeros((1, *shape), dtype=torch.long, device=model.device)
    return dict.fromkeys(names, made)


def sound(model: Any, batch: int, shape: Sequence[int]) -> dict[str, Tensor]:
    """Return zeros as a sound, and token ids where a model decodes it to a text."""
    made = torch.zeros((batch, *shape), device=model.device)
    if model.main_input_name == "input_values":
        return {"input_values": made[:, 0]}
    text = torch.zeros(batch, model.config.max_target_positions, device=model.device)
    return {"input_features": made, "decoder_input_ids": text.long()}


class ConvolutionShapes(TorchDispatchMode):
    """Writes down the output shape of every convolution, without the batch axis."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if func is torch.ops.aten.convolution.default and isinstance(out, Tensor):
            self.shapes.append(tuple(out.shape[1:]))
        return out


def on_meta(make: Any, name: Any, options: Mapping[str, Any]) -> nn.Module:
    """Return `make(name, **options)` without memory, in evaluation mode."""
    with torch.device("meta"):
        model: nn.Module = make(name, **options)
    return model.eval()


@cache
def library(name: str) -> ModuleType:
    """Import one of the libraries; torchvision's operators must exist before."""
    declare_operators()
    return importlib.import_module(name)


@cache
def declare_operators() -> tuple[torch.library.Library, ...]:
    """Declare the stubs if torchvision's own operators do not load.

    Its wheel is compiled for CUDA and does not load into a CPU build of torch. The
    declarations last as long as what is returned.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ImportError(
            "torchvision is not installed: "
            "pip install --no-deps -r tests/libraries.txt, and pillow"
        )
    try:
        torch.ops.load_library(Path(spec.origin).with_name("_C.so"))
    except OSError:
        stubs = torch.library.Library("torchvision", "FRAGMENT")
        for name in STUBS:
            boxes = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            stubs.define(f"{name}{boxes}")
        return (stubs,)
    return ()

"""How Keras code looks: layers, models, and the operations of `keras.ops`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archcalc.errors import UsageError, clean
from archcalc.graph.graph import Graph
from archcalc.writers.expressions import Library
from archcalc.writers.keras.words import WORDS
from archcalc.writers.laid import channels_last, straight
from archcalc.writers.language import Language, Words
from archcalc.writers.lowering import Lowering
from archcalc.writers.names import listed
from archcalc.writers.text import lines, split

TAKEN = listed(
    "T_destination activity_regularizer add_loss add_metric add_module add_variable "
    "add_weight apply autocast bfloat16 buffers build build_from_config built call "
    "call_signature_parameters call_super_init children compile compile_from_config "
    "compiled compute_dtype compute_loss compute_mask compute_metrics "
    "compute_output_shape compute_output_spec count_params cpu cuda double dtype "
    "dtype_policy dump_patches eval evaluate export extra_repr fit float forward "
    "from_config get_buffer get_build_config get_compile_config get_config "
    "get_extra_state get_layer get_metrics_result get_parameter "
    "get_quantization_layer_structure get_state_tree get_submodule get_weights half "
    "input input_dtype input_spec ipu jit_compile layers load_own_variables "
    "load_state_dict load_weights loss losses make_predict_function make_test_function "
    "make_train_function metrics metrics_names metrics_variables modules mtia name "
    "named_buffers named_children named_modules named_parameters "
    "non_trainable_variables non_trainable_weights output parameters path predict "
    "predict_function predict_on_batch predict_step quantization_mode quantize "
    "quantized_build quantized_call register_backward_hook register_buffer "
    "register_forward_hook register_forward_pre_hook register_full_backward_hook "
    "register_full_backward_pre_hook register_load_state_dict_post_hook "
    "register_load_state_dict_pre_hook register_module register_parameter "
    "register_state_dict_post_hook register_state_dict_pre_hook rematerialized_call "
    "requires_grad_ reset_metrics run_eagerly save save_own_variables save_weights "
    "set_extra_state set_state_tree set_submodule set_weights share_memory state_dict "
    "stateless_call stateless_compute_loss steps_per_execution summary supports_jit "
    "supports_masking symbolic_call test_function test_on_batch test_step to to_empty "
    "to_json torch_params train train_function train_on_batch train_step trainable "
    "trainable_variables trainable_weights training type variable_dtype variables "
    "weights xpu zero_grad"
)
"""Attributes of `keras.Model` and `layers.Layer` (Keras 3.15.1)."""
SLIDING = {"strides": 1, "padding": "valid", "dilation_rate": 1, "use_bias": True}
NORM = {"axis": -1, "epsilon": 1e-3, "center": True, "scale": True}
POOL = {"strides": None, "padding": "valid"}
DEFAULTS: dict[str, dict[str, Any]] = {
    "layers.Conv": {**SLIDING, "groups": 1},
    "layers.DepthwiseConv": {**SLIDING, "depth_multiplier": 1},
    "layers.ConvTranspose": SLIDING,
    "layers.Dense": {"use_bias": True},
    "layers.BatchNormalization": {"momentum": 0.99, **NORM},
    "layers.LayerNormalization": NORM,
    "layers.GroupNormalization": NORM,
    "layers.RMSNormalization": {"epsilon": 1e-6},
    "layers.MaxPooling": POOL,
    "layers.AveragePooling": POOL,
    "layers.UpSampling": {"interpolation": "nearest"},
    "layers.Softmax": {"axis": -1},
}
"""Defaults of Keras' layers (Keras 3.15.1): what is left out where it is usual."""
POSITIONS = {
    "layers.Conv": ("filters", "kernel_size"),
    "layers.ConvTranspose": ("filters", "kernel_size"),
    "layers.DepthwiseConv": ("kernel_size",),
    "layers.Dense": ("units",),
    "layers.Embedding": ("input_dim", "output_dim"),
    "layers.GroupNormalization": ("groups",),
    "layers.MaxPooling": ("pool_size",),
    "layers.AveragePooling": ("pool_size",),
    "layers.AdaptiveAveragePooling": ("output_size",),
    "layers.AdaptiveMaxPooling": ("output_size",),
    "layers.ZeroPadding": ("padding",),
    "layers.Cropping": ("cropping",),
    "layers.UpSampling": ("size",),
    "layers.Dropout": ("rate",),
    "layers.SpatialDropout": ("rate",),
    "layers.Activation": ("activation",),
    "layers.Permute": ("dims",),
}
"""What Keras calls the positional arguments of its layers."""
OPS = Library(
    "ops",
    {
        "softmax": "ops.softmax({x}, axis={axis})",
        "gelu": "ops.gelu({x}, approximate=False)",
        "gelu by tanh": "ops.gelu({x}, approximate=True)",
        "attention": "ops.dot_product_attention({q}, {k}, {v}{more})",
        "batch": "ops.shape({x})[0]",
    },
)


@dataclass(frozen=True)
class Keras(Language):
    """Keras: a `layers.Layer` for each block, a `keras.Model` for the network."""

    def with_channels(self, channels: str) -> Language:
        if channels not in ("first", "last"):
            raise UsageError.of(
                "AC531", f"--channels must be first or last, not {clean(channels)}"
            )
        return replace(self, channels=channels)

    def lower(self, graph: Graph) -> Words:
        order = channels_last if self.channels == "last" else straight
        return Lowering(self.title, OPS, WORDS, order)(graph)

    def kind(self, target: str) -> str:
        return re.sub(r"\dD", "", target)

    def notes(self) -> Iterator[str]:
        yield "Written by archcalc. Shapes leave out the batch, and images have the"
        yield f"channels {self.channels}."

    def based(self, is_top: bool) -> str:
        return "keras.Model" if is_top else self.base

    def imports(self, used: set[str]) -> Iterator[str]:
        yield "import keras"
        if names := sorted({"layers", "ops"} & used):
            yield f"from keras import {', '.join(names)}"

    def made(self, name: str, given: Sequence[str], weighs: bool = True) -> str:
        if self.channels == "first" and re.search(r"\dD", name):
            given = [*given, 'data_format="channels_first"']
        return super().made(name, given, weighs)

    def constructor(self, taken: Sequence[str]) -> Iterator[str]:
        yield from lines(f"def __init__({', '.join(('self', *taken))}) -> None:", 1)
        yield "        super().__init__()"

    def chain(self, modules: str) -> str:
        one_loop = modules.startswith("*[") and len(split(modules)) == 1
        return f"keras.Sequential({modules[1:] if one_loop else f'[{modules}]'})"

    def parameter(self, name: str, sizes: Sequence[str]) -> Iterator[str]:
        yield f"self.{name} = {_weight(name, sizes)})"

    def buffer(self, name: str, sizes: Sequence[str], code: str) -> Iterator[str]:  # noqa: ARG002
        yield f"self.{name} = {_weight(name, sizes)}, trainable=False)"

    def spread(self, text: str, batch: str, rank: int) -> str:  # noqa: ARG002
        return f"ops.repeat({text}, ops.shape({batch})[0], axis=0)"

    def inside(self, path: str, place: int) -> str:
        return f"{path}.layers[{place}]"

    def ties(self, pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
        if pairs:
            mine, theirs = pairs[0]
            raise UsageError.of(
                "AC523",
                f"{mine} cannot be written in Keras: it is the weight {theirs} of "
                "another layer, and a Keras layer has weights of its own",
                help="--to torch writes shared weights",
            )
        return [], []

    def frozen(self, paths: list[str]) -> list[str]:
        owners = [path.rpartition(".")[0] or path for path in paths]
        return [f"self.{owner}.trainable = False" for owner in dict.fromkeys(owners)]


def _weight(name: str, sizes: Sequence[str]) -> str:
    """Return the beginning of the call that makes a weight."""
    shape = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
    return f'self.add_weight(shape={shape}, initializer="zeros", name="{name}"'


KERAS = Keras(
    title="Keras",
    base="layers.Layer",
    call="call",
    tensor="keras.KerasTensor",
    identity="layers.Identity()",
    taken=TAKEN,
    names=listed("keras layers ops"),
    often={
        "stride": 1,
        "strides": 1,
        "padding": "valid",
        "dilation_rate": 1,
        "groups": 1,
    },
    positions=POSITIONS,
    defaults=DEFAULTS,
)

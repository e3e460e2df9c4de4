"""How JAX code looks: modules of flax's `nnx`, functions of `jax.numpy`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from archcalc.errors import UsageError
from archcalc.graph.graph import Graph
from archcalc.writers.expressions import Library
from archcalc.writers.jax.words import WORDS
from archcalc.writers.language import Language, Words
from archcalc.writers.lowering import Lowering
from archcalc.writers.names import listed
from archcalc.writers.text import lines

CONV = {"strides": 1, "padding": "SAME", "kernel_dilation": 1, "use_bias": True}
NORM = {"use_scale": True, "use_bias": True}
DEFAULTS: dict[str, dict[str, Any]] = {
    "nnx.Conv": {**CONV, "feature_group_count": 1},
    "nnx.ConvTranspose": {**CONV, "transpose_kernel": False},
    "nnx.Linear": {"use_bias": True},
    "nnx.BatchNorm": {"momentum": 0.99, "epsilon": 1e-5, **NORM},
    "nnx.LayerNorm": {"epsilon": 1e-6, **NORM},
    "nnx.GroupNorm": {"epsilon": 1e-6, **NORM},
    "nnx.RMSNorm": {"epsilon": 1e-6, "use_scale": True},
}
"""Defaults of flax's modules (flax 0.12.8): what is left out where it is usual."""
POSITIONS = {
    "nnx.Conv": ("in_features", "out_features", "kernel_size"),
    "nnx.ConvTranspose": ("in_features", "out_features", "kernel_size"),
    "nnx.Linear": ("in_features", "out_features"),
    "nnx.BatchNorm": ("num_features",),
    "nnx.LayerNorm": ("num_features",),
    "nnx.RMSNorm": ("num_features",),
    "nnx.GroupNorm": ("num_features", "num_groups"),
    "nnx.Embed": ("num_embeddings", "features"),
    "nnx.Dropout": ("rate",),
}
"""What flax calls the positional arguments of its modules."""
NUMPY = Library(
    "jnp",
    {
        "softmax": "nnx.softmax({x}, axis={axis})",
        "gelu": "nnx.gelu({x}, approximate=False)",
        "gelu by tanh": "nnx.gelu({x}, approximate=True)",
        "silu": "nnx.silu({x})",
        "rsqrt": "jax.lax.rsqrt({x})",
        "attention": "jax.nn.dot_product_attention({q}, {k}, {v}{more})",
        "batch": "{x}.shape[0]",
    },
)


@dataclass(frozen=True)
class Jax(Language):
    """JAX: a `nnx.Module` for each block."""

    def lower(self, graph: Graph) -> Words:
        return Lowering(self.title, NUMPY, WORDS)(graph)

    def notes(self) -> Iterator[str]:
        yield "Written by archcalc. Shapes leave out the batch, and images have the"
        yield "channels last."

    def imports(self, used: set[str]) -> Iterator[str]:
        yield "import jax"
        if "jnp" in used:
            yield "import jax.numpy as jnp"
        if "nnx" in used:
            yield "from flax import nnx"

    def made(self, name: str, given: Sequence[str], weighs: bool = True) -> str:
        if name != "nnx.PReLU":
            given = [*given, "rngs=rngs"]
        return super().made(name, given, weighs)

    def constructor(self, taken: Sequence[str]) -> Iterator[str]:
        whole = ", ".join(("self", *taken, "*", "rngs: nnx.Rngs"))
        yield from lines(f"def __init__({whole}) -> None:", 1)

    def nothing(self) -> list[str]:
        return ["pass"]

    def chain(self, modules: str) -> str:
        return f"nnx.Sequential({modules})"

    def parameter(self, name: str, sizes: Sequence[str]) -> Iterator[str]:
        yield f"self.{name} = nnx.Param({_zeros(sizes)})"

    def buffer(self, name: str, sizes: Sequence[str], code: str) -> Iterator[str]:
        yield f"self.{name} = nnx.Variable({code or _zeros(sizes)})"

    def held(self, name: str) -> str:
        return f"self.{name}[...]"

    def spread(self, text: str, batch: str, rank: int) -> str:  # noqa: ARG002
        return f"jnp.repeat({text}, {batch}.shape[0], axis=0)"

    def inside(self, path: str, place: int) -> str:
        return f"{path}.layers[{place}]"

    def ties(self, pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
        for mine, theirs in pairs:
            if mine.rpartition(".")[2] != theirs.rpartition(".")[2]:
                raise UsageError.of(
                    "AC523",
                    f"{mine} cannot be written in JAX: it is the weight {theirs}, "
                    "which lies otherwise there",
                    help="--to torch writes shared weights",
                )
        return [], [f"self.{mine} = self.{theirs}" for mine, theirs in pairs]

    def frozen(self, paths: list[str]) -> list[str]:
        return [f"# Frozen: leave self.{path} out of the optimizer." for path in paths]


def _zeros(sizes: Sequence[str]) -> str:
    """Return an array of zeros."""
    whole = f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
    return f"jnp.zeros({whole})"


JAX = Jax(
    title="JAX",
    base="nnx.Module",
    call="__call__",
    tensor="jax.Array",
    identity="nnx.identity",
    taken=listed("train eval sow perturb iter_modules iter_children set_attributes"),
    names=listed("jax jnp nnx rngs"),
    often={"stride": 1, "strides": 1, "padding": 0, "feature_group_count": 1},
    positions=POSITIONS,
    defaults=DEFAULTS,
)

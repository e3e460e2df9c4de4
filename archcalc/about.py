"""What a file says about its network: paper, accuracy, expectations; read by pydantic."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

METRICS = (
    "shape",
    "params",
    "weights",
    "biases",
    "buffers",
    "macs",
    "flops",
    "activations",
    "activation_bytes",
    "peak",
    "training",
    "saved",
    "disk",
    "receptive_field",
    "depth",
    "layers",
    "connections",
    "norms",
    "relu_kept",
    "channels",
    "weight_shape",
    "kernel",
    "stride",
    "groups",
    "kinds",
    "convs",
    "heads",
    "is",
)
"""What `expect` can assert, at a step or for the whole network; `is` is of `value`."""

Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


def _one_or_many(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class Model(BaseModel):
    """A part of a file: immutable, and no key beyond the declared ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Paper(Model):
    """Where a network was published."""

    authors: Text | None = None
    title: Text | None = None
    year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    venue: Text | None = None
    url: Text | None = None


class Accuracy(Model):
    """A published accuracy, in per cent, with its source."""

    variant: Name | None = None
    dataset: Text = "ImageNet-1k validation, single crop"
    top1: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    top5: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    cite: Text | None = None
    note: Text | None = None


class Expected(Model):
    """One entry of `expect`: figures that hold, or that are known to be wrong."""

    at: Name | None = None
    branch: Name | None = None
    variant: Name | None = None
    input: Text | None = None
    batch: Annotated[int, Field(ge=1, le=2**31)] | None = None
    tol: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?%$")] | None = None
    convention: Name | None = None
    verdict: Literal["agrees", "erratum", "loose"] = "agrees"
    cite: Text | None = None
    said: Text | None = None
    what: Text | None = None
    why: Text | None = None
    note: Text | None = None
    value: Annotated[str, Field(max_length=200)] | None = None
    operands: dict[Name, Name] = Field(default_factory=dict, alias="with")
    figures: dict[Literal[METRICS], Any] = Field(min_length=1)  # type: ignore[valid-type]  # a tuple of words


class Lint(Model):
    """What a file asks of its lint: channels in multiples, rules that do not apply."""

    channels: Annotated[int, Field(ge=1, le=2**16)] | None = None
    ignore: Annotated[
        tuple[Annotated[str, Field(pattern=r"^AC4[0-9]{2}$")], ...],
        BeforeValidator(_one_or_many),
    ] = ()


class About(Model):
    """What a file says about its network."""

    name: Name
    title: Text | None = None
    family: Name | None = None
    paper: Paper | None = None
    notes: Text | None = None
    tags: Annotated[tuple[Text, ...], BeforeValidator(_one_or_many)] = ()
    accuracy: Annotated[tuple[Accuracy, ...], BeforeValidator(_one_or_many)] = ()
    expect: tuple[Expected, ...] = ()
    lint: Lint | None = None


ABOUT_READER: TypeAdapter[About] = TypeAdapter(About, config=None)

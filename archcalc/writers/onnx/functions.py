"""Torch's functions, as the records of layers call them, written as ONNX.

`torch`, `F` and `nn` of a record are the namespaces of this module; a function that is
not here is refused by name (`NoWord`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from archcalc.wire.writing import BOOL, FLOAT
from archcalc.writers.onnx.page import TYPES, NoWord, Sheet
from archcalc.writers.onnx.tensors import Tensor, broadcast, joined, ranged, zeros


class Names:
    """A namespace of torch: what is not in it is refused by its name."""

    def __init__(self, name: str, known: Mapping[str, Any]) -> None:
        self.name = name
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        raise NoWord(f"{self.name}.{name}")


def namespaces(sheet: Sheet[Tensor]) -> dict[str, Any]:
    """Return what `torch` and `F` are for the records of one file."""
    makers = Makers(sheet)
    functions = {
        name: getattr(makers, name)
        for name in ("arange", "ones", "zeros", "tensor", "cartesian_prod")
    }
    torch = Names("torch", {**TORCH, **functions, **TYPES})
    return {"torch": torch, "F": Names("F", FUNCTIONAL)}


class Makers:
    """Functions that make tensors out of nothing."""

    def __init__(self, sheet: Sheet[Tensor]) -> None:
        self.sheet = sheet

    def arange(self, *bounds: int, device: Any = None) -> Tensor:
        return ranged(self.sheet, *bounds)

    def ones(self, *sizes: int, dtype: Any, device: Any = None) -> Tensor:
        return self.sheet.filled(sizes, dtype.code == BOOL or 1, dtype.code)

    def zeros(self, *sizes: Any, dtype: Any, device: Any = None) -> Tensor:
        whole = sizes[0] if sizes and isinstance(sizes[0], tuple) else sizes
        return zeros(self.sheet, whole, dtype.code)

    def tensor(self, values: Sequence[float], device: Any = None) -> Tensor:
        return self.sheet.constant([*values], FLOAT, (len(values),))

    def cartesian_prod(self, *rows: Tensor) -> Tensor:
        """Return every pair of two rows, the second one's fastest."""
        sizes = [row.shape[0] for row in rows]
        columns = []
        for at, row in enumerate(rows):
            shape: list[Any] = [1] * len(rows)
            shape[at] = sizes[at]
            columns.append(row.reshape(*shape).expand(*sizes).reshape(-1, 1))
        return joined(columns, 1)


# -- torch -----------------------------------------------------------------------------


def expm1(x: Tensor) -> Tensor:
    """Return `eˣ - 1`."""
    return x.exp() - 1.0


def log1p(x: Tensor) -> Tensor:
    """Return `log(1 + x)`."""
    return (x + 1.0).log()


def cat(parts: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Put tensors behind each other."""
    return joined(parts, axis)


def stack(parts: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Put tensors behind each other on a new axis."""
    at = axis % (parts[0].rank + 1)
    return joined([part.unsqueeze(at) for part in parts], at)


def where(test: Tensor, yes: Any, no: Any) -> Tensor:
    """Choose between two values, value by value."""
    type = next(one.type for one in (yes, no) if isinstance(one, Tensor))
    sheet = test.sheet
    a, b = (
        one.with_type(type) if isinstance(one, Tensor) else sheet.number(one, type)
        for one in (yes, no)
    )
    shape = broadcast(test.shape, broadcast(a.shape, b.shape))
    return sheet.op("Where", [test, a, b], shape, type)


def vector_norm(x: Tensor, order: int, axes: Any, keepdim: bool = False) -> Tensor:
    """Return the length of vectors along axes."""
    if order not in (1, 2):
        raise NoWord(f"torch.linalg.vector_norm of the order {order}")
    return x.reduced(f"ReduceL{order}", axes, keepdim)


def addcmul(term: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Return a term plus a product."""
    return term + one * other


def einsum(letters: str, *tensors: Tensor) -> Tensor:
    """Multiply tensors by letters for their axes."""
    left, _, right = letters.partition("->")
    sizes = {
        letter: size
        for word, tensor in zip(left.split(","), tensors, strict=True)
        for letter, size in zip(word, tensor.shape, strict=True)
    }
    shape = [sizes[letter] for letter in right]
    return tensors[0].sheet.op("Einsum", tensors, shape, equation=letters)


def flatten(x: Tensor, start: int) -> Tensor:
    """Join all axes from one on."""
    return x.flatten(start)


def each(op: str) -> Any:
    """Return the function of an operator that works value by value."""
    return lambda x: x.each(op)


TORCH = {
    "abs": Tensor.abs,
    "exp": Tensor.exp,
    "log": Tensor.log,
    "sqrt": Tensor.sqrt,
    "rsqrt": Tensor.rsqrt,
    "sin": Tensor.sin,
    "cos": Tensor.cos,
    "erf": each("Erf"),
    "reciprocal": each("Reciprocal"),
    "square": lambda x: x * x,
    "expm1": expm1,
    "log1p": log1p,
    "cat": cat,
    "stack": stack,
    "where": where,
    "addcmul": addcmul,
    "einsum": einsum,
    "flatten": flatten,
    "linalg": Names("torch.linalg", {"vector_norm": vector_norm}),
}

# -- functional ------------------------------------------------------------------------

MODES = {
    "constant": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def pad(
    x: Tensor, sizes: Sequence[int], mode: str = "constant", value: float = 0.0
) -> Tensor:
    """Put values around a tensor; torch counts axes from the last one."""
    before, after = [0] * x.rank, [0] * x.rank
    for at in range(len(sizes) // 2):
        before[-1 - at], after[-1 - at] = sizes[2 * at : 2 * at + 2]
    shape = [
        size + first + last
        for size, first, last in zip(x.shape, before, after, strict=True)
    ]
    given: list[Tensor] = [x, x.sheet.row([*before, *after])]
    if value:
        given.append(x.sheet.number(value, x.type))
    return x.sheet.op("Pad", given, shape, mode=MODES[mode])


def silu(x: Tensor) -> Tensor:
    """Return `x·sigmoid(x)`."""
    return x * x.each("Sigmoid")


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """Return the Gaussian unit."""
    return x.each("Gelu", approximate=approximate)


def dropout(x: Tensor, rate: float, training: bool) -> Tensor:
    """Give the input on: nothing is dropped outside of training."""
    return x


def batch_norm(
    x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    """Normalize each channel with fixed statistics."""
    return x.sheet.op("BatchNormalization", [x, weight, bias, mean, variance], x.shape)


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return scaled dot-product attention by its products; heads stand on axis -3.

    Where keys and values have fewer heads, queries of one of them stand together on an
    axis of their own.
    """
    whole = q.shape
    if enable_gqa and k.shape[-3] != q.shape[-3]:
        many: Any = k.shape[-3]
        q = q.unflatten(-3, (many, -1))
        k, v = k.unsqueeze(-3), v.unsqueeze(-3)
    width: Any = q.shape[-1]
    scale = 1 / sqrt(width) if scale is None else scale
    q = q if scale == 1 else q * scale
    scores = q @ k.transpose(-2, -1)
    if is_causal:
        makers = Makers(q.sheet)
        sizes: Any = scores.shape[-2:]
        attn_mask = makers.ones(*sizes, dtype=TYPES["bool"]).tril()
    if attn_mask is not None:
        if attn_mask.type == BOOL:
            attn_mask = where(attn_mask, q.sheet.number(0.0, FLOAT), float("-inf"))
        scores = scores + attn_mask
    found = scores.softmax(-1) @ v
    return found.reshape(*whole[:-1], v.shape[-1])


def grid_sample(x: Tensor, grid: Tensor, align_corners: bool) -> Tensor:
    """Read an image where a grid says."""
    shape = (*x.shape[:2], *grid.shape[1:3])
    given: dict[str, Any] = {"mode": "linear", "align_corners": int(align_corners)}
    return x.sheet.op("GridSample", [x, grid], shape, **given)


def avg_pool2d(x: Tensor, size: int) -> Tensor:
    """Take the mean of each window of an image."""
    shape = (*x.shape[:2], *(n // size for n in x.shape[2:]))
    window = [size, size]
    return x.sheet.op("AveragePool", [x], shape, kernel_shape=window, strides=window)


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply with a matrix."""
    return x @ weight.transpose(0, 1)


def conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, groups: int = 1
) -> Tensor:
    """Convolve with a kernel of one position."""
    shape = (x.shape[0], weight.shape[0], *x.shape[2:])
    return x.sheet.op("Conv", [x, weight, bias], shape, group=groups)


FUNCTIONAL = {
    "pad": pad,
    "silu": silu,
    "gelu": gelu,
    "relu": each("Relu"),
    "dropout": dropout,
    "batch_norm": batch_norm,
    "scaled_dot_product_attention": attention,
    "grid_sample": grid_sample,
    "avg_pool2d": avg_pool2d,
    "conv2d": conv2d,
    "linear": linear,
}

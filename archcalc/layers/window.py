"""The arithmetic of a window that slides along an axis, shared by conv and pool.

`n` input size, `k` kernel, `s` stride, `p` padding on each side, `d` dilation.
"""

from __future__ import annotations

from typing import Any

from archcalc.errors import ShapeError
from archcalc.layers.base import Shape, Window, per_axis
from archcalc.layers.fields import FieldError
from archcalc.sizes.dims import Dim, at_least, ceil_div, largest, least, same


def reach(k: Dim, d: Dim) -> Dim:
    """Return how many inputs a kernel spans: `d(k - 1) + 1`."""
    return d * (k - 1) + 1


def floor_size(n: Dim, k: Dim, s: Dim, p: Dim, d: Dim, end: Dim | None = None) -> Dim:
    """Return `⌊(n + 2p - d(k-1) - 1) / s⌋ + 1` (torch.nn.Conv2d, "Shape").

    With `end`, the padding at the end where it differs, it has `p + end` for `2p`.
    Raises `ShapeError` AC202 where the window is larger than the padded input.
    """
    pads = 2 * p if end is None else p + end
    room = n + pads - d * (k - 1) - 1
    if not at_least(room, 0):
        raise window_too_large(n, k, p, d, end)
    return room // s + 1


def ceil_size(n: Dim, k: Dim, s: Dim, p: Dim, d: Dim) -> Dim:
    """Return the size with ceil rounding: the last window must start inside the input.

    PyTorch's rule (torch.nn.MaxPool2d, `ceil_mode`): `⌈(n + 2p - d(k-1) - 1)/s⌉ + 1`,
    one less where that window would begin in the right padding or beyond, so
    `⌈(n + p)/s⌉` at most.
    """
    size = ceil_div(n + 2 * p - d * (k - 1) - 1, s) + 1
    size = least(size, ceil_div(n + p, s))
    if not at_least(size, 1):
        raise window_too_large(n, k, p, d)
    return size


def window_too_large(
    n: Dim, k: Dim, p: Dim, d: Dim, end: Dim | None = None
) -> ShapeError:
    """Return the error of a window that does not fit into its padded input."""
    spans = f"{k}" if d == 1 else f"{reach(k, d)} (kernel {k}, dilation {d})"
    padded = f"{n}" if p == 0 else f"{n + 2 * p} ({n} and {p} of padding on each side)"
    if end is not None:
        padded = f"{n + p + end} ({n} and {p} of padding before, {end} after)"
    return ShapeError.of(
        "AC202",
        f"the window is larger than its input: {spans} > {padded}",
        facts=[f"kernel spans {spans}", f"input has    {padded}"],
        help="use a smaller kernel, more padding, or fewer strides before it",
        argument="kernel",
    )


def same_total(n: Dim, k: Dim, s: Dim, d: Dim) -> Dim:
    """Return all the padding that makes the output `⌈n/s⌉` (TensorFlow's "SAME")."""
    return largest((ceil_div(n, s) - 1) * s + reach(k, d) - n, 0)


class Sliding:
    """Kernel, stride, padding and dilation of one layer, resolved for each axis."""

    def __init__(self, layer: Any, axes: Shape) -> None:
        rank = len(axes)
        self.axes = axes
        self.kernel = per_axis(layer.kernel, rank, "kernel")
        stride = layer.stride if layer.stride is not None else layer.kernel
        self.stride = per_axis(stride, rank, "stride")
        self.dilation = per_axis(layer.dilation, rank, "dilation")
        self.same = layer.pad in ("same", "causal")  # ⌈n/s⌉ positions
        self.as_tensorflow = layer.pad == "same"
        self.end = getattr(layer, "pad_end", None)
        self.pads = self._pads(layer.pad)

    def _pads(self, pad: Any) -> tuple[tuple[Dim, Dim], ...]:
        """Return the padding before and after, for each axis.

        Raises `ShapeError` AC204 for causal padding of an image.
        """
        if pad == "same":
            totals = map(same_total, self.axes, self.kernel, self.stride, self.dilation)
            return tuple((t // 2, t - t // 2) for t in totals)
        if pad == "causal":
            return (self._before(),)
        if pad == "half":
            halves = [r // 2 for r in map(reach, self.kernel, self.dilation)]
            return tuple((h, h) for h in halves)
        pads = per_axis(0 if pad == "valid" else pad, len(self.axes), "pad")
        if self.end is None:
            return tuple((p, p) for p in pads)
        ends = per_axis(self.end, len(self.axes), "pad_end")
        return tuple(zip(pads, ends, strict=True))

    def _before(self) -> tuple[Dim, Dim]:
        """Return all the padding that a signal needs before its first value."""
        if len(self.axes) != 1:
            raise ShapeError.of(
                "AC204",
                "pad: causal needs a signal: channels and one axis",
                facts=[f"the input has {len(self.axes)} axes beside its channels"],
                help="a `pad` step before it pads one side of any axis",
                argument="pad",
            )
        return reach(self.kernel[0], self.dilation[0]) - 1, 0

    def sizes(self, rounding: str = "floor") -> Shape:
        """Return the output size of each axis."""
        if self.same:
            return tuple(map(ceil_div, self.axes, self.stride))
        pads = [before for before, _ in self.pads]
        values = zip(
            self.axes, self.kernel, self.stride, pads, self.dilation, strict=True
        )
        if self.end is not None:
            ends = [after for _, after in self.pads]
            both = zip(values, ends, strict=True)
            return tuple(floor_size(*each, end) for each, end in both)
        rule = floor_size if rounding == "floor" else ceil_size
        return tuple(rule(*each) for each in values)

    def padded(self) -> Shape:
        """Return the size of each axis with its padding."""
        return tuple(n + b + a for n, (b, a) in zip(self.axes, self.pads, strict=True))

    def windows(self) -> tuple[Window, ...]:
        """Return each axis's window, for receptive fields."""
        return tuple(
            Window(reach(k, d), s, before)
            for k, s, d, (before, _) in zip(
                self.kernel, self.stride, self.dilation, self.pads, strict=True
            )
        )

    def pads_one_side(self) -> bool:
        """Say whether some axis is padded unequally, which torch's layers cannot do."""
        return any(not same(before, after) for before, after in self.pads)

    def pad_code(self, value: str = "") -> str:
        """Return the torch call that pads; torch lists the last axis first."""
        flat = [str(p) for before_after in reversed(self.pads) for p in before_after]
        return f"F.pad(x, ({', '.join(flat)}){value})"


def check_end(layer: Any) -> None:
    """Raise `FieldError` where `pad_end` says again what a word for `pad` says."""
    if layer.pad_end is not None and isinstance(layer.pad, str):
        raise FieldError(
            f"pad: {layer.pad} says already what is padded at the end",
            "with pad_end, pad is what is padded at the beginning: pad: 0",
            "pad_end",
        )


def kernel_text(value: Any, *inputs: Shape) -> str:
    """Return kernel sizes as papers print them: `3×3`, from a number or a list."""
    rank = len(inputs[0]) - 1 if inputs else 2
    parts = value if isinstance(value, tuple) else (value,) * rank
    return "×".join(map(str, parts))


def simple(values: tuple[Dim, ...]) -> Any:
    """Return one number where all axes have the same, for a short torch call."""
    return values[0] if len(set(values)) == 1 else values

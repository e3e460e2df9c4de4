"""Networks in formats of others."""

from __future__ import annotations

from archcalc.api.given import Given, network_of


def export(
    network: Given, to: str = "torch", *, channels: str | None = None
) -> str | bytes:
    """Return a network as code in one file: `torch`, `keras`, or `jax` (flax's nnx).

    `onnx` gives the bytes of an ONNX file without weights; `scalesim`, `scalesim-gemm`
    and `zigzag` the convolutions and matrix products as these simulators read them.

    The code has a class for each block of the spec, loops for repeats, and arguments
    for params. It imports that library alone. Side heads are left out. `channels` says
    where Keras code has the channels of images: `last`, which is usual, or `first`.

    Raises `UsageError` AC530 for a format that is not known, AC521 for a size that is a
    symbol, AC523 for a layer that the format has no words for, AC531 for channels where
    the format does not have them.

    >>> print(archcalc.export("lenet5").splitlines()[0])
    \"\"\"LeNet-5: 1×32×32 to 10.
    """
    from archcalc import writers

    return writers.export(network_of(network), to, channels)

"""Networks in formats of others."""

from __future__ import annotations

from archcalc.api.given import Given, network_of


def export(network: Given, to: str = "torch") -> str:
    """Return a network as code: `torch` is a PyTorch module in one file.

    The code has a class for each block of the spec, loops for repeats, and arguments
    for params. It imports PyTorch alone. Side heads are left out.

    Raises `UsageError` AC530 for a format that is not known, AC521 for a size that is a
    symbol.

    >>> print(archcalc.export("lenet5").splitlines()[0])
    \"\"\"LeNet-5: 1×32×32 to 10.
    """
    from archcalc import writers

    return writers.export(network_of(network), to)

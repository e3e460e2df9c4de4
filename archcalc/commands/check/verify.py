"""`archcalc verify`: the same network in torch."""

from __future__ import annotations

from archcalc.commands.options import Batch, Loading, NetworkName, write


def verify(
    net: NetworkName,
    batch: Batch = 1,
    *,
    loading: Loading,
) -> None:
    """Build the network in torch and compare every shape, weight and count."""
    from archcalc.network.torch_network import verify as verify_network

    result = verify_network(loading.load(net), batch=batch)
    write(result.show())
    if not result.ok:
        raise SystemExit(1)

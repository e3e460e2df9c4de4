"""`archcalc verify`: the same network in torch."""

from __future__ import annotations

from archcalc.commands.options import Batch, Loading, NetworkName, colored, write


def verify(
    net: NetworkName,
    batch: Batch = 1,
    *,
    loading: Loading,
) -> None:
    """Build the network in torch; compare every shape and count.

    It needs torch: pip install 'archcalc[torch]'. Exit code 1 if something differs.

    $ archcalc verify resnet50
    $ archcalc verify my-net.yaml --batch 2
    """
    from archcalc.network.torch_network import verify as verify_network
    from archcalc.render.paint import verdict

    result = verify_network(loading.load(net), batch=batch)
    write(verdict(result.show(), result.ok, colored()))
    if not result.ok:
        raise SystemExit(1)

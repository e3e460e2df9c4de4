"""Plots: accuracy against operations, and where a network's figures sit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.render.plotting.chart import known_kind

KINDS = ("accuracy", "layers", "memory", "cumulative")
OF_NETWORKS = KINDS[1:]


def accuracy_plot(
    track: Callable[[Iterable[Network]], Iterable[Network]] = iter,
) -> str:
    """Return accuracy against operations over the shelf; `track` can show progress."""
    from archcalc.network.shelved import networks
    from archcalc.render.plotting.accuracy import accuracy, spots

    return accuracy(list(spots(track(networks(variants=True)))))


def network_plot(
    network: Network, analysis: Analysis, kind: str, training: bool = False
) -> str:
    """Return a plot of one network as SVG.

    Raises `UsageError` AC536 for a kind that is none, AC535 or AC541 where a size is a
    symbol.
    """
    from archcalc.render.drawing.labelled import full_title

    known_kind(kind, OF_NETWORKS)
    title = full_title(network)
    if kind == "memory":
        from archcalc.render.plotting.timeline import memory

        return memory(analysis, title, training)
    from archcalc.render.plotting import layers

    rule = layers.layers if kind == "layers" else layers.cumulative
    return rule(analysis, title)

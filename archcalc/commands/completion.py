"""What the shell completes: networks, their layers, figures, devices, fixed words.

Each is loaded when it is asked for. A list such as `params,macs` is completed at its
last word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Completion = Callable[[str], list[str]]


def among(*words: str) -> Completion:
    """Return the completion of a value that is one of these."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


def listed(known: Callable[[], Iterable[str]]) -> Completion:
    """Return the completion of words with commas between them, each given once."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        sign = last[:1] if last[:1] in ("+", "-") else ""
        given = {word.lstrip("+-") for word in before.split(",")}
        return [
            f"{before}{comma}{sign}{word}"
            for word in known()
            if word.startswith(last.removeprefix(sign)) and word not in given
        ]

    return complete


def complete_networks(incomplete: str) -> list[str]:
    """Return the shipped names that begin with what was typed."""
    from archcalc.language.library import names

    return among(*names())(incomplete)


def complete_layers(ctx: Any, incomplete: str) -> list[str]:
    """Return the layers, branches and blocks of the network that stands before."""
    from archcalc.errors import ArchcalcError
    from archcalc.network.network import load

    try:
        paths = [row.name.split(".") for row in load(ctx.params["net"]).analyze().rows]
    except (ArchcalcError, OSError, KeyError):  # a shell shows no errors
        return []
    whole = [".".join(path) for path in paths]
    around = [".".join(path[:end]) for path in paths for end in range(1, len(path))]
    return among(*dict.fromkeys([*whole, *around]))(incomplete)


def complete_kinds(incomplete: str) -> list[str]:
    """Return the kinds of layer that begin with what was typed."""
    from archcalc.reports.layers import CATALOGUE

    return among(*CATALOGUE)(incomplete)


def complete_devices(incomplete: str) -> list[str]:
    """Return the cards that begin with what was typed."""
    from archcalc.figures.memory.devices import DEVICES

    return among(*DEVICES)(incomplete)


def complete_optimizers(incomplete: str) -> list[str]:
    """Return the optimizers that begin with what was typed."""
    from archcalc.figures.memory.optimizers import OPTIMIZERS

    return among(*OPTIMIZERS)(incomplete)


def complete_dtypes(incomplete: str) -> list[str]:
    """Return the number formats that begin with what was typed."""
    from archcalc.figures.formats import DTYPES

    return among(*DTYPES)(incomplete)


def complete_conventions(incomplete: str) -> list[str]:
    """Return the conventions that begin with what was typed."""
    from archcalc.figures.conventions import CONVENTIONS

    return among(*CONVENTIONS)(incomplete)


def table_columns() -> Iterable[str]:
    """Return the columns of a table."""
    from archcalc.reports.table import COLUMNS

    return COLUMNS


def sweep_figures() -> Iterable[str]:
    """Return the figures of a sweep."""
    from archcalc.sweeps.combinations import KNOWN_FIGURES

    return KNOWN_FIGURES


def blanks() -> Iterable[str]:
    """Return what a quiz can ask for."""
    from archcalc.reports.quiz import BLANKS

    return BLANKS

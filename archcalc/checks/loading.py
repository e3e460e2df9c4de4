"""What is said of a network as soon as it is loaded, by commands and in Python."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import Problem
from archcalc.network.input_layout import odd_inputs
from archcalc.network.network import Network


def warnings_of(network: Network) -> Iterator[Problem]:
    """Yield the warnings about a network: its inputs, operators without a rule."""
    yield from warnings_of_inputs(network)
    if network.spec.uncounted:
        from archcalc.checks.lint.unknown_operator import told

        yield from told(network)


def warnings_of_inputs(network: Network) -> Iterator[Problem]:
    """Yield the warnings about inputs that look like another layout (AC411)."""
    if odd_inputs(network):
        from archcalc.checks.lint.input_layout import told

        yield from told(network)

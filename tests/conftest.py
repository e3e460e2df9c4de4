"""Options of the test run."""

from __future__ import annotations

import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach what tests start: in the background a shell has it ignored.

    Switch oneDNN off in torch where asked; torch has no environment variable for that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.option.onednn == "off":
        import torch

        torch.backends.mkldnn.enabled = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-minutes", type=float, default=1.0, help="length of a fuzz run"
    )
    parser.addoption("--fuzz-seed", default="0", help="seed of a fuzz run")
    parser.addoption(
        "--onednn",
        choices=("on", "off"),
        default="on",
        help="whether torch may use oneDNN's kernels",
    )


ASKED_FOR = ("counts", "docs", "fuzz", "long", "page", "peers")
"""Markers of suites that run only where `-m` names them: long, or with their own tools."""


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what is not asked for by its marker."""
    asked = config.option.markexpr or ""
    left_out = [marker for marker in ASKED_FOR if marker not in asked]
    dropped = [i for i in items if any(i.get_closest_marker(m) for m in left_out)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in set(dropped)]

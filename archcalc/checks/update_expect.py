"""Writing computed values into `expect`; nothing else of the file changes.

A figure with a source is the source's and stays (`cite`, `said`): where it does not
hold, it is wrong or an erratum. So do budgets, errata and loose figures. All others
follow the network, in the way they are written: `138M` stays a printed figure. A figure
without a value (`params: ~`) is filled in. A file without `expect` gets the totals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from archcalc.checks.claims.expectations import EVERY_VARIANT, read_claim, split_claim
from archcalc.errors import ArchcalcError
from archcalc.language.about import Expected
from archcalc.limits import Limits
from archcalc.network.named_figures import measure
from archcalc.network.network import Network
from archcalc.network.network import network as network_of
from archcalc.source.edits import BYTE_ORDER_MARK, Edit, Extents, applied
from archcalc.source.parser import Source, parse
from archcalc.source.text import read_bytes
from archcalc.source.values import Mapping, Value
from archcalc.source.writing import write_bytes

GROUPED = re.compile(r"[0-9]{1,3}(?:_[0-9]{3})+")
STARTING = ("params", "macs")
"""What a file without `expect` gets."""


def update_file(path: str, limits: Limits) -> int:
    """Write a file with its figures brought up to date; return how many changed."""
    try:
        data = read_bytes(path, limits)
        source = parse(data, path, limits)
        edits = list(updates(source, limits))
    except ArchcalcError:
        return 0  # the check says what is wrong
    if edits:
        mark = BYTE_ORDER_MARK if data.startswith(BYTE_ORDER_MARK) else b""
        write_bytes(path, mark + applied(source.text, edits).encode("utf-8"))
    return len(edits)


def updates(source: Source, limits: Limits) -> Iterator[Edit]:
    """Yield the edit of each figure that is not the computed one."""
    network = network_of(source, limits=limits)
    layout = Extents(source)
    about = network.spec.about.expect
    root = source.root
    if isinstance(root, Mapping) and root.get("expect") is None:
        yield _section(network, layout)
        return
    for entry, at in zip(about, network.spec.expected_at, strict=True):
        if entry.verdict == "agrees" and not (entry.cite or entry.said):
            yield from _entry(network, layout, entry, at)


def _section(network: Network, layout: Extents) -> Edit:
    """Return the edit that adds a section with the totals."""
    total = network.analyze().total
    lines = [f"  - {{{key}: {_plain(getattr(total, key))}}}" for key in STARTING]
    text = layout.text
    gap = "" if text.endswith(("\n", "\r")) else layout.newline
    body = layout.newline.join(["", "expect:", *lines, ""])
    return Edit(len(text), len(text), gap + body)


def _entry(
    network: Network, layout: Extents, entry: Expected, at: Value
) -> Iterator[Edit]:
    """Yield the edits of one entry's figures."""
    if entry.variant == EVERY_VARIANT or not isinstance(at, Mapping):
        return
    chosen = Network(
        network.spec, entry.variant, input=entry.input, limits=network.limits
    )
    analysis = chosen.analyze(**entry.setting)
    for metric, given in entry.figures.items():
        value = at.get(metric)
        if value is None or metric == "is":
            continue
        computed = measure(analysis, metric, entry.at)
        text = _rewritten(given, computed, entry)
        edit = layout.replaced(value, text) if text is not None else None
        if edit is not None:
            yield edit


def _rewritten(given: Any, computed: Any, entry: Expected) -> str | None:
    """Return how a figure is written now; None where it may stay as it is."""
    if computed is None:  # a receptive field without an end
        return None
    if given is None:
        return _plain(computed)
    try:
        claim = read_claim(given)
    except ValueError:
        return None
    tolerance = Fraction(entry.tol[:-1]) / 100 if entry.tol else None
    if claim.bound in ("<", "<=", ">", ">=") or claim.holds(computed, tolerance):
        return None
    return _like(str(given), computed) if isinstance(given, str) else _plain(computed)


def _plain(value: Any) -> str:
    """Return a computed value as a spec has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return f"{value:_}" if isinstance(value, int) else str(value)


def _like(given: str, computed: Any) -> str:
    """Return a value with the unit and the decimals of the figure that stood there."""
    _, amount = split_claim(given)
    if amount is None or not isinstance(computed, (int, Fraction)):
        return _plain(computed)
    if not amount.suffix:
        grouped = GROUPED.fullmatch(amount.digits) or not amount.digits.isdigit()
        whole = isinstance(computed, int)
        return _plain(computed) if grouped or not whole else str(computed)
    scaled = Fraction(computed) / amount.size
    room = " " if amount.counts else ""
    return f"{_rounded(scaled, amount.decimals)}{room}{amount.suffix}"


def _rounded(value: Fraction, decimals: int) -> str:
    """Return a number with so many decimals, rounded half up in whole numbers."""
    scaled = (value * 10**decimals * 2 + 1) // 2
    whole, rest = divmod(int(scaled), 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)

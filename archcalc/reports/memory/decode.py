"""The report of `archcalc decode`: what the next token of a text costs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from archcalc.errors import UsageError
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.figures.memory.decoding import Cost, one_more, whole_text
from archcalc.figures.memory.devices import Device, device
from archcalc.figures.memory.roofline import Load, Roof, roof
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.records import NamedTuple
from archcalc.reports.cells import Cell, Column, ColumnKind, Line, Note, Table
from archcalc.reports.report import Report
from archcalc.reports.table import settings
from archcalc.sizes.dims import Dim
from archcalc.sizes.polynomials import Poly

MOST_TOKENS = 2**40
COLUMNS = (
    Column("figure", "figure", "name"),
    Column("value", "value", "value"),
    Column("binary", "binary", "bytes", unit="B", binary=True, gives_way=2),
    Column("form", "with P tokens before it", "formula", gives_way=1),
)
NOTES = (
    "KV cache: the keys and values of earlier tokens, which attention reads again for "
    "each token; a sliding window keeps those that it sees.",
    "MACs of attention count every pair of tokens, also those that are hidden; the "
    "whole text counts the last layer for each of its tokens.",
)


class Asked(NamedTuple):
    """How many tokens came before, and the costs for them and in closed form."""

    past: int
    one: Cost
    form: Cost
    text: Cost
    text_form: Cost


def decode_report(
    network: Network, analysis: Analysis, past: int, card: str | None = None
) -> Report:
    """Return what the next token costs after `past` others, and what bounds it.

    Raises `UsageError` AC554 for a number of tokens that makes no sense, AC548 for a
    network that does not write token after token, AC543 for an unknown card.
    """
    if not 0 <= past <= MOST_TOKENS:
        raise UsageError.of("AC554", f"{past} tokens cannot come before: 0 to 2⁴⁰ can")
    graph, batch = analysis.graph, analysis.setting.batch
    asked = Asked(
        past,
        one_more(graph, past, batch),
        one_more(graph, None, batch),
        whole_text(graph, past) if past else Cost(),
        whole_text(graph),
    )
    lines = [*_lines(analysis, asked)]
    notes = [Note(text, "definition") for text in NOTES]
    if card is not None:
        found = device(card)
        lines += _bound(analysis, asked.one, roof(found, analysis.setting.dtype))
        notes.append(_about(found))
    notes += _too_long(analysis, past)
    shown = {k: v for k, v in settings(analysis).items() if k in ("batch", "dtype")}
    title = f"{network.title}: the next token after {past:,}"
    table = Table("", COLUMNS, tuple(lines))
    shown = {"past": past, **shown}
    return Report("decode", title, network.name, (table,), tuple(notes), shown)


def _too_long(analysis: Analysis, past: int) -> Iterator[Note]:
    """Yield that a text is longer than the network's input."""
    graph = analysis.graph
    tokens = graph.nodes[graph.inputs[0]].shape[0]
    if isinstance(tokens, int) and past + 1 > tokens:
        yield Note(
            f"The input in the file has {tokens:,} tokens, fewer than {past + 1:,}."
        )


def _lines(analysis: Analysis, asked: Asked) -> Iterator[Line]:
    """Yield the figures: operations, then bytes."""
    setting = analysis.setting
    each, bits = setting.batch, dtype_bits(setting.dtype)
    one, form = asked.one, asked.form
    yield _line("macs", "MACs of a token", one.macs, form.macs)
    yield _line("flops", "FLOPs of a token", one.flops, form.flops)
    if asked.past:
        title, text = f"MACs of the {asked.past:,} tokens", asked.text.macs
        yield _line("prefill_macs", title, text, asked.text_form.macs)
    cached, every = (in_bytes(one.cached * n, bits) for n in (1, each))
    form_cached = in_bytes(form.cached, bits)
    yield _bytes("cache_token", "KV cache of a token", in_bytes(one.kept, bits))
    yield _bytes("cache", "KV cache before it", cached, form_cached)
    if each > 1:
        yield _bytes("cache_batch", f"KV cache of {each:,} texts", every)
    read = in_bytes(one.read, bits)
    yield _bytes("weights", "all weights", in_bytes(analysis.total.params, bits))
    yield _bytes("weights_read", "weights read", read)
    moved = in_bytes(form.read + form.cached * each, bits)
    yield _bytes("bytes_read", "bytes read", read + every, moved)
    intensity = _load(analysis, one).intensity
    yield _line("intensity", "FLOPs a byte", intensity, None, "count")


def _line(
    key: str,
    title: str,
    value: Cell,
    form: Dim | None = None,
    kind: ColumnKind = "operations",
) -> Line:
    written = str(form) if isinstance(form, Poly) else None
    binary = value if kind == "bytes" else None
    return Line((title, value, binary, written), path=key, kinds=kind)


def _bytes(key: str, title: str, value: Dim, form: Dim | None = None) -> Line:
    return _line(key, title, value, form, "bytes")


def _load(analysis: Analysis, one: Cost) -> Load:
    """Return the operations and bytes of one token of each text of the batch."""
    batch, bits = analysis.setting.batch, dtype_bits(analysis.setting.dtype)
    moved = in_bytes(one.read + one.cached * batch, bits)
    return Load(_number(one.flops) * batch, _number(moved))


def _number(size: Dim) -> int:
    """Return a size that is a number; raise `UsageError` AC541 for a name."""
    if isinstance(size, int):
        return size
    raise UsageError.of(
        "AC541",
        f"a device bounds numbers, and a size is {size}",
        help="give every size a number, e.g. --set",
    )


def _bound(analysis: Analysis, one: Cost, limit: Roof) -> Iterator[Line]:
    """Yield how fast a card can write at most, and how many texts it holds."""
    setting, card = analysis.setting, limit.device
    load, bits = _load(analysis, one), dtype_bits(setting.dtype)
    reading = Fraction(load.moved, card.bandwidth)
    computing = Fraction(load.flops, limit.peak)
    rate = int(setting.batch / max(reading, computing))
    kept = _number(in_bytes(one.cached + one.kept, bits))
    room = card.memory - _number(in_bytes(analysis.total.params, bits))
    bound = "bandwidth" if reading >= computing else "arithmetic"
    fits = max(0, room // kept)
    yield _line("read_ms", "milliseconds to read", reading * 1000, None, "count")
    computes = computing * 1000
    yield _line("compute_ms", "milliseconds to compute", computes, None, "count")
    yield _line("bound", "limited by", bound, None, "text")
    yield _line("tokens_a_second", "tokens a second, at most", rate, None, "count")
    yield _bytes("device_memory", f"memory of {card.title}", card.memory)
    yield _line("texts", "texts that fit, at most", fits, None, "count")


def _about(card: Device) -> Note:
    rate = card.bandwidth / 10**9
    return Note(
        f"{card.title} reads {rate:,.0f} GB a second at most. Each weight and each "
        "cached value is read once for a token; activations are left out.",
        "definition",
        card.cite,
    )

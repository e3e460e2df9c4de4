"""The reference of layers, made from their classes."""

from __future__ import annotations

import inspect
from typing import Any

from archcalc.errors import UsageError, nearest
from archcalc.language import schema_words as words
from archcalc.language.schema import argument_words
from archcalc.language.steps import BRANCHES, USERS
from archcalc.layers import CATALOGUE as CATALOGUE
from archcalc.layers.base import Layer
from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.report import Report

COLUMNS = (
    Column("key", "kind", "name"),
    Column("arguments", "arguments", "text", least=24, wraps=True, gives_way=1),
    Column("does", "what it does", "text", least=34, wraps=True),
)
ARGUMENTS = (
    Column("argument", "argument", "name"),
    Column("default", "default", "text"),
    Column("meaning", "what it is", "text", least=24, wraps=True),
)


def layers_report() -> Report:
    """Return every kind of layer: key, arguments with defaults, one sentence."""
    rows = [_row(CATALOGUE[key]) for key in sorted(USERS)]
    note = Note(
        "The first argument is written after the kind (`conv: 64`), the others by name "
        "below it (`kernel: 3`). `archcalc layers KIND` says more about one."
    )
    return Report(
        "layers",
        "Kinds of layer",
        "layers",
        (Table("", COLUMNS, tuple(rows)),),
        (note,),
    )


def layer_report(key: str) -> Report:
    """Return one kind of layer with its whole documentation.

    Raises `UsageError` AC514 with the nearest kind.
    """
    if key not in USERS:
        help = nearest(key, USERS) or "`archcalc layers` lists all kinds"
        raise UsageError.of("AC514", f"there is no kind of layer {key!r}", help=help)
    layer = CATALOGUE[key]
    paragraphs = (inspect.getdoc(layer) or "").split("\n\n")
    notes = [Note(" ".join(p.split())) for p in paragraphs]
    notes += [Note(f"example: {_example(str(one))}") for one in layer.examples]
    rows = [Line(cells, path=f"{key}.{cells[0]}") for cells in argument_rows(layer)]
    tables = (Table("", ARGUMENTS, tuple(rows)),) if rows else ()
    return Report("layers", key, key, tables, tuple(notes))


def argument_rows(layer: type[Layer]) -> list[tuple[str, str, str]]:
    """Return each argument of a layer, its default, and what it is."""
    return [
        (
            name,
            "must be given" if default is None else default or "a step",
            words.COPIES if name == BRANCHES else argument_words(layer, name),
        )
        for name, default in named(layer)
    ]


def _example(text: str) -> str:
    step, at, sizes = text.partition(" @ ")
    return f"{step}, input {sizes}" if at else step


def _row(layer: type[Layer]) -> Line:
    doc = inspect.getdoc(layer) or ""
    first = " ".join(doc.split("\n\n")[0].split())
    return Line((layer.key, arguments(layer), first), path=layer.key)


def arguments(layer: type[Layer]) -> str:
    """Return a layer's arguments with their defaults: `out, kernel=1, stride=1`."""
    return ", ".join(
        f"{name}={default}" if default else name for name, default in named(layer)
    )


def named(layer: type[Layer]) -> list[tuple[str, str | None]]:
    """Return arguments and defaults, the value of the kind key first."""
    names = sorted(layer.fields, key=lambda name: name != layer.principal)
    first: list[tuple[str, str | None]] = []
    if layer.arity not in (0, 1):
        first.append((BRANCHES, None))
    first += [(name, "") for name in layer.named_inputs]
    return [*first, *((name, _default(layer, name)) for name in names)]


def _default(layer: type[Layer], name: str) -> str | None:
    if name in layer.required:
        return None
    default: Any = getattr(layer, name)
    plain = isinstance(default, bool) or default is None
    return str(default).lower() if plain else str(default)

"""`archcalc sweep`: the figures of every combination of params."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

from archcalc.commands.declared import Option
from archcalc.commands.options import (
    Batch,
    Format,
    InPlace,
    InputShape,
    LimitOptions,
    NetworkName,
    Output,
    Settings,
    emit,
    load_network,
    pairs,
)
from archcalc.commands.progress import tracked
from archcalc.errors import UsageError
from archcalc.render import format_of

if TYPE_CHECKING:
    from archcalc.sweeping import Sweep

MOST_JOBS = 256
Over = Annotated[
    list[str] | None,
    Option(
        "--over",
        metavar="PARAM=VALUES",
        help="Values: 1:8, 0.5:2:0.25, 128,160. Also variant, input, batch.",
    ),
]
Row = tuple[Any, ...]


def sweep(
    net: NetworkName,
    over: Over = None,
    figures: Annotated[
        str | None,
        Option("--figures", help="params,macs,flops,activations,depth,weights,top1,…"),
    ] = None,
    where: Annotated[
        str | None,
        Option("--where", help='A constraint: "macs <= 600M and params <= 5M".'),
    ] = None,
    pareto: Annotated[
        str | None,
        Option("--pareto", help="Rows that none beats in all of these: macs,params."),
    ] = None,
    sort: Annotated[
        str | None,
        Option("--sort", help="Sort by a column; `macs:down` the largest first."),
    ] = None,
    top: Annotated[int | None, Option("--top", help="The first rows alone.")] = None,
    resume: Annotated[
        bool, Option("--resume", help="Go on with the CSV file of --output.")
    ] = False,
    jobs: Annotated[int, Option("--jobs", "-j", help="Processes.")] = 1,
    batch: Batch = 1,
    settings: Settings = None,
    input: InputShape = None,
    inplace: InPlace = True,
    format: Format = None,
    output: Output = None,
    limit: LimitOptions = None,
) -> None:
    """List the figures of every combination of params."""
    from archcalc.sweeping import sweep as sweep_of

    if not 1 <= jobs <= MOST_JOBS or (top is not None and top < 1):
        raise UsageError.of("AC580", f"--jobs is 1 to {MOST_JOBS}, and --top 1 or more")
    kind = format_of(format, output)
    streamed = kind == "csv" and not (sort or pareto)
    if resume and not (streamed and output):
        raise UsageError.of(
            "AC582",
            "--resume goes on with a CSV file that is written row by row",
            help="-o sweep.csv, without --sort and --pareto",
        )
    network = load_network(net, input, settings, limit)
    asked: dict[str, Any] = {
        "figures": None if figures is None else figures.split(","),
        "where": where,
        "batch": batch,
        "inplace": inplace,
        "jobs": jobs,
    }
    from concurrent.futures import ProcessPoolExecutor

    with nullcontext() if jobs == 1 else ProcessPoolExecutor(jobs) as executor:
        found = sweep_of(network, pairs(over, "--over"), executor=executor, **asked)
        if streamed:
            _stream(found, output, resume, top)
        else:
            rows = _chosen(found, tracked(found, "rows"), pareto, sort, top)
            emit(_report(found, rows), format, output)
    _tell_refused(found)


def _chosen(
    found: Sweep,
    rows: Iterable[Row],
    pareto: str | None,
    sort: str | None,
    top: int | None,
) -> Sequence[Row]:
    """Return the rows that were asked for, in the order asked for."""
    from itertools import islice

    from archcalc.pareto import pareto as front

    if pareto is not None:
        names = [_column(found, name) for name in pareto.split(",")]
        rows = front(rows, found.columns, names)
    if sort is not None:
        name, _, down = sort.partition(":")
        place = found.columns.index(_column(found, name))
        known = [row for row in rows if row[place] is not None]
        rows = sorted(known, key=lambda row: row[place], reverse=down == "down")
    return list(islice(rows, top))


def _column(found: Sweep, name: str) -> str:
    """Return the name of a column; raise `UsageError` AC581 for another."""
    from archcalc.fields import nearest

    if name in found.columns:
        return name
    help = nearest(name, found.columns) or f"columns: {', '.join(found.columns)}"
    raise UsageError.of("AC581", f"there is no column {name!r}", help=help)


def _report(found: Sweep, rows: Sequence[Row]) -> Any:
    from archcalc.sweep_report import sweep_report

    return sweep_report(found, rows)


def _stream(found: Sweep, output: Path | None, resume: bool, top: int | None) -> None:
    """Write rows as they are found; what is written stays when it is interrupted."""
    from itertools import islice

    going_on = resume and output is not None and output.exists()
    last = _last_row(found, output) if going_on and output is not None else None
    rows: Iterator[Row] = found.after(0) if last is None else found.following(last)
    if output is None:
        _write(found, sys.stdout, islice(rows, top), True)
        return
    mode = "w" if last is None else "a"
    with output.open(mode, encoding="utf-8", newline="") as sink:
        _write(found, sink, tracked(islice(rows, top), "rows"), last is None)


def _write(
    found: Sweep, sink: IO[str], rows: Iterable[Row], with_heading: bool
) -> None:
    from archcalc.render.csv import raw

    writer = csv.writer(sink, lineterminator="\n")
    if with_heading:
        writer.writerow(found.columns)
    try:
        for row in rows:
            writer.writerow([v if type(v) is int else raw(v) for v in row])
        sink.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _last_row(found: Sweep, output: Path) -> tuple[str, ...] | None:
    """Return the values of the last whole row of a file; cut what stands after it.

    None where not even the heading is whole. Raises `UsageError` AC582 for the file of
    another sweep.
    """
    with output.open("rb+") as file:
        heading = file.readline().decode()
        if not heading.endswith("\n"):
            return None
        if heading.rstrip("\n").split(",") != list(found.columns):
            message = f"{output} holds another sweep: {heading.strip()}"
            raise UsageError.of("AC582", message)
        end, last = file.tell(), b""
        for line in file:
            if line.endswith(b"\n"):
                end, last = end + len(line), line
        file.truncate(end)
    if not last:
        return None
    (cells,) = csv.reader([last.decode()])
    return tuple(cells[: len(found.names)])


def _tell_refused(found: Sweep) -> None:
    """Say on stderr how many combinations are no networks, and why."""
    if found.refusals:
        print(
            f"{found.refusals} of {len(found)} combinations do not fit together; "
            f"the first: {found.refused[0]}",
            file=sys.stderr,
        )

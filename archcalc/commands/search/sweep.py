"""`archcalc sweep`: the figures of every combination of params."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from archcalc.commands.completion import listed, sweep_figures
from archcalc.commands.declared import OUTPUT, Option
from archcalc.commands.loading import Loading, pairs
from archcalc.commands.options import (
    TABLES,
    Batch,
    InPlace,
    InputShapes,
    LimitOptions,
    NetworkName,
    Output,
    Plain,
    Rendering,
    Settings,
    Standalone,
    format_option,
)
from archcalc.commands.output import warn, write_picture
from archcalc.commands.pictures import picture_format
from archcalc.commands.progress import Progress
from archcalc.errors import UsageError
from archcalc.records import dataclass, replace
from archcalc.render import FORMATS, MADE_OF_SVG, format_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.sweeps.choice import Choice
    from archcalc.sweeps.run import Gathering
    from archcalc.sweeps.sweep import Sweep
    from archcalc.sweeps.values import SweepRow

MOST_JOBS = 256
MOST_DRAWN = 1_000_000_000
AT_ONCE = 20_000
"""Rows of a sample that are written at once."""
COLUMN_ENDINGS = {"parquet": (".parquet", ".pq"), "arrow": (".arrow", ".feather")}
ROW_FORMATS = ("csv", "json", *COLUMN_ENDINGS)
Over = Annotated[
    list[str] | None,
    Option(
        "--over",
        metavar="PARAM=VALUES",
        help="Values of a param: 1:8, 0.5:2:0.25 or 128,160; repeatable. Also of "
        "variant, input, resolution and batch.",
    ),
]
Figures = Annotated[
    str | None,
    Option(
        "--figures",
        help="Figures to list: params,macs,flops,activations,depth,weights,top1,…",
        autocompletion=listed(sweep_figures),
    ),
]
Where = Annotated[
    str | None,
    Option("--where", help='A constraint: "macs <= 600M and params <= 5M".'),
]
Pareto = Annotated[
    str | None,
    Option(
        "--pareto",
        metavar="FIGURES",
        help="Only the Pareto front of these figures: macs,params.",
        autocompletion=listed(sweep_figures),
    ),
]
Sort = Annotated[
    str | None,
    Option(
        "--sort",
        metavar="COLUMN",
        help="Sort by a column; macs:down puts the largest first.",
        autocompletion=listed(sweep_figures),
    ),
]
Top = Annotated[int | None, Option("--top", help="Only the first N rows.")]
Plot = Annotated[
    str | None,
    Option(
        "--plot",
        metavar="X,Y",
        group=OUTPUT,
        help="Plot two columns against each other: macs,params.",
        autocompletion=listed(sweep_figures),
    ),
]
Resume = Annotated[
    bool,
    Option(
        "--resume",
        rare=True,
        help="Continue a sweep that was stopped, with the same -o FILE.",
    ),
]
Sample = Annotated[
    int | None,
    Option(
        "--sample",
        metavar="N",
        help="Draw N combinations at random instead of listing all.",
    ),
]
Seed = Annotated[
    int, Option("--seed", rare=True, help="Another number draws another sample.")
]
Partition = Annotated[
    int | None,
    Option(
        "--partition",
        metavar="N",
        rare=True,
        help="Write a folder of Parquet or Arrow files, each with the rows of about N "
        "combinations; the processes of --jobs or --executor write them.",
    ),
]
Jobs = Annotated[int, Option("--jobs", "-j", help="How many processes to use.")]
ExecutorName = Annotated[
    str | None,
    Option(
        "--executor",
        metavar="dask://HOST:PORT",
        rare=True,
        help="Run on the dask cluster with this scheduler.",
    ),
]
SweepFormat = Annotated[
    str | None,
    format_option((*TABLES, "parquet", "arrow")),
]


def sweep(
    net: NetworkName,
    over: Over = None,
    figures: Figures = None,
    where: Where = None,
    pareto: Pareto = None,
    sort: Sort = None,
    top: Top = None,
    plot: Plot = None,
    sample: Sample = None,
    seed: Seed = 0,
    resume: Resume = False,
    partition: Partition = None,
    jobs: Jobs = 1,
    executor: ExecutorName = None,
    batch: Batch = 1,
    settings: Settings = None,
    input: InputShapes = None,
    inplace: InPlace = True,
    format: SweepFormat = None,
    output: Output = None,
    standalone: Standalone = False,
    plain: Plain = False,
    limit: LimitOptions = None,
) -> None:
    """List the figures of every combination of params.

    $ archcalc sweep efficientnet --over width=1:2:0.25 --over depth=1:2:0.5
    $ archcalc sweep efficientnet --over variant=b1,b2 --figures macs,top1
    """
    from archcalc.checks.loading import warnings_of_inputs
    from archcalc.sweeps.dependence import INPUT
    from archcalc.sweeps.executors import executor_of
    from archcalc.sweeps.sweep import sweep as sweep_of

    if partition is None:
        kind = _format(format, output, plot)
    else:
        kind = _columns_of(format, output) or format or "parquet"
    leaving = _Leaving(kind, output, standalone, plain, plot, partition)
    leaving.check(resume)
    _check_jobs(jobs, executor, top)
    network = Loading(input, settings, limit=limit).load(net)
    asked: dict[str, Any] = {
        "figures": None if figures is None else figures.split(","),
        "where": where,
        "batch": batch,
        "inplace": inplace,
    }
    choice = _choice(pareto, sort, top, plot)
    with ExitStack() as stack:
        found = sweep_of(network, pairs(over, "--over"), **asked)
        for shape in found.axes.get(INPUT, ()):
            problems = list(warnings_of_inputs(replace(network, input=shape)))
            warn(*problems)
            if problems:
                break
        choice.check(found.columns)
        if plot is not None:
            _check_plot(found, plot)
        if sample is not None:
            _check_sample(sample, resume, partition, jobs > 1 or executor is not None)
            found.drawn = sample
            _draw(found, choice, leaving, found.sample(sample, seed))
            return
        leaving.check_partition(choice)
        found.executor, found.jobs = stack.enter_context(executor_of(executor, jobs))
        _run(found, choice, leaving, resume)


@dataclass(frozen=True)
class _Leaving:
    """How the rows leave."""

    format: str
    output: Path | None
    standalone: bool
    plain: bool
    plot: str | None
    partition: int | None = None

    @property
    def by_rows(self) -> bool:
        """Say whether rows are written as they are found."""
        return self.format in ROW_FORMATS and not self.plot

    def check(self, resume: bool) -> None:
        """Raise `UsageError` for what does not go together."""
        if resume and self.output is None:
            message = "--resume needs a file to continue"
            raise UsageError.of("AC582", message, help="-o sweep.csv")
        if self.format in COLUMN_ENDINGS and self.output is None:
            what = self.format.capitalize()
            help = f"-o FILE.{self.format}"
            raise UsageError.of("AC584", f"{what} needs a file", help=help)
        if (self.by_rows or self.plot) and (self.standalone or self.plain):
            option = "standalone" if self.standalone else "plain"
            message = f"format {self.format} has no option {option!r}"
            raise UsageError.of("AC531", message)

    def check_partition(self, choice: Choice) -> None:
        """Raise `UsageError` AC580 for what a folder of files cannot have."""
        from archcalc.sweeps.choice import Choice as Every

        if self.partition is None:
            return
        if self.partition < 1:
            raise UsageError.of("AC580", "--partition is 1 or more combinations")
        if choice != Every() or self.plot is not None:
            message = "--partition writes every row that --where keeps"
            help = "--sort, --top, --pareto and --plot read all rows"
            raise UsageError.of("AC580", message, help=help)
        if self.format not in COLUMN_ENDINGS or self.output is None:
            message = "--partition writes a folder of Parquet or Arrow files"
            raise UsageError.of("AC580", message, help="-f parquet -o FOLDER")


def _format(format: str | None, output: Path | None, plot: str | None) -> str:
    """Return the format of rows, or of the picture that is asked for."""
    if plot is not None:
        return picture_format(format, output, {"svg": (".svg",)})
    formats = {**FORMATS, **MADE_OF_SVG}
    return _columns_of(format, output) or format_of(format, output, formats)


def _columns_of(format: str | None, output: Path | None) -> str | None:
    """Return the format of columns that is asked for; None for another."""
    ending = output.suffix.lower() if output is not None else ""
    for name, endings in COLUMN_ENDINGS.items():
        if format == name or (format is None and ending in endings):
            return name
    return None


def _check_plot(found: Sweep, plot: str) -> None:
    """Raise `UsageError` AC581 for columns that cannot be drawn."""
    from archcalc.render.plotting.scatter import check_plane
    from archcalc.sweeps.choice import known_column

    for name in plot.split(","):
        known_column(name, found.columns)
    check_plane(found, plot.split(","))


def _check_jobs(jobs: int, executor: str | None, top: int | None) -> None:
    """Raise `UsageError` AC580 for counts that make no sense."""
    if not 1 <= jobs <= MOST_JOBS or (top is not None and top < 1):
        raise UsageError.of("AC580", f"--jobs is 1 to {MOST_JOBS}, and --top 1 or more")
    if executor is not None and jobs > 1:
        message = "--jobs starts processes here, --executor uses those of a cluster"
        raise UsageError.of("AC580", message, help="give only one of the two")


def _check_sample(
    sample: int, resume: bool, partition: int | None, elsewhere: bool
) -> None:
    """Raise `UsageError` AC580 for what does not go with a sample."""
    if not 1 <= sample <= MOST_DRAWN:
        raise UsageError.of("AC580", f"--sample is 1 to {MOST_DRAWN:,} combinations")
    given = {
        "--resume": resume,
        "--partition": partition is not None,
        "--jobs and --executor": elsewhere,
    }
    for option, is_given in given.items():
        if is_given:
            message = f"--sample draws in one go and in one process: no {option}"
            raise UsageError.of("AC580", message)


def _choice(
    pareto: str | None, sort: str | None, top: int | None, plot: str | None
) -> Choice:
    """Return which rows are asked for; raise `UsageError` AC580 for another order."""
    from archcalc.sweeps.choice import Choice

    column, _, way = (sort or "").partition(":")
    if way not in ("", "down", "up"):
        message = f"--sort {sort}: the order is up or down"
        raise UsageError.of("AC580", message, help=f"{column}:down or {column}:up")
    names = tuple(pareto.split(",")) if pareto else ()
    plane = () if plot is None or names or column or top else tuple(plot.split(","))
    return Choice(names, column or None, way == "down", top, plane)


def _run(found: Sweep, choice: Choice, leaving: _Leaving, resume: bool) -> None:
    """Run a sweep and let its rows leave; say what is refused, and what a stop kept."""
    from archcalc.render.rows import row_file
    from archcalc.sweeps.partial import partial_of
    from archcalc.sweeps.run import Gathering, stream

    output = leaving.output
    by_rows = leaving.by_rows
    grows = by_rows and not choice.ordered
    progress = Progress("combinations", found.size, by_rows and output is None)
    try:
        if leaving.partition is not None and output is not None:
            from archcalc.render.rows.partitions import Partitions

            way = (output, leaving.format, leaving.partition, resume)
            Partitions(found, *way).run(progress)
            return
        if grows:
            file = row_file(found, output, leaving.format)
            stream(found, choice, file, resume, progress)
            return
        partial = None if output is None else partial_of(output)
        gathering = Gathering(found, choice, partial, resume)
        _gather(gathering, leaving, progress)
    except KeyboardInterrupt:
        progress.end()
        _tell_kept(output, grows)
        raise
    except OSError as error:
        progress.end()
        if output is not None and error.filename is None:
            error.filename = str(output)
        _tell_kept(output, grows and leaving.format not in COLUMN_ENDINGS)
        raise
    finally:
        progress.end()
        _tell_refused(found)


def _tell_kept(output: Path | None, grows: bool) -> None:
    """Say on stderr that what is done is kept, where anything is."""
    from archcalc.sweeps.partial import partial_of

    if output is not None and (output if grows else partial_of(output)).exists():
        told = f"the results so far are kept: --resume continues {output}"
        print(told, file=sys.stderr)


def _draw(
    found: Sweep, choice: Choice, leaving: _Leaving, rows: Iterator[SweepRow]
) -> None:
    """Let the rows of combinations leave that are drawn at random."""
    from itertools import islice

    from archcalc.render.rows import as_chunk, row_file
    from archcalc.sweeps.run import Gathering

    if leaving.by_rows and not choice.ordered:
        rows = islice(rows, choice.top)
        file = row_file(found, leaving.output, leaving.format)
        file.begin(False)
        while some := list(islice(rows, AT_ONCE)):
            file.add(as_chunk(found, some, file.form))
        file.close()
    else:
        gathering = Gathering(found, choice, None, False)
        while some := list(islice(rows, AT_ONCE)):
            gathering.chosen.add(some)
        _leave(gathering, leaving, None)
    _tell_refused(found)


def _gather(gathering: Gathering, leaving: _Leaving, progress: Progress) -> None:
    """Choose rows and write them, or those so far where nothing else keeps them."""
    try:
        gathering.run(progress)
    except KeyboardInterrupt:
        progress.end()
        if leaving.output is None and not leaving.plot:
            _leave(gathering, leaving, gathering.done)
        raise
    progress.end()
    _leave(gathering, leaving, None)
    gathering.remove_partial()


def _leave(gathering: Gathering, leaving: _Leaving, stopped: int | None) -> None:
    """Write the rows that were chosen."""
    from archcalc.render.rows import as_chunk, row_file

    found, rows = gathering.found, gathering.rows()
    if leaving.plot is not None:
        from archcalc.render.plotting.scatter import scatter

        drawn = scatter(found, rows, leaving.plot.split(","))
        write_picture(drawn, leaving.format, leaving.output)
        return
    if leaving.by_rows:
        file = row_file(found, leaving.output, leaving.format)
        file.begin(False)
        file.add(as_chunk(found, rows, file.form))
        file.close(stopped)
        return
    from archcalc.reports.sweep import sweep_report

    report = sweep_report(found, rows, stopped, top=gathering.choice.top)
    way = (leaving.format, leaving.output, leaving.standalone, leaving.plain)
    Rendering(*way).emit(report)


def _tell_refused(found: Sweep) -> None:
    """Say on stderr how many combinations are no networks, and why."""
    if found.refusals:
        of = found.size if found.drawn is None else found.drawn
        print(
            f"{found.refusals} of {of} combinations do not fit together; "
            f"the first: {found.refused[0]}",
            file=sys.stderr,
        )

"""Sweeps in chunks: in this process, or in the workers of any executor.

A chunk is some units of a sweep, computed whole. It is the step by which a sweep makes
progress, goes on after a stop and travels between processes.
"""

from __future__ import annotations

import pickle
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.errors import ArchcalcError, UsageError
from archcalc.limits import Limits
from archcalc.network.input_sizes import Input
from archcalc.network.network import network as read_network
from archcalc.source.parser import parse as parse_yaml
from archcalc.sweeps.choice import Choice, Chosen
from archcalc.sweeps.combinations import MOST_REFUSED, Combinations
from archcalc.sweeps.totals import Columns
from archcalc.sweeps.values import SweepRow

if TYPE_CHECKING:
    from concurrent.futures import Future

FIRST, MOST, MOST_IN_COLUMNS = 200, 20_000, 1 << 18
"""Combinations of the first chunk, and of the largest: of rows, and of columns."""
SECONDS = 0.25
"""How long a chunk should take: progress and a stop come within it."""
AHEAD = 4
"""Chunks that wait for each worker."""
Form = Callable[[Combinations, Sequence[SweepRow]], str]
"""Writes rows as lines: a function of a module, so that it can travel."""
WAIT, LIVES = 2.0, 3
"""Seconds until an executor is asked whether it lives, and how often it may not."""
HELD_SWEEPS = 4
"""Sweeps of which a worker keeps what it found."""


@dataclass(frozen=True)
class Task:
    """A sweep as plain values, so that another process can take a part of it."""

    version: str
    text: str
    name: str
    variant: str | None
    settings: tuple[tuple[str, Any], ...]
    input: Any
    limits: Limits
    axes: tuple[tuple[str, tuple[Any, ...]], ...]
    figures: tuple[str, ...]
    where: str | None
    batch: int
    inplace: bool
    choice: Choice
    form: Form | None


class Rows(list[SweepRow]):
    """Rows that travel between processes as columns, whole numbers as arrays."""

    def __reduce__(self) -> tuple[Callable[..., Rows], tuple[Any, ...]]:
        return _from_columns, tuple(map(_packed, zip(*self, strict=True)))


def _packed(column: tuple[Any, ...]) -> Sequence[Any]:
    """Return a column as an array, if it has whole numbers of 64 bits alone."""
    if set(map(type, column)) != {int}:
        return column
    try:
        return array("q", column)
    except OverflowError:
        return column


def _from_columns(*columns: Sequence[Any]) -> Rows:
    return Rows(zip(*columns, strict=True))


class Chunk(NamedTuple):
    """What some units gave: rows, their text or columns, and what did not fit.

    `units` and `combinations` count what is done with it, `size` the rows.
    """

    rows: list[SweepRow]
    text: str
    size: int
    units: int
    combinations: int
    refused: list[str]
    refusals: int
    seconds: float
    columns: Sequence[Columns] = ()


def task_of(found: Combinations, choice: Choice, form: Form | None = None) -> Task:
    """Return a sweep as plain values, with what is wanted of its rows."""
    from archcalc.version import __version__

    net = found.network
    return Task(
        __version__,
        net.spec.source.text,
        net.spec.source.name,
        net.variant,
        tuple(net.settings.items()),
        _plain(net.input),
        net.limits,
        tuple(found.axes.items()),
        found.figures,
        found.where,
        found.batch,
        found.inplace,
        choice,
        form,
    )


def _plain(input: Input | None) -> Any:
    """Return input sizes as a text, a tuple or a dict."""
    if isinstance(input, str | None):
        return input
    return dict(input) if isinstance(input, Mapping) else tuple(input)


def chunks(
    found: Combinations,
    choice: Choice = Choice(),  # noqa: B008  # frozen
    form: Form | None = None,
    first: int = 0,
    skip: int = 0,
    columns: bool = False,
) -> Iterator[Chunk]:
    """Yield the rows from a unit on (but the first few of it) in chunks, in order.

    Each chunk holds what a `choice` wants of its own rows, as text where there is a
    `form` for them, and in this process as columns where these are asked for. With the
    executor of the sweep, AHEAD chunks a worker are under way. Raises `UsageError`
    AC583 where its workers fail.
    """
    if skip:
        way = (choice, form, columns)
        yield _counted(found, made(found, *way, first, first + 1, skip))
        first += 1
    own = found.executor is None
    waiting: deque[Future[Chunk] | tuple[int, int]] = deque()
    blob = b"" if own else pickle.dumps(task_of(found, choice, form))
    size = max(1, FIRST // len(found.parts[0]))
    while first < found.units or waiting:
        while first < found.units and len(waiting) < (1 if own else AHEAD * found.jobs):
            end = min(first + size, found.units)
            waiting.append((first, end) if own else _sent(found, blob, first, end))
            first = end
        head = waiting.popleft()
        if isinstance(head, tuple):
            chunk = made(found, choice, form, columns, *head)
        else:
            chunk = _result(head, getattr(found.executor, "alive", None))
        yield _counted(found, chunk)
        size = _sized(chunk, size)


def _sized(chunk: Chunk, size: int) -> int:
    """Return how many units the next chunk has, that it takes its time."""
    quickly = chunk.units * SECONDS / max(chunk.seconds, 1e-6)
    most = MOST_IN_COLUMNS if chunk.columns else MOST
    most = max(1, most * chunk.units // max(chunk.combinations, 1))
    return max(1, min(int(quickly), 2 * size, most))


def _sent(found: Combinations, blob: bytes, first: int, end: int) -> Future[Chunk]:
    if found.executor is None:
        raise LookupError("there is not an executor")
    return found.executor.submit(run_chunk, blob, first, end)


def _result(future: Future[Chunk], alive: Callable[[], bool] | None) -> Chunk:
    """Return a worker's chunk; raise `UsageError` AC583 where the workers failed.

    `alive` is asked while nothing comes, if the executor has it.
    """
    from concurrent.futures import wait

    missed = 0
    while alive is not None and not future.done() and missed < LIVES:
        wait([future], WAIT)
        missed = 0 if alive() else missed + 1
    try:
        if missed == LIVES:
            raise ConnectionError("the scheduler cannot be reached")
        return future.result()
    except ArchcalcError:
        raise
    except Exception as error:
        kind = type(error)
        ours = kind.__module__.startswith(("archcalc", "builtins"))
        if ours and not isinstance(error, ImportError | OSError):
            raise
        told = str(error).partition("\n")[0] or "they were lost"
        raise UsageError.of(
            "AC583",
            f"the workers failed: {kind.__name__}: {told}",
            help="what is written is kept; the same command with --resume continues",
        ) from error


def _counted(found: Combinations, chunk: Chunk) -> Chunk:
    """Add what did not fit to the sweep's own count, where another process made it."""
    if found.executor is not None:
        found.refused += chunk.refused[: MOST_REFUSED - len(found.refused)]
        found.refusals += chunk.refusals
    return chunk


def made(
    found: Combinations,
    choice: Choice,
    form: Form | None,
    columns: bool,
    first: int,
    end: int,
    skip: int = 0,
) -> Chunk:
    """Compute a chunk in this process."""
    begin = time.perf_counter()
    refused, refusals = len(found.refused), found.refusals
    count = found.combinations(end) - found.combinations(first) - skip
    arrays = None
    if columns and choice == Choice():
        arrays = found.columns_of(first, end, skip)
    if arrays is not None:
        taken = time.perf_counter() - begin
        return Chunk([], "", count, end - first, count, [], 0, taken, arrays)
    rows = found.rows_of(first, end, skip)
    if choice != Choice():
        chosen = Chosen(choice, found.columns)
        chosen.add(rows)
        rows = iter(chosen.kept())
    kept = Rows(rows)
    text = form(found, kept) if form else ""
    return Chunk(
        [] if form else kept,
        text,
        len(kept),
        end - first,
        count,
        found.refused[refused:],
        found.refusals - refusals,
        time.perf_counter() - begin,
    )


@lru_cache(maxsize=HELD_SWEEPS)
def _worker(blob: bytes, _thread: int) -> tuple[Combinations, Task]:
    """Return the sweep of a task in this process and thread; it keeps what it found."""
    from archcalc.version import __version__

    task: Task = pickle.loads(blob)
    if task.version != __version__:
        message = f"a worker has archcalc {__version__}, this process {task.version}"
        raise UsageError.of(
            "AC583", message, help="install the same version everywhere"
        )
    source = parse_yaml(task.text, task.name, task.limits)
    settings = dict(task.settings)
    network = read_network(source, task.variant, settings, task.input, task.limits)
    found = Combinations(
        network,
        dict(task.axes),
        task.figures,
        task.where,
        task.batch,
        task.inplace,
    )
    return found, task


def run_chunk(blob: bytes, first: int, end: int) -> Chunk:
    """Compute the chunk of a pickled task in a worker."""
    found, task = _worker(blob, get_ident())
    found.refused.clear()
    return made(found, task.choice, task.form, False, first, end)

"""Sweeps in chunks: in this process, or in the workers of any executor.

A chunk is some units of a sweep, computed whole. It is the step by which a sweep makes
progress, goes on after a stop and travels between processes.
"""

from __future__ import annotations

import pickle
import time
from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    from concurrent.futures import Executor, Future

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
    last: int | None = None,
) -> Iterator[Chunk]:
    """Yield the rows from a unit on (but the first few of it) in chunks, in order.

    `last` is the unit before which it ends, if not behind all.

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
    last = found.units if last is None else last
    while first < last or waiting:
        while first < last and len(waiting) < (1 if own else AHEAD * found.jobs):
            end = min(first + size, last)
            here = (first, end)
            waiting.append(
                here if own else sent(found.executor, run_chunk, blob, *here)
            )
            first = end
        head = waiting.popleft()
        if isinstance(head, tuple):
            chunk = made(found, choice, form, columns, *head)
        else:
            chunk = result_of(next(iter(finished([head], found.executor))))
        yield _counted(found, chunk)
        size = _sized(chunk, size)


def _sized(chunk: Chunk, size: int) -> int:
    """Return how many units the next chunk has, that it takes its time."""
    quickly = chunk.units * SECONDS / max(chunk.seconds, 1e-6)
    most = MOST_IN_COLUMNS if chunk.columns else MOST
    most = max(1, most * chunk.units // max(chunk.combinations, 1))
    return max(1, min(int(quickly), 2 * size, most))


def sent(
    executor: Executor | None, call: Callable[..., Any], *given: Any
) -> Future[Any]:
    """Return a call under way; raise `UsageError` AC583 where the workers are lost."""
    if executor is None:
        raise LookupError("there is not an executor")
    try:
        return executor.submit(call, *given)
    except Exception as error:
        raise failed(error) from error


def finished(
    futures: Collection[Future[Any]], executor: Executor | None
) -> set[Future[Any]]:
    """Return the calls that have ended, when there is one.

    Raises `UsageError` AC583 where the executor is said to be dead meanwhile: one that
    can be has `alive`.
    """
    from concurrent.futures import FIRST_COMPLETED, wait

    alive: Callable[[], bool] | None = getattr(executor, "alive", None)
    missed = 0
    while True:
        seconds = None if alive is None else WAIT
        done = wait(futures, seconds, FIRST_COMPLETED).done
        if done:
            return done
        missed = missed + 1 if alive is not None and not alive() else 0
        if missed == LIVES:
            raise failed(ConnectionError("the scheduler cannot be reached"))


def result_of(future: Future[Any]) -> Any:
    """Return what a worker found; raise `UsageError` AC583 where the worker failed."""
    try:
        return future.result()
    except ArchcalcError:
        raise
    except Exception as error:
        kind = type(error)
        ours = kind.__module__.startswith(("archcalc", "builtins"))
        if ours and not isinstance(error, ImportError | OSError):
            raise
        raise failed(error) from error


def failed(error: Exception) -> UsageError:
    """Return the error of workers that failed."""
    told = str(error).partition("\n")[0] or "they were lost"
    return UsageError.of(
        "AC583",
        f"the workers failed: {type(error).__name__}: {told}",
        help="what is written is kept; the same command with --resume continues",
    )


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
        size = sum(part.end - part.begin for part in arrays)
        taken = time.perf_counter() - begin
        return Chunk([], "", size, end - first, count, [], 0, taken, arrays)
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


def sweep_of(blob: bytes) -> tuple[Combinations, Task]:
    """Return the sweep of a pickled task; its process and thread keep what it found."""
    return _held_sweep(blob, get_ident())


@lru_cache(maxsize=HELD_SWEEPS)
def _held_sweep(blob: bytes, _thread: int) -> tuple[Combinations, Task]:
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
    found, task = sweep_of(blob)
    found.refused.clear()
    return made(found, task.choice, task.form, False, first, end)

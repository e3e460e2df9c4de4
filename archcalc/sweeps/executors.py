"""Where a sweep runs: in this process, in others here, or on a dask cluster."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import parent_process
from threading import Thread
from typing import Any

from archcalc.errors import MissingExtra, UsageError

SCHEME = "dask://"
PATIENCE = 10
"""Seconds to wait for a scheduler, and for its first worker."""


@contextmanager
def executor_of(
    address: str | None, jobs: int
) -> Iterator[tuple[Executor | None, int]]:
    """Give an executor and its number of workers; none for one job without an address.

    `address` is `dask://HOST:PORT`. Raises `UsageError` AC583 for another, or where
    nobody answers there, `MissingExtra` AC584 without dask.
    """
    if address is not None:
        with _dask(address) as found:
            yield found
    elif jobs == 1:
        yield None, 1
    else:
        pool = ProcessPoolExecutor(jobs, initializer=_follow_parent)
        try:
            yield pool, jobs
        finally:
            pool.shutdown(cancel_futures=True)


def _follow_parent() -> None:
    """Leave Ctrl-C to the process that can keep what is done, and end when that ends.

    A worker of a process that was killed would wait for work for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    """Give the executor of a dask scheduler and the threads of its workers."""
    where = address.removeprefix(SCHEME)
    if not (address.startswith(SCHEME) and where):
        message = f"{address!r} is not an executor"
        raise UsageError.of("AC583", message, help="--executor dask://HOST:PORT")
    with _quiet():
        client = _client(where)
        try:
            yield DaskCluster(client), _threads(client, where)
        finally:
            client.close(timeout=PATIENCE)


class DaskCluster(Executor):
    """The workers of a dask scheduler, which may be lost."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.inner = client.get_executor(pure=False)

    def submit(self, *call: Any, **more: Any) -> Future[Any]:
        """Send a call to a worker."""
        future: Future[Any] = self.inner.submit(*call, **more)
        return future

    def alive(self) -> bool:
        """Say whether the scheduler can be reached: dask itself waits for it."""
        return bool(self.client.status == "running")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask from logging at length what a sweep tells in a line."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _threads(client: Any, where: str) -> int:
    """Return the threads of all workers; wait for the first one."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        message = f"the scheduler at {where} has no worker after {PATIENCE} s"
        raise UsageError.of("AC583", message, help=f"dask worker {where}") from None
    return sum(client.ncores().values())


def _client(where: str) -> Any:
    try:
        connect = import_module("distributed").Client
    except ImportError:
        raise MissingExtra.of(
            "AC584",
            "--executor dask:// needs dask.distributed",
            help="pip install 'archcalc[dask]'",
        ) from None
    try:
        return connect(f"tcp://{where}", timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        message = f"no dask scheduler answers at {where}: {error}"
        help = "dask scheduler --host HOST --port PORT"
        raise UsageError.of("AC583", message, help=help) from None

"""Progress on a terminal, for what takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SILENT_SECONDS = 1.0
STEP_SECONDS = 0.1


def tracked(
    items: Iterable[Item], what: str, total: int | None = None
) -> Iterator[Item]:
    """Yield items; after a second, say on a terminal's stderr how many there were."""
    if not sys.stderr.isatty():
        yield from items
        return
    of = f" of {total}" if total is not None else ""
    begin = shown = time.monotonic()
    written = 0
    for count, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - begin > SILENT_SECONDS and now - shown > STEP_SECONDS:
            shown = now
            line = f"{count}{of} {what}"
            written = max(written, len(line))
            sys.stderr.write(f"\r{line:{written}}")
            sys.stderr.flush()
    if written:
        sys.stderr.write(f"\r{' ' * written}\r")
        sys.stderr.flush()

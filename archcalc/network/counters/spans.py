"""In which module of a network a running total grew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

Totals = Mapping[str, int]
Parts = dict[str, Counter[str]]
"""What was counted: by the path of a module and by what the tool calls it."""


class Spans:
    """Notes the growth of totals with the innermost module that runs.

    `read` returns the totals so far, by what they are of.
    """

    def __init__(self, read: Callable[[], Totals]) -> None:
        self.read = read
        self.parts: Parts = {}
        self._before: Totals = {}
        self._open: list[str] = []

    @contextmanager
    def over(self, module: nn.Module) -> Iterator[None]:
        """Watch the modules in a module while it runs."""
        handles: list[Any] = []
        for path, part in module.named_modules():
            handles += [
                part.register_forward_pre_hook(self._entering(path), prepend=True),
                part.register_forward_hook(self._leaving),
            ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _entering(self, path: str) -> Callable[..., None]:
        def enter(*_: Any) -> None:
            self.settle()
            self._open.append(path)

        return enter

    def _leaving(self, *_: Any) -> None:
        self.settle()
        self._open.pop()

    def settle(self) -> None:
        """Note what the totals grew by, with the module that runs now."""
        now = dict(self.read())
        path = self._open[-1] if self._open else ""
        for what, total in now.items():
            grown = total - self._before.get(what, 0)
            if grown:
                self.parts.setdefault(path, Counter())[what] += grown
        self._before = now


def alone(inclusive: Mapping[str, Mapping[str, int]]) -> Parts:
    """Return what modules count themselves, from what they count with those inside.

    >>> alone({"": {"conv": 5}, "a": {"conv": 3}})
    {'': Counter({'conv': 2}), 'a': Counter({'conv': 3})}
    """
    found = {path: Counter(counts) for path, counts in inclusive.items()}
    for path, counts in inclusive.items():
        if path:
            above = path.rpartition(".")[0]
            while above and above not in found:
                above = above.rpartition(".")[0]
            found.setdefault(above, Counter()).subtract(counts)
    return {path: +counts for path, counts in found.items()}

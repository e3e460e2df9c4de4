"""A ledger of bytes: what is taken and given back, step by step, and the peak."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cached_property

from archcalc.records import NamedTuple, dataclass, field


class Moment(NamedTuple):
    """One step: a node in a phase, what lives while it runs, and after it.

    `taken` are the bytes that it adds, its workspace included.
    """

    phase: str
    node: int
    live: int
    taken: int
    after: int


class Held(NamedTuple):
    """A block of memory: what it is, whose, its bytes, and the steps that it lives."""

    what: str
    node: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Timeline:
    """Every step of a run in order, and every block with the steps that it lives."""

    moments: tuple[Moment, ...]
    blocks: tuple[Held, ...]

    @cached_property
    def peak_at(self) -> int:
        """The step with the most live bytes, the first of equals."""
        return max(range(len(self.moments)), key=lambda i: self.moments[i].live)

    @property
    def peak(self) -> int:
        """The most bytes that live at once."""
        return self.moments[self.peak_at].live

    @property
    def highest(self) -> tuple[str, int]:
        """The phase and the node of that step."""
        moment = self.moments[self.peak_at]
        return moment.phase, moment.node

    def alive(self, step: int) -> tuple[Held, ...]:
        """Return the blocks that live while a step runs, the largest first."""
        held = [b for b in self.blocks if b.first <= step <= b.last and b.bytes]
        return tuple(sorted(held, key=lambda b: (-b.bytes, b.first)))


@dataclass(slots=True)
class Ledger:
    """Takes down blocks of memory while a run is played through."""

    live: int = 0
    moments: list[Moment] = field(default_factory=list)
    blocks: list[Held] = field(default_factory=list)
    _open: dict[Hashable, Held] = field(default_factory=dict)
    _taken: int = 0
    _passing: int = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._open

    def hold(self, key: Hashable, what: str, node: int, size: int) -> None:
        """Take a block in this step; it lives until `drop`."""
        step = len(self.moments)
        self._open[key] = Held(what, node, size, step, step)
        self.live += size
        self._taken += size

    def use(self, what: str, node: int, size: int) -> None:
        """Take a block for this step alone."""
        if size:
            step = len(self.moments)
            self.blocks.append(Held(what, node, size, step, step))
            self._passing += size

    def step(self, phase: str, node: int, drop: Iterable[Hashable] = ()) -> None:
        """End a step; what is dropped was still alive in it."""
        now = len(self.moments)
        peak = self.live + self._passing
        for key in drop:
            self._close(key, now)
        taken = self._taken + self._passing
        self.moments.append(Moment(phase, node, peak, taken, self.live))
        self._taken = self._passing = 0

    def _close(self, key: Hashable, step: int) -> None:
        what, node, size, first, _ = self._open.pop(key)
        self.live -= size
        self.blocks.append(Held(what, node, size, first, step))

    def end(self) -> Timeline:
        """Return the timeline; what is still held lives to its end."""
        for key in list(self._open):
            self._close(key, len(self.moments))
        return Timeline(tuple(self.moments), tuple(self.blocks))


class Peak:
    """Takes down of a run only its peak, and the phase and node where that is first.

    It stands in the place of a ledger, which keeps every block and every step.
    """

    __slots__ = ("_open", "_passing", "highest", "live", "peak")

    def __init__(self) -> None:
        self.live = self._passing = 0
        self.peak = -1
        self.highest = "", 0
        self._open: dict[Hashable, int] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._open

    def hold(self, key: Hashable, what: str, node: int, size: int) -> None:  # noqa: ARG002
        """Take a block in this step; it lives until `drop`."""
        self._open[key] = size
        self.live += size

    def use(self, what: str, node: int, size: int) -> None:  # noqa: ARG002
        """Take a block for this step alone."""
        self._passing += size

    def step(self, phase: str, node: int, drop: Iterable[Hashable] = ()) -> None:
        """End a step; what is dropped was still alive in it."""
        alive = self.live + self._passing
        if alive > self.peak:
            self.peak, self.highest = alive, (phase, node)
        for key in drop:
            self.live -= self._open.pop(key)
        self._passing = 0

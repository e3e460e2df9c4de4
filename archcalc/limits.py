"""How large anything may be, and what is said when it is larger.

Every limit is far above a real network and far below what hurts a machine; each can be
raised on purpose (`--limit values=1000000`, or `dataclasses.replace(DEFAULT, ...)`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from archcalc.errors import LimitError, Place
from archcalc.records import dataclass

LIMIT_CODE = "AC115"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits, each a whole number that may be raised.

    Attributes:
        file_bytes: Bytes of one file.
        lines: Lines of one file.
        depth: Levels of lists and mappings.
        values: Texts, lists and mappings in one file, keys included.
        scalar_chars: Characters of one text.
        nodes: Nodes of a network after repeats and blocks are written out.
        name_chars: Characters of the names of all its nodes and groups together.
        checked_nodes: Nodes that a check of one file writes out in addition to its
            network: for variants, and for figures at another input or batch. A lock
            counts those of variants too, and `reconcile` those that it reads.
        readings: Ways to read a published figure that `reconcile` tries, counted for
            each part, variant and size of the input.
        formula_products: Products of terms in one network with symbols as sizes.
        expression_chars: Characters of one expression, or of one pattern.
        pattern_chars: Characters of paths that patterns of frozen parts are compared
            with, counted for each pattern that has a `*`, `?` or `[`.
        expression_depth: Levels of operations in one expression.
        number_bits: Bits of every number in an expression, also in between (and of
            numerators and denominators).
        problems: Problems that are reported at once.
        findings: Findings of a check that are reported for one file.
        lanes: Rows of boxes that lines pass in a picture, counted once for each line.

    """

    file_bytes: int = 4 * 2**20
    lines: int = 200_000
    depth: int = 64
    values: int = 200_000
    scalar_chars: int = 10_000
    nodes: int = 100_000
    name_chars: int = 20_000_000
    checked_nodes: int = 50_000
    readings: int = 500_000
    formula_products: int = 500_000
    expression_chars: int = 200
    pattern_chars: int = 50_000_000
    expression_depth: int = 32
    number_bits: int = 64
    problems: int = 50
    findings: int = 100
    lanes: int = 20_000

    def exceeded(
        self,
        name: str,
        what: str,
        *,
        place: Place | None = None,
        found: int | None = None,
        code: str = LIMIT_CODE,
    ) -> LimitError:
        """Return the error that says which limit was met and how it is raised.

        Args:
            name: The attribute of this class.
            what: What is too large, as the beginning of a sentence.
            place: Where it stands.
            found: Its size, where that is known; the help then asks for enough.
            code: The rule's code.

        >>> print(DEFAULT.exceeded("depth", "the lists nest too deeply"))
        error[AC115]: the lists nest too deeply (limit: depth = 64)
          help: raise it with `--limit depth=128`

        """
        limit: int = getattr(self, name)
        enough = max(found or 0, 2 * limit)
        return LimitError.of(
            code,
            f"{what} (limit: {name} = {limit})",
            place=place,
            help=self.raising(name, enough),
        )

    def raising(self, name: str, enough: int = 0) -> str:
        """Return how a limit is raised: to enough, or to twice what it is."""
        return f"raise it with `--limit {name}={enough or 2 * getattr(self, name)}`"


DEFAULT = Limits()


class Work:
    """Products of terms so far, where they are counted."""

    __slots__ = ("done", "limits")

    def __init__(self, limits: Limits) -> None:
        self.done = 0
        self.limits = limits


_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def counting(limits: Limits = DEFAULT) -> Iterator[None]:
    """Count, inside the block, products of terms; `spend` raises beyond the limit."""
    token = _work.set(Work(limits))
    try:
        yield
    finally:
        _work.reset(token)


def current() -> Limits:
    """Return the limits of the network that is read here."""
    work = _work.get()
    return DEFAULT if work is None else work.limits


def begin(limits: Limits) -> None:
    """Begin to count anew, for the next network, where there is counting at all."""
    work = _work.get()
    if work is not None:
        work.done, work.limits = 0, limits


def spend(products: int) -> None:
    """Count products of terms; raise `LimitError` AC191 beyond the limit."""
    work = _work.get()
    if work is None:
        return
    work.done += products
    if work.done > work.limits.formula_products:
        what = "the formulas of symbolic sizes grow too long"
        raise work.limits.exceeded("formula_products", what, code="AC191")

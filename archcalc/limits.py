"""How large anything may be, and what is said when it is larger.

Every limit is far above a real network and far below what hurts a machine; each can be
raised on purpose (`--limit values=1000000`, or `dataclasses.replace(DEFAULT, ...)`).
"""

from __future__ import annotations

from dataclasses import dataclass

from archcalc.errors import LimitError, Place

LIMIT_CODE = "AC115"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits, each a whole number that may be raised.

    Attributes:
        file_bytes: Bytes of one file.
        depth: Lists and mappings inside one another.
        values: Texts, lists and mappings in one file, keys included.
        scalar_chars: Characters of one text.
        nodes: Nodes of a network after repeats and blocks are written out.
        expression_chars: Characters of one expression.
        expression_depth: Operations inside one another in one expression.
        number_bits: Bits of a number (and of a numerator or denominator) that an
            expression gives on the way.
        problems: Problems that are told at once.

    """

    file_bytes: int = 4 * 2**20
    depth: int = 64
    values: int = 200_000
    scalar_chars: int = 10_000
    nodes: int = 100_000
    expression_chars: int = 200
    expression_depth: int = 32
    number_bits: int = 64
    problems: int = 50

    def exceeded(
        self,
        name: str,
        what: str,
        *,
        place: Place | None = None,
        found: int | None = None,
    ) -> LimitError:
        """Return the error that says which limit was met and how it is raised.

        Args:
            name: The attribute of this class.
            what: What is too large, as the beginning of a sentence.
            place: Where it stands.
            found: Its size, where that is known; the help then asks for enough.

        >>> print(DEFAULT.exceeded("depth", "the lists nest too deeply"))
        error[AC115]: the lists nest too deeply (limit: depth = 64)
          help: raise it with `--limit depth=128`

        """
        limit: int = getattr(self, name)
        enough = max(found or 0, 2 * limit)
        return LimitError.of(
            LIMIT_CODE,
            f"{what} (limit: {name} = {limit})",
            place=place,
            help=f"raise it with `--limit {name}={enough}`",
        )


DEFAULT = Limits()

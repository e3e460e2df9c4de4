"""What can go wrong, and how it is told.

    ArchcalcError            one or more `Problem`s; its exit code is `exit_code`
    ├── SourceError          AC1xx  the text is not YAML that archcalc reads
    ├── SpecError            AC1xx  the YAML is not a network
    ├── ShapeError           AC2xx  a rule refused the sizes that reached it
    ├── LimitError           AC1xx  larger than a limit that can be raised
    └── UsageError           AC5xx  the command or call asked for something unknown
        └── MissingExtra     AC5xx  an optional dependency is not installed

A rule says *what* is wrong (`ShapeError.of(...)`), the engine adds *where* (`at`),
the command line draws the line (`show`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Self

from archcalc.records import dataclass, replace

TAB_AS_SPACES = "    "
SHOWN_COLUMNS = 70


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file: 1-based line and column, the line itself, the marked width."""

    file: str
    line: int
    column: int
    text: str = ""
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Meant(str):
    """Help that names what was meant: `word`.

    >>> Meant("did you mean conv?", "conv").word
    'conv'
    """

    word: str

    def __new__(cls, help: str, word: str) -> Self:
        """Return the help with its word."""
        told = super().__new__(cls, help)
        told.word = word
        return told

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self.word


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `facts` are the clashing numbers, a line each; `via` the `use:` steps that led here,
    outermost first; `argument` the one that is wrong, where a single one is.
    """

    code: str
    message: str
    place: Place | None = None
    facts: tuple[str, ...] = ()
    help: str | None = None
    via: tuple[Place, ...] = ()
    argument: str = ""

    @property
    def meant(self) -> str | None:
        """The right word for a wrong one, if the help names it."""
        return self.help.word if isinstance(self.help, Meant) else None

    def at(self, place: Place | None, via: tuple[Place, ...] = ()) -> Problem:
        """Return this problem with a place, unless it already has one."""
        return self if self.place else replace(self, place=place, via=via)

    def show(self, severity: str = "error") -> str:
        """Return the problem with its line drawn, as plain text.

        >>> print(Problem("AC201", "add needs equal shapes").show())
        error[AC201]: add needs equal shapes
        """
        where = f"{clean(str(self.place))}: " if self.place else ""
        lines = [f"{where}{severity}[{self.code}]: {clean(self.message)}"]
        margin = " " * (len(str(self.place.line)) + 3 if self.place else 2)
        if self.place and self.place.text.strip():
            lines += _drawn(self.place, margin)
        lines += [f"{margin}  {clean(fact)}" for fact in self.facts]
        lines += [
            f"{margin}used at {clean(str(p))}: {_clip(p.text)}"
            for p in dict.fromkeys(self.via)
        ]
        if self.help:
            lines.append(f"{margin}help: {clean(self.help)}")
        return "\n".join(lines)


def _drawn(place: Place, margin: str) -> list[str]:
    """Return the source line and a caret under it; of a long line what is around it.

    A line of 80 columns on a terminal holds both, whatever the line of the file.
    """
    text, at = place.text, place.column - 1
    begin = max(0, min(at - SHOWN_COLUMNS // 2, len(text) - SHOWN_COLUMNS))
    end = begin + SHOWN_COLUMNS
    shown = text[begin:end]
    before = clean(shown[: at - begin])
    width = max(1, min(place.width, len(shown) - (at - begin)))
    cut = "…" if begin else ""
    line = f"  {place.line} │ {cut}{clean(shown)}{'…' if end < len(text) else ''}"
    return [line, f"{margin}│ {' ' * len(cut + before)}{'^' * width}"]


def _clip(text: str) -> str:
    text = clean(text.strip())
    return text if len(text) <= 72 else text[:71] + "…"


UNSAFE = (
    range(0x20),
    range(0x7F, 0xA0),
    (0x00AD, 0x061C, 0x180E, 0xFEFF, 0xFFFE, 0xFFFF),
    range(0x200B, 0x2010),
    range(0x2028, 0x202F),
    range(0x2060, 0x2070),
    range(0xD800, 0xE000),
    range(0xFDD0, 0xFDF0),
    range(0xFFF9, 0xFFFC),
    range(0xE0000, 0xE0080),
)
"""Controls, invisible and bidirectional characters, surrogates, tags, no characters."""


class _Shown(dict[int, int | str]):
    """How characters are shown, each worked out when it is first met."""

    def __missing__(self, code: int) -> int | str:
        unsafe = any(code in codes for codes in UNSAFE)
        written = f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
        self[code] = written if unsafe else code
        return self[code]


SHOWN = _Shown({ord("\t"): TAB_AS_SPACES})
LONGEST_SHOWN = 500
MOST_COMPARED = 1_000
"""With so many names a word is compared, to say which one was meant."""
COMMANDS = ("::", "##")
"""How a line begins that a CI system would take as a command to itself."""


def clean(text: str, longest: int = LONGEST_SHOWN) -> str:
    r"""Return `text` safe to print: no control, invisible or bidi character.

    A text that would begin a line as a command to a CI system loses its first mark.

    >>> clean("a\x1b[2Jb")
    'a\\u001B[2Jb'
    """
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.lstrip().startswith(COMMANDS):
        mark = text.lstrip()[0]
        text = text.replace(mark, f"\\u{ord(mark):04X}", 1)
    if text.isascii() and text.isprintable():
        return text
    return text.translate(SHOWN)


def did_you_mean(word: str) -> Meant:
    """Return the question whether a word was meant."""
    return Meant(f"did you mean {word}?", word)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the help "did you mean …?" for the nearest known word (`Meant`), if any.

    Of those that are near, one of the same letters is nearest: `vgg61`, `vgg16`.
    """
    from difflib import get_close_matches

    known = list(islice(known, MOST_COMPARED))
    found = get_close_matches(word[:64], known, n=4, cutoff=0.6)
    if not found:
        lower = {k.lower(): k for k in known}
        found = [lower[k] for k in get_close_matches(word[:64].lower(), lower, n=4)]
    found.sort(key=lambda near: sorted(near.lower()) != sorted(word.lower()))
    return did_you_mean(found[0]) if found else None


def suggestion(
    word: str, known: Iterable[str], listed: str, most: int | None = None
) -> str:
    """Return what may have been meant: the nearest known word, or `most` of them.

    >>> suggestion("H10", ["a100", "h100"], "devices")
    'did you mean h100?'
    >>> suggestion("tpu", ["a100", "h100"], "devices")
    'devices: a100, h100'
    """
    known = tuple(known)
    return nearest(word, known) or f"{listed}: {', '.join(known[:most]) or 'none'}"


class ArchcalcError(Exception):
    """Anything that archcalc refuses; `problems` say what, where and what helps."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(p.show() for p in self.problems))

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

    @classmethod
    def of(
        cls,
        code: str,
        message: str,
        *,
        place: Place | None = None,
        facts: Iterable[str] = (),
        help: str | None = None,
        argument: str = "",
    ) -> Self:
        """Return an error of one problem."""
        told = Problem(code, message, place, tuple(facts), help, argument=argument)
        return cls([told])


class SourceError(ArchcalcError):
    """The text is not YAML that archcalc reads."""


class SpecError(ArchcalcError):
    """The YAML is not a network in the spec language."""


class ShapeError(ArchcalcError):
    """A rule refused the sizes that reached it."""


class LimitError(ArchcalcError):
    """Larger than a limit; the limit can be raised."""


class UsageError(ArchcalcError):
    """The command or call asked for something that is not there."""


def unknown(
    code: str, what: str, name: str, known: Iterable[str], listed: str = ""
) -> UsageError:
    """Return the error of a name that is not known, with the nearest that is.

    Where none is near, the help lists all of them, as `listed` or else as many `what`.
    """
    help = suggestion(name, known, listed or f"{what}s")
    return UsageError.of(code, f"there is no {what} {name!r}", help=help)


class InputWarning(UserWarning):
    """An input looks like another layout than channels first, without the batch."""


class MissingExtra(UsageError):
    """An optional dependency is not installed; `help` says which extra has it."""

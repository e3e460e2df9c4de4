"""Reading the arguments of steps and params: constants, arithmetic, words, names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from archcalc.errors import Meant, Problem, SpecError, nearest, suggestion
from archcalc.language.steps import DYNAMIC, SIZES, settled
from archcalc.layers import CATALOGUE
from archcalc.layers.fields import (
    BOOLEANS,
    WORD,
    YAML_1_1_BOOLEANS,
    Field,
    FieldError,
    FlagField,
    number,
)
from archcalc.limits import DEFAULT
from archcalc.records import replace
from archcalc.sizes.dims import Poly, symbol
from archcalc.sizes.expression_scan import OF
from archcalc.sizes.expressions import FUNCTIONS, MOST_NAMES_SHOWN, Expression
from archcalc.source.parser import Mapping, Scalar, Sequence, Source, Value

LONGEST_NAME = 200
PADDINGS = ("half", "same", "valid", "causal")
PATH = rf"{WORD.pattern}(\.[A-Za-z0-9_-]+)+"
KNOWN_WORDS = frozenset(
    {
        *BOOLEANS,
        *(word for word in YAML_1_1_BOOLEANS if len(word) > 1),
        *("null", "Null", "NULL", "and", "or", "not", "if", "else"),
        *DYNAMIC,
        *FUNCTIONS,
    }
    - {"length", "len"}
)
"""Words that the language or YAML knows, which no size can have for its name.

`length` and `len` came later; files that name a size so stay right.
"""


class Problems:
    """Collects what is wrong with a file, each with its place."""

    def __init__(self, source: Source, most: int) -> None:
        self.source = source
        self.most = most
        self.found: list[Problem] = []
        self.count = 0

    def add(
        self, code: str, message: str, where: Value, help: str | None = None
    ) -> None:
        """Note one problem; raise `SpecError` with all of them at the limit."""
        self.count += 1
        place = self.source.place(where)
        if self.count > self.most:
            limits = replace(DEFAULT, problems=self.most)
            more = limits.exceeded("problems", "there are more problems", place=place)
            raise SpecError([*self.found, *more.problems])
        self.found.append(Problem(code, message, place, help=help))


class ArgumentReader:
    """Reads arguments; `scope` are the params that arithmetic may name.

    `symbols` are the names of input sizes, which arithmetic does not know.
    """

    def __init__(self, problems: Problems, params: Iterable[str]) -> None:
        self.problems = problems
        self.params = frozenset(params)
        self.scope = self.params
        self.symbols: frozenset[str] = frozenset()

    def name(self, value: Value) -> str | None:
        if isinstance(value, Scalar) and 0 < len(value.text) <= LONGEST_NAME:
            return value.text
        self.problems.add(
            "AC136", f"a name is a text of 1 to {LONGEST_NAME} characters", value
        )
        return None

    def references(self, value: Value) -> tuple[Scalar, ...]:
        items = value.items if isinstance(value, Sequence) else [value]
        names = tuple(v for v in items if isinstance(v, Scalar) and v.text)
        if len(names) != len(items) or not names:
            self.problems.add(
                "AC137", "the name of an earlier step, or a list of names", value
            )
        return names

    def unknown_argument(self, kind: str, key: Scalar, known: Iterable[str]) -> None:
        from archcalc.language.foreign_words import argument_help

        known = tuple(known)
        word, equals, value = key.text.partition("=")
        if equals and word.strip() in known:
            message = f"{kind} has no argument {quoted(key)}"
            pair = f"{word.strip()}: {value}"
            self.problems.add("AC141", message, key, Meant(f"write {pair}", pair))
            return
        principal = CATALOGUE[kind].principal if kind in CATALOGUE else None
        if key.text == kind and principal in known:
            help = f"its value is called {principal} here"
            self.problems.add("AC141", f"{kind} has no argument {kind!r}", key, help)
            return
        help = (
            argument_help(key.text, kind, known)
            or nearest(key.text, known)
            or f"{kind} takes {', '.join(known[:12])}"
        )
        self.problems.add("AC141", f"{kind} has no argument {quoted(key)}", key, help)

    def argument(self, accepts: Field, value: Value, word: str) -> Any:
        """Read one argument; its arithmetic may only name what is in scope."""
        try:
            read = accepts.read(value)
            self._check_names(read, accepts)
            if settled({word: read}):
                return accepts.check(read)
            return read
        except FieldError as error:
            help = error.help or _value_help(value, word)
            self.problems.add("AC142", f"{word}: {error.message}", value, help)
            return None

    def _check_names(self, read: Any, accepts: Field | None = None) -> None:
        words = getattr(accepts, "words", ())
        parts = read if isinstance(read, tuple) else (read,)
        for part in parts:
            if isinstance(part, Expression):
                sized = {name for name in part.names if OF in name}
                self._check_sizes(sized)
                unknown = sorted(part.names - self.scope - DYNAMIC - sized)
                if unknown:
                    flag = isinstance(accepts, FlagField)
                    raise self._unknown_name(unknown[0], part.text, words, flag)

    def _unknown_name(
        self, name: str, text: str, words: Iterable[str], flag: bool
    ) -> FieldError:
        """Return the error of a name in arithmetic that stands for nothing."""
        if name in YAML_1_1_BOOLEANS:
            return FieldError(
                f"{name!r} is not a param; some YAML readers take it for a boolean",
                "write true or false" if flag else "write true or false, or a number",
            )
        known = sorted({*self.scope, *DYNAMIC, *words})
        message = f"there is no param or size {name!r} here"
        if name in self.symbols:
            help = "it is the name of an input size; a step asks for cin, h or w"
        elif name in PADDINGS:
            message = f"{name} is not a padding of this kind"
            help = f"write {' or '.join(['a number', *words])}"
        elif "==" in text or "!=" in text:
            help = nearest(name, known) or f"a word is compared in quotes: '{name}'"
        elif flag:
            help = nearest(name, known) or "write true or false"
        else:
            help = suggestion(name, known, "known names", MOST_NAMES_SHOWN)
        return FieldError(message, help)

    def _check_sizes(self, names: Iterable[str]) -> None:
        """Raise `FieldError` where what is asked of another step is no size."""
        for name in names:
            size = name.partition(OF)[0]
            if size not in SIZES:
                help = suggestion(size, SIZES, "sizes", MOST_NAMES_SHOWN)
                message = f"{name}: {size} is not a size of a step"
                raise FieldError(message, help)

    def param(self, value: Value, steps: bool = False) -> Any:
        """Read a param: a number, arithmetic, true or false, a word, or a list.

        With `steps`, the path of a step is a word too: `encoder.last`.
        """
        if isinstance(value, Sequence):
            return tuple(self.param(v) for v in value.items)
        if isinstance(value, Mapping):
            self.problems.add("AC143", "a param is a number, a word or a list", value)
            return None
        if value.text in BOOLEANS and not value.quoted:
            return BOOLEANS[value.text]
        if WORD.fullmatch(value.text) and not self._difference(value.text):
            return value.text
        if steps and re.fullmatch(PATH, value.text):
            return value.text
        return self._arithmetic(value)

    def _difference(self, text: str) -> bool:
        """Say whether what could be a word is a name, or names with `-` between."""
        return all(
            part in self.scope or part in DYNAMIC or part.isdecimal()
            for part in text.split("-")
        )

    def _arithmetic(self, value: Scalar) -> Any:
        try:
            read = number(value)
            self._check_names(read)
        except FieldError as error:
            self.problems.add("AC142", error.message, value, error.help)
            return None
        return read


def symbol_named(text: str) -> Poly:
    """Return the symbol that stands for an unknown size.

    Raises `FieldError` for a word that means something else: `true`, `if`, `cin`.
    """
    if text in KNOWN_WORDS:
        raise FieldError(
            f"{text!r} means something else in a spec and cannot name a size",
            "a size is a number or a name such as H, W or N",
        )
    return symbol(text)


def quoted(scalar: Scalar) -> str:
    """Return a text from the file in quotes, shortened."""
    text = scalar.text if len(scalar.text) <= 40 else f"{scalar.text[:39]}…"
    return repr(text)


def absent(value: Value) -> bool:
    """Say whether nothing was written: an empty value, `~`, `null` or `{}`."""
    if isinstance(value, Mapping):
        return not value.items
    return (
        isinstance(value, Scalar)
        and value.text in ("", "~", "null")
        and not value.quoted
    )


def required_param(value: Value) -> bool:
    """Say whether a block's param is declared without a default."""
    return isinstance(value, Scalar) and value.text == "required"


def _value_help(value: Value, word: str) -> str | None:
    """Return what to write for a value that is usual elsewhere."""
    from archcalc.language.foreign_words import value_help

    if isinstance(value, Scalar):
        row = "," in value.text and value.text[0] != "("
        listed = row and word != "out" and value_help(f"({value.text})")
        return listed or value_help(value.text)
    if isinstance(value, Sequence) and word == "out":
        return "write the outputs alone, as in 64: the inputs are known"
    return None

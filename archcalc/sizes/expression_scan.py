"""The text of an expression, looked through before Python's parser sees it.

What the parser would choke on, warn about or read in a way that surprises is refused
here, with the column and what to write instead.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping

from archcalc.limits import Limits

TOKEN = re.compile(
    r"(?P<blank>[ \t\r\n]+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<tail>[A-Za-z0-9_.]*)"
    r"|(?P<sized>(?P<size>(?!(?:if|else|and|or|not)\b)[A-Za-z_][A-Za-z0-9_]*)"
    r"[ \t\r\n]+of[ \t\r\n]+(?P<step>(?!(?:if|else|and|or)\b)"
    r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*|'[^'\\]+'|\"[^\"\\]+\"))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<quote>['\"]?)"
    r"|(?P<word>'[^'\\]*'|\"[^\"\\]*\")"
    r"|(?P<refused><<|>>|:=|&&|\|\||<>)"
    r"|(?P<operator>\*\*|//|==|!=|<=|>=|[-+*/%<>(),\[\]])"
)
OF = " of "
"""Between a size and the step that has it, in the name of both: `h of l4`."""
STAND_IN = "ø"
"""A letter that no name has, for the names that stand for `h of l4` in Python."""
WORDS_OF_THE_LANGUAGE = {"if", "else", "and", "or", "not"}
INSTEAD = {
    ":=": "a name cannot be given a value here; use `params`",
    "=": "to compare, write `==`",
    "&&": "write `and`",
    "||": "write `or`",
    "<>": "write `!=`",
    "!": "write `not`",
    "?": "write `a if condition else b`",
    "^": "a power is written `**`: `2**i`",
    "×": "write `*`",
    "·": "write `*`",
    "÷": "write `/`",
    "−": "write `-`",
    ".": "a name has no parts; a decimal begins with a digit: `0.5`",
}


class ExpressionError(ValueError):
    """Arithmetic that is refused; `column` counts from 0 in its text."""

    def __init__(self, message: str, column: int = 0, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.help = help


SHORTER = "give a part of it a name in `params`"


def scan(text: str, limits: Limits) -> dict[str, str]:
    """Return what `replaced` puts in for the sizes of other steps, by its name.

    Raises ExpressionError for text that is too long, too deep or no arithmetic.
    """
    most = limits.expression_chars
    if len(text) > most:
        raise ExpressionError(
            f"the arithmetic has {len(text):,} characters; {most:,} is the limit",
            most,
            f"{SHORTER}, or {limits.raising('expression_chars')}",
        )
    if not text.strip(" \t\r\n"):
        raise ExpressionError("the arithmetic is empty")
    nested = signs = position = 0
    before: str | None = None
    sizes: dict[str, str] = {}
    while position < len(text):
        token = _token(text, position)
        position = token.end()
        if token["blank"]:
            continue
        if token["word"] and before == "word":
            raise ExpressionError(
                "there is no operator between two words", token.start()
            )
        shown = token.group()
        nested += (shown in ("(", "[")) - (shown in (")", "]"))
        if token["sized"]:
            stand_in = f"{STAND_IN}{len(sizes)}".ljust(len(shown), STAND_IN)
            sizes[stand_in] = f"{token['size']}{OF}{_unquoted(token['step'])}"
        signs = signs + 1 if shown in ("+", "-", "not", "**") else 0
        if max(nested, signs) > limits.expression_depth:
            raise too_deep(token.start(), limits)
        before = token.lastgroup
    return sizes


def replaced(text: str, sizes: Mapping[str, str]) -> str:
    """Return the text with names of equal length in place of `h of l4`."""
    if not sizes:
        return text
    names = iter(sizes)
    return TOKEN.sub(lambda t: next(names) if t["sized"] else t.group(), text)


def _unquoted(step: str) -> str:
    return step[1:-1] if step[0] in "'\"" else step


def too_deep(column: int, limits: Limits) -> ExpressionError:
    """Return the error of brackets or operations too many levels deep."""
    return ExpressionError(
        f"the arithmetic nests more than {limits.expression_depth} levels deep",
        column,
        f"{SHORTER}, or {limits.raising('expression_depth')}",
    )


def _token(text: str, position: int) -> re.Match[str]:
    """Return the next token; raise ExpressionError where there is none."""
    token = TOKEN.match(text, position)
    if token is None:
        character = text[position]
        if character in "'\"":
            raise ExpressionError("the quotes do not close", position)
        raise _no_place(character, position)
    if token["refused"]:
        raise _no_place(token.group(), position)
    if token["number"]:
        _check_number(token)
    elif token["name"]:
        _check_name(token)
    elif token["word"] and not token.group().isprintable():
        raise ExpressionError("a word holds a character that cannot be shown", position)
    return token


def _no_place(shown: str, position: int) -> ExpressionError:
    help = INSTEAD.get(shown)
    return ExpressionError(f"{shown!r} is not allowed in arithmetic", position, help)


def _check_number(token: re.Match[str]) -> None:
    whole, tail = token["number"], token["tail"]
    if tail:
        raise ExpressionError(
            f"{whole + tail} is not a number that arithmetic reads",
            token.start(),
            "write digits only, or a decimal such as `0.25`",
        )
    if len(whole) > 1 and whole[0] == "0" and whole[1] != ".":
        raise ExpressionError(f"{whole} has a leading zero", token.start())


def _check_name(token: re.Match[str]) -> None:
    name = token["name"]
    if token["quote"]:
        raise ExpressionError(f"{name} stands against a quote", token.start())
    if keyword.iskeyword(name) and name not in WORDS_OF_THE_LANGUAGE:
        raise ExpressionError(f"{name} is not allowed in arithmetic", token.start())

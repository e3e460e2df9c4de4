"""Caffe's prototxt as values: the text format of protobuf, as far as networks use it.

A message is a list of fields: a name, a value, the line. A value is a text, a number, a
word, or a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from archcalc.readers.described.growing import Growing

TOKEN = re.compile(
    r"\s+|#[^\n]*|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<word>[A-Za-z0-9_.+-]+)|(?P<sign>[{}:\[\],;<>])"
)
DEEPEST = 16
"""Messages inside one another."""
MOST_TOKENS = 2_000_000


class Token(NamedTuple):
    """A word, a sign or a text in quotes, and its line."""

    text: str
    line: int
    quoted: bool = False


class Message:
    """A message: its fields in order, by name."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.fields: dict[str, list[Message | str]] = {}

    def texts(self, name: str) -> list[str]:
        """Return the values of a field that are no messages."""
        return [v for v in self.fields.get(name, ()) if isinstance(v, str)]

    def text(self, name: str, usual: str = "") -> str:
        """Return the last value of a field, as protobuf does."""
        found = self.texts(name)
        return found[-1] if found else usual

    def messages(self, *names: str) -> list[Message]:
        """Return the messages of some fields, in the order of the names."""
        found = [v for name in names for v in self.fields.get(name, ())]
        return [value for value in found if isinstance(value, Message)]

    def message(self, name: str) -> Message:
        """Return the message of a field; an empty one where there is none."""
        found = self.messages(name)
        return found[-1] if found else Message(self.line)


def parse(growing: Growing) -> Message:
    """Return the message in a text; raise `SourceError` AC592 where it is none."""
    return _Parser(growing).whole()


class _Parser:
    def __init__(self, growing: Growing) -> None:
        self.growing = growing
        self.tokens = self.split()
        self.now = next(self.tokens, None)

    def split(self) -> Iterator[Token]:
        """Yield the tokens of the text."""
        text, at, line = self.growing.text.text, 0, 1
        for _ in range(MOST_TOKENS):
            if at == len(text):
                return
            found = TOKEN.match(text, at)
            if found is None:
                self.growing.line = line
                self.growing.wrong(f"{text[at]!r} has no meaning here")
            if found["text"] is not None:
                yield Token(found["text"][1:-1], line, quoted=True)
            elif found["word"] or found["sign"]:
                yield Token(found[0], line)
            line += found[0].count("\n")
            at = found.end()
        self.growing.wrong("the file has too many words")

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.now
        if token is None:
            self.growing.line = len(self.growing.text.lines)
            self.growing.wrong("the file ends inside a layer: a `}` is missing")
        self.growing.line = token.line
        self.now = next(self.tokens, None)
        return token

    def is_next(self, sign: str) -> bool:
        """Say whether the next token is a sign."""
        return self.now is not None and not self.now.quoted and self.now.text == sign

    def whole(self) -> Message:
        """Read the whole text."""
        found = Message(1)
        while self.now is not None:
            self.field(found, 0)
        return found

    def field(self, into: Message, depth: int) -> None:
        """Read one field of a message."""
        name = self.take()
        if name.quoted or not re.fullmatch(r"[A-Za-z_]\w*", name.text):
            self.growing.wrong(f"the name of a field is needed, not {name.text!r}")
        values = into.fields.setdefault(name.text, [])
        colon = self.is_next(":")
        if colon:
            self.take()
        if self.is_next("{") or self.is_next("<"):
            values.append(self.message(depth + 1))
        elif colon and self.is_next("["):
            self.take()
            while not self.is_next("]"):
                values.append(self.value())
                if self.is_next(","):
                    self.take()
            self.take()
        elif colon:
            values.append(self.value())
        else:
            self.growing.wrong(f"`:` or `{{` is needed after {name.text}")
        if self.is_next(";") or self.is_next(","):
            self.take()

    def message(self, depth: int) -> Message:
        """Read a message in braces."""
        opened = self.take()
        if depth > DEEPEST:
            self.growing.wrong(f"messages are nested more than {DEEPEST} deep")
        close = "}" if opened.text == "{" else ">"
        found = Message(opened.line)
        while not self.is_next(close):
            self.field(found, depth)
        self.take()
        return found

    def value(self) -> str:
        """Read a value; texts in a row are one."""
        token = self.take()
        if not token.quoted and not re.fullmatch(r"[\w.+-]+", token.text):
            self.growing.wrong(f"a value is needed, not {token.text!r}")
        found = token.text
        while token.quoted and self.now is not None and self.now.quoted:
            found += self.take().text
        return found

"""An evaluator of printed formulas that shares no code with what prints them.

sum     = product (("+" | "−") product)*
product = factor (("·" | "/") factor)*        # "/" is exact
factor  = atom superscript*, atoms side by side are multiplied: 27C²
atom    = number | name | (sum) | ⌊sum⌋ | ⌈sum⌉ | √atom | min(sum, …) | max(sum, …)
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction

TOKEN = re.compile(
    r"\s*(?P<number>\d[\d,]*(?:\.\d+)?…?(?!\d))|\s*(?P<choice>min|max)(?=\()"
    r"|\s*(?P<name>[A-Za-z]′?(?:_[A-Z]|[₀-₉]+)?)|\s*(?P<power>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|\s*(?P<mark>[-+−·/()⌊⌋⌈⌉√,])"
)
DIGITS = {ord(high): str(digit) for digit, high in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}


def value_of(text: str, names: Mapping[str, int] | None = None) -> Fraction:
    """Return what a printed formula comes to; `names` are the values of its letters.

    A decimal that goes on (`53.3333…`) counts as a little more than it shows.
    """
    reader = _Reader(text, names or {})
    result = reader.sum()
    assert reader.at == len(reader.tokens), f"{text!r}: left over at {reader.at}"
    return result


class _Reader:
    def __init__(self, text: str, names: Mapping[str, int]) -> None:
        self.names = names
        self.tokens: list[tuple[str, str]] = []
        self.at = end = 0
        # A comma between digits groups them; one with a blank behind parts arguments.
        while end < len(text.rstrip()):
            found = TOKEN.match(text, end)
            assert found, f"{text!r}: unread at {end}"
            assert found.lastgroup
            word = found[found.lastgroup]
            if found.lastgroup == "number" and word.endswith(","):
                word = word[:-1]
                end = found.start("number") + len(word)
            else:
                end = found.end()
            self.tokens.append((found.lastgroup, word))

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def taken(self, *marks: str) -> str:
        kind, word = self.peek()
        if kind != "mark" or word not in marks:
            return ""
        self.at += 1
        return word

    def needed(self, mark: str) -> None:
        assert self.taken(mark), f"{mark!r} is missing before {self.peek()}"

    def sum(self) -> Fraction:
        negative = self.taken("−", "-")
        total = -self.product() if negative else self.product()
        while sign := self.taken("+", "−", "-"):
            total += self.product() * (1 if sign == "+" else -1)
        return total

    def product(self) -> Fraction:
        result = self.factor()
        while sign := self.taken("·", "/"):
            other = self.factor()
            result = result * other if sign == "·" else result / other
        return result

    def factor(self) -> Fraction:
        result = self.atom()
        while True:
            kind, word = self.peek()
            if kind == "power":
                self.at += 1
                result **= int(word.translate(DIGITS))
            elif kind in ("name", "choice") or word in ("(", "⌊", "⌈"):
                result *= self.factor()
            else:
                return result

    def atom(self) -> Fraction:
        kind, word = self.peek()
        self.at += 1
        if kind == "number":
            slack = Fraction(1, 10**9) if word.endswith("…") else 0
            return Fraction(word.rstrip("…").replace(",", "")) + slack
        if kind == "name":
            return Fraction(self.names[word])
        if kind == "choice":
            self.needed("(")
            members = [self.sum()]
            while self.taken(","):
                members.append(self.sum())
            self.needed(")")
            return min(members) if word == "min" else max(members)
        return self.bracketed(word)

    def bracketed(self, word: str) -> Fraction:
        if word == "√":
            inside = self.atom()
            root = math.isqrt(int(inside))
            assert root * root == inside
            return Fraction(root)
        inside = self.sum()
        self.needed({"(": ")", "⌊": "⌋", "⌈": "⌉"}[word])
        if word == "(":
            return inside
        whole = math.floor(inside) if word == "⌊" else math.ceil(inside)
        return Fraction(whole)

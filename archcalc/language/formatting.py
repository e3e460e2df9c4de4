"""The canonical form of a spec: one way to write what it says.

Sections stand in the language's order, a step's keys as `name`, the kind, `from`, the
arguments in the order of the layer, then `norm`, `act`, `repeat` and the rest. Lists
and mappings are indented by two, brackets have one blank behind each comma and colon, a
step of one word is written as a word, comments stay with their lines, and blank lines
come one at a time. What a value says is copied as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.language.argument_reader import absent
from archcalc.language.spec import SECTIONS
from archcalc.language.steps import FOLLOWERS, kind_keys
from archcalc.layers import CATALOGUE
from archcalc.limits import DEFAULT, Limits
from archcalc.records import dataclass, field
from archcalc.source.comments import Commented
from archcalc.source.edits import Extents, parts
from archcalc.source.parser import parse
from archcalc.source.values import Mapping, Scalar, Source, Value
from archcalc.source.values import Sequence as Items

WIDEST = 120
STEP = 2
USUAL = ("kernel", "stride", "pad", "dilation", "groups")
AFTER = (
    *("shortcut", *FOLLOWERS, "repeat", "first", "last", "when", "share"),
    *("frozen", "lora", "note"),
)
BEFORE_STAGE = ("from", "repeat", "when", "frozen")
"""What would be lost behind the many lines of a stage."""
EXPECTED = ("at", "branch", "variant", "input", "batch")
CITED = ("tol", "convention", "value", "with", "what", "said", "verdict", "cite", "why")
HOLDERS = ("residual", "stage", "aux", "shortcut")
Entry = tuple[Scalar, Value]


def formatted(text: str, name: str = "text", limits: Limits = DEFAULT) -> str:
    """Return a spec in canonical form; raises as `source.parse`.

    >>> print(formatted("layers: [{act: relu,   conv: 8},{relu: }]"), end="")
    layers: [{conv: 8, act: relu}, relu]
    """
    return _Printer(parse(text, name, limits)).whole()


@dataclass
class TextLine:
    """One line: how far in, the code, and the comment behind it."""

    indent: int
    code: str
    comment: str = ""
    raw: bool = field(default=False)

    def text(self, column: int = 0) -> str:
        """Return the line, its comment at a column at least."""
        if self.raw:
            return self.code
        code = " " * self.indent + self.code
        if self.comment and self.code:
            return f"{code:{column}}  {self.comment}"
        return (" " * self.indent + self.comment) if self.comment else code.rstrip()


class _Printer:
    """Writes one source anew."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.layout = Extents(source)
        self.written = Commented(self.layout)
        self.steps: dict[int, None] = {}
        self.claims: set[int] = set()
        self.told: set[int] = set()
        if isinstance(source.root, Mapping):
            self._mark(source.root)

    def whole(self) -> str:
        """Return the whole text."""
        lines = self.value(self.source.root, 0)
        lines += self.left_over()
        while lines and not lines[0].code and not lines[0].comment:
            lines.pop(0)
        return "\n".join(_aligned(lines)).rstrip("\n") + "\n"

    def left_over(self) -> list[TextLine]:
        """Return the comments behind the last value."""
        last = max(self.written.filled, default=0)
        end = len(self.source.written.lines) + 1
        return (
            [TextLine(0, "", text) for text in self.written.above(end)]
            if last < end - 1
            else []
        )

    # -- what is what ------------------------------------------------------------------

    def _mark(self, root: Mapping) -> None:
        """Find the steps, whose keys have an order, and the claims."""
        self._mark_steps(root.get("layers"))
        blocks = root.get("blocks")
        for _, block in blocks.items if isinstance(blocks, Mapping) else ():
            if isinstance(block, Mapping):
                self._mark_steps(block.get("layers"))
        expect = root.get("expect")
        if isinstance(expect, Items):
            self.claims |= {id(item) for item in expect.items}

    def _mark_steps(self, value: Value | None) -> None:
        items = value.items if isinstance(value, Items) else [value]
        for item in items:
            if isinstance(item, Mapping):
                self._mark_step(item)

    def _mark_step(self, step: Mapping) -> None:
        kind = kind_of(step)
        if kind is None:
            return
        self.steps[id(step)] = None
        for key, value in step.items:
            named = CATALOGUE[kind].named_inputs if kind in CATALOGUE else ()
            follows = key.text in FOLLOWERS and kind != "use"
            if key.text in HOLDERS or follows or key.text in named:
                self._mark_steps(value)
            elif key.text == kind and kind in CATALOGUE and isinstance(value, Mapping):
                for _, branch in value.items:
                    self._mark_steps(branch)

    def entries(self, value: Mapping) -> list[Entry]:
        """Return a mapping's entries in canonical order."""
        if value is self.source.root:
            return _in_order(value.items, SECTIONS, ())
        if id(value) in self.steps:
            kind = kind_of(value) or ""
            layer = CATALOGUE.get(kind)
            fields = layer.fields if layer else {}
            names = [n for n in (*USUAL, *fields) if n in fields]
            names = [*(layer.named_inputs if layer else ()), *names]
            head = ("name", *(BEFORE_STAGE if kind == "stage" else ()), kind, "from")
            return _in_order(value.items, (*head, *names), AFTER)
        if id(value) in self.claims:
            return _in_order(value.items, EXPECTED, (*CITED, "note"))
        return value.items

    def word(self, value: Value) -> str | None:
        """Return the word that a step may be written as: `{relu: }`."""
        if not isinstance(value, Mapping) or id(value) not in self.steps:
            return None
        ((key, inner), *more) = value.items
        kind = CATALOGUE.get(key.text)
        plain = kind is not None and kind.arity == 1 and not kind.required
        return (
            key.text
            if plain and not more and isinstance(inner, Scalar) and absent(inner)
            else None
        )

    # -- writing -----------------------------------------------------------------------

    def value(self, value: Value, indent: int) -> list[TextLine]:
        """Return a value that begins on a line of its own."""
        if isinstance(value, Scalar) or value.flow or not list(parts(value)):
            lines = self.inline(value, indent - STEP)  # an item: from its dash
            lines[0].indent = indent
            return self.above(value.line, indent) + lines
        if isinstance(value, Mapping):
            return [
                line
                for entry in self.entries(value)
                for line in self.entry(entry, indent)
            ]
        return [line for item in value.items for line in self.item(item, indent)]

    def above(self, number: int, indent: int) -> list[TextLine]:
        """Return the comments above a line, once."""
        if number in self.told:
            return []
        self.told.add(number)
        return [TextLine(indent, "", text) for text in self.written.above(number)]

    def entry(self, entry: Entry, indent: int) -> list[TextLine]:
        """Return the lines of a key and its value."""
        key, value = entry
        above = self.above(key.line, indent)
        head = f"{self.copied(key)}:"
        if isinstance(value, Scalar) or value.flow or not list(parts(value)):
            lines = self.inline(value, indent)
            code = f"{head} {lines[0].code}" if lines[0].code else head
            copied = len(lines) > 1 and value.line == key.line  # with its comment
            beside = "" if copied else self.written.beside(key.line)
            if beside and lines[0].comment and value.line > key.line:
                above.append(TextLine(indent, "", beside))
            lines[0] = TextLine(indent, code, lines[0].comment or beside)
            return above + lines
        beside = self.written.beside(key.line)
        return [
            *above,
            TextLine(indent, head, beside),
            *self.value(value, indent + STEP),
        ]

    def item(self, item: Value, indent: int) -> list[TextLine]:
        """Return the lines of an item of a list, the first behind its dash."""
        above = self.above(item.line, indent)
        word = self.word(item)
        if word is not None:
            return [
                *above,
                TextLine(indent, f"- {word}", self.written.beside(item.line)),
            ]
        lines = self.value(item, indent + STEP)
        while len(lines) > 1 and not lines[0].code:
            first = lines.pop(0)
            above.append(TextLine(indent, "", first.comment))
        lines[0] = TextLine(indent, f"- {lines[0].code}", lines[0].comment)
        return above + lines

    def inline(self, value: Value, indent: int) -> list[TextLine]:
        """Return a text or a value in brackets; several lines are moved along."""
        begin, end = self.layout.begin(value), self.layout.end(value)
        last = self.written.line_of(max(end - 1, begin))
        beside = self.written.beside(last)
        if isinstance(value, Scalar):
            if last == value.line:
                return [TextLine(indent, self.copied(value), beside)]
            return self.moved(value, last, indent)
        code = self.flow(value)
        long = last > value.line and indent + len(code) > WIDEST
        if code and not long and not self.written.inside(value.line, last):
            return [TextLine(indent, code, beside)]
        return self.moved(value, last, indent)

    def moved(self, value: Value, last: int, indent: int) -> list[TextLine]:
        """Return several lines as they are, as far in as their first one has moved."""
        source = self.source.written
        by = self.shift(value, indent)
        lines = [TextLine(indent, source.line(value.line)[value.column - 1 :].rstrip())]
        for number in range(value.line + 1, last + 1):
            line = source.line(number).rstrip()
            inside = len(line) - len(line.lstrip(" "))
            lines.append(
                TextLine(0, " " * max(0, inside + by) + line.lstrip(" "), raw=True)
            )
        return lines

    def shift(self, value: Value, indent: int) -> int:
        """Return how far the further lines of a value move."""
        before = self.layout.indentation(value)
        if before < 0:
            return 0
        head, *body = self.source.text[
            self.layout.begin(value) : self.layout.end(value)
        ].splitlines()
        first = next((line for line in body if line.strip()), "")
        is_block = isinstance(value, Scalar) and head[0] in "|>"
        if is_block and not any(char.isdigit() for char in head.partition("#")[0]):
            return indent + STEP - (len(first) - len(first.lstrip(" ")))
        return indent - before

    def flow(self, value: Value) -> str:
        """Return a value in brackets on one line, "" where a text in it has several."""
        if isinstance(value, Scalar):
            return self.copied(value)
        if isinstance(value, Items):
            return f"[{', '.join(self.step_flow(item) for item in value.items)}]"
        pairs = [f"{self.copied(k)}: {self.flow(v)}" for k, v in self.entries(value)]
        return f"{{{', '.join(pairs)}}}"

    def step_flow(self, item: Value) -> str:
        """Return an item of a list in brackets."""
        return self.word(item) or self.flow(item)

    def copied(self, value: Scalar) -> str:
        """Return a text as it is written, on one line."""
        text = self.source.text[self.layout.begin(value) : self.layout.end(value)]
        return " ".join(text.split()) if "\n" in text or "\r" in text else text


def kind_of(step: Mapping) -> str | None:
    """Return the kind key of a step, None where it has none or several."""
    _, fits = kind_keys(step.pairs[::2])
    return fits[0].text if len(fits) == 1 else None


def _in_order(
    entries: Sequence[Entry], first: Sequence[str], last: Sequence[str]
) -> list[Entry]:
    """Return entries: those named first, others as they stand, those named last."""
    places = {name: at for at, name in reversed(list(enumerate(first)))}
    ends = {name: at for at, name in enumerate(last)}

    def rank(entry: Entry) -> tuple[int, int]:
        name = entry[0].text
        if name in places:
            return 0, places[name]
        return (2, ends[name]) if name in ends else (1, 0)

    return sorted(entries, key=rank)


def _aligned(lines: Sequence[TextLine]) -> Iterator[str]:
    """Yield lines; comments behind lines that follow each other stand in a column."""
    run: list[TextLine] = []
    for line in [*lines, TextLine(0, "")]:
        if line.comment and line.code and not line.raw:
            run.append(line)
            continue
        column = max((one.indent + len(one.code) for one in run), default=0)
        yield from (one.text(column) for one in run)
        run = []
        yield line.text()

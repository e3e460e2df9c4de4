"""YAML text to plain nodes that know where they stand, by libyaml's events.

The parser's events are read one by one, without recursion and under caps; tags,
anchors, aliases and merge keys are refused, keys are unique, and one file holds one
document. `complaints.READING_RULES` lists the codes.

libyaml takes less than a microsecond for an event. Where PyYAML was built without it,
PyYAML's own parser reads the same files far more slowly, and so under lower limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from archcalc.errors import Place, Problem, SourceError
from archcalc.limits import DEFAULT, Limits
from archcalc.records import replace
from archcalc.source import complaints as syntax
from archcalc.source.text import TOO_LONG, Text, too_long
from archcalc.source.values import (
    Mapping,
    Scalar,
    Sequence,
    Value,
    place_of,
    same_key,
)

TAG_DIRECTIVE = r"(?:^|[\r\n])(?=%TAG)"
MERGE_KEY = "<<"
SURROGATE = "[\ud800-\udfff]"
# What PyYAML's own parser gets through in about two seconds.
SLOW_PARSER_LIMITS = replace(DEFAULT, file_bytes=2**20, values=100_000)


def build(written: Text, limits: Limits) -> Value:
    """Return the one value of a text.

    Raises:
        SourceError: it is not YAML of the kind that is read.
        LimitError: it is larger than one of the limits.

    """
    limits = _for_parser(limits)
    size = len(written.text.encode("utf-8", "surrogatepass"))
    if size > limits.file_bytes:
        raise too_long(written.name, size, limits)
    _refuse_tag_directive(written)
    return _Builder(written, limits).build()


def _refuse_tag_directive(written: Text) -> None:
    """Refuse `%TAG` lines beforehand: libyaml compares every pair of them."""
    found = "%TAG" in written.text and re.search(TAG_DIRECTIVE, written.text)
    if found:
        raise SourceError([syntax.directive(written.place_of(found.end()))])


class _SlowLoader(yaml.SafeLoader):
    """PyYAML's own parser, made as strict as libyaml about surrogates."""

    def get_event(self) -> Any:
        event: Any = super().get_event()  # type: ignore[no-untyped-call] # in the stubs
        if isinstance(event, ScalarEvent) and re.search(SURROGATE, event.value):
            mark: Any = event.start_mark
            problem = "found invalid Unicode character escape code"
            context = "while scanning a quoted scalar"
            raise yaml.MarkedYAMLError(context, mark, problem, mark)
        return event


Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else _SlowLoader


def _for_parser(limits: Limits) -> Limits:
    """Return the limits, lowered for the slow parser where they were not set."""
    if Loader is not _SlowLoader:
        return limits
    lower = {
        name: getattr(SLOW_PARSER_LIMITS, name)
        for name in ("file_bytes", "values")
        if getattr(limits, name) == getattr(DEFAULT, name)
    }
    return replace(limits, **lower)


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Scalar) and not value.text and not value.quoted


class _Builder:
    """Nodes from events, with a stack of its own instead of recursion."""

    def __init__(self, written: Text, limits: Limits) -> None:
        self.written = written
        self.limits = limits
        self.top = Sequence([])
        self.stack: list[Mapping | Sequence] = [self.top]
        self.documents = 0
        self.anchor: Problem | None = None
        self.calls = "(" in written.text
        self.names: dict[str, str] = {}
        self.known: list[set[str]] = []

    def build(self) -> Value:
        """Return the one value of the text."""
        try:
            self._read(Loader(self.written.text).get_event)
        except yaml.MarkedYAMLError as error:
            raise SourceError([self._explained(error)]) from None
        except (yaml.YAMLError, ValueError, OverflowError, IndexError):
            # what the parsers let through: `!%ED%A0%80`, "\UFFFFFFFF", %YAML 1.99999…
            message = "near here is an escape sequence that stands for no character"
            raise SourceError.of("AC104", message, place=self._last_place()) from None
        if self.anchor:
            raise SourceError([self.anchor])
        root = self.top.items[0] if self.top.items else None
        if root is None or _is_nothing(root):
            raise SourceError.of(
                "AC114", "this file is empty", place=self.written.place(1, 1)
            )
        return root

    def _read(self, get_event: Callable[[], Any]) -> None:
        """Read all events. The loop is the hot spot of reading: locals, few calls."""
        stack, most, longest = self.stack, self.limits.values, self.limits.scalar_chars
        here: Any = self.top
        value: Any
        kind: Any = None
        key: Scalar | None = None
        name, seen, line = "", 0, 0
        texts: dict[str, str] = {}  # most are words that stand again and again
        once, names, known = texts.setdefault, self.names, self.known
        while kind is not StreamEndEvent:
            event = get_event()
            kind = event.__class__
            if kind is ScalarEvent:
                mark, text = event.start_mark, event.value
                text, at = once(text, text), mark.line + 1
                line = line if at == line else at  # one number object for a line
                value = Scalar(text, bool(event.style), line, mark.column + 1)
                if event.tag or event.anchor or len(text) > longest:
                    self._check_scalar(event, value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                value = self._open(event)
            else:
                here = self._end(event, kind)
                continue
            seen += 1
            if seen > most:
                self._refuse_size("values", "there are too many values", value)
            if here.__class__ is Sequence:
                here.items.append(value)
            elif key is None:
                key, name = value, names.get(text, "") if kind is ScalarEvent else ""
                if not name or name in known[-1]:
                    name = self._key(value, here)
                known[-1].add(name)
                continue
            else:
                if kind is ScalarEvent and not text and here.flow:
                    self._refuse_no_value(here, key, value)
                here.pairs += key, value
                key = None
            here = stack[-1]

    def _open(self, event: Any) -> Mapping | Sequence:
        """Put the empty mapping or list that an event begins on the stack."""
        mark = event.start_mark
        kind = Mapping if event.__class__ is MappingStartEvent else Sequence
        value = kind([], mark.line + 1, mark.column + 1, bool(event.flow_style))
        if event.tag or event.anchor:
            self._check_property(event)
        if len(self.stack) > self.limits.depth:
            self._refuse_size("depth", "lists and mappings nest too deeply", value)
        self.stack.append(value)
        if kind is Mapping:
            self.known.append(set())
        return value

    def _end(self, event: Any, kind: Any) -> Mapping | Sequence:
        """End the mapping or list that an event ends; return the one that is open.

        Look for `[max(1, c), 3]`, which YAML reads as three items.
        """
        if kind is MappingEndEvent:
            value: Any = self.stack.pop()
            value.pairs = tuple(value.pairs)  # shorter than a list that may grow
            self.known.pop()
        elif kind is SequenceEndEvent:
            value = self.stack.pop()
            if self.calls and value.flow:
                for item in value.items[:-1]:
                    self._refuse_split(item)
        else:
            self._other(event)
        return self.stack[-1]

    def _other(self, event: Any) -> None:
        """Refuse an alias and a second document; the rest says nothing."""
        if isinstance(event, AliasEvent):
            place = self._mark_place(event.start_mark, len(event.anchor or "") + 1)
            raise SourceError([syntax.alias(place, f"*{event.anchor}")])
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise SourceError.of(
                    "AC113",
                    "a second document begins here, and a file holds one network",
                    place=self._mark_place(event.start_mark, 3),
                    help="put it in a file of its own",
                )

    def _key(self, key: Value, here: Mapping) -> str:
        """Return the name under which a key is kept."""
        if not isinstance(key, Scalar):
            kind = "a list" if isinstance(key, Sequence) else "a mapping"
            self._refuse_key(key, f"a key is plain text, and this is {kind}")
        if not key.text:
            self._refuse_key(key, "there is no key before this colon")
        if key.text == MERGE_KEY and not key.quoted:
            raise SourceError([syntax.alias(self._place(key), key.text)])
        name = same_key(key.text)
        first = here.key(name) if name in self.known[-1] else None
        if first is not None:
            raise SourceError.of(
                "AC111",
                f"the key `{syntax.shorten(key.text)}` is given twice",
                place=self._place(key),
                facts=[f"first at {self._place(first)}"],
            )
        if name != MERGE_KEY:  # which stands for itself in quotes alone
            self.names[key.text] = name
        return name

    def _refuse_key(self, key: Value, message: str) -> NoReturn:
        raise SourceError.of("AC112", message, place=self._place(key))

    def _refuse_no_value(self, here: Mapping, key: Scalar, value: Scalar) -> None:
        """Refuse `{kernel:3}` and `{conv: max(1, c//4)}`: keys without a value."""
        if value.quoted or key.quoted:
            return
        if here.pairs:
            self._refuse_split(here.pairs[-1])
        glued = ":" in key.text and re.fullmatch(syntax.GLUED, key.text)
        if glued:
            place = self._place(key)
            raise SourceError([syntax.missing_space(place, *glued.groups())])

    def _refuse_split(self, value: Value) -> None:
        """Refuse a value that a comma inside parentheses has cut off."""
        if not isinstance(value, Scalar) or value.quoted:
            return
        if value.text.count("(") <= value.text.count(")"):
            return
        problem = syntax.split_expression(self._place(value))
        if problem:
            raise SourceError([problem])

    def _check_scalar(self, event: Any, value: Scalar) -> None:
        if event.tag or event.anchor:
            self._check_property(event)
        size = len(value.text)
        if size > self.limits.scalar_chars:
            self._refuse_size("scalar_chars", TOO_LONG, value, size)

    def _check_property(self, event: Any) -> None:
        """Refuse a tag; keep an anchor, since its alias is the better place to show."""
        place = self._mark_place(event.start_mark)
        written = syntax.word_at(place)
        marked = replace(place, width=max(1, len(written)))
        if event.tag:
            raise SourceError([syntax.tag(marked, written)])
        self.anchor = self.anchor or syntax.alias(marked, written)

    def _refuse_size(
        self, limit: str, what: str, value: Value, found: int | None = None
    ) -> NoReturn:
        place = self._place(value)
        raise self.limits.exceeded(limit, what, place=place, found=found)

    def _explained(self, error: yaml.MarkedYAMLError) -> Problem:
        """Return what a parser's error means."""
        here = self.stack[-1]
        at = error.problem_mark or error.context_mark
        began = error.context_mark
        return syntax.explain(
            syntax.Complaint(
                self.written,
                error.context or "",
                error.problem or "",
                (at.line + 1, at.column + 1) if at else (here.line, here.column),
                (began.line + 1, began.column + 1) if began else None,
                (here.line, here.column) if here.flow else None,
            )
        )

    def _place(self, value: Value) -> Place:
        return place_of(self.written, value)

    def _mark_place(self, mark: Any, width: int = 1) -> Place:
        return self.written.place(mark.line + 1, mark.column + 1, width)

    def _last_place(self) -> Place:
        here = self.stack[-1]
        return self.written.place(here.line, here.column)

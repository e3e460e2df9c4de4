"""What a YAML parser complains about, in words that help.

libyaml and PyYAML say what they expected; the writer of a file needs to know what to
change. Nothing here parses: a complaint and the text around it become a `Problem`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archcalc.errors import Place, Problem
from archcalc.records import dataclass, replace
from archcalc.source.text import Text

READING_RULES = {
    "AC101": "The file cannot be opened, or is not a regular file.",
    "AC102": "The file is not UTF-8 text.",
    "AC103": "The file has a character that YAML forbids, such as a control character.",
    "AC104": "The file is not YAML, for a reason that has no rule of its own.",
    "AC105": "A bracket or a quote is opened and not closed, or closed and not opened.",
    "AC106": "A tab where YAML needs spaces for indentation.",
    "AC107": "`kernel:3` and `-relu` are single words: YAML needs a space after the "
    "colon and after the dash.",
    "AC108": "Inside { } and [ ], a comma ends the value. Put an expression with a "
    "comma in quotes.",
    "AC109": "Anchors (&a), aliases (*a) and merge keys (<<) are not supported, "
    "because aliases can make a small file huge. Use `blocks`, `params` or "
    "`defaults`.",
    "AC110": "Tags (!t) and %TAG directives are not supported. Values are texts and "
    "numbers.",
    "AC111": "A key stands twice in one mapping. Keys are compared after Unicode "
    "normalisation (NFC).",
    "AC112": "A key must be text: not empty, not a list and not a mapping.",
    "AC113": "A file must hold one document, which is one network.",
    "AC114": "The file is empty.",
    "AC115": "The file or the network is larger than a limit. `--limit NAME=VALUE` "
    "raises the limit.",
    "AC116": "Text that contains a colon and a space needs quotes.",
    "AC117": "A line is indented differently from its neighbours.",
    "AC118": "A value that begins with a character that YAML reserves needs quotes.",
    "AC119": "A text in double quotes has an unknown escape sequence.",
}
OPENERS = {"]": "[", "}": "{"}
STRAYS = {
    "]": ("AC105", "`]` closes nothing: no `[` is open"),
    "}": ("AC105", "`}` closes nothing: no `{` is open"),
    ",": (
        "AC104",
        "a value is missing before this comma, or there is one comma too many",
    ),
    ":": ("AC112", "there is no key before this colon"),
}
# Patterns of complaints are compiled when something is wrong.
GLUED = r"[\s\-?{,]*+([^\W\d]\w*)\s*:([^\s:/]\S*)"
PAIRS = r":\s+([\w./*+-]+)\s+([a-z_]+)$"
TUPLE = r"\(\d+(?:, ?\d+)*\)"
PLAIN_VALUE = r"[\dx.]+|true|false|same|half|valid"
INDENT = r"[ \t]*"
ESCAPE = r"\\(?:x\w{0,2}|u\w{0,4}|U\w{0,8}|.)?"
LONGEST_KEY = 1024  # YAML 1.2, 7.4.3: a key on one line has at most 1,024 characters
LONGEST_QUOTED = 40


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a parser said: 1-based lines and columns, None where it gave none.

    `began` is where the thing began that it was reading, `opened` the innermost bracket
    that was open.
    """

    text: Text
    context: str
    problem: str
    at: tuple[int, int]
    began: tuple[int, int] | None = None
    opened: tuple[int, int] | None = None

    @property
    def line(self) -> str:
        return self.text.line(self.at[0])

    @property
    def before(self) -> str:
        """What stands before the mark on its line."""
        return self.line[: self.at[1] - 1]

    @property
    def char(self) -> str:
        """The character at the mark, or "" at the end of a line."""
        return self.line[self.at[1] - 1 : self.at[1]]

    @property
    def at_end(self) -> bool:
        """Whether nothing but blanks stands from the mark to the end of the text."""
        rest = self.text.lines[self.at[0] :]
        return not self.line[self.at[1] - 1 :].strip() and not any(map(str.strip, rest))

    def place(self, spot: tuple[int, int] | None = None, width: int = 1) -> Place:
        return self.text.place(*(spot or self.at), width)


def explain(complaint: Complaint) -> Problem:
    """Return the problem that a parser's complaint stands for."""
    said = f"{complaint.context}: {complaint.problem}"
    for fragments, handler in HANDLERS:
        if any(fragment in said for fragment in fragments):
            problem = handler(complaint)
            if problem:
                return problem
    return Problem("AC104", f"not YAML: {said.strip(': ')}", complaint.place())


def shorten(text: str) -> str:
    """Return the beginning of a text, to be quoted in one sentence."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_QUOTED else text[: LONGEST_QUOTED - 1] + "…"


def missing_space(place: Place, key: str, value: str) -> Problem:
    """Return the problem of `kernel:3`, where `kernel: 3` was meant."""
    key, value = shorten(key), shorten(value)
    return Problem(
        "AC107",
        f"a space is missing after the colon of `{key}:{value}`",
        place,
        help=f"write `{key}: {value}`",
    )


def alias(place: Place, written: str) -> Problem:
    """Return the problem of an alias (`*a`), an anchor (`&a`) or a merge key (`<<`)."""
    written = shorten(written)
    named = {"*": "a YAML alias", "&": "a YAML anchor"}
    return Problem(
        "AC109",
        f"`{written}` is {named.get(written[:1], 'a YAML merge key')}, "
        "which archcalc does not support",
        place,
        help="use `blocks` or `params` for what repeats"
        + (", and quotes around an expression" if written[:1] == "*" else ""),
    )


def tag(place: Place, written: str) -> Problem:
    """Return the problem of a tag (`!t`) or a directive that defines one."""
    return Problem(
        "AC110",
        f"`{shorten(written)}` is a YAML tag, which archcalc does not support",
        place,
        help='put text that begins with "!" in quotes; leave other tags out',
    )


def split_expression(place: Place) -> Problem | None:
    """Return the problem of `max(1, c)` without quotes inside brackets.

    `place` is where the text with the open parenthesis begins; None where the
    parenthesis is not closed on its line, so that it is no expression.
    """
    written = _call_at(place.text[place.column - 1 :])
    if written is None:
        return None
    help = f'put the expression in quotes: "{shorten(written)}"'
    if re.fullmatch(TUPLE, written):
        help = f"a list is written [{written.strip('()')}]"
    return Problem(
        "AC108",
        "inside brackets a comma ends a value, and this one has a comma in it",
        replace(place, width=len(written)),
        help=help,
    )


def _call_at(rest: str) -> str | None:
    """Return the beginning of a text up to where its parentheses are closed."""
    depth = 0
    for match in re.finditer("[()]", rest):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            return rest[: match.end()]
    return None


def word_at(place: Place) -> str:
    """Return what is written at a place, up to a blank or a bracket."""
    match = re.compile(r"[^\s,\[\]{}]+").match(place.text, place.column - 1)
    return match.group() if match else ""


def _bracket(said: Complaint) -> Problem:
    """An entry of a bracketed list or mapping is followed by neither , nor the end."""
    closer = "]" if "sequence" in said.context else "}"
    opener = OPENERS[closer]
    began = said.began or said.at
    if said.at_end:
        return _never_closed(said, opener, began)
    if said.char in OPENERS:
        message = f"`{said.char}` cannot close the `{opener}` of line {began[0]}"
        return Problem("AC105", message, said.place(), help=f"close it with `{closer}`")
    if said.char == ":" and said.at[0] == began[0]:
        return _second_colon(said)
    if said.at[0] > began[0]:
        message = f"this `{opener}` is still open on line {said.at[0]}"
        help = f"a comma or a `{closer}` is missing before that"
        return Problem("AC105", message, said.place(began), help=help)
    message = f"a comma or a `{closer}` is missing before this"
    return Problem("AC105", message, said.place())


def _never_closed(said: Complaint, opener: str, began: tuple[int, int]) -> Problem:
    return Problem("AC105", f"this `{opener}` is never closed", said.place(began))


def _quote(said: Complaint) -> Problem:
    return Problem("AC105", "this quote is never closed", said.place(said.began))


def _tab(said: Complaint) -> Problem | None:
    indent = re.match(INDENT, said.line)
    if said.char != "\t" and not (indent and "\t" in indent.group()):
        return None
    place = said.place((said.at[0], said.line.index("\t") + 1))
    return Problem("AC106", "YAML allows no tab here", place, help="use spaces")


def _alias(said: Complaint) -> Problem | None:
    return _alias_at(said, said.began or said.at)


def _alias_at(said: Complaint, spot: tuple[int, int]) -> Problem | None:
    written = word_at(said.place(spot))
    return (
        alias(said.place(spot, len(written)), written) if written[:1] in "*&" else None
    )


def _tag(said: Complaint) -> Problem:
    place = said.place(said.began)
    return tag(place, word_at(place))


def _directive(said: Complaint) -> Problem:
    return directive(said.place((said.at[0], 1)))


def directive(place: Place) -> Problem:
    """Return the problem of a `%` line at a place."""
    message = f"`{shorten(place.text)}` is a directive that archcalc does not read"
    return Problem("AC110", message, place, help="remove the line")


def _colon(said: Complaint) -> Problem:
    """A `: ` where no key can stand."""
    glued = _glued(said, said.at[0] - 1)
    if glued and not re.search(r":\s", said.before):
        return glued
    if re.search(r":\s", said.before):
        return _second_colon(said)
    if len(said.before) > LONGEST_KEY:
        return _long_key(said)
    message = "this key is indented deeper than its neighbours, or a `-` is missing"
    column = len(said.before) - len(said.before.lstrip()) + 1
    return Problem("AC117", message, said.place((said.at[0], column)))


def _second_colon(said: Complaint) -> Problem:
    pairs = re.search(PAIRS, said.before)
    if pairs and (said.opened or re.fullmatch(PLAIN_VALUE, pairs[1])):
        value, key = pairs.groups()
        place = said.place((said.at[0], pairs.start(2) + 1), len(key))
        help = f"write {{…: {value}, {key}: …}}, or `{key}:` on a line of its own"
        message = f"a comma is missing between `{value}` and `{key}`"
        return Problem("AC116", message, place, help=help)
    message = "unquoted text cannot hold `: `, and here is a second one"
    return Problem("AC116", message, said.place(), help="put the text in quotes")


def _no_colon(said: Complaint) -> Problem:
    """A line that must hold a key has no `: `."""
    line, column = said.began or said.at
    glued = _glued(said, line)
    if glued:
        return glued
    written = said.text.line(line)[column - 1 :]
    if len(written) > LONGEST_KEY:
        return _long_key(said)
    place = said.place((line, column), max(1, len(written.rstrip())))
    if re.match(r"-\w", written):
        message = f"a space is missing after the dash of `{shorten(written)}`"
        return Problem("AC107", message, place)
    return Problem("AC117", f"`{shorten(written)}` is not a `key: value`", place)


def _glued(said: Complaint, line: int) -> Problem | None:
    """Return the problem of a line `key:value`, if it is one."""
    text = said.text.line(line)
    match = re.match(GLUED, text)
    if match is None or re.search(r":(\s|$)", text):
        return None
    place = said.place((line, match.start(1) + 1), match.end() - match.start(1))
    return missing_space(place, match.group(1), match.group(2))


def _long_key(said: Complaint) -> Problem:
    message = f"a key is longer than the {LONGEST_KEY} characters that YAML allows"
    return Problem("AC104", message, said.place(said.began or (said.at[0], 1)))


def _reserved(said: Complaint) -> Problem:
    char = said.char or said.line[:1]
    message = f"a value cannot begin with the character {char}"
    return Problem("AC118", message, said.place(), help="put it in quotes")


def _block_text(said: Complaint) -> Problem:
    """`>= 3` and `|x|`: the first character announces a text of several lines."""
    place = said.place(said.began)
    char = place.text[place.column - 1 : place.column]
    message = f"a value that begins with `{char}` is a text of several lines in YAML"
    return Problem("AC118", message, place, help="put it in quotes")


def _escape(said: Complaint) -> Problem:
    index = said.line.rfind("\\", 0, said.at[1])
    if index < 0:  # the mark stands before the text, not in it
        index = said.line.find("\\")
    found = re.match(ESCAPE, said.line[index:]) if index >= 0 else None
    written = found.group() if found else "\\"
    return Problem(
        "AC119",
        f"`{written}` in double quotes is not an escape sequence",
        said.place((said.at[0], index + 1 or said.at[1]), len(written)),
        help="write `\\\\` for a backslash, or use single quotes",
    )


def _stray(said: Complaint) -> Problem | None:
    """Something stands where nothing of its kind can."""
    if said.at_end and said.opened:
        opener = said.text.line(said.opened[0])[said.opened[1] - 1]
        return _never_closed(said, opener, said.opened)
    if said.char in ("*", "&"):
        return _alias_at(said, said.at)
    if said.char == "-" and "flow" in said.context:
        message = "a `- ` item cannot stand inside brackets"
        help = "separate the items by commas, or leave the brackets out"
        return Problem("AC105", message, said.place(), help=help)
    if said.char == ":" and re.search(r"\w$", said.before):
        return Problem("AC107", "a space is missing after this colon", said.place())
    if said.char in STRAYS:
        return Problem(*STRAYS[said.char], said.place())
    if said.before.rstrip().endswith(("'", '"')):
        message = "more text follows a closing quote"
        help = "a quote inside single quotes is written twice: ''"
        return Problem("AC105", message, said.place(), help=help)
    return _unlike_neighbours(said)


def _unlike_neighbours(said: Complaint) -> Problem | None:
    parts = ("block mapping", "block collection", "<document start>")
    about = f"{said.context} {said.problem}"
    if said.before.strip(" -") or not any(part in about for part in parts):
        return None
    began = f" that begins on line {said.began[0]}" if said.began else ""
    kind = "list" if "collection" in said.context else "mapping"
    message = f"this line does not continue the {kind}{began}: is its indentation right"
    return Problem("AC117", f"{message}?", said.place())


def _dash(said: Complaint) -> Problem:
    message = "a `- ` item cannot begin here"
    return Problem("AC117", message, said.place(), help="put it on a line of its own")


Handler = Callable[[Complaint], Problem | None]
HANDLERS: tuple[tuple[tuple[str, ...], Handler], ...] = (
    (("expected ',' or",), _bracket),
    (("unexpected end of stream", "unexpected document"), _quote),
    (("alias", "anchor"), _alias),
    (("tag",), _tag),
    (("directive", "incompatible YAML document"), _directive),
    (("",), _tab),
    (("mapping values are not allowed",), _colon),
    (("could not find expected ':'",), _no_colon),
    (("cannot start any token",), _reserved),
    (("scanning a block scalar",), _block_text),
    (("quoted scalar",), _escape),
    (("entries are not allowed",), _dash),
    (("expected",), _stray),
)

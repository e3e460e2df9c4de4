"""What a class keeps: modules, parameters and sizes, and the code that makes them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from archcalc.sizes.polynomials import Poly
from archcalc.writers.bodies import ENTERING
from archcalc.writers.functions import around
from archcalc.writers.language import Language
from archcalc.writers.names import Names, attribute
from archcalc.writers.parts import ANYTHING, Class, Given, Part, is_module
from archcalc.writers.templates import literal
from archcalc.writers.text import source

BY_POSITION = 2
"""How many arguments of a block are given without their names."""


class Argument(NamedTuple):
    """An argument of a constructor: its name, type and default (None for none).

    `filler` stands in a call that needs no value of it.
    """

    name: str
    type: str
    default: Any
    filler: Any


class Member(NamedTuple):
    """What a part is called: an attribute, and the place in a chain of modules."""

    attribute: str
    place: int | None = None

    def path(self, language: Language) -> str:
        """Return the name as the language writes a path: `conv1.0`."""
        if self.place is None:
            return self.attribute
        return language.inside(self.attribute, self.place)

    def text(self, language: Language) -> str:
        """Return the name as an expression: `self.conv1[0]`."""
        whole = f"self.{self.attribute}"
        return whole if self.place is None else language.at(whole, self.place)


class Members:
    """The attributes of one class.

    `runs` are ranges of parts that one attribute holds; `named` says what the attribute
    of each part is, `kept` which arguments `forward` needs.
    """

    def __init__(
        self, made: Class, known: dict[int, Members], language: Language
    ) -> None:
        self.made = made
        self.known = known
        self.language = language
        self.arguments = _arguments(made, language)
        self.names = Names((*language.taken, *language.names))
        self.reads = readers(made)
        self.runs = list(self.found_runs())
        self.named: dict[int, Member] = {}
        self.parameters: dict[int, dict[str, str]] = {}
        for run in self.runs:
            self.name(run)
        self.kept: dict[str, str] = {}

    # -- names -------------------------------------------------------------------------

    def found_runs(self) -> Iterator[range]:
        """Yield the parts of each attribute: a layer and its followers, or a branch."""
        start = 0
        for index in range(1, len(self.made.parts) + 1):
            ends = index == len(self.made.parts)
            if ends or not self.follows(start, index):
                yield range(start, index)
                start = index

    def follows(self, start: int, index: int) -> bool:
        """Say whether a part goes into the chain that begins at `start`."""
        parts = self.made.parts
        first, part = parts[start], parts[index]
        chain = part.inputs == ((index - 1, 0),) and self.reads[index - 1] == 1
        if not chain or not is_module(first) or not is_module(part):
            return False
        if first.shared is not None or part.shared is not None:
            return False
        if first.optional != part.optional:
            return False
        if first.optional is not None:
            return True
        head, _, follower = part.name.rpartition(".")
        return head == first.name and bool(follower)

    def name(self, run: range) -> None:
        """Give the parts of a run their attributes."""
        parts = self.made.parts
        first = parts[run.start]
        if first.shared is not None:
            self.named[run.start] = self.named[first.shared]
            return
        wanted = first.branch if first.optional is not None else first.name
        form = first.form
        if form is not None and not form.target:
            if form.held:
                held = [name for name, _ in form.held]
                self.name_parameters(run.start, attribute(wanted), held)
            return
        name = self.names.free(attribute(wanted))
        for place, index in enumerate(run):
            self.named[index] = Member(name, place if len(run) > 1 else None)

    def name_parameters(self, part: int, wanted: str, params: list[str]) -> None:
        """Give the parameters of an expression their attributes."""
        alone = len(params) == 1
        self.parameters[part] = {
            param: self.names.free(wanted if alone else f"{wanted}_{param}")
            for param in params
        }

    # -- the constructor ---------------------------------------------------------------

    def constructor(self) -> Iterator[str]:
        """Yield the statements that make the attributes."""
        for run in self.runs:
            yield from self.made_of(run)
        for name, argument in self.kept.items():
            yield f"self.{name} = {argument}"

    def made_of(self, run: range) -> Iterator[str]:
        """Yield the statement for one attribute, or those for some parameters."""
        parts = self.made.parts
        first = parts[run.start]
        for param, name in self.parameters.get(run.start, {}).items():
            yield from self.parameter(first, param, name)
        if run.start not in self.named or first.shared is not None:
            return
        name = self.named[run.start].attribute
        modules = [self.module(parts[index]) for index in run]
        text = ", ".join(_folded(modules))
        if len(run) > 1:
            text = self.language.chain(text)
        if first.optional is None:
            yield f"self.{name} = {text}"
            return
        flag = self.expression(first.optional)
        yield from self.language.optional(name, flag, text)

    def parameter(self, part: Part, param: str, name: str) -> Iterator[str]:
        """Yield the code of a parameter or buffer; zeros stand for what is learned."""
        assert part.form is not None
        at = part.places.stop - sum(axes for _, axes in part.form.held)
        sizes: list[str] = []
        for known, axes in part.form.held:
            if known == param:
                sizes = [self.expression(place) for place in range(at, at + axes)]
            at += axes
        if (param, len(sizes)) in part.form.params:
            yield from self.language.parameter(name, sizes)
            return
        code = ""
        for known, filled in part.form.filled:
            if known == param:
                values = {
                    at: self.expression(place) for at, place in enumerate(part.places)
                }
                code = around(filled, "", values)
        yield from self.language.buffer(name, sizes, code)

    def module(self, part: Part) -> str:
        """Return the call that makes the module of a part."""
        if part.used is not None:
            return self.block(part, part.used)
        form = part.form
        assert form is not None
        given = [self.expression(at) for at in part.places[: form.positional]]
        end = form.positional + form.keywords
        for at in range(form.positional, end):
            name, place = form.names[at], part.places[at]
            value = self.made.given[place]
            known = self.language.usual(form.target, name)
            if (
                known is not None
                and value == Given(known)
                and type(value.literal) is type(known)
            ):
                continue
            given.append(f"{name}={self.expression(place)}")
        made = self.language.made(form.target, given, bool(part.weights))
        return form.wrap.format(made)

    def block(self, part: Part, used: Class) -> str:
        """Return the call that makes a block, or a row of blocks."""
        count = len(used.arguments)
        first = self.call(used, part.places[:count])
        if not part.row:
            return first
        rest = self.call(used, part.places[count : 2 * count])
        number = self.made.given[part.places[2 * count]]
        if is_single(self.made, part):
            return first
        if first == rest:
            times = self.expression(part.places[2 * count])
            return self.language.chain(f"*[{rest} for _ in range({times})]")
        if number.argument is None and number.literal == 2:
            return self.language.chain(f"{first}, {rest}")
        less = (
            f"{number.literal - 1}"
            if number.argument is None
            else (f"{self.expression(part.places[2 * count])} - 1")
        )
        return self.language.chain(f"{first}, *[{rest} for _ in range({less})]")

    def call(self, used: Class, places: range) -> str:
        """Return the call of a class of the code with the values at some places."""
        known = self.known[id(used)].arguments
        values = dict(zip(used.arguments, places, strict=True))
        given = []
        for number, (key, argument) in enumerate(known.items()):
            value = self.made.given[values[key]]
            written = self.expression(values[key], argument.filler)
            if value.argument is None and argument.default is not None:
                if value.literal is ANYTHING or value.literal is None:
                    continue
                if value.literal == argument.default:
                    continue
            by_name = number >= BY_POSITION or argument.default is not None
            given.append(f"{argument.name}={written}" if by_name else written)
        return self.language.made(used.name, given)

    def expression(self, place: int, filler: Any = None) -> str:
        """Return how a value is written in the constructor."""
        return written(self.made.given[place], self.arguments, filler)

    # -- what forward needs ------------------------------------------------------------

    def stored(self, place: int) -> str:
        """Return how a value is written in `forward`; arguments become attributes."""
        given = self.made.given[place]
        if given.argument is None:
            return source(literal(given.literal))
        text = self.expression(place)
        wanted = self.arguments[given.argument].name if text.isidentifier() else "size"
        for name, known in self.kept.items():
            if known == text:
                return f"self.{name}"
        name = self.names.free(wanted)
        self.kept[name] = text
        return f"self.{name}"


def written(given: Given, arguments: dict[str, Argument], filler: Any = None) -> str:
    """Return how a value is written with the arguments of a constructor."""
    if given.argument is None:
        nothing = given.literal is None or given.literal is ANYTHING
        return source(literal(filler if nothing else given.literal))
    name = arguments[given.argument].name
    if given.other is not None:
        return f"{name} * {arguments[given.other].name}"
    if given.times > 1:
        return f"{given.times} * {name}"
    return f"{name} // {given.over}" if given.over > 1 else name


def is_single(made: Class, part: Part) -> bool:
    """Say whether a part is one block alone, and no row, in every use."""
    if not part.row:
        return True
    number = made.given[part.places[-1]]
    return number.argument is None and number.literal == 1


def readers(made: Class) -> dict[int, int]:
    """Return how often the first output of each part is read."""
    found = dict.fromkeys(range(len(made.parts)), 0)
    refs = [ref for part in made.parts for ref in part.inputs] + [*made.returned]
    for at, _ in refs:
        if at != ENTERING:
            found[at] += 1
    return found


def _arguments(made: Class, language: Language) -> dict[str, Argument]:
    """Return the arguments of a class, those without a default first."""
    names = Names(("self", *language.names))
    found: dict[str, Argument] = {}
    for key, column in made.arguments.items():
        values = [value for value in column if value is not ANYTHING]
        hint = key.rstrip("_0123456789")
        default = language.often.get(hint)
        if default not in values or type(values[0]) is bool:
            default = None
        if made.uses[0].group.parent < 0:
            default = values[0]
        if all(type(value) is bool for value in values):
            default = False
        found[key] = Argument(
            names.free(attribute(key)), _type(values), default, values[0]
        )
    pairs = sorted(found.items(), key=lambda pair: pair[1].default is not None)
    return dict(pairs)


def _folded(modules: list[str]) -> Iterator[str]:
    """Yield modules, equal ones in a row as a loop."""
    for text, equal in groupby(modules):
        count = len(list(equal))
        yield text if count == 1 else f"*[{text} for _ in range({count})]"


def _type(values: list[Any]) -> str:
    """Return the type of some values as an annotation."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "bool"
    if kinds <= {int, Poly}:
        return "int"
    if kinds <= {int, float}:
        return "float"
    if kinds == {str}:
        return "str"
    return "tuple[int, ...]" if kinds == {tuple} else "object"

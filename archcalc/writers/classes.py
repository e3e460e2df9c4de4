"""Which classes the code has, and what their constructors take.

Uses of a block that are built alike share a class. Where only numbers differ, they
become arguments of its constructor: a param of the block if it has the same value in
every use, a multiple of one, or else an argument with the language's name. Every use is
checked: the arguments of a class give each use exactly its own numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.graph.graph import Graph, Node
from archcalc.layers.records.calls import Module
from archcalc.writers.arguments import Arguments
from archcalc.writers.bodies import Body, Item, Ref, bodies
from archcalc.writers.branches import merged
from archcalc.writers.language import Language, Words
from archcalc.writers.parts import (
    ANYTHING,
    Class,
    Draft,
    Part,
    Ranges,
    agree,
    both,
)
from archcalc.writers.templates import template


class Use(NamedTuple):
    """A use of a class: the class, and its values in this use."""

    of: Class
    number: int

    def arguments(self) -> tuple[Any, ...]:
        """Return what the constructor gets for this use."""
        return tuple([column[self.number] for column in self.of.arguments.values()])


def classes(
    graph: Graph,
    top: Body,
    params: Mapping[str, int],
    language: Language,
    words: Words,
) -> tuple[list[Class], dict[int, Use]]:
    """Return the classes, the inner ones first, and the use of each body by its id.

    `params` are the arguments of the whole network, with their usual values; the graph
    has symbols for them. `words` has the steps of each layer.
    """
    maker = _Maker(graph, language, words)
    for level in _levels(top):
        maker.add(level)
    whole = maker.classes[-1]
    whole.arguments = {name: [value] for name, value in params.items()}
    return maker.classes, maker.uses


def _levels(top: Body) -> list[list[Body]]:
    """Return the bodies by how deep they are: those without a block inside first."""
    heights: dict[int, int] = {}
    levels: list[list[Body]] = []
    for body in bodies(top):
        inner = [heights[id(i.body)] for i in body.items if i.body is not None]
        height = heights[id(body)] = max(inner, default=-1) + 1
        if height == len(levels):
            levels.append([])
        levels[height].append(body)
    return levels


class _Maker:
    """Collects classes, from the blocks without blocks to the whole network."""

    def __init__(self, graph: Graph, language: Language, words: Words) -> None:
        self.graph = graph
        self.language = language
        self.words = words
        self.classes: list[Class] = []
        self.uses: dict[int, Use] = {}

    def add(self, level: Iterable[Body]) -> None:
        """Make the classes of bodies that use only classes made before."""
        found: dict[Hashable, list[Draft]] = {}
        for body in level:
            draft = self.draft(body)
            found.setdefault(draft.key(), []).append(draft)
        for group in merged(list(found.values())):
            made = self.made(group)
            self.classes.append(made)

    def made(self, drafts: list[Draft]) -> Class:
        """Return the class of uses that are alike."""
        first = drafts[0]
        made = Class(
            first.body.group.label,
            first.parts,
            first.returned,
            len(first.body.entering),
        )
        for number, draft in enumerate(drafts):
            made.uses.append(draft.body)
            made.ranges.append(draft.ranges)
            made.values.append(draft.values)
            self.uses[id(draft.body)] = Use(made, number)
        Arguments(made).find()
        return made

    # -- one body ----------------------------------------------------------------------

    def draft(self, body: Body) -> Draft:
        """Return a body as parts; blocks in a row become one."""
        parts: list[Part] = []
        values: list[Any] = []
        ranges: Ranges = []
        moved: dict[Ref, Ref] = {}
        known: dict[int, int] = {}
        for first, end in _rows(body, self.uses):
            item = body.items[first]
            inputs = tuple([moved.get(ref, ref) for ref in item.inputs])
            name = _name(body, first, end)
            if item.node is None:
                uses = [self.use(i) for i in body.items[first:end]]
                row = name != item.name
                given = _row_values(uses) if row else [*uses[0].arguments()]
                whole = Part(name, inputs, None, uses[0].of, range(0), row)
                pieces = [(whole, given)]
            else:
                pieces = self.pieces(item.node, name, inputs, len(parts))
            for part, given in pieces:
                places = range(len(values), len(values) + len(given))
                values += given
                parts.append(part._replace(places=places, branch=item.branch))
                ranges.append(range(first, end))
                shared = self.owner(body, parts, ranges, values, known)
                parts[-1] = parts[-1]._replace(shared=shared)
            if not pieces:  # the input, called otherwise
                moved[first, 0] = inputs[0]
                continue
            for index in range(first, end):
                for place in range(len(_leaving(body.items[index]))):
                    moved[index, place] = len(parts) - 1, place
        returned = tuple([moved.get(ref, ref) for ref in body.returned])
        return Draft(body, parts, values, returned, ranges)

    def owner(
        self,
        body: Body,
        parts: list[Part],
        ranges: Ranges,
        values: list[Any],
        known: dict[int, int],
    ) -> int | None:
        """Return the part whose module the last part uses, as it shares all weights.

        `known` holds the part of each layer so far, by its node.
        """
        own, part = _nodes(body, ranges[-1]), parts[-1]
        if part.used is None and not (part.weights or part.last):
            return None
        for node in own:
            if part.weights or node.index not in known:
                known[node.index] = len(parts) - 1
        owners = {known.get(node.share) for node in own if node.share is not None}
        if len(owners) != 1 or (part.form is not None and not part.form.target):
            return None
        (index,) = owners
        if index is None or parts[index].shared is not None:
            return None
        other, nodes = parts[index], _nodes(body, ranges[index])
        alike = (other.form, id(other.used)) == (part.form, id(part.used))
        if not alike or len(nodes) != len(own):
            return None
        tied = all(
            b.share == a.index or (b.share is None and not self.weighs(b))
            for a, b in zip(nodes, own, strict=True)
        )
        mine = [values[i] for i in part.places]
        equal = mine == [values[i] for i in other.places]
        return index if tied and equal else None

    def weighs(self, node: Node) -> bool:
        """Say whether a node has weights or buffers."""
        shapes, layer = self.graph.input_shapes(node), node.layer
        return bool(layer.weights(*shapes) or layer.buffers(*shapes))

    def use(self, item: Item) -> Use:
        """Return the use that an item is."""
        return self.uses[id(item.body)]

    def pieces(
        self, node: Node, name: str, inputs: tuple[Ref, ...], first: int
    ) -> list[tuple[Part, list[Any]]]:
        """Return the steps of a layer as parts, the first at number `first`.

        The first module has the name of the layer; those behind it are its followers,
        as a norm is a convolution's.
        """
        refs, found = [*inputs], []
        steps = self.words.steps[node.index]
        modules = [n for n, step in enumerate(steps) if isinstance(step.record, Module)]
        head = modules[0] if modules else 0
        for number, step in enumerate(steps):
            form, values = template(step.record, self.language)
            read = tuple([refs[i] for i in step.inputs])
            called = name if number == head else f"{name}.{number}"
            part = Part(called, read, form, None, range(0), key=node.layer.key)
            last = number == len(steps) - 1
            part = part._replace(weights=step.weights, last=last)
            found.append((part, [*values]))
            refs.append((first + number, 0))
        return found


def _nodes(body: Body, items: range | None) -> list[Node]:
    """Return the layers in some items of a body, in order."""
    found: list[Node] = []
    for item in [body.items[i] for i in items or ()]:
        if item.node is not None:
            found.append(item.node)
        elif item.body is not None:
            found += _nodes(item.body, range(len(item.body.items)))
    return found


def _leaving(item: Item) -> Sequence[int]:
    return (0,) if item.body is None else item.body.leaving


def _name(body: Body, first: int, end: int) -> str:
    """Return the name of a part: of a repetition, that of the whole repeat."""
    item = body.items[first]
    head, _, number = item.name.rpartition(".")
    alone = item.body is None or len(item.inputs) != 1 or len(item.body.leaving) != 1
    repeated = number == "1" and head and not alone
    return head if repeated or end - first > 1 else item.name


def _rows(body: Body, uses: Mapping[int, Use]) -> list[tuple[int, int]]:
    """Return ranges of items: repetitions of a block one behind the other, or one.

    In a row each block reads the one before and nothing else, nothing else reads it,
    and all but the first get the same arguments.
    """
    read: dict[Ref, int] = {}
    for item in body.items:
        for ref in item.inputs:
            read[ref] = read.get(ref, 0) + 1
    for ref in body.returned:
        read[ref] = read.get(ref, 0) + 1
    found: list[tuple[int, int]] = []
    for index in range(len(body.items)):
        if found and _goes_on(body, uses, read, found[-1][0], index):
            found[-1] = found[-1][0], index + 1
        else:
            found.append((index, index + 1))
    return found


def _goes_on(
    body: Body,
    uses: Mapping[int, Use],
    read: Mapping[Ref, int],
    first: int,
    index: int,
) -> bool:
    """Say whether an item is the next repetition in the row that begins at `first`."""
    item, before = body.items[index], body.items[index - 1]
    if item.body is None or before.body is None:
        return False
    start = body.items[first].name.rpartition(".")
    number = str(index - first + 1)
    if start[2] != "1" or item.name.rpartition(".") != (start[0], ".", number):
        return False
    if item.inputs != ((index - 1, 0),) or read[index - 1, 0] != 1:
        return False
    if len(before.inputs) != 1 or len(item.body.leaving) != 1:
        return False
    own, other = uses[id(item.body)], uses[id(before.body)]
    if own.of is not other.of:
        return False
    return index - first == 1 or agree(own.arguments(), other.arguments())


def _row_values(uses: list[Use]) -> list[Any]:
    """Return the values of a row: of the first block, of the others, and how many."""
    first = list(uses[0].arguments())
    rest: list[Any] = [ANYTHING] * len(first)
    for use in uses[1:]:
        rest = [both(a, b) for a, b in zip(rest, use.arguments(), strict=True)]
    return [*first, *rest, len(uses)]

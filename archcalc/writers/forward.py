"""The `forward` of a class: one statement a line, few names."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from archcalc.graph.graph import Graph
from archcalc.layers.base import times
from archcalc.writers.bodies import ENTERING, Ref
from archcalc.writers.functions import Functions, around, has_steps, inline
from archcalc.writers.language import Words
from archcalc.writers.members import Members
from archcalc.writers.names import Names
from archcalc.writers.parts import Part

POOL = ("x", "y", "z", "u", "v", "w", "a", "b", "c", "d")


class Forward:
    """Writes one `forward`: which variable holds which value, and the statements."""

    def __init__(
        self, members: Members, functions: Functions, graph: Graph, words: Words
    ) -> None:
        self.members = members
        self.language = members.language
        self.made = members.made
        self.functions = functions
        self.graph = graph
        self.words = words
        self.last = self.last_uses()
        self.names: dict[Ref, str] = {}
        self.used: set[str] = set()
        self.ending: list[tuple[int, Ref]] = []
        self.extra = Names((*POOL, "self", *self.language.names))
        self.entering = [
            self.variable((ENTERING, i)) for i in range(self.made.entering)
        ]

    def last_uses(self) -> dict[Ref, int]:
        """Return the last part that reads each value; the end for what is returned."""
        last: dict[Ref, int] = {}
        for index, part in enumerate(self.made.parts):
            last.update(dict.fromkeys(part.inputs, index))
        last.update(dict.fromkeys(self.made.returned, len(self.made.parts)))
        return last

    def variable(self, ref: Ref) -> str:
        """Take a variable that holds nothing which is still read."""
        name = next((one for one in POOL if one not in self.used), None)
        if name is None:
            name = self.extra.free("t")
        self.names[ref] = name
        self.used.add(name)
        heappush(self.ending, (self.last.get(ref, -2), ref))
        return name

    def release(self, index: int) -> None:
        """Let the variables go that nothing reads after a part."""
        while self.ending and self.ending[0][0] <= index:
            self.used.discard(self.names.pop(heappop(self.ending)[1]))

    def lines(self, shapes: bool) -> Iterator[tuple[str, str]]:
        """Yield the statements, each with a comment or "".

        `shapes`: say the shape of each value, where the class is used once.
        """
        for run in self.members.runs:
            text = self.value(run)
            index = run.stop - 1
            outputs = self.outputs(index)
            anything = next(iter(self.names.values()), None)
            if not self.made.parts[run.start].inputs and anything is not None:
                text = self.spread(run.start, text, anything)
            self.release(index)
            names = [self.variable((index, place)) for place in range(outputs)]
            self.release(index)
            is_last = self.made.parts[index].last
            comment = self.shape(index) if shapes and is_last else ""
            yield f"{', '.join(names)} = {text}", comment
        yield f"return {', '.join(self.names[ref] for ref in self.made.returned)}", ""

    def outputs(self, index: int) -> int:
        """Return how many values a part gives."""
        used = self.made.parts[index].used
        return 1 if used is None else len(used.returned)

    def value(self, run: range) -> str:
        """Return the expression of an attribute's call."""
        part = self.made.parts[run.start]
        inputs = [self.names[ref] for ref in part.inputs]
        form = part.form
        plain = form is None or (form.before is None and form.after is None)
        if form is None or (plain and form.target):
            whole = self.members.named[run.start]
            text = f"self.{whole.attribute}"
            if part.shared is not None:
                text = whole.text(self.language)
            return f"{text}({', '.join(inputs)})"
        values = {
            at: self.members.stored(place)
            for at, place in enumerate(part.places)
            if f"_{at}" in f"{form.body} {form.before} {form.after}"
        }
        if form.target:
            entering = inputs[0]
            if form.before is not None:
                entering = around(form.before, entering, values)
            text = f"{self.members.named[run.start].text(self.language)}({entering})"
            return text if form.after is None else around(form.after, text, values)
        return self.expression(run.start, part, inputs, values)

    def expression(
        self, index: int, part: Part, inputs: list[str], values: dict[int, str]
    ) -> str:
        """Return a layer that is an expression, or the call of its function."""
        form = part.form
        assert form is not None
        own = self.members.parameters.get(index, {})
        params = {param: self.language.held(name) for param, name in own.items()}
        if not has_steps(form):
            return inline(form, inputs, params, values, self.language.training)
        return self.functions.of(part).call(inputs, params, values)

    def spread(self, index: int, text: str, batch: str) -> str:
        """Return a value that reads no tensor, for every sample of the batch."""
        body = self.made.uses[0]
        items = self.made.ranges[0][index]
        node = body.items[items[0]].node if items else None
        if node is None:
            return text
        return self.language.spread(text, batch, len(node.shape))

    def shape(self, index: int) -> str:
        """Return the shape of what a part gives."""
        items = self.made.ranges[0][index]
        if not items:
            return ""
        item = self.made.uses[0].items[items[-1]]
        if item.node is not None:
            return times(self.words.lying(self.graph.nodes[item.node.index]))
        leaving = item.body.leaving if item.body is not None else []
        return ", ".join(times(self.words.lying(self.graph.nodes[i])) for i in leaving)

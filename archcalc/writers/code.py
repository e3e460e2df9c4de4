"""A network as one file of code: a class for each block, loops for repeats.

The code is made of the same records of layers that the reference build runs, in words
of a language, so that a layer needs nothing here. It imports that language's library
alone. Names come from the spec, as far as they can be identifiers; all other text of
the spec stands in comments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archcalc.errors import UsageError, clean
from archcalc.layers.base import times
from archcalc.network.torch_network import check_numbers
from archcalc.writers.bodies import body
from archcalc.writers.classes import classes
from archcalc.writers.forward import Forward
from archcalc.writers.functions import Functions
from archcalc.writers.language import Language
from archcalc.writers.members import Argument, Members
from archcalc.writers.names import Names, class_name, titled
from archcalc.writers.parts import Class
from archcalc.writers.settings import with_arguments
from archcalc.writers.text import WIDTH, lines
from archcalc.writers.ties import Paths, frozen, ties

if TYPE_CHECKING:
    from archcalc.graph.graph import Graph
    from archcalc.network.network import Network


class Written:
    """A network on its way to code: its classes, their members, and all names.

    `paths` are where the weights of each node are in the module that the code makes:
    for every node with weights, each by the name that its layer gives it:
    `{1: {"weight": Weight("conv1.0.weight")}}`.

    Raises `UsageError` AC521 for a size that is a symbol, AC523 for a step that the
    language has no words for.
    """

    def __init__(self, network: Network, language: Language) -> None:
        self.language = language
        self.network, self.graph = network, network.graph
        check_numbers(self.graph)
        _check_known(self.graph)
        graph, self.words, params = with_arguments(network, language)
        self.body = body(graph)
        self.classes, uses = classes(graph, self.body, params, language, self.words)
        names = Names(language.names)
        self.classes[-1].name = names.free(titled(network.name, network.title))
        self.members: dict[int, Members] = {}
        for made in self.classes:
            made.name = made.name or names.free(class_name(made.block), "")
            self.members[id(made)] = Members(made, self.members, language)
        self.functions = Functions(self.classes, names, language)
        paths = Paths(self.graph, uses, self.members, language, self.words)
        self.paths = {node.index: own for node, own in paths.of(self.body)}
        self.tie, self.tied = language.ties(list(ties(self.graph, self.paths)))

    def text(self) -> str:
        """Return the whole file."""
        written = [list(self.class_lines(made)) for made in self.classes]
        functions = list(self.functions.lines())
        if self.tie:
            functions.append(self.tie)
        code = "\n".join("\n".join(("", "", *part)) for part in (*functions, *written))
        tree = ast.walk(ast.parse(code))
        used = {node.id for node in tree if isinstance(node, ast.Name)}
        head = "\n".join(self.head(used))
        return f"{head}\n{code}\n"

    def class_lines(self, made: Class) -> Iterator[str]:
        """Yield the text of a class."""
        members = self.members[id(made)]
        forward = Forward(members, self.functions, self.graph, self.words)
        is_top = made is self.classes[-1]
        statements = list(forward.lines(is_top))
        yield f"class {made.name}({self.language.based(is_top)}):"
        yield f'    """{self.about(made, is_top)}"""'
        yield ""
        taken = [*map(_declared, members.arguments.values())]
        yield from self.language.constructor(taken)
        made_by = [*members.constructor()]
        if is_top:
            held = [*frozen(self.graph, self.paths)]
            made_by += [*self.tied, *self.language.frozen(held)]
        for text in made_by or self.language.nothing():
            depth = (len(text) - len(text.lstrip())) // 4
            yield from lines(text.strip(), 2 + depth)
        yield ""
        call, tensor = self.language.call, self.language.tensor
        given = ", ".join(f"{name}: {tensor}" for name in forward.entering)
        tensors = [tensor] * len(made.returned)
        result = tensors[0] if len(tensors) == 1 else f"tuple[{', '.join(tensors)}]"
        yield from lines(f"def {call}(self, {given}) -> {result}:", 1)
        for text, comment in statements:
            found = list(lines(text, 2))
            if comment and len(found) == 1 and len(found[0]) + len(comment) < WIDTH - 4:
                found = [f"{found[0]}  # {comment}"]
            yield from found

    def about(self, made: Class, is_top: bool) -> str:
        """Return the docstring of a class."""
        if is_top:
            return f"{_comment(self.network.title)}."
        first = made.uses[0]
        entering = [
            times(self.words.lying(self.graph.nodes[i])) for i in first.entering
        ]
        leaving = [times(self.words.lying(self.graph.nodes[i])) for i in first.leaving]
        sizes = f"{', '.join(entering)} to {', '.join(leaving)}"
        return f"Block {_comment(made.block)}, for example {sizes}."

    def head(self, used: set[str]) -> Iterator[str]:
        """Yield the docstring of the file, and the imports of what it uses."""
        network, graph = self.network, self.graph
        title = _comment(network.title)
        entering = [times(self.words.lying(graph.nodes[i])) for i in graph.inputs]
        leaving = [times(self.words.lying(graph.nodes[i])) for i in graph.outputs]
        yield f'"""{title}: {", ".join(entering)} to {", ".join(leaving)}.'
        yield ""
        yield from self.language.notes()
        heads = sorted({n.name.partition(".")[0] for n in graph.nodes if n.aux})
        if heads:
            yield f"The side heads are left out: {_comment(', '.join(heads))}."
        yield '"""'
        yield ""
        yield from self.language.imports(used)


def _check_known(graph: Graph) -> None:
    """Raise `UsageError` for a step of which we know only the sizes."""
    for node in graph.nodes:
        if node.layer.uncounted and not node.aux:
            raise UsageError.of(
                "AC523",
                f"{node.name} cannot be written: archcalc knows only its sizes",
                help="replace the unknown step by layers",
            )


def _declared(argument: Argument) -> str:
    """Return an argument as a constructor declares it."""
    default = "" if argument.default is None else f" = {argument.default!r}"
    return f"{argument.name}: {argument.type}{default}"


def _comment(text: str) -> str:
    """Return a text of a user so that it can stand in a docstring or a comment."""
    plain = " ".join(clean(text).split())
    return plain.replace("\\", "/").replace('"', "'")[:200]

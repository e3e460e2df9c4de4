"""A network as one file of PyTorch code: a class for each block, loops for repeats.

The code is made of the same records of layers that the reference build runs, so that a
layer needs nothing here. It imports torch alone. Names come from the spec, as far as
they can be identifiers; all other text of the spec stands in comments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archcalc.errors import UsageError, clean
from archcalc.layers.base import times
from archcalc.network.torch_network import check_numbers
from archcalc.writers.pytorch.bodies import body
from archcalc.writers.pytorch.classes import classes
from archcalc.writers.pytorch.forward import Forward
from archcalc.writers.pytorch.functions import Functions
from archcalc.writers.pytorch.members import Argument, Members
from archcalc.writers.pytorch.names import Names, class_name, titled
from archcalc.writers.pytorch.parts import Class
from archcalc.writers.pytorch.settings import with_arguments
from archcalc.writers.pytorch.text import WIDTH, lines
from archcalc.writers.pytorch.ties import Paths, frozen, ties

if TYPE_CHECKING:
    from archcalc.graph.graph import Graph
    from archcalc.network.network import Network


def write(network: Network) -> str:
    """Return a network as Python code.

    Raises `UsageError` AC521 for a size that is a symbol, AC523 for a step that stands
    for an operator of which only the sizes are known.
    """
    return Written(network).text()


def weight_paths(network: Network) -> dict[int, dict[str, str]]:
    """Return where the weights of each node are in the module that the code makes.

    For every node with weights of its own, the path of each by the name that its layer
    gives it: `{1: {"weight": "conv1.0.weight"}}`.
    """
    return Written(network).paths


class Written:
    """A network on its way to code: its classes, their members, and all names."""

    def __init__(self, network: Network) -> None:
        self.network, self.graph = network, network.graph
        check_numbers(self.graph)
        _check_known(self.graph)
        graph, params = with_arguments(network)
        self.body = body(graph)
        self.classes, uses = classes(graph, self.body, params)
        names = Names()
        self.classes[-1].name = names.free(titled(network.name, network.title))
        self.members: dict[int, Members] = {}
        for made in self.classes:
            made.name = made.name or names.free(class_name(made.block), "")
            self.members[id(made)] = Members(made, self.members)
        self.functions = Functions(self.classes, names)
        paths = Paths(self.graph, uses, self.members)
        self.paths = {node.index: own for node, own in paths.of(self.body)}
        self.ties = list(ties(self.graph, self.paths))

    def text(self) -> str:
        """Return the whole file."""
        written = [list(self.class_lines(made)) for made in self.classes]
        functions = list(self.functions.lines())
        if self.ties:
            functions.append(TIE)
        code = "\n".join("\n".join(("", "", *part)) for part in (*functions, *written))
        tree = ast.walk(ast.parse(code))
        used = {node.id for node in tree if isinstance(node, ast.Name)}
        head = "\n".join(self.head(used))
        return f"{head}\n{code}\n"

    def class_lines(self, made: Class) -> Iterator[str]:
        """Yield the text of a class."""
        members = self.members[id(made)]
        forward = Forward(members, self.functions, self.graph)
        is_top = made is self.classes[-1]
        statements = list(forward.lines(is_top))
        yield f"class {made.name}(nn.Module):"
        yield f'    """{self.about(made, is_top)}"""'
        yield ""
        taken = ["self", *map(_declared, members.arguments.values())]
        yield from lines(f"def __init__({', '.join(taken)}) -> None:", 1)
        yield "        super().__init__()"
        for text in members.constructor():
            depth = (len(text) - len(text.lstrip())) // 4
            yield from lines(text.strip(), 2 + depth)
        if is_top:
            yield from _tie_lines(self.ties)
            yield from _frozen_lines(list(frozen(self.graph, self.paths)))
        yield ""
        given = ", ".join(f"{name}: Tensor" for name in forward.entering)
        tensors = ["Tensor"] * len(made.returned)
        result = tensors[0] if len(tensors) == 1 else f"tuple[{', '.join(tensors)}]"
        yield from lines(f"def forward(self, {given}) -> {result}:", 1)
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
        entering = [times(self.graph.nodes[i].shape) for i in first.entering]
        leaving = [times(self.graph.nodes[i].shape) for i in first.leaving]
        sizes = f"{', '.join(entering)} to {', '.join(leaving)}"
        return f"Block {_comment(made.block)}, for example {sizes}."

    def head(self, used: set[str]) -> Iterator[str]:
        """Yield the docstring of the file, and the imports of what it uses."""
        network, graph = self.network, self.graph
        title = _comment(network.title)
        entering = [times(graph.nodes[i].shape) for i in graph.inputs]
        leaving = [times(graph.nodes[i].shape) for i in graph.outputs]
        yield f'"""{title}: {", ".join(entering)} to {", ".join(leaving)}.'
        yield ""
        yield "Written by archcalc. Shapes leave out the batch."
        heads = sorted({n.name.partition(".")[0] for n in graph.nodes if n.aux})
        if heads:
            yield f"The side heads are left out: {_comment(', '.join(heads))}."
        yield '"""'
        yield ""
        if "torch" in used:
            yield "import torch"
        if "F" in used:
            yield "import torch.nn.functional as F"
        yield "from torch import Tensor, nn"


def _check_known(graph: Graph) -> None:
    """Raise `UsageError` for a step of which we know only the sizes."""
    for node in graph.nodes:
        if node.layer.uncounted and not node.aux:
            raise UsageError.of(
                "AC523",
                f"{node.name} cannot be written: archcalc knows only its sizes",
                help="replace the unknown step by layers",
            )


TIE = [
    "def tie(model: nn.Module, path: str, other: str) -> None:",
    '    """Make a weight of a model the same tensor as another."""',
    '    owner, _, name = path.rpartition(".")',
    '    lender, _, lent = other.rpartition(".")',
    "    value = getattr(model.get_submodule(lender), lent)",
    "    setattr(model.get_submodule(owner), name, value)",
]


def _tie_lines(pairs: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the statements that make weights the same tensor."""
    for mine, theirs in pairs:
        yield from lines(f"tie(self, {mine!r}, {theirs!r})", 2)


def _frozen_lines(paths: list[str]) -> Iterator[str]:
    """Yield the statements that keep weights as they are in training."""
    for path in paths:
        if "." in path:
            yield from lines(f"self.get_parameter({path!r}).requires_grad_(False)", 2)
        else:
            yield from lines(f"self.{path}.requires_grad_(False)", 2)


def _declared(argument: Argument) -> str:
    """Return an argument as a constructor declares it."""
    default = "" if argument.default is None else f" = {argument.default!r}"
    return f"{argument.name}: {argument.type}{default}"


def _comment(text: str) -> str:
    """Return a text of a user so that it can stand in a docstring or a comment."""
    plain = " ".join(clean(text).split())
    return plain.replace("\\", "/").replace('"', "'")[:200]

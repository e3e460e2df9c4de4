"""Convolutions and matrix products as loops, found among the operators of ONNX.

One sample; every multiply-accumulate that archcalc counts is in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.sizes.dims import Dim, Poly
from archcalc.writers.onnx.recurrent import GATES
from archcalc.writers.onnx.sheet import Op, Page
from archcalc.writers.onnx.steps import written_steps

if TYPE_CHECKING:
    from archcalc.network.network import Network

Ints = tuple[int, ...]


class Product(NamedTuple):
    """A convolution in `groups`, or as many matrix products.

    Of each group: `into` channels give `out` channels at the positions of `output`; a
    matrix product has its rows there, and no kernel. `kernel`, `stride`, `dilation` and
    `padding` are those of each axis, the padding at both ends. `left` and `right` are
    the products that the data and the other factor come from, None for an input of the
    network or a weight.
    """

    step: str
    groups: int
    out: int
    into: int
    output: Ints
    kernel: Ints = ()
    stride: Ints = ()
    dilation: Ints = ()
    padding: tuple[tuple[int, int], ...] = ()
    left: int | None = None
    right: int | None = None

    @property
    def macs(self) -> int:
        """The multiply-accumulates."""
        return self.groups * self.out * self.into * prod(self.output + self.kernel)

    @property
    def rows(self) -> int:
        """The rows of the matrix product that it is, windows laid out as rows."""
        return prod(self.output)

    @property
    def depth(self) -> int:
        """The numbers that are multiplied and added up for one value."""
        return self.into * prod(self.kernel)


def products_of(network: Network) -> list[Product]:
    """Return the products of a network, in the order in which they run.

    Raises `UsageError` AC521 for a size that is a symbol, AC523 for a step that cannot
    be taken apart.
    """
    steps = written_steps(network.graph)
    page = steps.sheet
    names = [steps.values[index].name for index in network.graph.outputs]
    found: list[Product] = []
    last: dict[str, int] = {}
    for op in page.reached(names):
        before = [last[name] for name in op.inputs if name in last]
        made = list(READ[op.op](page, op)) if op.op in READ else []
        for product in made:
            left = last.get(op.inputs[0])
            right = last.get(op.inputs[1])
            found.append(product._replace(left=left, right=right))
        source = len(found) - 1 if made else before[0] if before else None
        if source is not None:
            last.update(dict.fromkeys(op.outputs, source))
    return found


def whole(sizes: Sequence[Dim]) -> Ints:
    """Return sizes without the batch, of which there is one."""
    return tuple([size for size in sizes if not isinstance(size, Poly)])


def named(op: Op) -> str:
    """Return the step that an operator belongs to."""
    return ".".join(op.name.split("/")[1:-1])


def conv(page: Page, op: Op) -> Iterator[Product]:
    """Yield a convolution."""
    out, into, *kernel = whole(page.shapes[op.inputs[1]])
    rank, given = len(kernel), numbers(op)
    groups = given.get("group", [1])[0]
    pads = given.get("pads", [0] * 2 * rank)
    yield Product(
        named(op),
        groups,
        out // groups,
        into,
        whole(page.shapes[op.outputs[0]])[1:],
        tuple(kernel),
        tuple(given.get("strides", [1] * rank)),
        tuple(given.get("dilations", [1] * rank)),
        tuple(zip(pads[:rank], pads[rank:], strict=True)),
    )


def numbers(op: Op) -> dict[str, list[int]]:
    """Return the attributes of an operator that are whole numbers, as lists."""
    found: Mapping[str, Any] = op.attributes
    lists = {k: [v] if isinstance(v, int) else v for k, v in found.items()}
    return {k: [*v] for k, v in lists.items() if isinstance(v, list | tuple)}


def deconv(page: Page, op: Op) -> Iterator[Product]:
    """Yield a transposed convolution: each position gives a window of outputs."""
    into, out, *kernel = whole(page.shapes[op.inputs[1]])
    groups = numbers(op).get("group", [1])[0]
    rows = prod(whole(page.shapes[op.inputs[0]])[1:])
    yield Product(named(op), groups, out * prod(kernel), into // groups, (rows,))


def gemm(page: Page, op: Op) -> Iterator[Product]:
    """Yield a linear layer of a vector."""
    out, into = whole(page.shapes[op.inputs[1]])
    yield Product(named(op), 1, out, into, (1,))


def matmul(page: Page, op: Op) -> Iterator[Product]:
    """Yield as many products of matrices as there are leading positions."""
    a, b = (page.shapes[name] for name in op.inputs)
    (into, out) = whole(b[-2:])
    if len(b) == 2:  # one matrix for all: its rows stand together
        yield Product(named(op), 1, out, into, (prod(whole(a[:-1])),))
        return
    leading = whole(page.shapes[op.outputs[0]][:-2])
    yield Product(named(op), prod(leading), out, into, whole(a[-2:-1]))


def einsum(page: Page, op: Op) -> Iterator[Product]:
    """Yield the products that letters for axes describe."""
    left, _, right = str(op.attributes["equation"]).partition("->")
    words = left.split(",")
    sizes = {
        letter: 1 if isinstance(size, Poly) else size
        for word, name in zip(words, op.inputs, strict=True)
        for letter, size in zip(word, page.shapes[name], strict=True)
    }

    def many(letters: set[str]) -> int:
        return prod(sizes[letter] for letter in letters)

    a, b, kept = set(words[0]), set(words[1]), set(right)
    if (a | b) - kept:
        rows, out = many((a - b) & kept), many((b - a) & kept)
        yield Product(named(op), many(a & b & kept), out, many((a | b) - kept), (rows,))


def cells(page: Page, op: Op) -> Iterator[Product]:
    """Yield the products of a recurrent layer: with what enters, and with its state."""
    length = whole(page.shapes[op.inputs[0]])[0]
    for name in op.inputs[1:3]:
        ways, out, into = whole(page.shapes[name])
        yield Product(named(op), ways, out, into, (length,))


READ = {
    "Conv": conv,
    "ConvTranspose": deconv,
    "Gemm": gemm,
    "MatMul": matmul,
    "Einsum": einsum,
    **dict.fromkeys(GATES, cells),
}
"""Operators that multiply and add, with what finds their loops."""

"""Receptive fields, also against what a gradient reaches in torch."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
import torch
from samples import long_unless
from torch import nn

import archcalc
from archcalc.graph.graph import Graph, Node
from archcalc.graph.receptive import Field, misaligned, receptive_fields
from archcalc.network.torch_network import build


def field(first: int, last: int) -> Field:
    return Field((first,), (last,), Fraction(1))


def fields(name: str, at: str, **how: Any) -> tuple[Field, ...]:
    analysis = archcalc.load(name, **how).analyze()
    found = receptive_fields(analysis.graph)[analysis.row(at).output]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "at", "size", "jump", "start"),
    [
        ("three-3x3", "conv.3", 7, 1, None),
        ("one-7x7", "conv", 7, 1, None),
        ("vgg16", "conv1-1", 3, 1, -1),
        ("vgg16", "conv5-3", 196, 16, -90),
        ("vgg16", "pool5", 212, 32, -90),
        ("resnet50", "conv5", 483, 32, -241),
        ("resnet50:v1.5", "conv5", 427, 32, -213),
        ("resnet101", "conv5", 1027, 32, None),
        ("resnet152", "conv5", 1507, 32, None),
        ("resnet18", "conv5", 435, 32, -217),
        ("alexnet", "conv1", 11, 4, 0),
        ("alexnet", "pool3", 195, 32, -64),
        ("googlenet", "3a", 59, 8, None),
    ],
)
def test_published_fields(
    name: str, at: str, size: int, jump: int, start: int | None
) -> None:
    analysis = archcalc.load(name).analyze()
    found = receptive_fields(analysis.graph)[analysis.row(at).output]
    assert found is not None
    assert [(f.size, f.jump) for f in found] == [(size, jump)] * 2
    if start is not None:
        assert found[0].start == start


def test_a_dilated_stack_by_hand() -> None:
    """A kernel of 3 spans 2d + 1; after the pool, its inputs are 2 apart."""
    steps = [
        ("{conv: 4, kernel: 3, pad: half}", 3, 1, -1),
        ("{conv: 4, kernel: 3, dilation: 2, pad: half}", 3 + 4, 1, -1 - 2),
        ("{maxpool: 2}", 7 + 1, 2, -3),
        ("{conv: 4, kernel: 3, dilation: 4, pad: half}", 8 + 8 * 2, 2, -3 - 4 * 2),
    ]
    lines = "".join(f"  - {step}\n" for step, *_ in steps)
    text = f"name: stack\ninput: [3, 32, 32]\nlayers:\n{lines}"
    _, *found = receptive_fields(archcalc.loads(text).graph)
    for fields, (step, size, jump, start) in zip(found, steps, strict=True):
        assert fields is not None
        seen = [(f.size, f.jump, f.start) for f in fields]
        assert seen == [(size, jump, start)] * 2, step


def test_what_padding_fakes() -> None:
    pool5 = fields("vgg16", "pool5")[0]
    assert pool5.faked(224) == 90
    assert pool5.faked(100) == 90 + (212 - 90 - 100)
    assert field(3, 5).faked(8) == 0
    assert field(-5, 5).faked(2) == 9


def test_after_a_global_pool_everything_is_seen() -> None:
    analysis = archcalc.load("resnet50").analyze()
    assert receptive_fields(analysis.graph)[analysis.row("pool5").output] is None
    assert receptive_fields(analysis.graph)[analysis.graph.output] is None


def test_a_window_without_a_number_has_no_field() -> None:
    text = "name: a\ninput: [3, 9, 9]\nparams: {k: k}\nlayers: [{conv: 8, kernel: k}]\n"
    graph = archcalc.loads(text).graph
    with pytest.raises(archcalc.UsageError, match="conv has a window of k") as caught:
        receptive_fields(graph)
    (problem,) = caught.value.problems
    assert problem.code == "AC541"
    assert problem.help == "give every size a number, e.g. --input 3x224x224"


def test_fields_in_too_many_phases_are_none() -> None:
    """Outputs that see in 2·3·5·7·11·13 turns are 30,030 cases."""
    steps = "".join(f"  - {{upsample: {n}}}\n" for n in (2, 3, 5, 7))
    text = f"name: a\ninput: [1, 1]\nlayers:\n{steps}"
    fields = receptive_fields(archcalc.loads(text).graph)
    assert fields[-1] is not None
    longer = archcalc.loads(f"{text}  - {{upsample: 11}}\n  - {{upsample: 13}}\n")
    assert receptive_fields(longer.graph)[-1] is None


# -- against torch ---------------------------------------------------------------------


def thin(name: str, end: str, input: str) -> Graph:
    """Return a network's graph up to a step, with few channels: fields stay."""
    text = archcalc.load(name).spec.source.text.partition(end)[0]
    text = re.sub(r"\b(conv|width|c1|r3|c3|r5|c5|pool|out): \d+", r"\1: 4", text)
    text = re.sub(r"input: \[.*\]", f"input: [3, {input}]", text)
    text = re.sub(r".*aux:.*\n", "", text)
    return archcalc.loads(text).graph


MIXED = """
archcalc: 1
name: mixed
input: [2, 97, 61]
defaults: {conv: {bias: false}}
layers:
  - {conv: 3, kernel: [5, 3], stride: [2, 1], pad: [1, 0]}
  - {avgpool: 3, stride: 2, rounding: ceil}
  - {conv: 3, kernel: 3, dilation: 3, pad: 2}
  - concat:
      a: [{conv: 2, kernel: 1}]
      b: [{conv: 2, kernel: 3, pad: 1}, {conv: 2, kernel: 3, pad: 1}]
      c: [{avgpool: 3, stride: 1, pad: 1}]
  - {dwconv: 1, kernel: 3, pad: same, stride: 2}
  - {pad: 2, end: 1}
  - {crop: 10}
  - {conv: 2, kernel: 2}
"""
UP = """
archcalc: 1
name: up
input: [2, 40, 33]
defaults: {conv: {bias: false}, deconv: {bias: false}}
layers:
  - {conv: 3, kernel: 3, stride: 2, pad: 1}
  - {deconv: 3, kernel: 4, stride: 2, pad: 1}
  - {conv: 3, kernel: 3, pad: 1}
  - {upsample: 2}
  - {conv: 3, kernel: 3}
  - {upsample: 2, mode: bilinear}
  - {deconv: 2, kernel: 3, stride: 3}
  - {conv: 3, kernel: 5, stride: 2}
"""
CASES = {
    "vgg16": lambda: thin("vgg16", "  - {name: fc6", "256, 32"),
    "resnet50": lambda: thin("resnet50", "  - {name: pool5", "545, 32"),
    "resnet18": lambda: thin("resnet18", "  - {name: pool5", "500, 32"),
    "googlenet": lambda: thin("googlenet", "  - {name: pool4", "480, 32"),
    "mixed": lambda: archcalc.loads(MIXED).graph,
    "up": lambda: archcalc.loads(UP).graph,
}


def made_positive(graph: Graph) -> nn.Module:
    """Return the network in torch so that every path adds to the gradient.

    Weights are positive, biases zero; a max pool, which picks one path, is an average.
    """
    module = build(graph, "cpu").double().eval()
    for key, part in module.parts.items():
        for name, parameter in part.named_parameters():
            count = parameter[0].numel() if parameter.dim() > 1 else 1
            value = 0.0 if name.endswith("bias") else 1.0 / count
            nn.init.constant_(parameter, value)
        if isinstance(part, nn.MaxPool2d):
            given = (part.kernel_size, part.stride, part.padding, part.ceil_mode)
            module.parts[key] = nn.AvgPool2d(*given)  # type: ignore[arg-type]  # the same sizes
    for index, step in enumerate(module.steps):
        if isinstance(step.part, nn.MaxPool2d):
            module.steps[index] = step._replace(part=module.parts[str(index)])
    return module


def outputs(graph: Graph) -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
    """Run a network once; return its input and every node's output."""
    module = made_positive(graph)
    (index,) = graph.inputs
    shape = (1, *graph.nodes[index].shape)
    x = (1 + torch.rand(shape, dtype=torch.float64)).requires_grad_()
    values = {index: x}
    for node, step in zip(graph.nodes, module.steps, strict=True):
        if node.index not in values and not node.aux:
            values[node.index] = step.run([values[i] for i in node.inputs])
    return x, values


def reached(
    x: torch.Tensor, value: torch.Tensor, position: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the first and last input position with a gradient, for each axis."""
    chosen = value[0, :, position[0], position[1]].sum()
    (gradient,) = torch.autograd.grad(chosen, x, retain_graph=True)
    seen = gradient[0].abs().sum(0) > 0
    lines = [seen.any(1 - axis).nonzero().flatten() for axis in (0, 1)]
    return [(int(line[0]), int(line[-1])) for line in lines]


def expected(field: Field, position: int, size: int) -> tuple[int, int]:
    return max(field.first(position), 0), min(field.last(position), size - 1)


def middle(node: Node) -> tuple[int, int]:
    return int(node.shape[1]) // 2, int(node.shape[2]) // 2


QUICK = ("vgg16", "resnet18", "mixed", "up")
"""A chain, residuals, branches, layers that enlarge; the others take long."""


@pytest.mark.parametrize("name", long_unless(QUICK.__contains__, CASES))
def test_a_gradient_reaches_the_field(name: str) -> None:
    """From the middle of every node but norms and activations, branches included."""
    graph = CASES[name]()
    x, values = outputs(graph)
    sizes = tuple(x.shape[2:])
    found = receptive_fields(graph)
    checked = 0
    for node in graph.nodes[1:]:
        field = found[node.index]
        if node.aux or field is None or node.layer.role in ("norm", "activation"):
            continue
        at = middle(node)
        ours = [expected(*one) for one in zip(field, at, sizes, strict=True)]
        assert ours == reached(x, values[node.index], at), node.name
        checked += 1
    assert checked >= 8


@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_the_field_itself_lies_inside_the_input(name: str) -> None:
    """So that the sizes above are not those of the input."""
    graph = CASES[name]()
    found = receptive_fields(graph)[graph.output]
    assert found is not None
    low, high = expected(found[0], middle(graph.nodes[graph.output])[0], 10**6)
    assert high - low + 1 == found[0].size == {"vgg16": 212, "resnet50": 483}[name]
    assert high < graph.nodes[0].shape[1]


def test_outputs_of_layers_that_enlarge_see_in_turns() -> None:
    graph = CASES["up"]()
    x, values = outputs(graph)
    found = receptive_fields(graph)
    for node in graph.nodes[1:]:
        field = found[node.index]
        assert field is not None
        y, w = middle(node)
        positions = range(y - 4, y + 4)
        theirs = [reached(x, values[node.index], (p, w))[0] for p in positions]
        assert theirs == [expected(field[0], p, x.shape[2]) for p in positions]


def test_one_enlargement_in_phases() -> None:
    text = "archcalc: 1\nname: up\ninput: [1, 9, 9]\nlayers:\n  - {upsample: 3/2}\n"
    found = receptive_fields(
        archcalc.loads(f"{text}  - {{conv: 1, kernel: 3}}\n").graph
    )
    assert found[1] is not None
    assert [found[1][0].first(p) for p in range(13)] == [p * 2 // 3 for p in range(13)]


# -- alignment -------------------------------------------------------------------------

UNEVEN = """
archcalc: 1
name: uneven
input: [2, 16, 16]
layers:
  - add:
      even: [{conv: 2, kernel: 2, pad: same}]
      odd: [{conv: 2, kernel: 3, pad: same}]
  - relu
"""


def test_an_even_kernel_beside_an_odd_one_is_not_aligned() -> None:
    graph = archcalc.loads(UNEVEN).graph
    ((node, axis),) = misaligned(graph)
    assert node.layer.key == "add"
    assert [(f.firsts, f.lasts) for f in axis] == [((0,), (1,)), ((-1,), (1,))]
    found = receptive_fields(graph)[graph.output]
    assert found is not None
    assert not found[0].aligned
    assert (found[0].firsts, found[0].lasts) == ((-1,), (1,))


@pytest.mark.parametrize("name", ["resnet50", "resnet50:v1.5", "googlenet", "unet"])
def test_these_are_aligned(name: str) -> None:
    assert not list(misaligned(archcalc.load(name).graph))


def test_nasnet_reduces_with_a_shift() -> None:
    nodes = [node for node, _ in misaligned(archcalc.load("nasnet-a-mobile").graph)]
    assert nodes
    assert all(node.layer.key in ("concat", "add") for node in nodes)


# -- by hand ---------------------------------------------------------------------------


def small(layers: str, input: str = "2, 8, 8") -> Graph:
    text = f"archcalc: 1\nname: small\ninput: [{input}]\nlayers:\n{layers}"
    return archcalc.loads(text).graph


SHIFTED = """\
  - add:
      a: [{conv: 2, kernel: 3, pad: 1}]
      b: [{conv: 2, kernel: 2, pad: same}]
"""


@pytest.mark.parametrize(
    ("first", "last", "positions", "faked"),
    [
        (-3, 4, 10, 3),
        (-3, 4, 4, 3 + 1),
        (-3, 4, 1, 3 + 4),
        (5, 6, 3, 2),  # beyond the end: all of it, and no more than that
        (0, 2, 3, 0),
    ],
)
def test_faked_by_hand(first: int, last: int, positions: int, faked: int) -> None:
    assert field(first, last).faked(positions) == faked


def test_a_half_is_a_fraction_and_a_whole_an_int() -> None:
    assert field(0, 1).centre == Fraction(1, 2)
    assert (field(0, 2).centre, type(field(0, 2).centre)) == (1, int)
    assert (field(0, 2).step, type(field(0, 2).step)) == (1, int)
    assert Field((0,), (0,), Fraction(1, 2)).step == Fraction(1, 2)


def test_what_joins_a_field_and_the_whole_input_sees_the_whole() -> None:
    graph = small("  - multiply:\n      a: [{conv: 2}]\n      b: [gap, {conv: 2}]\n")
    assert receptive_fields(graph)[graph.output] is None


def test_tokens_have_no_field_by_axes() -> None:
    graph = small("  - {name: c, conv: 2, kernel: 3}\n  - tokens\n")
    assert receptive_fields(graph)[graph.output] is None


def test_what_follows_an_unaligned_join_is_not_aligned() -> None:
    graph = small(SHIFTED + "  - {conv: 2, kernel: 3, pad: 1}\n" + SHIFTED)
    joins = [node.name for node, _ in misaligned(graph)]
    assert joins == ["add1.add", "add2.add"]
    (at,) = [node.index for node in graph.nodes if node.name == "conv"]
    after = receptive_fields(graph)[at]
    assert after is not None
    assert [f.aligned for f in after] == [False, False]


@pytest.mark.parametrize(("times", "followed"), [(4096, True), (4097, False)])
def test_the_most_phases_that_are_followed(times: int, followed: bool) -> None:
    graph = small(f"  - {{upsample: {times}}}\n", "1, 1")
    assert (receptive_fields(graph)[graph.output] is not None) == followed


def test_what_gives_a_vector_axes_has_no_field() -> None:
    """The ids of an embedding have no axis of positions, its output has one."""
    graph = small("  - {embedding: 10, dim: 4}\n", "7")
    assert receptive_fields(graph) == ((), None)

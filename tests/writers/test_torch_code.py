"""The PyTorch code that `archcalc export` writes, beside the reference build."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import archcalc as run
from goldens import check_golden
from layer_cases import Case
from one_layer import ONE_LAYER, network_of, outputs, random_inputs
from samples import zoo
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc import Network, UsageError
from archcalc.network.torch_network import build, trace
from archcalc.writers import spoken
from archcalc.writers.code import Written
from archcalc.writers.text import lines

GOLDEN = Path(__file__).parents[1] / "golden" / "writers"


def module(
    network: Network, device: str, *, keep: bool = False, **arguments: int
) -> nn.Module:
    """Run the code of a network and make its module: the last class of the file."""
    made: dict[str, Any] = {}
    code = archcalc.export(network)
    exec(compile(code, "<exported>", "exec"), made)
    names = [n.name for n in ast.parse(code).body if isinstance(n, ast.ClassDef)]
    with torch.device(device):
        model: nn.Module = made[names[-1]](**arguments)
    return model.eval() if keep else model.eval().requires_grad_(requires_grad=False)


def weights(model: nn.Module) -> dict[str, Tensor]:
    """Return all weights and buffers of a module that has them, by every name."""
    named = [
        *model.named_parameters(remove_duplicate=False),
        *model.named_buffers(remove_duplicate=False),
    ]
    return dict(named)


def pairs(
    network: Network, model: nn.Module, reference: Any
) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Yield the path, ours and the reference's of every weight that has a path."""
    own = weights(model)
    for index, paths in Written(network, spoken("torch")).paths.items():
        part = reference.part(network.graph.nodes[index])
        theirs = {} if part is None else weights(part)
        assert paths.keys() == theirs.keys()
        for name, (path, *_) in paths.items():
            yield path, own[path], theirs[name]


@pytest.mark.parametrize("name", zoo())
def test_the_code_has_the_weights_shapes_and_macs_of_the_reference(name: str) -> None:
    network = archcalc.load(name)
    graph = network.graph
    model, reference = module(network, "meta"), build(graph)
    traced = trace(reference)
    assert sum(p.numel() for p in model.parameters()) == traced.params
    found = {path for path, *_ in pairs(network, model, reference)}
    assert found == weights(model).keys()
    for path, own, theirs in pairs(network, model, reference):
        assert own.shape == theirs.shape, path
    with FlopCounterMode(display=False) as counter:
        given = outputs(model(*random_inputs(network, 2, "meta")))
    assert [(2, *graph.nodes[i].shape) for i in graph.outputs] == [
        tuple(value.shape) for value in given
    ]
    assert counter.get_total_flops() == 4 * traced.macs


@pytest.mark.parametrize("case", ONE_LAYER, ids=lambda c: c.text)
def test_every_layer_computes_the_same_numbers(case: Case) -> None:
    same_numbers(network_of(case), constant=case.layer.key == "zero")


def same_numbers(network: Network, *, constant: bool = False) -> None:
    """Compare the outputs of the code with the reference's, weights copied.

    Unless they are `constant`, they differ: else the comparison would show nothing.
    """
    torch.manual_seed(1)
    reference = build(network.graph, "cpu").eval()
    model = module(network, "cpu")
    with torch.no_grad():
        for value in [*reference.parameters(), *reference.buffers()]:
            if (
                not value.any() and value.is_floating_point()
            ):  # what torch begins with zeros would hide mistakes
                value.copy_(torch.rand_like(value) * 0.1)
        for _, own, theirs in pairs(network, model, reference):
            own.copy_(theirs)
        given = random_inputs(network, 2, "cpu")
        wanted = outputs(reference(*given))
        found = outputs(model(*given))
    for own, theirs in zip(found, wanted, strict=True):
        varied = (
            theirs.numel() == 2 or theirs.isnan().any() or theirs.unique().numel() > 1
        )
        assert varied or constant
        torch.testing.assert_close(own, theirs, rtol=1e-5, atol=1e-6, equal_nan=True)


SMALL = {
    "lenet5": None,
    "resnet50": 64,
    "mobilenet-v2": 64,
    "densenet121": 64,
    "shufflenet-v2": 64,
    "efficientnet": 64,
    "se-resnet50": 64,
}


@pytest.mark.parametrize("name", SMALL)
def test_a_network_computes_the_same_numbers(name: str) -> None:
    size = SMALL[name]
    given = None if size is None else (3, size, size)
    same_numbers(archcalc.load(name, input=given))


SPECS = {
    "shared weights in another class": """
        name: a
        input: [4, 8]
        blocks:
          b: {layers: [{name: w, linear: 8}, {name: r, relu: }]}
        layers:
          - {name: one, use: b}
          - {name: two, linear: 8, share: one.w}
    """,
    "a block of two outputs": """
        name: a
        input: [4, 8, 8]
        blocks:
          b: {layers: [{name: c, conv: 4}, {name: d, conv: 6, kernel: 3}]}
        layers:
          - {name: one, use: b}
          - {name: e, conv: 6, from: one.c, kernel: 3}
          - {add: [one, e]}
    """,
    "repeated blocks that share": """
        name: a
        input: [4, 8]
        blocks:
          b: {layers: [{name: w, linear: 8}, relu]}
        layers:
          - {name: b, use: b, repeat: 3, share: b}
    """,
    "two inputs and two outputs": """
        name: a
        input: {left: [4, 8, 8], right: [2, 8, 8]}
        layers:
          - {name: l, conv: 3, from: left}
          - {name: r, conv: 3, from: right}
          - {name: sum, add: [l, r]}
        outputs: [sum, l]
    """,
    "frozen steps": """
        name: a
        input: [4, 8, 8]
        blocks:
          b: {layers: [{name: c, conv: 4, frozen: true}, {name: d, conv: 4}]}
        layers:
          - {name: first, conv: 4, frozen: true}
          - {name: second, use: b}
    """,
    "names that Python keeps": """
        name: class
        input: [4, 8, 8]
        layers:
          - {name: forward, conv: 4}
          - {name: train, bn: }
          - {name: lambda, relu: }
          - {name: torch, conv: 2}
          - {name: F, gap: }
    """,
}


@pytest.mark.parametrize("title", SPECS)
def test_small_networks(title: str) -> None:
    network = archcalc.loads(SPECS[title])
    same_numbers(network)
    reference, model = build(network.graph), module(network, "meta", keep=True)
    for path, own, theirs in pairs(network, model, reference):
        assert own.requires_grad == theirs.requires_grad, path


def test_params_are_arguments() -> None:
    """A param that only sets sizes may be given to the class."""
    network = archcalc.load("resnet50")
    other = archcalc.load("resnet50", set={"classes": 10})
    model = module(network, "meta", classes=10)
    assert sum(p.numel() for p in model.parameters()) == other.analyze().total.params


def test_a_text_of_the_file_is_no_code() -> None:
    """A title with quotes and line ends stays in its docstring, on one line."""
    title = 'a \\"\\"\\"\\n import os\\n \\\\ b'
    text = f'name: a\ntitle: "{title}"\ninput: [1, 4, 4]\nlayers: [{{conv: 2}}]\n'
    code = archcalc.export(archcalc.loads(text))
    tree = [*ast.walk(ast.parse(code))]
    names = [
        n.name for node in tree if isinstance(node, ast.Import) for n in node.names
    ]
    names += [str(n.module) for n in tree if isinstance(n, ast.ImportFrom)]
    assert {*names} == {"torch"}


def test_the_command_writes_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "net.py"
    done = run(capsys, monkeypatch, "export", "lenet5", "-o", str(path))
    assert (done.code, done.out) == (0, "")
    assert path.read_text(encoding="utf-8") == f"{archcalc.export('lenet5')}"
    assert run(capsys, monkeypatch, "export", "lenet5", "--to", "x").code == 2


def test_sizes_must_be_numbers() -> None:
    with pytest.raises(UsageError, match="AC521"):
        archcalc.export(archcalc.load("lenet5", input=("C", "H", "W")))


@pytest.mark.parametrize("name", ["resnet50", "vit", "googlenet"])
def test_the_code_is_as_it_was_read(name: str) -> None:
    check_golden(GOLDEN / f"{name}.py.txt", archcalc.export(name))


NAMES = "a_long_name_of_a_value", "another_long_name", "a_third_name_of_a_value"
LONG = (
    "a = ({0}({1}, {2}, {0}).reshape(576, -1, 1) * {1}).flatten(1)",
    "a = ({0}.reshape({1}, {2}, {0}, {1}),)",
    "a = {0}({1}({2}, {0}, {1}, {2}))",
    "a, b = ({0}.cos().to({1})[:, None], {2}.sin().to({0})[:, None])",
    "a = [{0}({1}, {2}) for one in ({0}, {1}, {2}, {0}, {1})]",
    "a, b = ({0}({1}, {2}) for one, other in (({0}, {1}), ({2}, {0})))",
)


@pytest.mark.parametrize("form", LONG)
def test_a_long_statement_in_several_lines_means_the_same(form: str) -> None:
    text = form.format(*NAMES)
    written = [*lines(text, 0)]
    assert len(written) > 1
    assert ast.dump(ast.parse("\n".join(written))) == ast.dump(ast.parse(text))

"""Whole ONNX models: exports by torch, models made by hand, what stands in odd places."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import archcalc as run
from independent import library, measure, peer
from onnx import TensorProto, helper
from onnx_models import model, read, weight, whole
from torch import nn

import archcalc
from archcalc.language.formatting import formatted
from archcalc.network.network import loads
from archcalc.readers.spec import spec_text


def exported(net: nn.Module, *sizes: int, **options: Any) -> bytes:
    """Return a module as the exporter without torch.export writes it."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = (torch.zeros(1, *sizes),)
        torch.onnx.export(net.eval(), example, out, dynamo=False, **options)
    return out.getvalue()


def written(data: bytes, folder: Path, name: str = "net") -> Path:
    path = folder / f"{name}.onnx"
    path.write_bytes(data)
    return path


def fused(net: nn.Module) -> int:
    """Return the parameters of a net whose norms were merged into convolutions."""
    total = 0
    for part in net.modules():
        own = sum(p.numel() for p in part.parameters(recurse=False))
        if isinstance(part, nn.Conv2d):
            own = part.weight.numel() + part.out_channels
        total += 0 if isinstance(part, nn.BatchNorm2d) else own
    return total


EXPORTS = [
    pytest.param("resnet18", 30, marks=pytest.mark.long),
    pytest.param("mobilenet_v3_large", 60),
    pytest.param("resnet50", 35, marks=pytest.mark.long),
    pytest.param("vgg16", 40, marks=pytest.mark.long),
    pytest.param("vit_b_16", 25, marks=pytest.mark.long),
    pytest.param("googlenet", 45, marks=pytest.mark.long),
    pytest.param("densenet121", 220, marks=pytest.mark.long),
    pytest.param("efficientnet_b0", 40, marks=pytest.mark.long),
    pytest.param("convnext_tiny", 40, marks=pytest.mark.long),
    pytest.param("inception_v3", 110, marks=pytest.mark.long),
    pytest.param("shufflenet_v2_x1_0", 90, marks=pytest.mark.long),
    pytest.param("mnasnet1_0", 40, marks=pytest.mark.long),
]


@pytest.mark.peers
@pytest.mark.parametrize("opset", [18, 20, 23])
def test_a_network_by_the_default_exporter(opset: int, tmp_path: Path) -> None:
    """It keeps the modules' names, and merges norms."""
    peer("onnxscript")
    net, path = Small().eval(), tmp_path / "net.onnx"
    nn.init.ones_(net.stem[1].bias)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.onnx.export(
            net, (torch.zeros(1, 3, 32, 32),), dynamo=True, opset_version=opset
        )
        assert made is not None
        made.save(path)
    spec = read_bytes(path.read_bytes())
    found = loads(spec_text(spec)).analyze()
    assert not spec.unknown()
    assert found.total.params == fused(net)
    assert found.total.macs == measure(copy.deepcopy(net).to("meta"), (3, 32, 32)).macs


def test_sizes_of_one_letter_are_read_back() -> None:
    """A formula writes `8n`, the language 8*n."""
    nodes = [helper.make_node("Concat", ["x", "x"], ["c"], axis=1)]
    nodes += [helper.make_node("Reshape", ["c", "s"], ["y"])]
    made = model(nodes, {"x": [1, "n", 4]}, {"y": None}, [whole("s", [1, 2, -1])])
    text = spec_text(read(made))
    assert "4*n" in text
    assert [str(n) for n in loads(text).analyze().output] == ["2", "4n"]


PLAIN = ("vgg16", "vit_b_16", "convnext_tiny")
"""Networks without batch norms: every parameter is in the file."""
INSIDE_NORMS = ("densenet121",)
"""Networks of which only some norms can be merged."""


@pytest.mark.parametrize(("name", "lines"), EXPORTS)
def test_exports_of_torchvision(name: str, lines: int) -> None:
    """Few lines, in canonical form; MACs are those of torch, parameters those merged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = library("torchvision.models").get_model(name, weights=None)
    spec = read_bytes(exported(net, 3, 224, 224))
    text = spec_text(spec)
    found = loads(text).analyze()
    assert len(text.splitlines()) <= lines
    assert formatted(text) == text
    assert not spec.unknown()
    measured = measure(copy.deepcopy(net).to("meta"), (3, 224, 224))
    assert found.total.macs == measured.macs
    if name in PLAIN:
        assert found.total.params == measured.params
    elif name not in INSIDE_NORMS:
        aux = sum(
            p.numel() for n, p in net.named_parameters() if n[:3] in ("aux", "Aux")
        )
        assert aux or found.total.params == fused(net)


def read_bytes(data: bytes) -> Any:
    from archcalc.limits import DEFAULT
    from archcalc.readers.onnx.file import read_onnx
    from archcalc.readers.patterns import simplified

    return simplified(read_onnx(data, "net.onnx", DEFAULT))


class Small(nn.Module):
    """A network with much that exporters write in an odd way."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
        )
        self.blocks = nn.ModuleList([Block(8, 16), Block(16, 16), Block(16, 32)])
        self.head = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.nn.functional.silu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


class Block(nn.Module):
    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.a = nn.Conv2d(into, out, 3, padding=1)
        self.b = nn.Conv2d(out, out, 1)
        self.gelu = nn.GELU()
        self.skip = nn.Conv2d(into, out, 1) if into != out else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.skip(x) + self.b(self.gelu(self.a(x)))


@cache
def small() -> bytes:
    """Return the export of the small network."""
    return exported(Small(), 3, 32, 32)


@pytest.mark.parametrize("opset", [11, 13, 17, 20])
def test_a_network_of_ones_own_in_several_opsets(opset: int) -> None:
    """GELU, SiLU and means are written differently in each: figures are the same."""
    net = Small()
    made = read_bytes(exported(net, 3, 32, 32, opset_version=opset))
    found = loads(spec_text(made)).analyze()
    assert not made.unknown()
    assert found.total.params == fused(net)
    kinds = [op.kind for op in made.ops]
    assert kinds.count("gelu") == 3
    assert kinds.count("swish") == 1
    assert (
        found.total.macs
        == 8 * 27 * 256
        + sum(
            256 * (i * o * 9 + o * o + (i * o if i != o else 0))
            for i, o in ((8, 16), (16, 16), (16, 32))
        )
        + 320
    )


def test_names_of_inputs_and_symbols(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    """Sizes that are names stay names, and the command line gives them values."""
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
    axes = {"image": {0: "batch", 2: "height", 3: "width"}}
    data = exported(net, 3, 16, 16, input_names=["image"], dynamic_axes=axes)
    path = written(data, tmp_path)
    found = archcalc.load(path).analyze()
    assert str(found.total.macs) == "216·height·width"
    monkeypatch.chdir(tmp_path)
    done = run(capsys, monkeypatch, "table", "net.onnx", "--input", "3x8x8")
    assert "13,824" in done.out


class Sides(nn.Module):
    """A small U-shape: pooled, enlarged to the size of another step, joined."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, 1, 1)
        self.b = nn.Conv2d(8, 16, 3, 1, 1)
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.a(x)
        b = self.b(torch.max_pool2d(a, 2))
        return self.out(torch.cat([a, self.up(b)], 1))


def test_pools_and_joins_of_sizes_that_are_names(tmp_path: Path) -> None:
    axes = {"x": {0: "batch"}}
    fixed = written(
        exported(Sides(), 3, 32, 32, input_names=["x"], dynamic_axes=axes), tmp_path
    )
    axes = {"x": {0: "batch", 2: "height", 3: "width"}}
    named = written(
        exported(Sides(), 3, 32, 32, input_names=["x"], dynamic_axes=axes),
        tmp_path,
        "named",
    )
    wanted = archcalc.load(fixed).analyze().total.macs
    assert archcalc.load(named, input="3x32x32").analyze().total.macs == wanted


def conv_model(held: Callable[[str, list[int]], list[Any]]) -> Any:
    """Return a convolution whose weight stands where `held` says."""
    nodes = [*held("w", [4, 3, 3, 3]), helper.make_node("Conv", ["x", "w"], ["y"])]
    return model(nodes, {"x": ["n", 3, 8, 8]}, {"y": None})


def as_constant(name: str, sizes: list[int]) -> list[Any]:
    value = weight("", sizes)
    return [helper.make_node("Constant", [], [name], value=value)]


def as_filled(name: str, sizes: list[int]) -> list[Any]:
    shape = whole("", sizes)
    return [
        helper.make_node("Constant", [], ["s"], value=shape),
        helper.make_node("ConstantOfShape", ["s"], [name]),
    ]


def as_dequantized(name: str, sizes: list[int]) -> list[Any]:
    count = sizes[0] * sizes[1] * sizes[2] * sizes[3]
    small = helper.make_tensor("", TensorProto.INT8, sizes, bytes(count), raw=True)
    one = helper.make_tensor("", TensorProto.FLOAT, [], [1.0])
    return [
        helper.make_node("Constant", [], ["q"], value=small),
        helper.make_node("Constant", [], ["scale"], value=one),
        helper.make_node("DequantizeLinear", ["q", "scale"], [name]),
    ]


@pytest.mark.parametrize("held", [as_constant, as_filled, as_dequantized])
def test_where_weights_stand(held: Callable[[str, list[int]], list[Any]]) -> None:
    made = read(conv_model(held))
    assert loads(spec_text(made)).analyze().total.params == 108


def test_weights_in_another_file_are_never_opened(tmp_path: Path) -> None:
    """The sizes stand in the model; the file beside it is not there at all."""
    outside = TensorProto(name="w", dims=[4, 3, 3, 3], data_type=TensorProto.FLOAT)
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="/etc/passwd")
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    made = model([node], {"x": [1, 3, 8, 8]}, {"y": None}, [outside])
    path = written(made.SerializeToString(), tmp_path)
    assert archcalc.load(path).analyze().total.params == 108


def branch(name: str, out: int) -> Any:
    node = helper.make_node("Conv", ["x", f"w{name}"], [f"y{name}"])
    output = helper.make_tensor_value_info(f"y{name}", TensorProto.FLOAT, None)
    return helper.make_graph(
        [node], name, [], [output], [weight(f"w{name}", [out, 3, 1, 1])]
    )


@pytest.mark.parametrize(("value", "params"), [(True, 12), (False, 24), (None, 12)])
def test_branches_of_an_if(value: bool | None, params: int) -> None:
    """A condition that is known decides; else the first branch is read."""
    nodes = []
    inputs: dict[str, Any] = {"x": [1, 3, 8, 8]}
    if value is None:
        inputs["test"] = [1]
    else:
        known = helper.make_tensor("", TensorProto.BOOL, [], [value])
        nodes.append(helper.make_node("Constant", [], ["test"], value=known))
    nodes.append(
        helper.make_node(
            "If",
            ["test"],
            ["y"],
            then_branch=branch("a", 4),
            else_branch=branch("b", 8),
        )
    )
    made = read(model(nodes, inputs, {"y": None}))
    assert loads(spec_text(made)).analyze().total.params == params


def test_functions_of_the_file_are_written_out() -> None:
    inner = helper.make_node("Conv", ["a", "b"], ["c"], strides=[2, 2])
    inner.attribute[0].ref_attr_name = "step"
    inner.attribute[0].ClearField("ints")
    function = helper.make_function(
        "own",
        "Down",
        ["a", "b"],
        ["c"],
        [inner],
        [helper.make_opsetid("", 20)],
        ["step"],
    )
    call = helper.make_node("Down", ["x", "w"], ["y"], domain="own", step=[4, 4])
    made = model(
        [call],
        {"x": [1, 3, 8, 8]},
        {"y": None},
        [weight("w", [4, 3, 1, 1])],
        functions=[function],
        domains=["own"],
    )
    assert read(made).ops[-1].shape == (4, 2, 2)


def unknown_model() -> Any:
    nodes = [
        helper.make_node("Fused", ["x", "v"], ["m"], domain="com.acme"),
        helper.make_node("Conv", ["m", "w"], ["y"]),
    ]
    known = [helper.make_tensor_value_info("m", TensorProto.FLOAT, [1, 5, 8, 8])]
    tensors = [weight("v", [7, 3]), weight("w", [4, 5, 1, 1])]
    return model(
        nodes,
        {"x": [1, 3, 8, 8]},
        {"y": None},
        tensors,
        domains=["com.acme"],
        known=known,
    )


def test_an_operator_without_a_rule_is_never_a_silent_zero(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    path = written(unknown_model().SerializeToString(), tmp_path)
    with pytest.warns(archcalc.InputWarning, match=r"the operator com\.acme:Fused"):
        found = archcalc.load(path).analyze()
    assert found.total.params == 21 + 20
    assert found.total.macs == 20 * 64
    monkeypatch.chdir(tmp_path)
    done = run(capsys, monkeypatch, "table", "net.onnx")
    assert "operations are at least what is printed" in done.err
    done = run(capsys, monkeypatch, "check", "net.onnx", "--strict")
    assert (done.code, "AC416" in done.out) == (1, True)


def test_sizes_that_nobody_knows_stay_symbols() -> None:
    """Without a size behind it, an unknown operator gives one of its own name."""
    made = unknown_model()
    del made.graph.value_info[:]
    found = loads(spec_text(read(made))).analyze()
    assert found.total.params == 41
    assert str(found.output[0]).startswith("unknown")


COMMANDS = [
    ("table", "net.onnx"),
    ("check", "net.onnx"),
    ("compare", "net.onnx", "lenet5"),
    ("diff", "net.onnx", "net.onnx"),
    ("memory", "net.onnx"),
    ("reconcile", "net.onnx", "10.8k params"),
    ("explain", "net.onnx", "head"),
    ("lock", "net.onnx"),
    ("draw", "net.onnx"),
    ("show", "net.onnx"),
    ("fit", "net.onnx", "--device", "t4"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_every_command_takes_a_model(
    words: tuple[str, ...], tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    written(small(), tmp_path)
    monkeypatch.chdir(tmp_path)
    done = run(capsys, monkeypatch, *words)
    assert (done.code, done.err if words[0] != "lock" else "") == (0, "")


def test_import_then_table_gives_the_figures_of_the_source(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    written(small(), tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(capsys, monkeypatch, "import", "net.onnx", "-o", "net.yaml").code == 0
    assert run(capsys, monkeypatch, "fmt", "net.yaml", "--check").code == 0
    first = run(capsys, monkeypatch, "table", "net.onnx").out
    assert run(capsys, monkeypatch, "table", "net.yaml").out == first
    again = run(capsys, monkeypatch, "import", "net.onnx", "-o", "net.yaml")
    assert (again.code, "there is already a file" in again.err) == (2, True)


def test_models_of_a_project(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    written(small(), tmp_path)
    table = '[tool.archcalc]\nmodels = ["net.onnx"]\n'
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(capsys, monkeypatch, "check").out.startswith("net.onnx: ok")
    assert run(capsys, monkeypatch, "lock").code == 0
    assert run(capsys, monkeypatch, "check", "--locked").code == 0


@pytest.mark.parametrize("ending", ["pt", "pth", "h5", "pb", "mlmodel", "PT"])
def test_formats_that_are_not_read_say_what_to_do(
    ending: str, tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(capsys, monkeypatch, "table", f"net.{ending}")
    assert (done.code, done.out) == (2, "")
    assert "AC593" in done.err
    assert "help: " in done.err


def test_a_models_file_is_never_written(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    path = written(small(), tmp_path)
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    for words in (["check", "net.onnx", "--fix"], ["fmt", "net.onnx"]):
        assert run(capsys, monkeypatch, *words).code == 2
    assert path.read_bytes() == before

"""Files that lie: cut short, mixed up, nested, huge. One message, and nothing opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper
from onnx_models import model, weight, whole

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.network.network import network
from archcalc.readers import read_source, source_of
from archcalc.wire.reading import Wire


def chain(op: str, count: int, sizes: Any = (1, 8), **attributes: Any) -> bytes:
    """Return many operators, each reading the one before it."""
    nodes = [
        helper.make_node(op, [f"t{i}"], [f"t{i + 1}"], **attributes)
        for i in range(count)
    ]
    return bytes(model(nodes, {"t0": sizes}, {f"t{count}": None}).SerializeToString())


def doubled(count: int) -> bytes:
    """Return sizes that double: names of sizes with numbers beyond any tensor."""
    nodes = [
        helper.make_node("Concat", [f"t{i}"] * 2, [f"t{i + 1}"], axis=2)
        for i in range(count)
    ]
    made = model(nodes, {"t0": ["n", 3, "h", "w"]}, {f"t{count}": None})
    return bytes(made.SerializeToString())


def squared(count: int) -> bytes:
    """Return a constant that is multiplied with itself again and again."""
    nodes = [helper.make_node("Constant", [], ["c0"], value=whole("", [3]))]
    nodes += [
        helper.make_node("Mul", [f"c{i}", f"c{i}"], [f"c{i + 1}"]) for i in range(count)
    ]
    nodes.append(helper.make_node("Expand", ["x", f"c{count}"], ["y"]))
    return bytes(model(nodes, {"x": [1]}, {"y": None}).SerializeToString())


def nested(depth: int) -> bytes:
    """Return branches inside one another."""
    leaf = helper.make_node("Relu", ["x"], ["y"])
    output = helper.make_tensor_value_info("y", 1, None)
    graph = helper.make_graph([leaf], "g", [], [output])
    for _ in range(depth):
        inner = helper.make_node(
            "If", ["t"], ["y"], then_branch=graph, else_branch=graph
        )
        inner.attribute[1].ClearField("g")
        graph = helper.make_graph([inner], "g", [], [output])
    made = model(list(graph.node), {"x": [1, 8], "t": [1]}, {"y": None})
    return bytes(made.SerializeToString())


def wired(number: int, data: bytes) -> bytes:
    """Return a field with a length, as protobuf writes it."""
    size, left = b"", len(data)
    while left > 127:
        size, left = size + bytes([left % 128 + 128]), left // 128
    return bytes([number * 8 + 2]) + size + bytes([left]) + data


def deep(depth: int) -> bytes:
    """Return branches that lie deeper than protobuf itself would write."""
    graph = wired(1, wired(4, b"Relu"))
    for _ in range(depth):
        attribute = wired(1, b"then_branch") + wired(6, graph)
        graph = wired(1, wired(4, b"If") + wired(5, attribute))
    return wired(7, graph) + wired(8, b"\x10\x14")


def recursive() -> bytes:
    """Return a function that calls itself."""
    call = helper.make_node("F", ["a"], ["b"], domain="own")
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "F", ["a"], ["b"], [call], opsets)
    node = helper.make_node("F", ["x"], ["y"], domain="own")
    made = model(
        [node], {"x": [1, 8]}, {"y": None}, functions=[function], domains=["own"]
    )
    return bytes(made.SerializeToString())


def plain() -> bytes:
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    made = model([node], {"x": [1, 3, 8, 8]}, {"y": None}, [weight("w", [4, 3, 3, 3])])
    return bytes(made.SerializeToString())


def twice() -> bytes:
    """Return a model that lists an input twice, with other sizes."""
    made = onnx.load_from_string(plain())
    made.graph.input.append(
        helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [8])
    )
    return bytes(made.SerializeToString())


def dense(count: int) -> bytes:
    """Return convolutions each of which reads all that were before it."""
    nodes, tensors, names = [], [], ["x"]
    for at in range(count):
        tensors.append(weight(f"w{at}", [1, at + 1, 1, 1]))
        nodes.append(helper.make_node("Concat", names, [f"c{at}"], axis=1))
        nodes.append(helper.make_node("Conv", [f"c{at}", f"w{at}"], [f"t{at}"]))
        names.append(f"t{at}")
    made = model(nodes, {"x": [1, 1, 2, 2]}, {names[-1]: None}, tensors)
    return bytes(made.SerializeToString())


def calling(depth: int) -> bytes:
    """Return functions each of which calls the one before it twice."""
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    made = []
    for at in range(depth):
        names = ["Relu"] if at == 0 else [f"F{at - 1}"] * 2
        domain = "own" if at else ""
        calls = [
            helper.make_node(name, [a], [b], domain=domain)
            for name, (a, b) in zip(names, (("a", "c"), ("c", "b")), strict=False)
        ]
        end = "b" if at else "c"
        made.append(helper.make_function("own", f"F{at}", ["a"], [end], calls, opsets))
    node = helper.make_node(f"F{depth - 1}", ["x"], ["y"], domain="own")
    whole_ = model([node], {"x": [1, 8]}, {"y": None}, functions=made, domains=["own"])
    return bytes(whole_.SerializeToString())


def turning(count: int) -> bytes:
    """Return a constant of 4,096 values whose axes are turned again and again."""
    nodes = [helper.make_node("ConstantOfShape", ["s"], ["c0"])]
    nodes += [
        helper.make_node("Transpose", [f"c{i}"], [f"c{i + 1}"]) for i in range(count)
    ]
    nodes.append(helper.make_node("Add", ["x", f"c{count}"], ["y"]))
    made = model(nodes, {"x": [1, 4]}, {"y": None}, [whole("s", [2] * 12)])
    return bytes(made.SerializeToString())


def nameless(count: int) -> bytes:
    """Return an operator that nobody knows, with thousands of outputs."""
    names = [f"y{at}" for at in range(count)]
    node = helper.make_node("F", ["x"], names, domain="own")
    made = model([node], {"x": [1, 8]}, dict.fromkeys(names), domains=["own"])
    return bytes(made.SerializeToString())


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "the file is empty"),
    "text": (lambda: b"name: net\nlayers: [relu]\n", "at byte"),
    "zip": (lambda: b"PK\x03\x04" + bytes(100), "at byte"),
    "zeros": (lambda: bytes(1000), "there is no field 0 at byte 0"),
    "half": (lambda: plain()[:80], "at byte"),
    "a number without end": (lambda: b"\x08" + b"\xff" * 40, "does not end at byte"),
    "a length of 2 EB": (lambda: b"\x3a" + b"\xff" * 8 + b"\x1f", "are left at byte"),
    "a group": (lambda: b"\x0b\x0c", "kind 3"),
    "opset 6": (lambda: plain().replace(b"\x10\x14", b"\x10\x06"), "opset 6; opsets 7"),
    "opset 99": (lambda: plain().replace(b"\x10\x14", b"\x10\x63"), "opset 99"),
    "many operators": (lambda: chain("Relu", 10_001), "more than 10000 operators"),
    "deep": (lambda: deep(40), "too deep"),
    "recursive": (recursive, "too deep"),
    "dense": (lambda: dense(300), "are more than 30000"),
    "functions that call": (lambda: calling(15), "more than 10000 operators"),
    "turned axes": (lambda: turning(250), "take too long to work out"),
    "doubled": (lambda: doubled(1000), "sizes that no tensor can have"),
    "many fields": (lambda: plain() + b"\x08\x01" * 400_001, "more than 400000 fields"),
    "no input": (
        lambda: bytes(
            model(
                [helper.make_node("Constant", [], ["y"], value_float=1.0)],
                {"x": [1, 3]},
                {"y": None},
            ).SerializeToString()
        ),
        "no output depends on an input",
    ),
    "six axes": (lambda: chain("Relu", 2, (1, 2, 3, 4, 5, 6)), "more than four sizes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_one_message_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    make, said = REFUSED[name]
    path = tmp_path / "net.onnx"
    path.write_bytes(make())
    with pytest.raises(ArchcalcError) as caught:
        read_source(path)
    (problem,) = caught.value.problems
    assert problem.code == "AC592"
    assert said in problem.message


READ: dict[str, Callable[[], bytes]] = {
    "a long chain": lambda: chain("Relu", 3000),
    "unknown operators": lambda: chain("NonZero", 1000),
    "squares": lambda: squared(1000),
    "a few branches": lambda: nested(8),
    "an input twice": lambda: twice(),
    "a small dense network": lambda: dense(40),
    "sizes that nobody knows": lambda: nameless(3000),
    "thousands of outputs": lambda: bytes(
        model(
            [helper.make_node("Relu", ["x"], [f"y{i}"]) for i in range(2000)],
            {"x": [1, 8]},
            {f"y{i}": None for i in range(2000)},
        ).SerializeToString()
    ),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_odd_but_whole_is_read(name: str) -> None:
    found = network(source_of(READ[name](), "net.onnx", "net.onnx"))
    assert len(found.graph.nodes) > 1


def test_weights_in_other_files_are_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they lie does not matter: a pipe, nowhere, outside of the folder."""
    made = onnx.load_from_string(plain())
    (tensor,) = made.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    opened: list[str] = []
    real = os.open

    def watched(path: Any, *given: Any, **named: Any) -> int:
        opened.append(os.fspath(path))
        return real(path, *given, **named)

    path = tmp_path / "net.onnx"
    monkeypatch.setattr(os, "open", watched)
    for place in ("pipe", "nowhere", "../../etc/passwd", "/dev/zero"):
        del tensor.external_data[:]
        tensor.external_data.add(key="location", value=place)
        path.write_bytes(made.SerializeToString())
        if place == "pipe":
            os.mkfifo(tmp_path / place)
        found = network(read_source(path)).analyze()
        assert found.total.params == 4 * 3 * 9
    assert {*opened} <= {str(path)}


def test_nothing_of_the_exporting_machine_is_shown() -> None:
    """Comments and traces of the stack stay in the file."""
    made = onnx.load_from_string(plain())
    secret = "/home/somebody/models/net.py"
    made.doc_string = made.graph.doc_string = made.producer_name = secret
    for node in made.graph.node:
        node.doc_string = secret
        node.metadata_props.add(key="pkg.torch.onnx.stack_trace", value=secret)
    net = network(source_of(made.SerializeToString(), "net.onnx", "net.onnx"))
    assert "somebody" not in net.spec.source.text
    assert "somebody" not in str(archcalc.table(net))


@pytest.mark.parametrize(
    ("data", "code", "expected"),
    [
        (b"\x38\xc7\x74", "f", ()),  # a varint, where real numbers belong
        (b"\x39" + bytes(8), "f", ()),
        (b"\x3d\x00\x00\x80\x3f", "f", (1.0,)),
        (b"\x3a\x04\x00\x00\x80\x3f", "f", (1.0,)),
        (b"\x3a\x03\x00\x00\x80", "f", ()),
        (b"\x39\x00\x00\x00\x00\x00\x00\xf0\x3f", "d", (1.0,)),
    ],
)
def test_real_numbers_of_a_field(
    data: bytes, code: str, expected: tuple[float, ...]
) -> None:
    wire = Wire(data, "net.onnx")
    (field,) = wire.fields(0, len(data))
    assert wire.reals(field, code, 16) == expected

"""Keras files that lie: cut short, nested, huge. One message, and nothing is opened."""

from __future__ import annotations

import builtins
import io
import json
import marshal
import os
import pickle
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from keras_texts import (
    archive,
    call,
    entry,
    functional,
    layer,
    row,
    sequential,
    tensor,
    text,
)

from archcalc.errors import ArchcalcError
from archcalc.network.network import network
from archcalc.readers import read_source, source_of

pytestmark = pytest.mark.filterwarnings("ignore::archcalc.InputWarning")


def plain() -> Any:
    return functional([entry("x", 4), layer("Dense", "d", "x", units=3)])


def changed(change: Callable[[Any], Any]) -> bytes:
    """Return the JSON of a small model after a change."""
    made = plain()
    change(made)
    return text(made)


def doubling(depth: int) -> bytes:
    """Return models each of which calls the one inside it twice."""
    inner = functional(
        [entry("i", 4), layer("Activation", "a", "i", activation="relu")]
    )
    for at in range(depth):
        inner |= {"name": f"m{at}", "inbound_nodes": [call("i"), call("i")]}
        made = [entry("i", 4), inner]
        outputs = [[f"m{at}", 1, 0], [f"m{at}", 2, 0]]
        join = layer("Add", "s", call([tensor(f"m{at}"), tensor(f"m{at}", None, 1)]))
        inner = functional([*made, join]) if at % 2 else functional(made, outputs[0])
    return text(inner)


def nested(depth: int) -> bytes:
    """Return models inside one another."""
    inner = row((4,), layer("Dense", "d", units=4))
    for _ in range(depth):
        inner = sequential(entry("i", 4), inner)
    return text(inner)


def chain(count: int) -> bytes:
    layers = [entry("l0", 4)]
    layers += [layer("ReLU", f"l{at + 1}", f"l{at}") for at in range(count)]
    return text(functional(layers))


def joined(count: int) -> bytes:
    """Return layers each of which reads all that were before it."""
    layers = [entry("l0", 1)]
    for at in range(count):
        before = tuple(f"l{i}" for i in range(at + 1))
        layers.append(
            layer("Concatenate", f"l{at + 1}", before if at else "l0", axis=-1)
        )
    return text(functional(layers))


@cache
def bomb(declared: int | None = None) -> bytes:
    """Return an archive whose configuration unpacks to 60 MB of blanks."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        made.writestr("config.json", b" " * 60_000_000)
    data = file.getvalue()
    if declared is None:
        return data
    true = (60_000_000).to_bytes(4, "little")
    return data.replace(true, declared.to_bytes(4, "little"))


def entries(count: int) -> bytes:
    """Return an archive with thousands of entries."""
    return archive(plain(), **{f"{at:05}" * 8: b"" for at in range(count)})


def packed_otherwise() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("metadata.json", '{"keras_version": "3.15.1"}')
    return file.getvalue()


def shape(*sizes: Any) -> bytes:
    return text(functional([entry("x", *sizes), layer("Dense", "d", "x", units=3)]))


def config(**given: Any) -> bytes:
    return changed(lambda m: m["config"]["layers"][1]["config"].update(given))


def calls(*given: Any) -> bytes:
    return changed(lambda m: m["config"]["layers"][1].update(inbound_nodes=[*given]))


JSON: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "1:1: error[AC592]: this is not JSON: expecting value"),
    "half": (lambda: text(plain())[:200], "this is not JSON"),
    "a text": (lambda: b'"model"', "an object is needed, not"),
    "a list": (lambda: b"[1, 2]", "an object is needed, not a list"),
    "no UTF-8": (lambda: b'{"class_name": "\xff"}', "the byte 0xFF here is not UTF-8"),
    "deep": (lambda: b"[" * 150_000, "too deep in one another"),
    "many lists": (lambda: b"[" + b"[]," * 200_001, "200002 lists and objects"),
    "long": (lambda: b" " * 5_000_000, "has 5000000 bytes"),
    "many digits": (lambda: b'{"a": ' + b"9" * 9_000 + b"}", "thousands of digits"),
    "a number for a text": (
        lambda: changed(lambda m: m.update(class_name=3)),
        "`class_name` is a text, not 3",
    ),
    "layers of another type": (
        lambda: changed(lambda m: m["config"].update(layers=[3])),
        "an object is needed here, not 3",
    ),
    "no layers": (lambda: text(sequential()), "the model has no layers"),
    "no sizes": (
        lambda: text(sequential(layer("Dense", "d", units=3))),
        "does not state the sizes of its input",
    ),
    "a name twice": (
        lambda: text(functional([entry("x", 4), layer("ReLU", "x", "x")])),
        "two layers have the same name",
    ),
    "an unknown layer": (
        lambda: text(row((4,), layer("Densee", "d", module="mine"))),
        "Densee is a class of its author",
    ),
    "a layer without a rule": (
        lambda: text(row((4,), layer("Hashing2", "d"))),
        "no rule knows the layer Hashing2",
    ),
    "a subclass": (
        lambda: text({"class_name": "Net", "config": {}, "module": None}),
        "Net is a subclassed model",
    ),
    "a version": (
        lambda: changed(lambda m: m.update(keras_version="1.2.2")),
        "of Keras 1.2.2; those of Keras 2 and 3 are read",
    ),
    "a layer that is not there": (lambda: calls(call("y")), "reads 'y', which is no"),
    "a call that is not there": (
        lambda: calls(call(tensor("x", [4], 3))),
        "reads what no layer gives",
    ),
    "a circle": (
        lambda: calls(call(tensor("d", [3], 0))),
        "reads what no layer gives, or itself",
    ),
    "a tensor below 0": (lambda: calls(call(tensor("x", None, -1))), "whole numbers"),
    "a call that is a number": (lambda: calls(3), "a call is an object or a list"),
    "a call without arguments": (lambda: calls({"args": 3}), "needs `args`"),
    "an old call of two": (lambda: calls([["x", 0]]), "a call of Keras 2 has a name"),
    "nothing enters": (lambda: calls(call()), "nothing enters it"),
    "arguments that are deep": (
        lambda: calls(call(json.loads("[" * 90 + "]" * 90))),
        "too deep in one another",
    ),
    "sizes that lie": (
        lambda: text(
            functional(
                [
                    entry("x", 4),
                    layer("Dense", "d", "x", units=3),
                    layer("ReLU", "r", call(tensor("d", [5]))),
                ]
            )
        ),
        "the file says that it gives 5; it gives 3",
    ),
    "a size of 0": (lambda: shape(0), "a size of the input is 0"),
    "a size below 0": (lambda: shape(-4), "needs whole numbers, not -4"),
    "five sizes": (lambda: shape(1, 2, 3, 4, 5), "more than 4 axes beside the batch"),
    "a huge size": (lambda: shape(2**64), "needs whole numbers"),
    "a size that is true": (lambda: shape(True), "needs whole numbers, not true"),
    "no units": (lambda: config(units=None), "`units` is needed here"),
    "units of 0": (lambda: config(units=0), "AC592"),
    "units as a text": (
        lambda: config(units="3"),
        '`units` is a whole number, not "3"',
    ),
    "a flag as a number": (lambda: config(use_bias=1), "`use_bias` is true or false"),
    "an activation": (lambda: config(activation=3), "an activation has a name"),
    "LoRA": (lambda: config(lora_rank=4), "the weights of LoRA are not read"),
    "quantized": (
        lambda: config(dtype={"class_name": "QuantizedDTypePolicy", "config": {}}),
        "quantized layers have further weights",
    ),
    "a lambda without sizes": (
        lambda: text(row((4,), layer("Lambda", "l"))),
        "the file does not state the sizes that this Lambda gives",
    ),
    "models in models": (lambda: nested(40), "models lie more than 16 deep"),
    "models that double": (lambda: doubling(15), "more than 10,000 calls"),
    "many layers": (lambda: chain(10_001), "more than 10,000 calls"),
    "outputs of another type": (
        lambda: changed(lambda m: m["config"].update(output_layers=[["d", 0]])),
        "`output_layers` needs names and numbers",
    ),
    "an output that is not there": (
        lambda: changed(lambda m: m["config"].update(output_layers=["e", 0, 0])),
        "no layer is called 'e'",
    ),
    "an output of no call": (
        lambda: changed(lambda m: m["config"].update(output_layers=["d", 4, 0])),
        "gives no tensor 0 at its call 4",
    ),
    "no outputs": (
        lambda: changed(lambda m: m["config"].update(output_layers=[])),
        "the model has no outputs",
    ),
    "an infinite number": (
        lambda: text(row((4,), layer("ReLU", "r", max_value=float("inf")))),
        "is not a number that can be counted with",
    ),
}
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "this is not a whole archive"),
    "text": (lambda: text(plain()), "this is not a whole archive"),
    "HDF5": (
        lambda: b"\x89HDF\r\n\x1a\n" + bytes(99),
        "an HDF5 file, which is not read",
    ),
    "half": (lambda: archive(plain())[:-80], "this is not a whole archive"),
    "cut off": (lambda: archive(plain())[300:], "AC592"),
    "no configuration": (archive, "the archive has no entry config.json"),
    "another archive": (lambda: archive(version="4.0.0"), "the file is of Keras 4.0.0"),
    "no version": (lambda: archive(plain(), version=""), "the file is of Keras "),
    "no model": (lambda: archive({"name": "x"}), "not the configuration of a model"),
    "a broken line": (
        lambda: archive(plain()).replace(b'"units": 3', b'"units"; 3'),
        "config.json is broken: bad CRC-32",
    ),
    "a bomb": (bomb, "config.json has 60000000 bytes"),
    "a bomb that lies": (lambda: bomb(4_000), "AC592"),
    "many entries": (lambda: entries(20_000), "its list of entries is too long"),
    "packed otherwise": (packed_otherwise, "packed in a way that Keras does not use"),
}


def refused(data: bytes, name: str, tmp_path: Path) -> str:
    """Return the one message for a file."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ArchcalcError) as caught:
        network(read_source(path)).analyze()
    (problem,) = caught.value.problems
    assert problem.code in ("AC102", "AC115", "AC592")
    return str(caught.value)


@pytest.mark.parametrize("name", JSON)
def test_one_message_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    make, said = JSON[name]
    assert said in refused(make(), "model.json", tmp_path)


@pytest.mark.parametrize("name", ARCHIVES)
def test_one_message_says_what_is_wrong_with_an_archive(
    name: str, tmp_path: Path
) -> None:
    make, said = ARCHIVES[name]
    assert said in refused(make(), "model.keras", tmp_path)


def test_a_mistake_in_an_archive_names_the_entry_and_the_place(tmp_path: Path) -> None:
    data = json.dumps(plain(), indent=1).replace('"units": 3', '"units": "x"')
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        made.writestr("config.json", data)
    said = refused(file.getvalue(), "model.keras", tmp_path)
    line = next(at for at, one in enumerate(data.split("\n"), 1) if "units" in one)
    assert (
        f"model.keras/config.json:{line}:15: error[AC592]: `units` is a whole" in said
    )


READ: dict[str, Callable[[], bytes]] = {
    "a long chain": lambda: chain(2_000),
    "a dense network": lambda: joined(60),
    "a few models in models": lambda: nested(10),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_odd_but_whole_is_read(name: str) -> None:
    found = network(source_of(READ[name](), "model.json", "model.json"))
    assert len(found.graph.nodes) > 1


def test_nothing_is_run_or_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the code of a Lambda, nor the weights, nor a file that is named."""
    code = {
        "class_name": "__lambda__",
        "config": {"code": "4wEAAAAAAAAA", "closure": None},
    }
    made = row(
        (4,),
        layer(
            "Lambda",
            "l",
            function=code,
            output_shape=[4],
            arguments={"f": "/etc/passwd"},
        ),
        layer("Dense", "d", units=2),
    )
    path = tmp_path / "model.keras"
    path.write_bytes(
        archive(made, **{"assets/vocabulary.txt": b"x", "model.weights.h5": b"\x89HDF"})
    )
    opened: list[str] = []
    real = os.open

    def watched(name: Any, *given: Any, **named: Any) -> int:
        opened.append(os.fspath(name))
        return real(name, *given, **named)

    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("code of a file was looked at")

    network(read_source(path)).analyze()  # everything is imported now
    monkeypatch.setattr(os, "open", watched)
    for module, name in ((marshal, "loads"), (pickle, "loads"), (builtins, "eval")):
        monkeypatch.setattr(module, name, forbidden)
    net = network(read_source(path))
    monkeypatch.undo()
    assert net.analyze().total.params == 10
    assert opened == [str(path)]


@pytest.mark.parametrize("name", ["model.h5", "weights.hdf5"])
def test_hdf5_says_what_to_do(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x89HDF")
    with pytest.raises(ArchcalcError) as caught:
        read_source(tmp_path / name)
    assert caught.value.problems[0].code == "AC593"
    assert "write it again" in (caught.value.problems[0].help or "")

"""A new kind of layer touches one place: its class.

Three layers are made and registered here, and every command takes them. What they say
of memory is compared with torch, which runs them. The engine, read with `ast`, names no
layer by its key.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import pytest
from commands import archcalc as run
from layer_cases import read

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.layers import CATALOGUE, register
from archcalc.layers.activation import Activation
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Letters,
    Module,
    Saved,
    Shape,
    Shapes,
    Work,
    numel,
)
from archcalc.layers.fields import Factor, Size
from archcalc.layers.reshape import Moved
from archcalc.network.torch_network import verify

PACKAGE = Path(archcalc.__file__).parent


class Gate(Layer):
    """`scale·x` where x is positive, else 0. Shape unchanged (made for a test).

    The scale of a channel is a sum of `terms` weights. Backward keeps the input, the
    scales, and which values are positive.
    """

    key = "gate"
    role = "activation"
    storage = "elementwise"
    is_gate = True
    letters: ClassVar[Letters] = {"terms": ("t", "terms of a scale", "other")}
    words: ClassVar[dict[str, str]] = {"terms": "How many weights a scale sums."}
    examples = ("gate @ 4x5x6", "{gate: 3} @ 4x5x6")

    terms: Size = 1

    def weights(self, *inputs: Shape) -> Shapes:
        return {"scale": (inputs[0][0], self.terms)}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        added = output[0] * (self.terms - 1)
        return {"cmp": numel(output), "mul": 2 * numel(output), "add": added}

    def mask(self, output: Shape) -> Extra:
        return Extra("positive values", each=numel(output), width=1)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        scales = Extra("scales", once=output[0])
        return Saved(inputs=(0,), extras=(scales, self.mask(output)))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        return [[self.mask(output), Extra("scaled values", each=numel(output))]]

    def torch(self, *inputs: Shape) -> Call:
        scales = f"p['scale'].sum(1).view(-1{', 1' * (len(inputs[0]) - 1)})"
        return Function(f"x * {scales} * (x > 0)", self.weights(*inputs))


class Threshold(Activation):
    """`x` above a value, else 0 (torch.nn.Threshold). Shape unchanged."""

    key = "threshold"
    overwrites = "output"
    words: ClassVar[dict[str, str]] = {"above": "What stays as it is."}
    each: ClassVar[Work] = {"cmp": 1}
    examples = ("{threshold: 0.5} @ 4x5x6",)

    above: Factor = Fraction(1, 10)

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.Threshold", (float(self.above), 0.0))


class Turn(Moved):
    """Move the last axis to the front (a copy). Shape: `(C, H, W) -> (W, C, H)`."""

    key = "turn"
    examples = ("turn @ 4x5x6",)

    def order(self, x: Shape) -> list[int]:
        return [len(x) - 1, *range(len(x) - 1)]

    def torch(self, *inputs: Shape) -> Call:
        order = ", ".join(str(axis + 1) for axis in self.order(inputs[0]))
        return Function(f"x.permute(0, {order}).contiguous()")


NEW = (Gate, Threshold, Turn)
SPEC = """archcalc: 1
name: new
input: [3, 5, 6]
layers:
  - {conv: 4, kernel: 3, pad: 1}
  - {gate: 3}
  - {threshold: 0.2}
  - turn
  - {fc: 10}
"""


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The catalogue with the new layers; afterwards as it was."""
    before = dict(CATALOGUE)
    for layer in NEW:
        register(layer)
    yield
    for layer in NEW:
        del CATALOGUE[layer.key]
    assert before == CATALOGUE


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "new.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


COMMANDS = {
    "table": ("turn", "6×4×5", "1,334"),
    "table --level ops": ("gate", "threshold"),
    "memory --training --batch 2": ("2.90 kB",),
    "explain gate": ("C·t = 4·3 = 12", "terms of a scale t = 3"),
    "draw --format svg": ("<svg", ">turn<"),
    "check": ("ok",),
    "layers gate": ("terms", "made for a test"),
    "conventions": ("gate +368",),
    "fmt": (),
}
"""Each command with what it prints. By hand: 112 + 12 + 1,210 parameters; kept of two
samples 720 bytes of input, then 960 + 16 + 240 of the gate and 960 of the threshold."""


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_take_a_new_layer(
    command: str,
    spec: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, *words = command.split()
    done = run(
        capsys, monkeypatch, name, *([] if words == ["gate"] else [spec]), *words
    )
    if command == "explain gate":
        done = run(capsys, monkeypatch, name, spec, "gate")
    assert done.code == 0, done.err
    assert [word for word in COMMANDS[command] if word not in done.out] == []


def test_a_lock_sees_a_new_layer(
    spec: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(spec).parent)
    assert run(capsys, monkeypatch, "lock", "new.yaml").code == 0
    assert run(capsys, monkeypatch, "check", "new.yaml", "--locked").code == 0
    Path(spec).write_text(SPEC.replace("gate: 3", "gate: 2"), encoding="utf-8")
    changed = run(capsys, monkeypatch, "check", "new.yaml", "--locked")
    assert (changed.code, "AC304" in changed.out) == (1, True)


def test_the_schema_has_a_new_layer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads(run(capsys, monkeypatch, "schema").out)
    assert "arguments-gate" in written["definitions"]
    assert (
        json.dumps(written).count(Gate.words["terms"]) == 2
    )  # alone, and in the value


def test_torch_agrees_with_a_new_layer() -> None:
    found = verify(archcalc.loads(SPEC), batch=2)
    assert found.ok, found.show()


PLAIN = "{conv: 4, kernel: 3, pad: 1}, {gate: 3}, {threshold: 0.2}, turn, {fc: 10}"
LAST = "{conv: 4, kernel: 3}, {ln: channels}, gate, {linear: 3}, threshold, turn"
PART = "{conv: 4, kernel: 3}, {slice: [0, 2]}, threshold, gate, turn, flatten"
ONE = "{conv: 4, kernel: [5, 6]}, turn, gate, turn, threshold, {fc: 2}"


@pytest.mark.parametrize(
    ("layers", "inplace"),
    [
        *((PLAIN, False), (PLAIN, True), (LAST, False), (LAST, True)),
        *((PART, False), (ONE, False)),
    ],
)
def test_memory_of_a_new_layer_is_torchs(layers: str, inplace: bool) -> None:
    """Byte for byte: what lives at each step, what each node keeps for backward.

    `LAST` has channels innermost, `PART` gaps, and in `ONE` only axes of size 1 move.
    """
    from torch_memory import inference, prepared, saved_by_node

    text = f"archcalc: 1\nname: x\ninput: [3, 5, 6]\nlayers: [{layers}]\n"
    analysis = archcalc.loads(text).analyze(batch=2, inplace=inplace)
    graph, memory = analysis.graph, analysis.memory
    theirs = inference(prepared(graph, inplace=memory.storages.overwriting), 2)
    ours = memory.inference.moments
    assert [(m.live, m.after) for m in ours] == [(t.peak, t.after) for t in theirs]
    module = prepared(graph, inplace=memory.training_storages.overwriting)
    assert list(memory.saved_per_node) == saved_by_node(module, 2)
    assert bool(memory.storages.overwriting) == inplace


@pytest.mark.parametrize("layer", NEW, ids=lambda layer: str(layer.key))
def test_examples_of_a_new_layer(layer: type[Layer]) -> None:
    from layer_torch import build, inputs

    for text in layer.examples:
        case = read(text)
        assert build(case)(*inputs(case, 2)).shape == (2, *case.output)


def test_a_kind_that_is_taken_out_is_unknown_again() -> None:
    del CATALOGUE["turn"]
    with pytest.raises(ArchcalcError, match="turn"):
        archcalc.loads(SPEC).analyze()
    register(Turn)


def test_an_argument_may_not_hide_what_a_layer_has() -> None:
    class Hiding(Threshold):
        """Has an argument of that name."""

        key = "hiding"
        gradient: Factor = Fraction(1)  # type: ignore[assignment]  # what must fail

    with pytest.raises(TypeError, match="layer 'hiding' hides gradient of Layer"):
        register(Hiding)


# -- the engine names no layer ---------------------------------------------------------

ARGUMENTS = frozenset({"pad"})
"""Names of arguments that are also kinds of layer."""
WORDS: dict[str, tuple[str, ...]] = {
    # what a word means elsewhere
    "sizes/arithmetic.py": ("min", "max"),  # functions of arithmetic
    "sizes/atoms.py": ("min", "max"),
    "sizes/dims.py": ("min", "max"),
    "sizes/evaluation.py": ("min",),
    "sizes/expressions.py": ("min", "max"),
    "sizes/polynomials.py": ("min",),
    "sizes/recorded.py": ("in", "min"),  # a rank in products
    "figures/memory/training.py": ("sum",),  # what two gradients become
    "reports/memory/notes.py": ("sum",),
    "commands/spelling.py": ("sum", "sqrt"),  # signs in plain letters
    "figures/formulas/formulas.py": ("in",),
    "figures/formulas/symbols.py": ("in", "tokens"),
    "figures/memory/optimizers.py": ("mean",),  # a state of Adam
    "graph/resolver.py": ("tokens",),  # a name in arithmetic
    "language/steps.py": ("tokens", "identity"),  # and a word for a shortcut
    "language/input_reader.py": ("identity",),  # a branch without steps
    "language/step_reader.py": ("identity", "linear", "relu"),  # words in messages
    "render/drawing/structure.py": ("in",),  # a side of a box
    "reports/explanation.py": ("add", "exp", "sqrt"),  # kinds of operation
    "reports/reasons.py": ("position", "slice"),  # axes of an image
    # families and kinds of box
    "checks/claims/ways.py": ("linear",),
    "checks/lint/unused_result.py": ("linear",),
    "render/drawing/blocks.py": ("conv", "linear", "attention"),
    "render/drawing/labelled.py": ("conv", "linear", "attention"),
    # a residual is written out with these layers
    "graph/expand.py": ("add", "conv", "identity"),
    "graph/shortcuts.py": ("conv", "avgpool"),
    # kinds of group that are one row of a table
    "network/rows.py": ("concat", "add", "multiply"),
    # methods of tensors
    "network/counters/tools.py": ("add", "matmul"),
    # words on slides, an example in a schema
    "checks/claims/on_slides.py": (
        *("sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "selu"),
    ),
    "reports/slide.py": (
        *("conv", "dwconv", "deconv", "maxpool", "avgpool", "gap", "fc", "linear"),
        "lrn",
    ),
    "language/schema.py": ("conv",),
    "language/schema_words.py": ("dropout",),  # an argument of `lora`
    "language/lora_reader.py": ("dropout",),
    "checks/against/steps.py": ("dropout",),  # of attention
}
"""Layer keys that stand in files of the engine, where they are no rule of a layer's."""
OF_TOOLS = (
    "figures/conventions/ways",
    "figures/memory/activation_rules.py",
    "figures/memory/planners/",
    "language/foreign_words.py",
)
"""What other tools make of layers and call them, as data; a new layer is the rest."""
ROOMS = (
    *("sizes", "source", "language", "graph", "figures", "network", "checks"),
    *("sweeps", "reports", "render", "commands"),
)


def keys_in(path: Path, keys: set[str]) -> set[str]:
    """Return the layer keys among the strings of a file."""
    strings = {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return strings & keys


def test_no_file_of_the_engine_names_a_layer() -> None:
    """Every string counts; `rules/` is left out, whose examples are specs."""
    keys = set(CATALOGUE) - {layer.key for layer in NEW} - {"input"} - ARGUMENTS
    files = [path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")]
    named = {
        name: found
        for path in files
        if "rules" not in path.parts and (found := keys_in(path, keys))
        if not (name := path.relative_to(PACKAGE).as_posix()).startswith(OF_TOOLS)
    }
    assert named == {file: set(words) for file, words in WORDS.items()}
    assert len(files) > 150


def test_no_file_of_the_engine_compares_the_key_of_a_layer() -> None:
    """Neither with a word that means something else."""
    found = [
        f"{path.name}:{node.lineno}"
        for room in ROOMS
        for path in (PACKAGE / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and asks_for_a_key(node)
    ]
    assert found == []


def asks_for_a_key(node: ast.Compare) -> bool:
    """Say whether `….layer.key` or `layer.key` stands beside constants."""
    sides = [node.left, *node.comparators]
    keys = [
        side
        for side in sides
        if isinstance(side, ast.Attribute)
        and side.attr == "key"
        and "layer" in ast.unparse(side.value)
    ]
    others = [ast.unparse(side) for side in sides if side not in keys]
    plain = [text for text in others if text[:1] in "'\"([{" or text.isupper()]
    return bool(keys and plain)

"""What runtimes really reserve for activations, beside what archcalc states.

    python tests/tools/planners.py executorch [NET ...]
    python tests/tools/planners.py tflite [NET ...]

Each needs an environment of its own, with archcalc in it:

    pip install -e . torch==2.13.0 executorch==1.5.1
    pip install -e . tensorflow-cpu==2.21.0 ai-edge-litert==2.3.0 \
        tflite-micro==0.dev20261023182759

A line for each network, number format and runtime: what is stated, and what the runtime
plans. Without names, those of `tests/data/planners.yaml`. A minute or two for each.
The exit code is 1 where they differ.

ExecuTorch plans when a program is made, so nothing runs. TensorFlow Lite's converter
may write branches in another order than the file; the arena is that of its order.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

import archcalc
from archcalc.figures.memory.planners import PLANNERS
from archcalc.figures.memory.planners.planner import plan
from archcalc.figures.memory.planners.tflite import is_same
from archcalc.network import torch_network

DATA = Path(__file__).parents[1] / "data" / "planners.yaml"
FOLDERS = (
    DATA.parents[1] / "cases" / "planners",
    DATA.parents[2] / "docs" / "examples",
)
HEAD = re.compile(r"Arena allocation head (\d+)")


def network(name: str) -> archcalc.Network:
    """Return a network of the cases, an example of the documentation, or a shipped one."""
    paths = (folder / f"{name}.yaml" for folder in FOLDERS)
    return archcalc.load(next((path for path in paths if path.exists()), name))


def stated(net: archcalc.Network, runtime: str, dtype: str) -> int | str:
    """Return what archcalc states, or the first line of why it cannot."""
    try:
        return plan(net.analyze(dtype=dtype), PLANNERS[runtime]).arena
    except archcalc.ArchcalcError as error:
        return str(error).partition("\n")[0]


# -- ExecuTorch ------------------------------------------------------------------------


def executorch(net: archcalc.Network) -> Iterator[tuple[str, str, int]]:
    """Yield what ExecuTorch plans for the reference build without a backend."""
    import torch
    from executorch.exir import to_edge

    module = torch_network.build(net.analyze().graph, device="cpu").eval()
    given = tuple(torch.zeros(1, *shape) for shape in net.input_shapes.values())
    program = to_edge(torch.export.export(module, given)).to_executorch()
    sizes = program.exported_program().graph_module.meta["non_const_buffer_sizes"]
    yield "executorch", "float32", sum(sizes)


# -- TensorFlow Lite -------------------------------------------------------------------


def tflite(net: archcalc.Network) -> Iterator[tuple[str, str, int]]:
    """Yield what LiteRT and Micro reserve for the converted network."""
    model = keras_model(net)
    for dtype in ("float32", "int8"):
        data = converted(model, dtype)
        yield "litert", dtype, litert_arena(data)
        yield "tflm", dtype, micro_arena(data)


def keras_model(net: archcalc.Network) -> Any:
    """Return a network of plain layers as a Keras model, channels last, at batch 1."""
    import keras

    graph = net.analyze().graph
    values: dict[int, Any] = {}
    for node in graph.nodes:
        if node.layer.role == "input":
            channels, *axes = node.shape
            values[node.index] = keras.Input((*axes, channels), batch_size=1)
        else:
            read = [values[index] for index in node.inputs]
            values[node.index] = KERAS[node.layer.key](graph, node, read)
    inputs = [values[index] for index in graph.inputs]
    return keras.Model(inputs, [values[index] for index in graph.outputs])


def _window(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return what builds a sliding window, a layer of zeros before it if need be."""

    def build(graph: Any, node: Any, read: list[Any]) -> Any:
        from keras import layers

        (x,) = read
        sliding = node.layer.sliding(*graph.input_shapes(node))
        padding = "valid"
        if any(map(any, sliding.pads)):
            padding = "same" if is_same(sliding) else "valid"
            x = x if padding == "same" else layers.ZeroPadding2D(sliding.pads)(x)
        window = {"strides": sliding.stride, "padding": padding}
        return make(layers, node.layer, sliding.kernel, window)(x)

    return build


def _plain(make: Callable[..., Any]) -> Callable[..., Any]:
    def build(graph: Any, node: Any, read: list[Any]) -> Any:
        from keras import layers

        return make(layers, node.layer)(read if len(read) > 1 else read[0])

    return build


def _fully_connected(graph: Any, node: Any, read: list[Any]) -> Any:
    from keras import layers

    (x,) = read
    flat = layers.Flatten()(x) if len(x.shape) > 2 else x
    return layers.Dense(node.layer.out, use_bias=node.layer.bias)(flat)


KERAS = {
    "conv": _window(
        lambda layers, one, kernel, window: layers.Conv2D(
            one.out, kernel, use_bias=one.bias, **window
        )
    ),
    "dwconv": _window(
        lambda layers, one, kernel, window: layers.DepthwiseConv2D(
            kernel, use_bias=one.bias, **window
        )
    ),
    "maxpool": _window(
        lambda layers, one, kernel, window: layers.MaxPool2D(kernel, **window)
    ),
    "avgpool": _window(
        lambda layers, one, kernel, window: layers.AveragePooling2D(kernel, **window)
    ),
    "deconv": _plain(
        lambda layers, one: layers.Conv2DTranspose(one.out, one.kernel, one.stride)
    ),
    "bn": _plain(lambda layers, one: layers.BatchNormalization()),
    "relu": _plain(lambda layers, one: layers.ReLU()),
    "relu6": _plain(lambda layers, one: layers.ReLU(6.0)),
    "sigmoid": _plain(lambda layers, one: layers.Activation("sigmoid")),
    "tanh": _plain(lambda layers, one: layers.Activation("tanh")),
    "softmax": _plain(lambda layers, one: layers.Softmax()),
    "gap": _plain(lambda layers, one: layers.GlobalAveragePooling2D()),
    "add": _plain(lambda layers, one: layers.Add()),
    "multiply": _plain(lambda layers, one: layers.Multiply()),
    "concat": _plain(lambda layers, one: layers.Concatenate()),
    "dropout": _plain(lambda layers, one: layers.Dropout(0.5)),
    "flatten": _plain(lambda layers, one: layers.Flatten()),
    "fc": _fully_connected,
    "linear": _fully_connected,
}


def converted(model: Any, dtype: str) -> bytes:
    """Return a model as a TensorFlow Lite file, fully quantized for int8."""
    import numpy as np
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if dtype == "int8":
        sizes = [tensor.shape for tensor in model.inputs]
        random = np.random.default_rng(0)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [random.random(size, dtype="float32") for size in sizes] for _ in range(4)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    data: bytes = converter.convert()
    return data


def litert_arena(data: bytes) -> int:
    """Return from the first to the last byte of LiteRT's tensors that are no weights."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    tensors = {detail["index"] for detail in interpreter.get_input_details()}
    for operation in interpreter._get_ops_details():
        tensors.update(map(int, operation["outputs"]))
    begins, ends = [], []
    for index in tensors:
        array = interpreter.tensor(index)()
        begins.append(int(array.__array_interface__["data"][0]))
        ends.append(begins[-1] + int(array.nbytes))
    return max(ends) - min(begins)


def micro_arena(data: bytes) -> int:
    """Return the head of Micro's arena, which it prints when it is asked."""
    script = (
        "import sys; from tflite_micro import runtime; from pathlib import Path;"
        "recording = runtime.InterpreterConfig.kAllocationRecording;"
        "data = Path(sys.argv[1]).read_bytes();"
        "runtime.Interpreter.from_bytes("
        "data, intrepreter_config=recording).print_allocations()"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(data)
        command = [sys.executable, "-c", script, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = HEAD.search(done.stdout + done.stderr)
    if found is None:
        raise SystemExit(f"Micro prints no arena: {done.stdout}{done.stderr}")
    return int(found[1])


def main(runtimes: str, *names: str) -> int:
    """Print a line for each network; return how many differ."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    real = {"executorch": executorch, "tflite": tflite}[runtimes]
    differ = 0
    for name in names or yaml.safe_load(DATA.read_text("utf-8"))["networks"]:
        net = network(name)
        try:
            found = list(real(net))
        except KeyError as error:
            print(f"{name}: the builder of this tool has no layer {error}")
            continue
        for runtime, dtype, planned in found:
            said = stated(net, runtime, dtype)
            mark = "  DIFFERS" if isinstance(said, int) and said != planned else ""
            differ += bool(mark)
            print(
                f"{name} {runtime} {dtype}: {planned} planned, {said}{mark}", flush=True
            )
    return differ


if __name__ == "__main__":
    sys.exit(bool(main(*sys.argv[1:])))

#!/usr/bin/env bash
# openvino 2026.4.1: it reads a Resize of ONNX with keep_aspect_ratio_policy "not_larger" or "not_smaller" as if it said "stretch", and says
# nothing: 10x20 pixels into 5x5 become 5x5 there. onnx 1.23.2 (inference and evaluator) and onnxruntime 1.32.0 have 3x5, and 5x10 for
# "not_smaller". onnxruntime's own symbolic inference has 5x5, without the axes of samples and channels.
# Expected, but not written down before the run: what reads a Resize of opset 19 has its policy, or refuses the file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "openvino==2026.4.1" "onnxruntime==1.32.0" "onnx==1.23.2" "sympy==1.14.0"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from importlib.metadata import version

import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, checker, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator
from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

assert version("openvino") == "2026.4.1", version("openvino")
onnxruntime.set_default_logger_severity(4)
x = np.random.default_rng(0).random((1, 2, 10, 20), dtype=np.float32)
sizes = numpy_helper.from_array(np.array([5, 5], np.int64), "sizes")


def inferred(model):
    return tuple(d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim)


expected = {"stretch": (5, 5), "not_larger": (3, 5), "not_smaller": (5, 10)}
for policy, size in expected.items():
    graph = helper.make_graph(
        [helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], axes=[2, 3], keep_aspect_ratio_policy=policy)],
        "resize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)],
        [sizes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    checker.check_model(model, full_check=True)
    data, core = model.SerializeToString(), openvino.Core()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    found = {
        "onnx": inferred(shape_inference.infer_shapes(model)),
        "evaluator": ReferenceEvaluator(model).run(None, {"x": x})[0].shape,
        "onnxruntime": session.run(None, {"x": x})[0].shape,
        "OpenVINO": tuple(core.compile_model(core.read_model(data), "CPU")(x)[0].shape),
        "symbolic inference": inferred(SymbolicShapeInference.infer_shapes(model)),
    }
    print(f"{policy}: {found}")
    assert found["onnx"] == found["evaluator"] == found["onnxruntime"] == (1, 2, *size), found
    assert found["OpenVINO"] == (1, 2, 5, 5) and found["symbolic inference"] == (5, 5), found
PYTHON

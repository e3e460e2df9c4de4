#!/usr/bin/env bash
# openvino 2026.4.1: a max pool of ONNX with ceil_mode keeps a last window that lies in the padding alone. A 7x7 map, window 2, stride 2,
# padding 1 gives 5x5 there, whose last row and column are -3.4e38. onnxruntime 1.32.0 drops that window, as PyTorch does, and gives 4x4.
# onnx 1.23.2 infers 4x4 for opset 22 and 5x5 before it: the standard changed, and each runtime has one rule for all opsets.
# For the average pool of the same settings OpenVINO gives 4x4 too.
# Expected, but not written down before the run: OpenVINO gives the sizes that onnx infers and onnxruntime runs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "openvino==2026.4.1" "onnxruntime==1.32.0" "onnx==1.23.2"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from importlib.metadata import version

import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, checker, helper, shape_inference

assert version("openvino") == "2026.4.1", version("openvino")
onnxruntime.set_default_logger_severity(4)
x = -1 - np.arange(49, dtype=np.float32).reshape(1, 1, 7, 7)
settings = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1}
found = {}
for op, opset in (("MaxPool", 18), ("MaxPool", 22), ("AveragePool", 22)):
    graph = helper.make_graph(
        [helper.make_node(op, ["x"], ["y"], **settings)],
        "pool",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    inferred = shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    ran = session.run(None, {"x": x})[0]
    core = openvino.Core()
    other = core.compile_model(core.read_model(data), "CPU")(x)[0]
    found[op, opset] = [tuple(d.dim_value for d in inferred)[2:], ran.shape[2:], other.shape[2:]]
    sizes = dict(zip(("onnx", "onnxruntime", "OpenVINO"), found[op, opset]))
    print(f"{op}, opset {opset}: {sizes}; OpenVINO's last row {other[0, 0, -1]}")
    if op == "MaxPool":
        assert np.array_equal(other[0, 0, :4, :4], ran[0, 0])
        assert (other[0, 0, 4] < -3e38).all() and (other[0, 0, :, 4] < -3e38).all()
assert found["MaxPool", 18] == [(5, 5), (4, 4), (5, 5)], found
assert found["MaxPool", 22] == [(4, 4), (4, 4), (5, 5)], found
assert found["AveragePool", 22] == [(4, 4), (4, 4), (4, 4)], found
PYTHON

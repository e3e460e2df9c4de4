#!/usr/bin/env bash
# onnxruntime 1.32.0: a pool with auto_pad SAME and a dilation is padded as if it had none. A 3x3 pool of stride 1 and dilation 2 makes 6x6 of
# an 8x8 map, where the standard's words, onnx 1.23.2 (inference and evaluator) and onnxruntime's own symbolic inference have 8x8. A convolution of
# the same settings is refused with words; the pool is not. With its padding in numbers the pool gives 8x8.
# Guess before the run: all of them agree on the size of a pool.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnxruntime==1.32.0" "onnx==1.23.2" "sympy==1.14.0"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument
from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

assert onnxruntime.__version__ == "1.32.0", onnxruntime.__version__
onnxruntime.set_default_logger_severity(4)
x = np.random.default_rng(0).random((1, 2, 8, 8), dtype=np.float32)
weight = numpy_helper.from_array(np.ones((2, 2, 3, 3), np.float32), "w")


def sizes(op, **padding):
    inputs = ["x", "w"] if op == "Conv" else ["x"]
    graph = helper.make_graph(
        [helper.make_node(op, inputs, ["y"], kernel_shape=[3, 3], dilations=[2, 2], **padding)],
        "windows",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)],
        [weight] if op == "Conv" else [],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = [shape_inference.infer_shapes(model).graph.output[0]]
    outputs.append(SymbolicShapeInference.infer_shapes(model).graph.output[0])
    inferred = [out.type.tensor_type.shape.dim[2].dim_value for out in outputs]
    ran = [ReferenceEvaluator(model).run(None, {"x": x})[0].shape[2], session.run(None, {"x": x})[0].shape[2]]
    print(f"{op}, {padding}: onnx infers {inferred[0]}, symbolic inference {inferred[1]}, evaluator {ran[0]}, onnxruntime {ran[1]}")
    return (*inferred, *ran)


for op in ("MaxPool", "AveragePool", "LpPool"):
    for same in ("SAME_UPPER", "SAME_LOWER"):
        assert sizes(op, auto_pad=same) == (8, 8, 8, 6)
try:
    sizes("Conv", auto_pad="SAME_UPPER")
except InvalidArgument as error:
    said = str(error).partition("Status Message: ")[2]
    print(f"Conv: {said}")
    assert said.startswith("Dilation not supported"), said
else:
    raise SystemExit("a convolution of these settings runs now")
assert sizes("MaxPool", pads=[2, 2, 2, 2]) == (8, 8, 8, 8)
PYTHON

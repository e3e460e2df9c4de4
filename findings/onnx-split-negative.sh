#!/usr/bin/env bash
# onnx 1.23.2: shape inference of Split with num_outputs gives a negative size. An axis of 6 in 5 parts is inferred as
# 2, 2, 2, 2, -2; onnx.checker.check_model(full_check=True) and strict_mode accept it, while onnx's own reference
# evaluator makes 2, 2, 2, 0, 0 of the same model. The standard (opset 18) says only that the last part is smaller
# where parts are not equal.
# Guess before the run: an error, or sizes that both agree on; a size below 0 never.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnx==1.23.2" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
from onnx import TensorProto, checker, helper, shape_inference
from onnx.reference import ReferenceEvaluator

assert onnx.__version__ == "1.23.2", onnx.__version__


def sizes(size, parts):
    names = [f"y{part}" for part in range(parts)]
    node = helper.make_node("Split", ["x"], names, axis=0, num_outputs=parts)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [size])
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None]) for n in names]
    graph = helper.make_graph([node], "split", [x], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    checker.check_model(model, full_check=True)
    inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    found = [o.type.tensor_type.shape.dim[0].dim_value for o in inferred.graph.output]
    made = ReferenceEvaluator(model).run(None, {"x": np.zeros(size, np.float32)})
    return found, [len(value) for value in made]


for size, parts in [(6, 3), (6, 4), (6, 5), (9, 6), (9, 7)]:
    inferred, made = sizes(size, parts)
    print(f"{size} in {parts} parts: inferred {inferred}, evaluated {made}")
assert sizes(6, 3) == ([2, 2, 2], [2, 2, 2])
assert sizes(6, 5) == ([2, 2, 2, 2, -2], [2, 2, 2, 0, 0])
assert sizes(9, 7) == ([2, 2, 2, 2, 2, 2, -3], [2, 2, 2, 2, 1, 0, 0])
PYTHON

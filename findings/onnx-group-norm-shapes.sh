#!/usr/bin/env bash
# onnx 1.23.2: shape inference gives the output of GroupNormalization no type and no sizes, in any opset, while the full
# checker accepts the file. An operator behind it has no type either, and strict inference raises.
# InstanceNormalization and LayerNormalization are inferred.
# Guess before the run: it has the type and the sizes of its input, as the other norms have.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnx==1.23.2"
"$folder/venv/bin/python" - <<'PYTHON'
import onnx
from onnx import TensorProto, checker, helper, shape_inference

assert onnx.__version__ == "1.23.2", onnx.__version__


def inferred(op, opset, **attributes):
    inputs = [("x", [1, 8, 5, 6]), ("s", [8]), ("b", [8])]
    norm = helper.make_node(op, ["x", "s", "b"], ["y"], **attributes)
    graph = helper.make_graph(
        [norm, helper.make_node("Relu", ["y"], ["z"])],
        "norm",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, d) for n, d in inputs],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 8, 5, 6])],
    )
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    checker.check_model(model)
    found = shape_inference.infer_shapes(model).graph.value_info
    sizes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in found}
    try:
        shape_inference.infer_shapes(model, strict_mode=True)
        strict = "fine"
    except shape_inference.InferenceError as error:
        strict = str(error).splitlines()[0]
    print(f"{op}, opset {opset}: {sizes.get('y')}; strict: {strict}")
    return sizes.get("y"), strict


for opset in (21, 24, 26):
    sizes, strict = inferred("GroupNormalization", opset, num_groups=2)
    assert sizes is None, sizes
    assert "expected to have type but instead is null" in strict, strict
    assert inferred("InstanceNormalization", opset) == ([1, 8, 5, 6], "fine")
PYTHON

#!/usr/bin/env bash
# onnx 1.23.2: the reference evaluator of the standard computes other numbers than onnxruntime 1.32.0 for LRN, for a
# ConvTranspose in groups with a bias, and for an AveragePool that rounds up. The text of the standard decides for
# onnxruntime in the first two: sums by hand are printed.
# Guess before the run: both agree on all three; the evaluator is what implementations are tested against.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "onnx==1.23.2" "onnxruntime==1.32.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

assert onnx.__version__ == "1.23.2", onnx.__version__


def both(op, feed, **attributes):
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in feed.items()]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node(op, [*feed], ["y"], **attributes)], "one", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (evaluator,) = ReferenceEvaluator(model).run(None, feed)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (runtime,) = session.run(None, feed)
    return evaluator.ravel(), runtime.ravel()


# one position, 8 channels of 1, window 5, alpha 5: channel 2 sees channels 0 to 4, so 1 / (1 + 5/5 * 5) = 1/6
ones = np.ones((1, 8, 1, 1), dtype=np.float32)
evaluator, runtime = both("LRN", {"x": ones}, size=5, alpha=5.0, beta=1.0, bias=1.0)
print("LRN, channel 2:", evaluator[2], runtime[2], "by hand", 1 / 6)
assert abs(runtime[2] - 1 / 6) < 1e-6, runtime
assert abs(evaluator[2] - 1 / 6) > 1e-2, evaluator

# two groups of one channel, kernels of 1 and biases of 10 and 20 on inputs of 1: 11 and 21
feed = {
    "x": np.ones((1, 2, 1, 1), dtype=np.float32),
    "w": np.ones((2, 1, 1, 1), dtype=np.float32),
    "b": np.array([10, 20], dtype=np.float32),
}
evaluator, runtime = both("ConvTranspose", feed, group=2)
print("ConvTranspose in two groups:", evaluator, runtime, "by hand [11 21]")
assert runtime.tolist() == [11, 21], runtime
assert evaluator.tolist() != [11, 21], evaluator

# ten positions, windows of three, rounded up: the last window holds one position, 9
feed = {"x": np.arange(10, dtype=np.float32).reshape(1, 1, 10)}
evaluator, runtime = both("AveragePool", feed, kernel_shape=[3], strides=[3], ceil_mode=1)
print("AveragePool that rounds up:", evaluator, runtime)
assert runtime.tolist() == [1, 4, 7, 9], runtime
assert evaluator.tolist() != [1, 4, 7, 9], evaluator
PYTHON

#!/usr/bin/env bash
# tflite-micro 0.dev20261023182759 and ai-edge-litert 2.3.0, one file converted by tensorflow 2.21.0: flattening a feature map before a dense layer
# takes a second copy of the map in Micro's arena, and nothing in LiteRT, which shares the memory. For a convolution of 16 channels at 12x12 before a dense layer of 10
# the arenas are 18,432 and 11,560 bytes: the runtime for small devices needs more.
# Guess before the run: a reshape needs no memory of its own in either.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow-cpu==2.21.0" "ai-edge-litert==2.3.0" "tflite-micro==0.dev20261023182759"
cat > "$folder/convert.py" <<'PYTHON'
import sys

import keras
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from keras import layers

network = keras.Sequential(
    [
        keras.Input((12, 12, 4), batch_size=1),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(10),
    ]
)
data = tf.lite.TFLiteConverter.from_keras_model(network).convert()
with open(sys.argv[1], "wb") as file:
    file.write(data)
interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
interpreter.allocate_tensors()
operations = interpreter._get_ops_details()
print("operations:", *(one["op_name"] for one in operations))
tensors = {one["index"] for one in interpreter.get_input_details()}
tensors.update(int(index) for one in operations for index in one["outputs"])
spans = [interpreter.tensor(index)() for index in tensors]
starts = [span.__array_interface__["data"][0] for span in spans]
arena = max(start + span.nbytes for start, span in zip(starts, spans)) - min(starts)
print("LiteRT:", arena, "bytes")
assert arena == 11560, arena
PYTHON
cat > "$folder/micro.py" <<'PYTHON'
import sys

from tflite_micro import runtime

with open(sys.argv[1], "rb") as file:
    data = file.read()
recording = runtime.InterpreterConfig.kAllocationRecording
runtime.Interpreter.from_bytes(data, intrepreter_config=recording).print_allocations()
PYTHON
"$folder/venv/bin/python" "$folder/convert.py" "$folder/model.tflite" 2>/dev/null | grep -E "^(operations|LiteRT)"
"$folder/venv/bin/python" "$folder/micro.py" "$folder/model.tflite" 2>&1 | grep "Arena allocation head" | tee "$folder/head"
grep -q "head 18432 bytes" "$folder/head"

#!/usr/bin/env bash
# tensorflow 2.21.0 with its Keras: the converter to TensorFlow Lite does not keep the order in which the branches of a Keras model were written.
# Of an Inception module whose pool was written first, the pool comes last in the file, so the runtime's arena is that of another order.
# Guess before the run: operations stand in the file in the order in which the layers were called.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow-cpu==2.21.0"
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null | grep -E "^(called|in the file)"
import keras
import tensorflow as tf
from keras import layers

x = keras.Input((28, 28, 64), batch_size=1)
pool = layers.MaxPool2D(3, 1, padding="same")(x)
pool = layers.Conv2D(32, 1)(pool)
five = layers.Conv2D(32, 5, padding="same")(layers.Conv2D(16, 1)(x))
one = layers.Conv2D(64, 1)(x)
network = keras.Model(x, layers.Concatenate()([pool, five, one]))
data = tf.lite.TFLiteConverter.from_keras_model(network).convert()
found = [one["op_name"] for one in tf.lite.Interpreter(model_content=data)._get_ops_details()]
print("called: MAX_POOL_2D CONV_2D CONV_2D CONV_2D CONV_2D CONCATENATION")
print("in the file:", *found)
assert found[0] != "MAX_POOL_2D", found
assert found.index("MAX_POOL_2D") > 1, found
PYTHON

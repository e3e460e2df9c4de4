#!/usr/bin/env bash
# Keras 3.15.1: MultiHeadAttention states a wrong size for its scores where the keys are not the queries. With 7 queries
# and 5 values the symbolic tensor is (None, 2, 7, 7), while the layer gives (1, 2, 7, 5). A functional model is built,
# saved and counted by the symbolic size: a Dense layer behind the scores gets 7 rows of weights and fails when it runs.
# Guess before the run: the scores have a row for each query and a column for each key, symbolically too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "keras==3.15.1" "torch==2.13.0" "numpy>=1.26"
export KERAS_BACKEND=torch KERAS_HOME="$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import keras
import numpy as np

assert keras.__version__ == "3.15.1", keras.__version__
query, value = keras.Input((7, 8)), keras.Input((5, 6))
layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
_, symbolic = layer(query, value, return_attention_scores=True)
given = np.zeros((1, 7, 8), "float32"), np.zeros((1, 5, 6), "float32")
_, real = layer(*given, return_attention_scores=True)
print(f"symbolic {tuple(symbolic.shape)}, real {tuple(real.shape)}")
assert tuple(symbolic.shape) == (None, 2, 7, 7), symbolic.shape
assert tuple(real.shape) == (1, 2, 7, 5), real.shape
dense = keras.layers.Dense(3)
model = keras.Model([query, value], dense(symbolic))
print(f"a Dense layer behind them has a matrix of {tuple(dense.kernel.shape)}")
assert tuple(dense.kernel.shape) == (7, 3)
try:
    model(list(given))
except Exception as error:
    print(f"and fails: {type(error).__name__}")
else:
    raise SystemExit("the model runs now")
PYTHON

#!/usr/bin/env bash
# Keras 3.15.1: a layer that stands in two models inside a model is no longer shared once the model is written down.
# to_json() describes the layer twice, so that the model made from it has its weights twice (144 parameters, not 72).
# model.save() writes a .keras file whose weights stand in one of the two places alone, and load_model refuses the file
# that save has just written: the other copy "expected 2 variables, but received 0 variables".
# Guess before the run: JSON has no word for such a layer, and a .keras file keeps it with its shared_object_id.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "keras==3.15.1" "torch==2.13.0" "numpy>=1.26"
export KERAS_BACKEND=torch KERAS_HOME="$folder" MODEL="$folder/model.keras"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import os

import keras

assert keras.__version__ == "3.15.1", keras.__version__
dense = keras.layers.Dense(8)
first = keras.Sequential([keras.Input((8,)), dense], name="first")
second = keras.Sequential([keras.Input((8,)), dense], name="second")
x = keras.Input((8,))
model = keras.Model(x, second(first(x)))
again = keras.models.model_from_json(model.to_json())
print(f"{model.count_params()} parameters; made from its JSON: {again.count_params()}")
assert (model.count_params(), again.count_params()) == (72, 144)
model.save(os.environ["MODEL"])
try:
    keras.saving.load_model(os.environ["MODEL"])
except ValueError as error:
    said = str(error)
    print(f"load_model: ValueError: {said.splitlines()[0]}")
    assert "expected 2 variables, but received 0 variables" in said, said
else:
    raise SystemExit("the saved model can be loaded now")
PYTHON

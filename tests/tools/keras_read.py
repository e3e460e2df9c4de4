"""Read every model of keras.applications, and compare it with what Keras states.

    python tests/tools/keras_read.py             # all of them: ten minutes
    python tests/tools/keras_read.py ResNet50    # some, without writing them down

needs `pip install -e '.[peers]'`. Each model is built on torch's meta device, written by
`to_json` and read. Parameters are held against `count_params`, the sizes of every layer
against Keras' symbolic tensors, multiply-accumulates against what torch counts while
the model runs. All of them go to `tests/data/keras_read.yaml`, which
`docs/generated/keras_read.md` shows.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE / "oracles"))

import yaml  # noqa: E402  # after the path
from keras_models import (  # noqa: E402  # after the path
    application,
    applications,
    differing,
    keras_on_torch,
    normalizations,
    read,
    stated,
)

RECORD = HERE / "data" / "keras_read.yaml"
SIZE = (224, 224, 3)
"""The image of models that leave its size open, to count their operations."""


def row(name: str) -> dict[str, Any]:
    """Return what reading one model gave."""
    begin = time.monotonic()
    try:
        model = application(name)
    except Exception as error:
        return {"model": name, "not_built": str(error).splitlines()[0]}
    text = model.to_json()
    theirs, ours = stated(model), read(text)
    if theirs.macs is None:
        model = application(name, input_shape=SIZE)
        macs = stated(model).macs, read(model.to_json()).macs
    else:
        macs = theirs.macs, ours.macs
    found = {
        "model": name,
        "bytes": len(text.encode()),
        "layers": len(theirs.sizes),
        "other_sizes": differing(theirs, ours),
        "parameters": theirs.params,
        "parameters_read": ours.params,
        "normalization": normalizations(json.loads(text)),
        "macs": macs[0],
        "macs_read": macs[1],
        "unknown": ours.unknown,
        "lines": ours.lines,
        "seconds": round(time.monotonic() - begin, 1),
    }
    print(found, flush=True)
    return found


def fits(found: dict[str, Any]) -> bool:
    """Say whether everything about a model is as Keras says."""
    if "not_built" in found:
        return True
    rest = found["parameters"] - found["parameters_read"] - found["normalization"]
    same = found["macs"] == found["macs_read"]
    return same and not rest and not found["other_sizes"] and not found["unknown"]


def main(names: list[str]) -> int:
    """Read the models that are named, or all of them; return 1 where one differs."""
    warnings.simplefilter("ignore")
    rows = [row(name) for name in names or applications()]
    if not names:
        import torch

        data = {
            "date": datetime.now(UTC).date().isoformat(),
            "keras": keras_on_torch().__version__,
            "torch": torch.__version__.partition("+")[0],
            "models": rows,
        }
        RECORD.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return int(not all(map(fits, rows)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

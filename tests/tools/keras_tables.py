"""The page of the models of Keras that were read: from the data of a long run.

`python tests/tools/documents.py` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

READ = Path(__file__).parents[1] / "data" / "keras_read.yaml"
PAGE = "docs/generated/keras_read.md"
HEAD = """\
<!-- made by tests/tools/documents.py -->

# Keras models that were read

Every model of `keras.applications`, written by `model.to_json()` and read by `archcalc`.
"""


def page() -> str:
    """Return the whole page."""
    data = yaml.safe_load(READ.read_text(encoding="utf-8"))
    return "\n".join([HEAD, *lines(data)]) + "\n"


def lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield what was read, a row for each model, and what could not be built."""
    rows = [row for row in data["models"] if "not_built" not in row]
    layers = sum(row["layers"] for row in rows)
    others = sum(len(row["other_sizes"]) for row in rows)
    macs = sum(row["macs"] == row["macs_read"] for row in rows)
    equal = sum(row["parameters"] == row["parameters_read"] for row in rows)
    named = sum(
        row["parameters"] == row["parameters_read"] + row["normalization"]
        for row in rows
    )
    whole = sum(not row["unknown"] for row in rows)
    yield (
        f"`tests/tools/keras_read.py`, {data['date']}, Keras {data['keras']} on torch "
        f"{data['torch']}: {len(rows)} of {len(data['models'])} models can be built. "
        f"Of their {layers:,} layers, {layers - others:,} have the sizes that Keras "
        f"states. Multiply-accumulates are those that torch counts while the model "
        f"runs in {macs} models; in {whole} every layer has a rule. Parameters under "
        f"`--convention keras` are those of `count_params` in {equal} models, and in "
        f"{named - equal} more except for the layer `Normalization`. If its statistics "
        "are learned from data, Keras also counts a counter; if the model gives the "
        "statistics, Keras counts nothing, and archcalc counts them as buffers."
    )
    yield ""
    yield "| model | layers | parameters of Keras | read | MACs of torch | read |"
    yield "|---|---:|---:|---:|---:|---:|"
    for row in rows:
        read = row["parameters_read"] - row["parameters"]
        work = row["macs_read"] - row["macs"]
        yield (
            f"| {row['model']} | {row['layers']:,} | {row['parameters']:,} "
            f"| {f'{read:+,}' if read else 'equal'} | {row['macs']:,} "
            f"| {f'{work:+,}' if work else 'equal'} |"
        )
    for row in data["models"]:
        if "not_built" in row:
            yield ""
            yield f"Not built: {row['model']}, `{row['not_built']}`"

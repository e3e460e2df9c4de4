"""How long archcalc works on a PyTorch module beside `torch.export`.

    python tests/tools/reading_time.py

A line for each model: seconds of `torch.export`, and what archcalc adds for the walk,
the spec and the table, in percent of it. Times are those of the process.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import patch

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE / "oracles"), str(HERE / "support"), str(HERE / "tools")]

from models_read import built, shape_of  # noqa: E402  # after the paths

from archcalc.network.network import network  # noqa: E402
from archcalc.readers import written  # noqa: E402
from archcalc.readers.pytorch import export  # noqa: E402

MODELS = (
    ("torchvision", "resnet18"),
    ("torchvision", "resnet50"),
    ("torchvision", "vit_b_16"),
    ("torchvision", "densenet121"),
    ("torchvision", "mobilenet_v3_large"),
    ("torchvision", "swin_t"),
    ("timm", "beit_base_patch16_224"),
)


def timed(module: Any, shape: tuple[int, ...], name: str) -> tuple[float, float]:
    """Return the seconds of the export, and those of all that follows."""
    spent: list[float] = []
    original = export.exported

    def exported(*given: Any) -> Any:
        begin = time.process_time()
        program = original(*given)
        spent.append(time.process_time() - begin)
        return program

    begin = time.process_time()
    with patch.object(export, "exported", exported):
        model = export.read_module(module, lambda names: {names[0]: shape})
    network(written(model, name)).analyze().total  # noqa: B018  # it is computed
    return spent[0], time.process_time() - begin - spent[0]


def main() -> None:
    """Print a line for each model; the first is read twice, so that all is loaded."""
    warnings.simplefilter("ignore")
    for number, (source, name) in enumerate((MODELS[0], *MODELS)):
        module = built(source, name)
        theirs, ours = timed(module, shape_of(source, name, module), name)
        if number:
            print(f"{name}: export {theirs:.2f} s, archcalc adds {ours / theirs:.0%}")


if __name__ == "__main__":
    main()

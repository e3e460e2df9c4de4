"""What layers refuse, in full: message, the facts that clash, and what would help.

`golden/layers/refusals.txt` has the words to be read; `UPDATE_GOLDEN=1` writes it
anew. That these are refused, and torch agrees, is tested in test_layer_words.py and
test_layers_torch.py.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from layer_cases import read
from layer_refusals import ARGUMENTS, REFUSALS

from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE
from archcalc.layers.fields import FieldError

FILE = Path(__file__).parents[1] / "golden" / "layers" / "refusals.txt"
SHAPES = [
    *(text for text, _, _ in REFUSALS),
    "{maxpool: 3, dilation: 2} @ 4x3x9",
    "{avgpool: 3, pad: 1} @ 4x1x2x9",
    "{conv: 8, kernel: 5, pad: 1} @ 4x2",
    "{adaptive_avgpool: [2, 2, 2]} @ 4x5x6",
    "{conv: 8, stride: [1, 2, 3]} @ 4x9x9",
    "{conv: 8, dilation: [1]} @ 4x9x9",
    "{conv: 8, pad: [0, 1]} @ 4x9",
    "add @ 8x5x6, 4x5x6",
    "add @ 8x5x6, 4x5x6, 8x5x6",
]
FIELDS = [f"{key} {given}" for key, given, _ in ARGUMENTS]


def of_shape(text: str) -> str:
    case = read(text)
    with pytest.raises(ShapeError) as caught:
        case.layer.shape(*case.inputs)
    return "\n".join([text, *(f"  {p.show()}" for p in caught.value.problems)])


def of_fields(text: str) -> str:
    (given,) = [g for key, g, _ in ARGUMENTS if f"{key} {g}" == text]
    with pytest.raises(FieldError) as caught:
        CATALOGUE[text.split()[0]](**given)
    help = f"\n    help: {caught.value.help}" if caught.value.help else ""
    return f"{text}\n  {caught.value.message}{help}"


def written() -> dict[str, str]:
    if os.environ.get("UPDATE_GOLDEN"):
        parts = [of_shape(t) for t in dict.fromkeys(SHAPES)] + [*map(of_fields, FIELDS)]
        FILE.write_text("\n\n".join(parts) + "\n", "utf-8")
    parts = FILE.read_text("utf-8").rstrip("\n").split("\n\n")
    return {part.partition("\n")[0]: part for part in parts}


WRITTEN = written()


@pytest.mark.parametrize("text", list(dict.fromkeys(SHAPES)))
def test_shapes_that_are_refused(text: str) -> None:
    assert of_shape(text) == WRITTEN[text]


@pytest.mark.parametrize("text", FIELDS)
def test_arguments_that_are_refused(text: str) -> None:
    assert of_fields(text) == WRITTEN[text]

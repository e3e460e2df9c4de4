"""What a class of layers gets from its annotations when it is written."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, ClassVar

import kinds
import pytest

from archcalc.layers import CATALOGUE
from archcalc.layers.activation import plain
from archcalc.layers.base import Layer, Saved, is_one
from archcalc.layers.fields import FieldError, Flag, Size
from archcalc.sizes.dims import symbol


def test_annotations_of_fields_become_arguments() -> None:
    class First(Layer):
        key = "first"
        about: ClassVar[str] = "no argument"
        size: Size
        flag: Flag = True
        other: int = 3

    assert list(First.fields) == ["size", "flag"]
    assert First.fields["size"] is Size.__metadata__[0]
    assert First.required == {"size"}
    assert First.principal == "size"
    assert dict(First(size=4).items()) == {"size": 4, "flag": True}
    with pytest.raises(FieldError, match=r"^first needs size$"):
        First()


def test_subclasses_inherit_arguments_and_the_principal_one() -> None:
    class First(Layer):
        key = "first"
        size: Size

    class Second(First):
        key = "second"
        size: Size = 2
        more: Size

    class Third(Second):
        principal = "more"

    class Bare(Layer):
        key = "bare"

    class Told(Layer):
        principal = None
        size: Size = 1

    assert list(Second.fields) == ["size", "more"]
    assert Second.required == {"more"}
    assert Second.principal == "size"
    assert Third.principal == "more"
    assert (Bare.fields, Bare.required, Bare.principal) == ({}, frozenset(), None)
    assert Told.principal is None


def test_a_plain_activation_is_a_row_of_data() -> None:
    made: Any = plain("twice", "nn.Twice", "2x", {"mul": 1}, "output", "by hand")
    assert (made.__name__, made.__module__) == ("Twice", "archcalc.layers.activation")
    assert made.__doc__ == (
        "`2x` for each value (by hand). Shape unchanged. Backward keeps the output."
    )
    assert (made.key, made.target, made.each) == ("twice", "nn.Twice", {"mul": 1})
    assert made.keeps == Saved(output=True)
    assert made.examples == ("twice @ 8x5x6", "twice @ 7")


def test_equal_layers_are_equal_as_keys() -> None:
    conv = CATALOGUE["conv"]
    assert {conv(out=8): 1}[conv(out=8, kernel=1)] == 1
    assert conv(out=8) != conv(out=9)
    assert conv(out=8) != "conv"


def test_labels_name_arguments_in_words() -> None:
    class Wordy(Layer):
        key = "wordy"
        size: Size
        two_words: Flag = True

    assert Wordy(size=4).label() == "wordy 4"
    assert Wordy(size=4, two_words=False).label() == "wordy 4, two words no"


def test_a_label_without_inputs_is_that_of_an_image() -> None:
    assert CATALOGUE["conv"](out=64, kernel=3).label() == "conv 3×3, 64"
    assert CATALOGUE["conv"](out=64, kernel=3).label((3, 9)) == "conv 3, 64"


class One:
    """A recorded size of 1."""

    def __dim__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("size", "expected"), [(1, True), (2, False), (symbol("C"), False), (One(), True)]
)
def test_is_one(size: Any, expected: bool) -> None:
    assert is_one(size) is expected


def test_the_index_says_what_the_classes_say() -> None:
    found = kinds.written()
    assert kinds.FILE.read_text(encoding="utf-8") == found, "run tests/tools/kinds.py"


def test_a_look_at_one_kind_imports_its_family_alone() -> None:
    code = (
        "import sys; from archcalc.layers import CATALOGUE\n"
        "assert 'lstm' in CATALOGUE and 'nothing' not in CATALOGUE\n"
        "assert CATALOGUE['conv'].key == 'conv'\n"
        "assert CATALOGUE.get('nothing') is None\n"
        "assert 'archcalc.layers.recurrent.recurrent' not in sys.modules\n"
        "assert next(iter(CATALOGUE)) == 'input' and len(CATALOGUE) > 100\n"
        "assert 'archcalc.layers.recurrent.recurrent' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

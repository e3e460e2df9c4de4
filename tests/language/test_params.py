"""Params of a file: their order, cycles, words, and what may be set from outside."""

from __future__ import annotations

import pytest

import archcalc

HEAD = "name: n\ninput: [3, 8, 8]\n"


def width(params: str, **chosen: object) -> object:
    """Return the channels of a convolution of `width` channels."""
    text = f"{HEAD}params: {params}\nvariants: {{wide: {{base: 32}}}}\nlayers: [{{conv: width}}]\n"
    network = archcalc.loads(text)
    return archcalc.Network(network.spec, **chosen).analyze().output[0]  # type: ignore[arg-type]  # test values


def test_params_may_need_later_ones() -> None:
    assert width("{width: 2*base, base: 16}") == 32
    assert width("{width: 2*base, base: 16}", variant="wide") == 64
    assert width("{width: 2*base, base: 16}", settings={"base": "20"}) == 40
    assert width("{width: 2*base, base: 16}", settings={"width": "base+1"}) == 17


def test_params_that_need_each_other_are_refused() -> None:
    with pytest.raises(archcalc.SpecError, match="width, base depend on each other"):
        width("{width: base, base: width}")


def test_a_name_that_is_no_param_stays_a_symbol() -> None:
    assert str(width("{width: 2*base, base: 16}", settings={"base": "k"})) == "2k"


def test_a_param_of_its_own_name_is_a_symbol() -> None:
    assert str(width("{width: 2*base, base: base}")) == "2·base"


def test_a_word_cannot_stand_for_a_size() -> None:
    with pytest.raises(archcalc.SpecError, match="a whole number is needed here"):
        width("{width: wide, base: 1}")


@pytest.mark.parametrize("given", [[16, 24], (16, 24), ["2*8", "24"]])
def test_python_gives_a_list(given: object) -> None:
    params = "{width: 'widths[2] + base', widths: [4, 8, 12], base: 3}"
    assert width(params) == 11
    assert width(params, settings={"widths": given}) == 27

"""What an output position sees of its input: a window for each axis, or all of it."""

from __future__ import annotations

from typing import Literal

from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim


class Window(NamedTuple):
    """How output positions look at one axis of their input.

    Put the input's positions `fraction` apart (1 for all that does not enlarge): output
    `o` sees what stands from `o·stride - before` on, `size` places long, dilation
    included. So it sees the inputs

        ⌈(o·stride - before) / fraction⌉ … ⌊(o·stride - before + size - 1) / fraction⌋

    and one step of the output is `stride / fraction` steps of the input. Transposed
    convolution (Dumoulin and Visin 2016, section 4) and interpolation fit this exactly.
    """

    size: Dim
    stride: Dim
    before: Dim
    fraction: Dim = 1


Seen = tuple[Window, ...] | Literal["all"] | None
"""What an output sees: a window for each axis, every position, or just its own."""

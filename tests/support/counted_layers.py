"""Layers that counters are asked about, one by one, and the network of one layer."""

from __future__ import annotations

from typing import Any

import layer_cases
from layer_cases import Case

from archcalc.graph.graph import Graph, Group, Node
from archcalc.layers.input import Input

MORE = (
    "{conv: 6, kernel: [3, 1], stride: [2, 1], groups: 3} @ 6x9x10",
    "{deconv: 6, kernel: 3, stride: 2, groups: 2} @ 4x5x7",
    "{deconv: 8, kernel: [3, 2], stride: [1, 2], pad: [1, 0], dilation: 2} @ 3x9x8",
    "{maxpool: 3, stride: 2, pad: same} @ 4x8x10",
    "{avgpool: 3, stride: 2, pad: 1, rounding: ceil} @ 4x8x8",
    "{avgpool: 3, stride: 2, pad: 1, rounding: ceil, count_pad: false} @ 4x8x9",
    "{avgpool: 5, stride: 1, pad: 2, count_pad: false} @ 3x4x6",
    "{avgpool: [4, 3], stride: [3, 1], pad: [2, 1], count_pad: false} @ 3x11x6",
    "{avgpool: 2, rounding: ceil} @ 2x5x5x7",
    "{avgpool: 3, stride: 1, pad: same, count_pad: false} @ 5x9",
    "{adaptive_avgpool: 3} @ 3x4x4",
    "{adaptive_avgpool: [3, 5]} @ 3x11x12",
    "{adaptive_avgpool: 4} @ 3x7x9x11",
    "{upsample: 2, mode: bilinear} @ 8x5",
    "{upsample: 5/3} @ 8x5x7",
    "{upsample: 0.7} @ 3x9x11",
    "{resize: [4, 4, 4], mode: bilinear} @ 3x2x3x5",
    "{resize: 6} @ 3x4",
    "{upsample: 3, mode: nearest-exact} @ 3x4x5",
    "{resize: [5, 7], mode: bicubic} @ 3x4x5",
    "{resize: 6, mode: linear} @ 3x4",
    "{resize: [4, 3, 5], mode: trilinear} @ 3x2x3x5",
    "{in: true} @ 4x2x3x5",
    "{gn: 2} @ 8x5",
    "{softmax: 0} @ 7x16",
    "{log_softmax: 1} @ 8x5x6",
    "linear: 5 @ 7x16",
    "{gru: 6, bidirectional: true} @ 5x8",
    "{lstm: 4, layers: 3} @ 5x8",
    "{gru: 6, layers: 2, biases: 0} @ 5x8",
)
NOT_ALONE = {
    "einsum": "calflops adds one for each call; products without a sum count in some",
    "deform_conv": "no tool knows torchvision's operator; what stands for it is several",
    "roi_align": "no tool knows torchvision's operator; what stands for it is several",
    "parameter": "nothing enters it, and a tool needs an input",
    "relative_bias": "nothing enters it, and a tool needs an input",
    "lookup": "nothing enters it, and a tool needs an input",
    "experts": "no module of torch is one; libraries write it out, each otherwise",
    "unknown": "what stands for it in torch is made for its sizes alone",
}
"""Kinds that the tools do not count as one layer, and why."""
MADE_OF_SEVERAL = (
    "{bn: true, fixed: true} @ 8x5x6",
    "{deconv: 4, kernel: 5, stride: 2, pad: same} @ 3x4x5",
    "{deconv: 4, kernel: 4, stride: 2, pad: [0, 2], pad_end: 1} @ 3x4x5",
    "{avgpool: 3, stride: 1, pad: same} @ 2x2x3x4",
    "{avgpool: 3, stride: 1, dilation: [1, 2], pad: 1} @ 4x8x7",
    "{avgpool: 2, stride: 2, dilation: 3} @ 4x9",
)
"""What torch has only as several operations, at other sizes between them."""
CASES = tuple(
    case
    for case in (*layer_cases.EXAMPLES, *map(layer_cases.read, MORE))
    if "biases: 1" not in case.text  # torch has no such module that a tool could see
    if case.layer.key not in NOT_ALONE
    if case.text not in MADE_OF_SEVERAL
    if not isinstance(getattr(case.layer, "scale", None), tuple)  # ptflops takes one
)


def alone(case: Case) -> Graph:
    """Return the network of one layer."""
    inputs = tuple(range(len(case.inputs)))
    last = len(inputs)
    entries: list[tuple[Any, tuple[int, ...], Any]] = [
        *((Input(), (), shape) for shape in case.inputs),
        (case.layer, inputs, case.output),
    ]
    nodes = tuple(
        Node(i, f"n{i}", layer, reads, shape, 0, None, None, False)  # type: ignore[arg-type]  # no place in a file
        for i, (layer, reads, shape) in enumerate(entries)
    )
    group = Group("", "net", "", 0, 0, last + 1, last)
    return Graph(nodes, (group,), inputs, (last,), {})

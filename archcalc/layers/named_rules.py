"""What each code of a shape error means."""

from __future__ import annotations

SHAPE_RULES = {
    "AC201": "Inputs that meet in one step must have shapes that fit each other.",
    "AC202": "A window (dilation included) is not larger than its padded input.",
    "AC203": "The number of groups divides the channels of the input and the output.",
    "AC204": "A layer needs the axes that it works on: channels and positions, say.",
    "AC205": "A list for each spatial axis has as many numbers as there are axes.",
    "AC206": "Output padding is smaller than the stride or smaller than the dilation.",
    "AC207": "Something is left: no output size is 0 or below.",
    "AC208": "An axis exists. Axes count from 0, the batch left out, or from the end.",
    "AC209": "A pool pads by half its kernel at most, and evenly if it does not count.",
    "AC210": "What is cut into equal parts is divided by their number.",
    "AC211": "A product of matrices needs rows as long as the other one's columns.",
    "AC212": "Values or tokens that are laid out anew fill the new sizes exactly.",
    "AC213": "A part of an axis ends inside it and holds something.",
    "AC214": "Steps that share weights have weights of equal shapes.",
    "AC216": (
        "An embedding looks up whole numbers, so its input is an input of the network, "
        "cut or moved at most."
    ),
    "AC220": "A statistic is taken over two values or more.",
    "AC290": "A question about sizes that are names has nowhere to be assumed.",
}

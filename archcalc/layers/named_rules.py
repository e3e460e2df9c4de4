"""What each code of a shape error means."""

from __future__ import annotations

SHAPE_RULES = {
    "AC201": "Inputs that meet in one step must have shapes that fit each other.",
    "AC202": "A window (with its dilation) must not be larger than its padded input.",
    "AC203": "The number of groups must divide the channels of the input and of the "
    "output.",
    "AC204": "The input lacks axes that the layer works on, such as channels or "
    "positions.",
    "AC205": "A list with one number for each spatial axis must have as many numbers "
    "as there are axes.",
    "AC206": "Output padding must be smaller than the stride or smaller than the "
    "dilation.",
    "AC207": "An output size would be 0 or below.",
    "AC208": "The axis does not exist. Axes count from 0, without the batch, or from "
    "the end.",
    "AC209": "A pool may pad by at most half its kernel, and must pad evenly if "
    "padding is not counted.",
    "AC210": "To cut an axis into equal parts, their number must divide its size.",
    "AC211": "In a product of matrices, the rows of one must be as long as the "
    "columns of the other.",
    "AC212": "If values or tokens get another layout, the new sizes must hold exactly "
    "as many.",
    "AC213": "A part of an axis must end inside the axis and must not be empty.",
    "AC214": "Steps that share weights must have weights of equal shapes.",
    "AC216": (
        "An embedding looks up whole numbers, so its input is an input of the "
        "network, at most cut or rearranged."
    ),
    "AC220": "A statistic needs at least two values.",
    "AC290": "A size that is a symbol would decide something here, and nothing says "
    "which case to assume.",
}

"""Where published figures are from: what kind of source a citation names.

A citation is one source or several, separated by `;`: `He 2015, Table 1; Zou 2018
lecture`. What stands after a comma says where in the source. A citation that begins
with `computed`, or none, says that the figure was printed nowhere.
"""

from __future__ import annotations

import re
from typing import Literal

from archcalc.figures.conventions import CONVENTIONS
from archcalc.records import NamedTuple

Kind = Literal["lectures", "papers", "libraries", "tools", "others", "computed"]
KINDS: dict[Kind, str] = {
    "lectures": "lectures",
    "papers": "papers",
    "libraries": "libraries and authors' code",
    "tools": "tools",
    "others": "other sources",
    "computed": "computed here",
}
"""Kinds of source, in the order in which they are listed."""
REFERENCES = {
    "CS231n lecture 9": (
        'Stanford University, CS231n, lecture 9, "CNN Architectures", 2 May 2017'
    ),
    "CNN Architectures lecture": (
        'slides "CNN Architectures", from AlexNet to SENet and EfficientNet; author '
        "and course unknown, images from CS231n among others"
    ),
    "Zou 2018 lecture": (
        'Zhengxia Zou, "AlexNet, VGG, GoogleNet and ResNet", 18 August 2018'
    ),
    "torchvision": "version 0.28.0",
    "timm": "version 1.0.31",
    "pytorchcv": "version 0.0.74",
    "transformers": "version 4.57.3",
    "diffusers": "version 0.35.2",
}
"""What the short names of some sources stand for; of libraries, the version."""
LECTURE = re.compile(r"\b(lecture|slides)\b")
LIBRARY = re.compile(
    r"\b(torchvision|timm|pytorchcv|transformers|diffusers|Caffe|Keras|repository|"
    r"README|definition|code|gist)\b|^[\w-]+/[\w-]+"
)
TOOLS = (*CONVENTIONS, "torchsummary", "convnet-burden")
PAPER = re.compile(r"^[^\W\d_][\w' -]* (18|19|20)[0-9]{2}\b")
LIBRARIES = ("torchvision", "timm", "pytorchcv", "transformers", "diffusers")
NAMED_BY_ONE_WORD = (*LIBRARIES, "Caffe")


class Publication(NamedTuple):
    """A kind of source, and its name; several are joined by `; `."""

    kind: Kind
    name: str


def source_of(cite: str | None) -> Publication:
    """Return the source of a citation; of several, those of the kind listed first.

    >>> source_of("He 2015, Table 1; CS231n lecture 9; Zou 2018 lecture")
    Publication(kind='lectures', name='CS231n lecture 9; Zou 2018 lecture')
    """
    found = [_one(part.strip()) for part in (cite or "").split(";")]
    kind = min((one.kind for one in found), key=list(KINDS).index)
    names = dict.fromkeys(one.name for one in found if one.kind == kind)
    return Publication(kind, "; ".join(names))


def _one(cite: str) -> Publication:
    name = cite.partition(",")[0].strip()
    first = name.partition(" ")[0]
    if first in ("", "computed"):
        return Publication("computed", "printed nowhere")
    if LECTURE.search(cite):
        return Publication("lectures", name)
    if PAPER.match(name):
        return Publication("papers", name)
    if LIBRARY.search(cite):
        return Publication("libraries", first if first in NAMED_BY_ONE_WORD else name)
    if first in TOOLS:
        return Publication("tools", first)
    return Publication("others", name)

"""What users may give as a network, and how it becomes one.

Every public function comes through here, so that a new kind of model needs one place.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from archcalc.checks.loading import warnings_of
from archcalc.checks.revisions import source_at
from archcalc.errors import InputWarning, Problem, UsageError
from archcalc.language.library import find
from archcalc.limits import DEFAULT, Limits
from archcalc.network import network as networks
from archcalc.network.analysis import Analysis
from archcalc.network.input_sizes import Input
from archcalc.network.network import Network
from archcalc.readers import is_module

if TYPE_CHECKING:
    from archcalc.readers.weights.record import Weights

Given = str | os.PathLike[str] | Network
"""A shipped name (`"vgg16"`, `"resnet50:v1.5"`), the path of a YAML file, or a network
that was loaded."""


class Counting(TypedDict, total=False):
    """What figures depend on beside the network; `Network.analyze` says what each is.

    `batch` is a number of samples, `dtype` the number format of activations, `inplace`
    lets normalizations and activations overwrite their input, `convention` names a way
    of counting.
    """

    batch: int
    dtype: str
    inplace: bool
    convention: str


class Running(TypedDict, total=False):
    """What bytes depend on beside the network; `Network.analyze` says what each is.

    `optimizer`, `mixed`, `checkpoint` and `accumulate` concern training, `stored` is
    the number format on disk.
    """

    batch: int
    dtype: str
    inplace: bool
    optimizer: str
    mixed: bool
    checkpoint: str
    stored: str | None
    accumulate: bool


def load(
    name: str | os.PathLike[str] | Any,
    *,
    variant: str | None = None,
    input: Input | None = None,
    set: Mapping[str, Any] | None = None,
    limits: Limits = DEFAULT,
    arguments: Mapping[str, Any] | None = None,
    freeze: str | Sequence[str] = (),
) -> Network:
    """Return a shipped network by name, or the network in a file or a PyTorch module.

    `name` is `vgg16`, `efficientnet:b1`, `nets/mine.yaml` or `net.onnx`; or a
    `torch.nn.Module`, or what makes one with `arguments`: `torchvision.models:resnet50`
    or `nets/mine.py:Net`, which is imported. `set` overrides params.
    `input` gives the input sizes, channels first and without the batch: `"3x299x299"`,
    `[3, 299, 299]`, `"C,H,W"` for symbols; for one of several inputs,
    `{"left": [3, 8, 8]}`. `freeze` are patterns of paths whose parameters are not
    trained: `"backbone"`, `["conv*", "*.bn"]`.

    Raises `UsageError` for an unknown name, `SourceError` or `SpecError` for a file
    that is not a network. Warns (`InputWarning`) of an input that looks like another
    layout, such as channels last.

    >>> archcalc.load("vgg16").analyze().total.params
    138357544
    """
    found = networks.load(
        name,
        variant=variant,
        input=input,
        set=set,
        limits=limits,
        arguments=arguments,
        freeze=freeze,
    )
    warn(warnings_of(found))
    return found


def loads(text: str, name: str = "text") -> Network:
    """Return the network in a YAML text; errors call the text `name`.

    Raises and warns as `load` does.

    >>> spec = "{name: own, input: [3, 8, 8], layers: [{conv: 4, kernel: 3}]}"
    >>> net = archcalc.loads(spec)
    >>> net.analyze().output
    (4, 6, 6)
    """
    found = networks.loads(text, name)
    warn(warnings_of(found))
    return found


def network_of(given: object) -> Network:
    """Return the network that was given: by name, by path, or itself.

    Raises `TypeError` for anything else, and what `load` raises.
    """
    if isinstance(given, Network):
        return given
    if isinstance(given, str | os.PathLike) or is_module(given):
        return load(given)
    found = type(given).__name__
    raise TypeError(f"a network is a name, a path or a Network, not {found}")


def weights_or_network(given: object) -> Weights | Network:
    """Return the network that was given, or the weights of a file without a graph."""
    try:
        return network_of(given)
    except UsageError as error:
        from archcalc.readers.weights.record import held_by

        return held_by(error)


def analysis_of(given: Given | Analysis, **counting: Unpack[Counting]) -> Analysis:
    """Return the analysis of what was given; an analysis is returned as it is.

    Raises `TypeError` for settings beside an analysis, which has its own.
    """
    if not isinstance(given, Analysis):
        return network_of(given).analyze(**counting)
    if counting:
        names = ", ".join(counting)
        raise TypeError(f"an analysis has its own settings; {names} cannot be given")
    return given


def older(
    path: str,
    revision: str,
    settings: Mapping[str, Any] | None = None,
    input: Input | None = None,
    limits: Limits = DEFAULT,
) -> Network:
    """Return the network in a file as it was in a revision of git.

    Raises `UsageError` AC571 where git, the revision or the file in it is not there.
    """
    file, variant = find(path)
    source = source_at(file, revision, limits)
    return networks.network(source, variant, settings, input, limits)


def warn(problems: Iterable[Problem]) -> bool:
    """Warn of each problem (`InputWarning`); say whether there was one."""
    found = [problem.show("warning") for problem in problems]
    for text in found:
        warnings.warn(text, InputWarning, stacklevel=_callers())
    return bool(found)


def _callers() -> int:
    """Return which frame, counted from the caller, is the first outside archcalc."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("archcalc."):
        frame, level = frame.f_back, level + 1
    return level

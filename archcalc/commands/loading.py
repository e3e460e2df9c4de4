"""The options of reading a network, and the network that they give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.commands.declared import Options
from archcalc.commands.options import (
    Arguments,
    Attention,
    Freeze,
    InputShapes,
    LimitOptions,
    PythonObject,
    Settings,
)
from archcalc.commands.output import say_import, warn
from archcalc.commands.progress import waiting
from archcalc.errors import UsageError, suggestion
from archcalc.records import dataclass, fields, replace

if TYPE_CHECKING:
    from archcalc.limits import Limits
    from archcalc.network.network import Network
    from archcalc.readers.weights.record import Weights


def pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """Return `NAME=VALUE` options as a dict; raise `UsageError` AC508 otherwise."""
    found = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError.of(
                "AC508",
                f"{option} {text}: a name and a value are needed",
                help=f"{option} name=value",
            )
        found[name] = value
    return found


def limits_from(given: Sequence[str] | None) -> Limits:
    """Return the limits with those of `--limit` raised."""
    from archcalc.limits import DEFAULT, Limits

    known = [f.name for f in fields(Limits)]
    changes: dict[str, Any] = {}
    for name, value in pairs(given, "--limit").items():
        if name not in known or not (
            value.isascii() and value.isdigit() and len(value) < 19
        ):
            help = suggestion(name, known, "limits")
            raise UsageError.of(
                "AC508", f"--limit {name}={value} is not a limit", help=help
            )
        changes[name] = int(value)
    return replace(DEFAULT, **changes)


@dataclass(frozen=True)
class Loading(Options):
    """How the network is loaded that a command names."""

    input: InputShapes = None
    settings: Settings = None
    python: PythonObject = False
    arguments: Arguments = None
    limit: LimitOptions = None
    freeze: Freeze = None
    attention: Attention = None
    last = ("python", "arguments", "limit")

    def load_all(self, names: Sequence[str]) -> list[Network]:
        """Return networks; arguments are for those of them that are Python objects."""
        return [one.load(name) for one, name in self._each(names)]

    def given_all(self, names: Sequence[str]) -> list[Network | Weights]:
        """Return networks, and weights where a file has no graph."""
        return [one.given(name) for one, name in self._each(names)]

    def _each(self, names: Sequence[str]) -> Iterator[tuple[Loading, str]]:
        """Yield each name with how it is loaded."""
        from archcalc.readers import object_named

        others = replace(self, python=False, arguments=None)
        objects = [object_named(name, self.python) is not None for name in names]
        for name, object in zip(names, objects, strict=True):
            yield (self if object or not any(objects) else others), name

    def given(self, name: str) -> Network | Weights:
        """Return the network of a name, or the weights of a file that has no graph."""
        try:
            return self.load(name)
        except UsageError as error:
            from archcalc.readers.weights.record import held_by

            held = held_by(error)
        held.refuse({"--input": bool(self.input), "--set": bool(self.settings)})
        held.refuse({"--freeze": bool(self.freeze)})
        held.refuse({"--attention": self.attention is not None})
        return held

    def load(self, name: str) -> Network:
        """Return the network of a name; say where its input looks like another layout.

        Before a Python object is imported, which runs its code, stderr says so.
        """
        from archcalc.checks.loading import warnings_of
        from archcalc.network.input_sizes import read_inputs
        from archcalc.network.network import load

        set = pairs(self.settings, "--set")
        input = read_inputs(self.input or ())
        arguments = _of_object(name, self.python, self.arguments)
        with waiting(f"reading {name}"):
            network = load(
                name,
                input=input,
                set=set,
                limits=limits_from(self.limit),
                arguments=arguments,
                python=self.python,
                freeze=self.freeze or (),
                attention=self.attention,
            )
        warn(*warnings_of(network))
        if input is not None or set:
            _warn_of_heads(network)
        return network


def _of_object(
    name: str, python: bool, given: Sequence[str] | None
) -> dict[str, Any] | None:
    """Return the arguments for a Python object, and say that it is imported.

    Raises `UsageError` AC598 for arguments where no object is named, or none at all.
    """
    from archcalc.readers import object_named

    target = object_named(name, python)
    if target is None:
        if python or given:
            message = f"{name!r} names no object of a Python module"
            help = "write torchvision.models:resnet50 or nets/mine.py:Net"
            raise UsageError.of("AC598", message, help=help)
        return None
    from archcalc.readers.pytorch.objects import read_arguments

    say_import(target.where)
    return read_arguments(given or ())


def _warn_of_heads(network: Network) -> None:
    """Say on stderr which side heads do not fit sizes that are given."""
    from archcalc.errors import ArchcalcError

    try:
        unfit = network.graph.unfit
    except ArchcalcError:  # told by what the command does with the network
        return
    for head in unfit[:1]:
        (problem,) = head.error.problems
        more = f" (and {len(unfit) - 1} more)" if len(unfit) > 1 else ""
        left_out = f"the side head {head.name!r}{more} is left out, as in inference"
        told = replace(problem, message=f"{left_out}: {problem.message}")
        warn(told)

"""What a file of weights says: its tensors, each with its sizes, format and bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from math import prod
from mmap import mmap

from archcalc.errors import UsageError
from archcalc.readers.weights.dtypes import Dtype
from archcalc.records import NamedTuple, dataclass, field

Buffer = mmap | bytes
NO_GRAPH = "AC591"
MOST_TENSORS = 100_000
LONGEST_NAME = 500
LARGEST = 2**63 - 1
PACKED = ".quant_state.bitsandbytes__"
"""What follows a weight's name in the name of the state that unpacks it."""


class Tensor(NamedTuple):
    """One tensor of a file: `shape` as torch has it, the last axis innermost.

    `begin` is the first byte of its values, counted from where the values of the file
    begin; None where there is no file.
    """

    name: str
    shape: tuple[int, ...]
    dtype: Dtype
    begin: int | None = None

    @property
    def values(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """The bytes of its values."""
        return self.dtype.bytes(self.values)


@dataclass(frozen=True)
class Weights:
    """The tensors of one file, of several that belong together, or of a state dict.

    `ties` names, for a name that has no tensor of its own, the tensor that it stands
    for, as far as the file says. `says` are what else it states, by name; `notes` are
    sentences on what it leaves open.
    """

    name: str
    format: str
    tensors: tuple[Tensor, ...]
    ties: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def values(self) -> int:
        """All numbers that it holds, tied ones once."""
        return sum(tensor.values for tensor in self.tensors)

    @cached_property
    def bytes(self) -> int:
        """The bytes of all values, without the header and what fills gaps."""
        return sum(tensor.bytes for tensor in self.tensors)

    @cached_property
    def by_dtype(self) -> dict[Dtype, tuple[Tensor, ...]]:
        """The tensors of each format, that of the most bytes first."""
        found: dict[Dtype, list[Tensor]] = {}
        for tensor in self.tensors:
            found.setdefault(tensor.dtype, []).append(tensor)
        bytes = {one: sum(t.bytes for t in own) for one, own in found.items()}
        ordered = sorted(found, key=lambda one: (-bytes[one], one.name))
        return {one: tuple(found[one]) for one in ordered}

    @cached_property
    def halves(self) -> tuple[Tensor, ...]:
        """The tensors into whose bytes bitsandbytes packed two weights each.

        It writes beside each of them what they need to be unpacked
        (bitsandbytes/functional.py, `QuantState.as_dict`).
        """
        beside = {t.name.partition(PACKED)[0] for t in self.tensors if PACKED in t.name}
        return tuple(tensor for tensor in self.tensors if tensor.name in beside)

    def needs_graph(self, what: str) -> UsageError:
        """Return the error of a figure or an option that a file of weights has not."""
        message = f"{what} needs the graph, and {self.name} holds weights alone"
        return UsageError.of(NO_GRAPH, message, help=HELP)

    def refuse(self, options: Mapping[str, bool]) -> None:
        """Raise `UsageError` AC591 for the first of some options that is asked for."""
        for option, asked in options.items():
            if asked:
                raise self.needs_graph(option)


HELP = (
    "table, compare, memory, explain, report and check take it; for all else name the "
    "model: its config.json, an ONNX file, or the module"
)


class WeightsAlone(UsageError):
    """A network was asked for, and the file holds weights without a graph.

    What can do with less takes `weights`.
    """

    weights: Weights

    @classmethod
    def holding(cls, weights: Weights) -> WeightsAlone:
        """Return the error of a file, with what was read of it."""
        count = len(weights.tensors)
        tensors = f"{count:,} tensor{'s' * (count != 1)}"
        found = cls.of(
            NO_GRAPH,
            f"{weights.name} holds {tensors} and no graph, so it is no network",
            help=HELP,
        )
        found.weights = weights
        return found


def held_by(error: UsageError) -> Weights:
    """Return the weights that a file holds in place of a network, or raise the error.

    For those who can say something of weights alone.
    """
    if not isinstance(error, WeightsAlone):
        raise error
    return error.weights


def joined(name: str, parts: Iterable[Weights]) -> Weights:
    """Return the weights of several files that belong together.

    Raises `UsageError` AC591 where two of them hold a tensor of the same name.
    """
    parts = tuple(parts)
    tensors: dict[str, Tensor] = {}
    holder: dict[str, str] = {}
    for part in parts:
        for tensor in part.tensors:
            if tensor.name in tensors:
                message = f"{tensor.name!r} is in {holder[tensor.name]} and {part.name}"
                help = "name the parts of one model alone"
                raise UsageError.of(NO_GRAPH, message, help=help)
            tensors[tensor.name] = tensor
            holder[tensor.name] = part.name
    ties = {k: v for part in parts for k, v in part.ties.items()}
    says = {"files": str(len(parts)), **parts[0].says}
    says.pop("part", None)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Weights(name, parts[0].format, tuple(tensors.values()), ties, says, notes)

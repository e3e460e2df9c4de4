"""Locked networks: a file with a fingerprint of each, so that a change shows.

A fingerprint is made of the network written out: every layer by its torch record and
shapes, and which layers it reads. It holds no names, blocks or order of lines, so that
a spec may be written otherwise as long as the same network comes out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from archcalc.checks.cache import Cache
from archcalc.checks.checking import Selection, check_all
from archcalc.checks.claims.expectations import Computed
from archcalc.checks.findings import Checked, Finding
from archcalc.checks.project import Project
from archcalc.checks.sources import Sources
from archcalc.errors import ArchcalcError, LimitError, Place, Problem, UsageError
from archcalc.figures.countings import COUNTINGS, CURRENT, FIRST, recounted, told
from archcalc.graph.graph import Graph, Node
from archcalc.graph.paths import depth
from archcalc.language.library import is_shipped
from archcalc.limits import DEFAULT, Limits
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.network import network as network_of
from archcalc.readers import object_named
from archcalc.records import dataclass, replace
from archcalc.source.digests import digest
from archcalc.source.text import ENDINGS, decode, read_bytes
from archcalc.source.writing import write_text

VERSION = 1
FIGURES = ("params", "buffers", "macs", "flops", "activations", "activation_bytes")
WHERE_FROZEN = "frozen"
"""The figure that an entry has only where it is not 0."""
COUNTING = "counting"
"""The key of an entry for the version of the counting; entries without it have 1."""
LENGTH_BYTES = 4
Entry = dict[str, Any]


def fingerprint(graph: Graph) -> str:
    """Return what identifies a network's structure, whatever its steps are called.

    The network is hashed from its nodes, its outputs in order, its side heads and how
    often each node is there.
    """
    hashes = _node_hashes(graph)
    heads = sorted(hashes[g.output] for g in graph.groups if g.kind == "aux")
    ends = [*(hashes[i] for i in graph.outputs), *heads]
    return _digest(*sorted(hashes), BETWEEN, *ends)[LENGTH_BYTES:].hex()


def output_hashes(graph: Graph) -> tuple[bytes, ...]:
    """Return what identifies each output: all that it is computed from, and how."""
    hashes = _node_hashes(graph)
    return tuple([hashes[i] for i in graph.outputs])


def _node_hashes(graph: Graph) -> list[bytes]:
    """Return the hash of each node, with its length before it, as it enters others.

    A node is hashed from its layer, its shape, the nodes it reads (in any order where
    the layer does not mind) and the node whose weights it shares.
    """
    hashes: list[bytes] = []
    records: dict[tuple[Any, ...], bytes] = {}
    nodes = graph.nodes
    for node in nodes:
        inputs = node.inputs
        read_from = [hashes[i] for i in inputs]
        layer = node.layer
        if len(inputs) > 1 and layer.commutes:
            read_from.sort()
        shared = hashes[node.share] if node.share is not None else NO_NODE
        entering = [nodes[i].shape for i in inputs]
        key = (id(layer), node.shape, node.aux, node.frozen, *entering)
        record = records.get(key)
        if record is None:
            record = records[key] = _measured(_record(graph, node))
        hashes.append(_digest(record, *read_from, BETWEEN, shared))
    return hashes


def _record(graph: Graph, node: Node) -> bytes:
    """Return a layer with everything that counts, arguments in their final values."""
    try:
        called = node.layer.torch(*graph.input_shapes(node))
        text = f"{node.layer.key} {called}"
    except ArchcalcError:  # torch has no padding "same" for a pool of names
        text = repr(node.layer)
    frozen = " frozen" if node.frozen else ""
    return f"{text} {node.shape} {node.aux}{frozen}".encode()


def _measured(part: bytes) -> bytes:
    """Return a part with its length before it, so that no two lists of parts meet."""
    return len(part).to_bytes(LENGTH_BYTES, "big") + part


BETWEEN, NO_NODE = _measured(b"|"), _measured(b"")


def _digest(*measured: bytes) -> bytes:
    """Return the digest of parts that have their lengths, with its own before it."""
    return _measured(digest(*measured))


def entry_of(analysis: Analysis) -> Entry:
    """Return what is locked of a network: its fingerprint and its figures."""
    graph, total = analysis.graph, analysis.total
    figures = {name: _plain(getattr(total, name)) for name in FIGURES}
    if total.frozen != 0:
        figures[WHERE_FROZEN] = _plain(total.frozen)
    several = len(graph.outputs) > 1
    return {
        COUNTING: CURRENT,
        "structure": fingerprint(graph),
        "input": [_plain(graph.nodes[i].shape) for i in graph.inputs],
        "output": _plain(analysis.outputs if several else analysis.output),
        "layers": len(graph.nodes),
        "depth": depth(graph),
        **figures,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, int) else str(value)


# -- the file --------------------------------------------------------------------------


@dataclass(frozen=True)
class Lock:
    """A lock file: entries by file (relative to the lock's folder) and variant."""

    path: Path
    networks: dict[str, Entry]

    def key(self, file: str, variant: str | None) -> str:
        """Return what a network is called in the file: `nets/a.yaml:b1`."""
        target = object_named(file)
        if is_shipped(file):
            name = Path(file).stem
        elif target is not None and not target.file:
            name = file
        else:
            folder = self.path.parent.resolve()
            name = Path(os.path.relpath(Path(file).resolve(), folder)).as_posix()
        return of_variant(name, variant)


def of_variant(name: str, variant: str | None) -> str:
    """Return the key of a variant, or of the network itself."""
    return name if variant is None else f"{name}:{variant}"


def lock_path(asked: Path | None, project: Project) -> Path:
    """Return the lock file's path: asked for, or the project's."""
    return asked if asked is not None else project.folder / project.lock_file


def read_lock(path: Path, limits: Limits = DEFAULT) -> Lock:
    """Return a lock file; raise `UsageError` AC564 for none, AC565 for another file."""
    try:
        data = json.loads(decode(read_bytes(path, limits), str(path)))
    except (ArchcalcError, ValueError, RecursionError) as error:
        if not os.path.lexists(path):
            message, help = f"there is no lock file {path}", "`archcalc lock` writes it"
            raise UsageError.of("AC564", message, help=help) from None
        if isinstance(error, LimitError):
            raise
        raise UsageError.of("AC565", f"{path} is not a lock file") from None
    from archcalc.checks.records import LockFile, RecordError

    try:
        return Lock(path, dict(LockFile.read(data).networks))
    except RecordError as error:
        message = f"{path} is not a lock file of this archcalc"
        raise UsageError.of("AC565", message, facts=[str(error)]) from None


def write_lock(lock: Lock) -> None:
    """Write a lock file, a network a line, so that its own differences read well."""
    lines = [
        f"    {json.dumps(name)}: {json.dumps(entry)}"
        for name, entry in sorted(lock.networks.items())
    ]
    body = ",\n".join(lines)
    networks = f"{{\n{body}\n  }}" if lines else "{}"
    text = f'{{\n  "archcalc-lock": {VERSION},\n  "networks": {networks}\n}}\n'
    write_text(lock.path, text)


def locked(
    paths: Iterable[str],
    path: Path,
    asked: Sequence[str],
    limits: Limits = DEFAULT,
    sources: Sources | None = None,
    cache: Cache | None = None,
) -> Lock:
    """Return the lock of some files, and of what a lock file has beside them.

    `asked` are the files and folders that they were found in: what the lock file has
    there and is gone is left out; all else stays. A file that `cache` knows is not
    analyzed again. Raises as `archcalc.load`.
    """
    known = read_lock(path, limits).networks if asked and path.is_file() else {}
    lock = Lock(path, {})
    places = _places(lock, asked)
    for key, entry in known.items():
        if not _covered(key, places):
            lock.networks[key] = entry
    for file in paths:
        name = lock.key(file, None)
        for variant, entry in _entries(file, limits, sources, cache or Cache()):
            lock.networks[of_variant(name, variant)] = entry
    return lock


def _entries(
    file: str, limits: Limits, sources: Sources | None, cache: Cache
) -> list[tuple[str | None, Entry]]:
    """Return the entries of a file's network and variants, kept or computed."""
    key = cache.file_key("lock", file, limits)
    kept = cache.get(key, _are_entries)
    if kept is None:
        analyses = _analyses(_computed(file, limits, sources))
        kept = [(one.variant, entry_of(analysis)) for one, analysis in analyses]
        cache.keep(key, kept)
    return [(variant, entry) for variant, entry in kept]


def _are_entries(kept: Any) -> bool:
    """Say whether what a cache has are entries: of each variant, figures by name."""
    if not isinstance(kept, list):
        return False
    for one in kept:
        match one:
            case [str() | None, dict()]:
                continue
        return False
    return True


def _places(lock: Lock, asked: Iterable[str]) -> list[tuple[str, bool]]:
    """Return what files and folders are called in a lock, and which are folders."""
    return [(lock.key(path, None), os.path.isdir(path)) for path in asked]


def _covered(key: str, places: Iterable[tuple[str, bool]]) -> bool:
    """Say whether a network of a lock belongs to one of these files and folders."""
    file = _file_of(key)
    return any(
        file == where or (is_folder and (where == "." or file.startswith(f"{where}/")))
        for where, is_folder in places
    )


def _file_of(key: str) -> str:
    """Return the file or shipped name in a key, its variant left out."""
    if object_named(key) is not None:
        return key
    stem, _, _ = key.rpartition(":")
    is_name = not key.endswith(ENDINGS) and "/" not in key
    return stem if stem and (stem.endswith(ENDINGS) or is_name) else key


def _computed(file: str, limits: Limits, sources: Sources | None) -> Computed:
    """Return what analyzes the network of a file and its variants."""
    source = (sources or Sources()).read(file, limits)
    return Computed(network_of(source, limits=limits))


def _analyses(computed: Computed) -> Iterator[tuple[Network, Analysis]]:
    """Yield each network of a file, analyzed; raise `LimitError` AC115."""
    for variant in (None, *computed.network.variants):
        analysis = computed.analysis(variant)
        yield computed.chosen(variant), analysis


def relocked(old: Lock, new: Lock) -> list[str]:
    """Return in sentences which networks a new lock has by another counting."""
    found: dict[int, int] = {}
    for key, entry in old.networks.items():
        since = counting_of(entry)
        if since < CURRENT and _differing(entry, new.networks.get(key, entry)):
            found[since] = found.get(since, 0) + 1
    return [
        f"{count} network{'s' * (count != 1)} with another entry: {sentence}"
        for since, count in found.items()
        for sentence in told([one for one in COUNTINGS if one.number > since])
    ]


def counted_before(path: Path, file: str, network: Network) -> list[str]:
    """Return in sentences how a network was counted when a lock file was written."""
    if not path.is_file():
        return []
    lock = read_lock(path, network.limits)
    entry = lock.networks.get(lock.key(file, network.variant))
    if entry is None:
        return []
    return told(recounted(network.graph, counting_of(entry)))


# -- comparing -------------------------------------------------------------------------


def checked_beside(
    path: Path,
    files: Iterable[str],
    asked: Sequence[str],
    limits: Limits,
    choice: Selection,
    sources: Sources,
    cache: Cache,
) -> list[Checked]:
    """Return the outcomes for files, each compared with the lock file at a path.

    `asked` are the files and folders that they were found in: what the lock has below
    them must still be there. Raises as `read_lock`.
    """
    way = limits, choice, sources, cache
    beside = _Comparison(asked, path, *way)
    checked = check_all(files, *way, heard=beside.heard)
    outcomes = list(map(beside.compared, checked))
    return [*outcomes, *beside.gone(outcomes)]


class _Comparison:
    """Compares files with a lock file, each after its check.

    `paths` are the folders and files that were asked for. Raises as `read_lock`.
    """

    def __init__(
        self,
        paths: Sequence[str],
        path: Path,
        limits: Limits,
        choice: Selection,
        sources: Sources,
        cache: Cache,
    ) -> None:
        self.paths = paths
        self.lock = read_lock(path, limits)
        self.limits = limits
        self.choice = choice
        self.sources = sources
        self.cache = cache
        self.seen: set[str] = set()
        self.computed: Computed | None = None

    def heard(self, computed: Computed) -> None:
        """Take the analyses of the file whose outcome comes next."""
        self.computed = computed

    def compared(self, outcome: Checked) -> Checked:
        """Return an outcome with what differs from the lock file added.

        A file that could not be inferred has its findings already.
        """
        computed, self.computed = self.computed, None
        try:
            found = list(self._findings(outcome.path, computed))
        except ArchcalcError:
            found = []
        shown = [f for f in found if self.choice.shows(f.code, outcome.path)]
        return replace(outcome, findings=(*outcome.findings, *shown))

    def _findings(self, file: str, computed: Computed | None) -> Iterator[Finding]:
        """Yield what differs in a file: an entry that is kept is not made again."""
        key = self.cache.file_key("lock", file, self.limits)
        kept = None if computed else self.cache.get(key, _are_entries)
        if kept is not None and all(self._equals(file, *one) for one in kept):
            self.seen.update(self.lock.key(file, variant) for variant, _ in kept)
            return
        computed = computed or _computed(file, self.limits, self.sources)
        entries = []
        for network, analysis in _analyses(computed):
            entries.append((network.variant, entry_of(analysis)))
            yield from self._network(file, network, entries[-1][1])
        self.cache.keep(key, entries)

    def _equals(self, file: str, variant: str | None, entry: Entry) -> bool:
        """Say whether the lock file has this entry."""
        known = self.lock.networks.get(self.lock.key(file, variant))
        return known is not None and not _differing(known, entry)

    def _network(self, file: str, network: Network, now: Entry) -> Iterator[Finding]:
        """Yield what differs in a network."""
        lock = self.lock
        key = lock.key(file, network.variant)
        self.seen.add(key)
        place = _place(network)
        known = lock.networks.get(key)
        if known is None:
            message = f"{network.name} is not in {lock.path.name}"
            problem = Problem("AC305", message, place, help="`archcalc lock` adds it")
            yield Finding(file, problem)
            return
        differing = _differing(known, now)
        if not differing:
            return
        changes = recounted(network.graph, counting_of(known))
        if set(differing) <= {f for one in changes for f in one.figures}:
            message = f"{network.name} is counted differently since it was locked"
            help = "`archcalc lock` writes the figures of today"
            problem = Problem("AC307", message, place, tuple(told(changes)), help)
            yield Finding(file, problem, "warning", fails=self.choice.strict)
        else:
            message = f"{network.name} differs from the lock file"
            help = "if that is intended, run `archcalc lock` again"
            facts = [_fact(name, known, now) for name in differing] + told(changes)
            problem = Problem("AC304", message, place, tuple(facts), help)
            yield Finding(file, problem)

    def gone(self, outcomes: Sequence[Checked]) -> Iterator[Checked]:
        """Yield the findings of what the lock has and the checked places no more."""
        lock = self.lock
        asked = [*self.paths, *(outcome.path for outcome in outcomes)]
        broken = {
            lock.key(outcome.path, None)
            for outcome in outcomes
            if any(f.code.startswith(("AC1", "AC2")) for f in outcome.findings)
        }
        name, found = str(lock.path), []
        places = _places(lock, asked)
        for key in sorted(lock.networks.keys() - self.seen):
            if _covered(key, places) and _file_of(key) not in broken:
                message = f"{key} is in the lock file, but there is no such network"
                place = Place(name, _line(lock, key), 1)
                help = "`archcalc lock` removes it"
                problem = Problem("AC306", message, place, help=help)
                found.append(Finding(name, problem))
        if found and self.choice.shows("AC306", name):
            yield Checked(name, tuple(found))


def _place(network: Network) -> Place:
    """Return where a network is named: its variant's key, or `name`."""
    source = network.spec.source
    root: Any = source.root
    variants = root.get("variants") if network.variant is not None else None
    key = variants.key(network.variant) if variants is not None else root.key("name")
    return source.place(key or root)


def _differing(old: Entry, new: Entry) -> list[str]:
    """Return the figures that differ, the structure last."""
    names = [n for n in new if n != COUNTING and old.get(n) != new[n]]
    return sorted(names, key=lambda name: name == "structure")


def _fact(name: str, old: Entry, new: Entry) -> str:
    """Return how a figure differs."""
    if name == "structure":
        return "the layers, their arguments or their connections differ"
    before, after = _shown(old.get(name)), _shown(new[name])
    return f"{name}: {before} in the lock file, now {after}"


def counting_of(entry: Entry) -> int:
    """Return the version of the counting by which an entry was made."""
    number = entry.get(COUNTING, FIRST)
    return number if isinstance(number, int) else FIRST


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _line(lock: Lock, key: str) -> int:
    lines = lock.path.read_text(encoding="utf-8").splitlines()
    wanted = json.dumps(key) + ":"
    return next(
        (n for n, line in enumerate(lines, 1) if line.strip().startswith(wanted)), 1
    )

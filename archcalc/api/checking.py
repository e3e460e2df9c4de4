"""Whether a spec is right, what changed in it, and whether torch agrees."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from archcalc.api.given import Given, network_of, older
from archcalc.checks.checking import Selection, check_all, check_source, choice_from
from archcalc.checks.discovery import specs_at
from archcalc.checks.findings import Checked
from archcalc.checks.project import find_project
from archcalc.checks.sources import Sources
from archcalc.errors import UsageError
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.reports.check import check_report
from archcalc.reports.report import Report


def check(
    *networks: Given,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    strict: bool = False,
    allow_import: bool = False,
    budgets: Iterable[str] = (),
) -> Report:
    """Return what is wrong with specs: mistakes, figures that do not hold, warnings.

    Files, folders, shipped names and networks may be mixed; a network is checked as
    its whole file. `select` and `ignore` name rules (`"AC301"`, `"AC4"`); warnings fail
    where `strict` or `select` asks for them; `budgets` are bounds for every network
    (`"params <= 26M"`). The project's own settings in
    pyproject.toml count too. PyTorch modules that these or specs name are imported only
    with `allow_import`, because that runs their code. `ok` of the report is False where
    something fails. What is wrong with a file is listed, not raised. `text` also knows
    the formats `full`, `concise`, `github`, `gitlab`, `sarif` and `junit`.

    Raises `UsageError` AC501 for a name that is not shipped, AC560 for an unknown rule.

    >>> spec = "{name: a, input: [3, 8, 8], layers: [{conv: 4, kernel: 9}]}"
    >>> net = archcalc.loads(spec)
    >>> report = archcalc.check(net)
    >>> report.ok, report.rows()[0]["code"]
    (False, 'AC202')
    """
    project = find_project()
    choice = choice_from(select, ignore, strict, project, budgets)
    sources = Sources(project, allow_import)
    return check_report(list(_outcomes(networks, choice, sources)))


def _outcomes(
    networks: Sequence[Given], choice: Selection, sources: Sources
) -> Iterator[Checked]:
    """Yield the outcome of each file, in order; those of the project for none."""
    paths = [os.fspath(one) for one in networks if isinstance(one, str | os.PathLike)]
    if paths or not networks:
        found = specs_at(paths, sources.project).paths
        sources.modules(found)
        yield from check_all(found, choice=choice, sources=sources)
    for one in networks:
        if not isinstance(one, str | os.PathLike):
            network = network_of(one)
            source = network.spec.source
            yield check_source(source, source.name, network.limits, choice)


def _sides(old: Given, new: Given | None, git: str | None) -> list[tuple[Network, str]]:
    """Return the old and the new network, each with what it is called."""
    if git is not None and new is None and not isinstance(old, Network):
        path = os.fspath(old)
        return [(older(path, git), f"{path}@{git}"), (network_of(path), path)]
    if git is not None or new is None:
        help = 'diff("vgg16", "vgg19") or diff("net.yaml", git="HEAD")'
        message = "diff needs two networks, or one file and git"
        raise UsageError.of("AC572", message, help=help)
    return [(one, one.name) for one in map(network_of, (old, new))]


def diff(
    old: Given,
    new: Given | None = None,
    *,
    git: str | None = None,
    level: Level = "layers",
    everything: bool = False,
    memory: bool = False,
    fail_if: Sequence[str] = (),
    batch: int = 1,
    dtype: str = "float32",
) -> Report:
    """Return what was added, removed, renamed, moved or changed, and the totals.

    With `git`, `old` is a file that is compared with its version in that revision.
    `everything` also lists layers of which only the figures changed, `memory` the
    peaks of memory. `fail_if` holds conditions such as `"macs > +2%"`; `ok` of the
    report is False where one is met.

    Raises `UsageError` AC572 unless there are two networks or a file and `git`, AC571
    where git has no such file or revision, AC570 for a condition that cannot be read.

    >>> report = archcalc.diff("vgg16", "vgg19", fail_if=["params > +2%"])
    >>> report.ok, report.rows()[1]["new"]
    (False, 143667240)
    """
    from archcalc.reports.change_conditions import peaks_asked, read_condition
    from archcalc.reports.diff import Difference, Side, diff_report

    conditions = [read_condition(text) for text in fail_if]
    before, after = [
        Side(one, one.analyze(batch=batch, dtype=dtype), level, name)
        for one, name in _sides(old, new, git)
    ]
    peaks = peaks_asked(conditions, memory)
    difference = Difference(before, after, peaks=peaks)
    met = any(one.met(difference) for one in conditions)
    return diff_report(difference, everything, not met)


def verify(network: Given, *, batch: int = 1, against: Given | None = None) -> Report:
    """Build the network in torch; return where shapes, weights and counts differ.

    Nothing is rounded and there is no tolerance. `ok` of the report says whether all
    agree. Needs the extra `torch`.

    `against` is another network, such as a module or a model's file. Then the two are
    compared layer by layer, whatever the layers are called, and torch is not needed.
    `ok` says whether they are the same network.

    Raises `MissingExtra` without torch, `UsageError` for an unknown network or for
    sizes that are symbols.

    >>> archcalc.verify("lenet5").ok  # doctest: +SKIP
    True
    """
    if against is not None:
        from archcalc.checks.against.findings import held_against
        from archcalc.reports.check import check_report

        ours, theirs = network_of(network), network_of(against)
        return check_report([held_against(ours, theirs).checked])
    from archcalc.network.torch_network import verify as compared
    from archcalc.reports.verification import verification_report

    found = network_of(network)
    return verification_report(compared(found, batch=batch))

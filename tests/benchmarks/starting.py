"""Whole processes: what a command costs from the shell and back."""

from __future__ import annotations

from statistics import median

from measuring import Line, Section, archcalc, mib, processes, program, ratio, seconds
from measuring import shown as told

ABOUT = """\
Whole processes, output thrown away, bytecode written beforehand for all alike. The
smallest typer command is `tests/benchmarks/programs/smallest_typer.py`: an option, 20
lines, no rich. torchinfo summarizes torchvision's ResNet-152 as a script would, and once
more on the meta device, where it is quickest. Times are those of the processor, all
threads together: other programs beside weigh less in them. Targets in seconds were set on
another machine, by the clock: the first two rows say how much slower this one is; `met`
makes no allowance for it."""
BARE, TYPER = 0.008, 0.125
"""Seconds that the first two programs took where the targets were set."""


def measure(rounds: int) -> Section:
    """Run every comparison of this part."""
    return Section("Start-up and single runs", ABOUT, [*_cold(rounds), *_rest(rounds)])


def _cold(rounds: int) -> list[Line]:
    """Compare `table resnet152` with the smallest typer command and with torchinfo."""
    runs = processes(
        {
            "bare": ["-c", "pass"],
            "typer": program("smallest_typer"),
            "table": archcalc("table", "resnet152"),
        },
        3 * rounds,
    )
    table, typer = seconds(runs["table"]), seconds(runs["typer"])
    by_typer = ratio(table, typer)
    lines = [
        _there("`python -c pass`", seconds(runs["bare"]), BARE),
        _there("the smallest typer command", typer, TYPER),
        Line(
            "cold `archcalc table resnet152`",
            "at most 1.3 × the smallest typer command",
            f"{by_typer:.2f} × ({told(table)})",
            by_typer <= 1.3,
        ),
    ]
    return [*lines, *_torchinfo(rounds)]


def _there(what: str, here: list[float], there: float) -> Line:
    """Show how much slower this machine is than the one that targets were set on."""
    times = median(here) / there
    target = f"{there * 1e3:.0f} ms on the machine of the targets"
    return Line(what, target, f"{told(here)}, {times:.1f} × as long")


def _torchinfo(rounds: int) -> list[Line]:
    runs = processes(
        {
            "table": archcalc("table", "resnet152"),
            "script": program("cold_torchinfo"),
            "meta": program("cold_torchinfo", "meta"),
        },
        max(3, rounds // 2),
    )
    ours, lines = seconds(runs["table"]), []
    for name, where, least in (
        ("script", "torchinfo's", 12),
        ("meta", "torchinfo's on meta", 40),
    ):
        times = ratio(seconds(runs[name]), ours)
        memory = mib(runs[name]) / mib(runs["table"])
        lines += [
            Line(
                f"{where}, cold summary",
                f"at least {least} × as long",
                f"{times:.1f} × ({told(seconds(runs[name]))} : {told(ours)})",
                times >= least,
            ),
            Line(
                f"{where}, memory",
                "at least 10 × as much",
                f"{memory:.1f} × ({mib(runs[name]):.0f} : {mib(runs['table']):.0f} MiB)",
                memory >= 10,
            ),
        ]
    return lines


def _rest(rounds: int) -> list[Line]:
    """Compare completion with bare typer's; time the check of the whole zoo."""
    lines = []
    for what, words in (
        ("a network", "archcalc table res"),
        ("a command", "archcalc "),
    ):
        runs = processes(
            {"typer": program("completing_typer"), "ours": archcalc()},
            2 * rounds,
            _ARCHCALC_COMPLETE="complete_bash",
            COMP_WORDS=words,
            COMP_CWORD=str(words.count(" ")),
        )
        ours = [run.busy for run in runs["ours"]]
        times = ratio(ours, [run.busy for run in runs["typer"]])
        lines.append(
            Line(
                f"completing the name of {what}",
                "at most 1.1 × bare typer's completion",
                f"{times:.2f} × ({told(ours)})",
                times <= 1.1,
            )
        )
    return [*lines, _check(rounds)]


def _check(rounds: int) -> Line:
    from archcalc.language.library import shipped
    from archcalc.network.network import load

    runs = processes(
        {
            "one": archcalc("check", "standard-conv"),
            "all": archcalc("check", "specs"),
        },
        max(3, rounds // 2),
    )
    pairs = zip(runs["all"], runs["one"], strict=True)
    files = len(shipped())
    networks = files + sum(len(load(name).variants) for name in shipped())
    took = median((a.busy - b.busy) for a, b in pairs)
    each, one = took / (files - 1), took / networks
    return Line(
        f"`check specs/`: {files} files, {networks} networks with the variants",
        "under 15 ms a network after start-up",
        f"{one * 1e3:.1f} ms of processor a network, {each * 1e3:.1f} a file",
        one < 0.015,
    )

"""Rules of figures: claims of `expect`, and networks that were locked; AC3xx."""

from __future__ import annotations

from archcalc.checks.rule import FRAME, Rule

CONV = f"{FRAME}  - {{conv: 8, kernel: 3}}\nexpect:\n"

EXPECTATIONS = (
    Rule(
        "AC301",
        "figure-not-met",
        "A figure in `expect` is not met. A whole number must be met exactly, `138M` "
        'after rounding to its digits, and a budget such as `"<= 5.5M"` is a bound.',
        f'{CONV}  - {{params: "<= 200"}}\n',
        f'{CONV}  - {{params: "<= 300"}}\n',
        help="`archcalc check --update` writes the computed value if the figure has "
        "no `cite`.",
    ),
    Rule(
        "AC302",
        "stale-erratum",
        "A figure that is marked as an `erratum` is met after all. Then the mark is "
        "wrong.",
        f"{CONV}  - {{params: 224, verdict: erratum, why: a slip}}\n",
        f"{CONV}  - {{params: 225, verdict: erratum, why: a slip}}\n",
    ),
    Rule(
        "AC303",
        "unreadable-figure",
        "A figure must be a number (`138M`, `0.39G`, `58.1MiB`, `60_965_224`), a "
        "bound, a shape or arithmetic on symbols, and its step must exist.",
        f"{CONV}  - {{params: 5 million}}\n",
        f"{CONV}  - {{params: 224}}\n",
    ),
    Rule(
        "AC304",
        "changed-since-locked",
        "The structure or the figures of a network have changed since it was locked "
        "(`archcalc lock`). Names and blocks may change.",
        "$ archcalc check --locked nets/   # after an edit that changes a figure",
        "$ archcalc lock nets/ && archcalc check --locked nets/",
    ),
    Rule(
        "AC305",
        "not-locked",
        "A network that is checked with `--locked` is not in the lock file.",
        "$ archcalc check --locked nets/   # after a new file in nets/",
        "$ archcalc lock nets/ && archcalc check --locked nets/",
    ),
    Rule(
        "AC306",
        "locked-and-gone",
        "A network in the lock file is not in the checked folder any more.",
        "$ archcalc check --locked nets/   # after a file was removed from nets/",
        "$ archcalc lock nets/ && archcalc check --locked nets/",
    ),
    Rule(
        "AC307",
        "counted-differently",
        "A network is as it was locked, but archcalc counts some of its figures in "
        "another way since then. This warns; with `--strict` it fails.",
        "$ archcalc check --locked nets/   # with a lock of an older archcalc",
        "$ archcalc lock nets/ && archcalc check --locked nets/",
    ),
    Rule(
        "AC330",
        "not-the-same-network",
        "The network is not the same as the one that it was compared with.",
        "$ archcalc verify resnet50 --against resnet50:v1.5",
        "$ archcalc verify resnet50 --against resnet50",
    ),
)

"""Rules of figures: claims of `expect`, and networks that were locked; AC3xx."""

from __future__ import annotations

from archcalc.checks.rule import FRAME, Rule

CONV = f"{FRAME}  - {{conv: 8, kernel: 3}}\nexpect:\n"

EXPECTATIONS = (
    Rule(
        "AC301",
        "figure-not-met",
        "A figure of `expect` is met: a whole number exactly, `138M` within half a "
        'unit of its last digit, a budget such as `"<= 5.5M"` as a bound.',
        f'{CONV}  - {{params: "<= 200"}}\n',
        f'{CONV}  - {{params: "<= 300"}}\n',
        help="`archcalc check --update` writes the computed value where none is cited.",
    ),
    Rule(
        "AC302",
        "stale-erratum",
        "A figure marked as an `erratum` is not met; once it is, the mark is wrong.",
        f"{CONV}  - {{params: 224, verdict: erratum, why: a slip}}\n",
        f"{CONV}  - {{params: 225, verdict: erratum, why: a slip}}\n",
    ),
    Rule(
        "AC303",
        "unreadable-figure",
        "A figure is a number (`138M`, `0.39G`, `58.1MiB`, `60_965_224`), a bound, a "
        "shape or arithmetic on symbols, about a step that is there.",
        f"{CONV}  - {{params: 5 million}}\n",
        f"{CONV}  - {{params: 224}}\n",
    ),
    Rule(
        "AC304",
        "changed-since-locked",
        "A network has the structure and the figures that it had when it was locked "
        "(`archcalc lock`). Names and blocks may change.",
        "$ archcalc check --locked nets/   # after an edit that changes a figure",
        "$ archcalc lock nets/ && archcalc check --locked nets/",
    ),
    Rule(
        "AC305",
        "not-locked",
        "Every network that is checked with `--locked` stands in the lock file.",
        "$ archcalc check --locked nets/   # after a new file in nets/",
        "$ archcalc lock nets/ && archcalc check --locked nets/",
    ),
    Rule(
        "AC306",
        "locked-and-gone",
        "Every network of the lock file below a checked folder is still there.",
        "$ archcalc check --locked nets/   # after a file was removed from nets/",
        "$ archcalc lock nets/ && archcalc check --locked nets/",
    ),
)

"""A quiz about a network: blanks to fill in, questions, answers."""

from __future__ import annotations

from archcalc.api.given import Given, network_of
from archcalc.reports.quiz import Quiz, blanks_named, quiz_report


def quiz(
    network: Given,
    *,
    seed: int = 0,
    blank: str = "shape,params",
    questions: int = 8,
    hints: int = 2,
    key: bool = True,
) -> Quiz:
    """Return a quiz: a table with blanks, the questions, and with `key` the answers.

    `blank` says what is asked for: `shape` (channels first, without the batch),
    `params`, `weights`, `biases`, `macs`, `flops`, `activations`. `hints` is 0 (none),
    1 (each rule in symbols) or 2 (the numbers put in). Another `seed` gives another
    sheet. `text` and `save` write it as Markdown, LaTeX, HTML that marks itself, Moodle
    XML or GIFT.

    Raises `UsageError` AC553 for an unknown blank, or where nothing can be asked.

    >>> sheet = archcalc.quiz("lenet5", questions=2, key=False)
    >>> [question.layer for question in sheet.questions]
    ['s2', 'output']
    """
    found = network_of(network)
    blanks = blanks_named(blank)
    return quiz_report(found, found.analyze(), seed, blanks, questions, key, hints)

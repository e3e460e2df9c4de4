"""A quiz about a network: blanks to fill in, questions, answers."""

from __future__ import annotations

from archcalc.api.given import Given, network_of
from archcalc.reports.quiz import blanks_named, quiz_report
from archcalc.reports.report import Report


def quiz(
    network: Given,
    *,
    seed: int = 0,
    blank: str = "shape,params",
    questions: int = 8,
    key: bool = True,
) -> Report:
    """Return a quiz: a table with blanks, the questions, and with `key` the answers.

    `blank` says what is asked for: `shape` (channels first, without the batch),
    `params`, `weights`, `biases`, `macs`, `flops`, `activations`. Another
    `seed` gives another sheet.

    Raises `UsageError` AC553 for an unknown blank, or where nothing can be asked.

    >>> sheet = archcalc.quiz("lenet5", questions=2, key=False)
    >>> [table.title for table in sheet.tables]
    ['fill in the blanks', 'questions']
    """
    found = network_of(network)
    blanks = blanks_named(blank)
    return quiz_report(found, found.analyze(), seed, blanks, questions, key)

"""Mistakes in the language: names that nobody knows, arguments of the wrong sort.

`spoilt(random, spec)` returns the text of a spec with one to three of them; now and
then what comes out is still a network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

NASTY: tuple[Any, ...] = (
    -1,
    0,
    1.5,
    7,
    100_003,
    2**70,
    1e999,
    True,
    None,
    "",
    "x",
    "no",
    "007",
    "1e9",
    "1/0",
    "cin/7",
    "cin/0",
    "h-w-99",
    "2**3",
    "cin if",
    "cin.real",
    "(lambda: 1)()",
    "unknown + 1",
    "same",
    "identity",
    "relu",
    "required",
    "a b",
    "7x7",
    "\u202e\x07",
    [],
    [1, 2, 3, 4, 5, 6],
    ["relu", "relu"],
    [[1]],
    {},
    {"conv": 4},
    {"a": "b"},
)
WORDS = ("name", "from", "repeat", "first", "last", "when", "share", "norm", "act")
MORE = ("groups", "kernel", "pad", "axis", "conv", "use", "residual", "out", "éé", "")
FOREIGN = ("dense", "conv2d", "nn.Conv2d", "rnn", "kernel_size", "activation", "size")

Spot = tuple[Any, Any]


def spots(value: Any) -> Iterator[Spot]:
    """Yield every container in a spec with each of its keys or places."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from spots(value[key])


def replaced(r: Random, at: Any, key: Any) -> None:
    at[key] = deepcopy(r.choice(NASTY))


def removed(r: Random, at: Any, key: Any) -> None:
    del at[key]


def renamed(r: Random, at: Any, key: Any) -> None:
    """Misspell a name: a letter twice, one less, or capitals."""
    word = key if isinstance(at, dict) else at[key]
    if not isinstance(word, str) or not word:
        return
    i = r.randrange(len(word))
    wrong = r.choice((word[:i] + word[i:] * 2, word[:i] + word[i + 1 :], word.upper()))
    if isinstance(at, dict):
        at[wrong] = at.pop(key)
    else:
        at[key] = wrong


def added(r: Random, at: Any, key: Any) -> None:
    """Add an argument or a step that may not stand there."""
    if isinstance(at, dict):
        at[r.choice(WORDS + MORE + FOREIGN)] = deepcopy(r.choice(NASTY))
    else:
        at.insert(key, deepcopy(r.choice(NASTY)))


def moved(r: Random, at: Any, key: Any) -> None:
    """Put a part of the spec where another one stands."""
    if isinstance(at, list):
        at[key] = deepcopy(r.choice(at))
    else:
        at[key] = deepcopy(r.choice(list(at.values())))


MISTAKES: tuple[Callable[[Random, Any, Any], None], ...] = (
    replaced,
    replaced,
    removed,
    renamed,
    added,
    moved,
)


def spoilt(random: Random, spec: dict[str, Any]) -> str:
    """Return the text of a spec with mistakes in it."""
    spec = deepcopy(spec)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        found = list(spots(spec))
        if found:
            random.choice(MISTAKES)(random, *random.choice(found))
    text = json.dumps(spec, ensure_ascii=random.random() < 0.5)
    return text if random.random() < 0.85 else torn(random, text)


def torn(random: Random, text: str) -> str:
    """Spoil the text itself: a mark more or less, a piece twice, an early end."""
    i, j = sorted(random.randrange(len(text)) for _ in range(2))
    mark = random.choice("{}[],:\"'#&*!|>%@`-\t\n\0 é")
    return random.choice(
        (
            text[:i] + mark + text[i:],
            text[:i] + text[i + 1 :],
            text[:j] + text[i:],
            text[:i],
            "\n".join(text[k : k + 40] for k in range(0, len(text), 40)),
        )
    )

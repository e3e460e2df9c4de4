"""One function for the page: a request as JSON in, an answer as JSON out.

    {"do": "look", "text": "name: …", "name": "net.yaml", "settings": {"batch": 1}}
    {"ok": true, "result": …}
    {"ok": false, "error": {"message": …, "help": …, "findings": [...]}}

Nothing that a request says makes it raise, read a file or run code.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from archcalc.errors import ArchcalcError, UsageError, clean, unknown
from archcalc.limits import counting
from archcalc.playground.actions import ACTIONS
from archcalc.playground.asked import LIMITS, LONGEST, read


def answer(request: str) -> str:
    """Return the answer to a request."""
    try:
        found = {"ok": True, "result": _result(request)}
        return json.dumps(found, allow_nan=False, separators=(",", ":"))
    except ArchcalcError as error:
        told = _refused(error)
    except (RecursionError, MemoryError):
        told = {"message": "this is too deep or too large for the page"}
    except Exception as error:  # the last resort: a bug of ours, told as one
        what = f"a bug in archcalc: {type(error).__name__}: {clean(str(error))}"
        told = {"message": what, "help": "please report it"}
    return json.dumps({"ok": False, "error": {"findings": [], **told}})


def _result(request: str) -> Any:
    if len(request) > LONGEST:
        raise UsageError.of("AC508", f"a request has at most {LONGEST} characters")
    try:
        values = json.loads(request)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not isinstance(values.get("do"), str):
        raise UsageError.of("AC508", 'a request is a mapping with an action: {"do": …}')
    action = values["do"]
    if action not in ACTIONS:
        raise unknown("AC508", "action", action, ACTIONS)
    module = import_module(f"archcalc.playground.actions.{ACTIONS[action]}")
    with counting(LIMITS):
        return getattr(module, action)(read(values))


def _refused(error: ArchcalcError) -> dict[str, Any]:
    from archcalc.playground.findings import problem_found

    first = error.problems[0]
    told = {
        "message": clean(first.message),
        "findings": [problem_found(problem) for problem in error.problems],
    }
    return {**told, "help": clean(first.help)} if first.help else told

"""`python -m archcalc` and the `archcalc` command: run it, and end with an honest code.

0 ok, 1 findings, 2 could not run, 3 a bug of ours.
"""

from __future__ import annotations

import atexit
import codecs
import gc
import os
import sys

BUG = 3
INTERRUPTED = 130
"""As a shell says it: 128, and 2 for the signal."""
WIDEST = "9999"
SPELLED = "archcalc.spelled"
"""How an output writes a sign that its encoding lacks."""
RARELY = 50_000, 20, 100
"""Thresholds of the garbage collector: rarely, since what a command makes stays.

Nodes and rows are made by the hundred thousand and live to the end: looking through
them for cycles took a tenth of a large `archcalc memory` and finds some hundred
objects. At these thresholds it takes 2 to 7 per cent, in every command.
"""


def main() -> None:
    """Run the command line; only `--debug` shows a traceback."""
    try:
        code = _prepared()
    except KeyboardInterrupt:  # while modules are still loaded, too
        _tell("interrupted")
        code = INTERRUPTED
    sys.exit(code)


def _prepared() -> int:
    """Set up the process and its streams, run, and return the exit code."""
    gc.set_threshold(*RARELY)
    atexit.register(
        gc.freeze
    )  # what is left at the end is not looked through for cycles
    _sane_width()
    if sys.stdout is None:  # what is opened next would become the output
        os.open(os.devnull, os.O_WRONLY)
        _tell("error: cannot write the output: it is closed")
        return 2
    codecs.register_error(SPELLED, _spelled)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=SPELLED)
    return _run()


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """Spell signs that the output cannot encode; loaded where there is one."""
    from archcalc.commands.spelling import spelled

    return spelled(error)


def _sane_width() -> None:
    """Take out of the environment a width that is none, and one beyond reason."""
    asked = os.environ.get("COLUMNS", "")
    if not (asked.isascii() and asked.isdigit() and asked.strip("0")):
        os.environ.pop("COLUMNS", None)
    elif len(asked) > len(WIDEST):
        os.environ["COLUMNS"] = WIDEST


def _run() -> int:
    if sys.argv[1:] == ["--version"]:  # nothing else need be loaded
        return _version()
    from archcalc.commands import Interrupted
    from archcalc.errors import ArchcalcError, clean
    from archcalc.limits import counting

    debug = _take_debug()
    try:
        from archcalc.commands.quick import plain, renamed

        sys.argv[1:] = renamed(sys.argv[1:])
        call = plain(sys.argv[1:])
        if call is None:
            from archcalc.commands.typer_app import run

            call = run
        with counting():
            call()
    except ArchcalcError as error:
        from archcalc.commands.output import colored
        from archcalc.render.paint import told

        _tell(told(error.problems, colored(sys.stderr)))
        return error.exit_code
    except Interrupted:
        raise KeyboardInterrupt from None
    except OSError as error:
        where = clean(str(error.filename)) if error.filename else "the output"
        what = f"cannot write {where}: {error.strerror or error}"
        _tell(f"error: {what if _has_folder() else 'this folder is no longer there'}")
        return 2
    except (RecursionError, MemoryError):
        _tell("error: this is too deep or too large for this machine: lower a limit")
        return 2
    except Exception as error:  # the last resort: a bug of ours, told as one
        if debug:
            raise
        _tell(
            f"error: a bug in archcalc: {type(error).__name__}: {clean(str(error))}\n"
            "  please report it; --debug shows where it happened"
        )
        return BUG
    return 0


def _version() -> int:
    from archcalc.version import __version__

    try:
        print(f"archcalc {__version__}", flush=True)
    except OSError as error:
        _tell(f"error: cannot write the output: {error.strerror or error}")
        return 2
    return 0


def _take_debug() -> bool:
    """Take `--debug` out of the words of the command line; say whether it was there.

    It may stand anywhere before `--`.
    """
    words = sys.argv
    end = words.index("--") if "--" in words else len(words)
    sys.argv = [word for word in words[:end] if word != "--debug"] + words[end:]
    return len(sys.argv) < len(words)


def _has_folder() -> bool:
    """Say whether the current folder is still there."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _tell(text: str) -> None:
    """Write to stderr, if there still is one."""
    from contextlib import suppress

    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

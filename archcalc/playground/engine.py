"""The engine in a process of its own, so that a run that takes too long can be ended.

Python cannot stop a thread. The process reads a request a line and writes an answer a
line; when it is ended, the next request starts another.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from queue import Empty, Queue
from threading import Lock, Thread
from typing import IO

SECONDS = 30.0
"""A run is ended after so long, whatever the page asks."""
STOPPED = json.dumps(
    {"ok": False, "error": {"message": "the run was stopped", "findings": []}}
    | {"stopped": True}
)
ANSWERING = "from archcalc.playground.engine import answer_lines; answer_lines()"


class Engine:
    """Answers requests one after the other, in another process."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._process: subprocess.Popen[str] | None = None
        self._answers: Queue[str] = Queue()
        self._turn = Lock()

    def ask(self, request: str) -> str:
        """Return the answer to a request, or that its run was stopped."""
        with self._turn:
            process = self._running()
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
                answer = self._answers.get(timeout=self.seconds)
            except (Empty, OSError):
                self.stop()
                return STOPPED
            return answer or STOPPED

    def stop(self) -> None:
        """End the process, and with it the run; the one who waits is told so."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdin is not None
            with suppress(OSError):  # what was not sent is lost
                process.stdin.close()

    def _running(self) -> subprocess.Popen[str]:
        """Return the process, started if it does not run."""
        process = self._process
        if process is not None and process.poll() is None:
            return process
        self.stop()
        process = subprocess.Popen(
            [sys.executable, "-c", ANSWERING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert process.stdout is not None
        self._process, self._answers = process, Queue()
        Thread(
            target=_pass_on, args=(process.stdout, self._answers), daemon=True
        ).start()
        return process


def _pass_on(lines: IO[str], answers: Queue[str]) -> None:
    """Put each answer into the queue, and an empty one when the process has ended."""
    with lines:
        for line in lines:
            answers.put(line)
    answers.put("")


def answer_lines() -> None:
    """Answer requests, each a line of JSON text, until the input ends."""
    from archcalc.playground.driver import answer

    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for line in sys.stdin:
        print(answer(json.loads(line)), flush=True)

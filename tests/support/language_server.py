"""A small client of yaml-language-server, over its standard input and output."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

SETTINGS = {"validate": True, "hover": True, "completion": True, "schemas": {}}


class Server:
    """One running server; `close` ends it."""

    def __init__(self, script: Path) -> None:
        self.process = subprocess.Popen(
            ["node", str(script), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.number = 0
        self.notes: list[dict[str, Any]] = []
        capabilities = {"textDocument": {}, "workspace": {"configuration": True}}
        self.ask(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": capabilities},
        )
        self.tell("initialized", {})
        settings = {"settings": {"yaml": SETTINGS}}
        self.tell("workspace/didChangeConfiguration", settings)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def tell(self, method: str, params: dict[str, Any]) -> None:
        """Send what needs no answer."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Return the answer to a question; what comes before it is kept."""
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self.number:
                return message.get("result")
            self._other(message)

    def _other(self, message: dict[str, Any]) -> None:
        """Keep a notification; answer what the server asks."""
        if "id" not in message:
            self.notes.append(message)
            return
        asked = message["params"].get("items", []) if "params" in message else []
        settings = [SETTINGS if i.get("section") == "yaml" else {} for i in asked]
        self._send({"id": message["id"], "result": settings or None})

    def open(self, uri: str, text: str) -> None:
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def at(self, method: str, uri: str, line: int, column: int) -> Any:
        """Ask about a place, counted from 0."""
        where = {"line": line, "character": column}
        return self.ask(
            f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": where}
        )

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """Return what is marked in a file, once the server has looked at it."""
        while True:
            for note in self.notes:
                params = note.get("params", {})
                published = note.get("method") == "textDocument/publishDiagnostics"
                if published and params.get("uri") == uri:
                    found: list[dict[str, Any]] = params["diagnostics"]
                    return found
            self._other(self._receive())

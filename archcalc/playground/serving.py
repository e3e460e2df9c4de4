"""A server for the page on this machine alone, with the engine behind one address.

It listens on 127.0.0.1. It answers a request only under its own name (`Host`), which a
page of another name that is made to point here cannot give. The engine answers only
requests of the page itself: with the token that stands in the page's address, and from
the page's own origin.
"""

from __future__ import annotations

import json
import secrets
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archcalc.playground.asked import LONGEST
from archcalc.playground.engine import Engine

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
TOKEN = "X-Archcalc-Token"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


class Server(ThreadingHTTPServer):
    """Serves a folder and the engine. Closing it ends the engine's process."""

    daemon_threads = True
    request_queue_size = 128
    """Connections that wait: of 5, the library's number, others are refused."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.token = secrets.token_urlsafe(24)
        self.engine = Engine()
        super().__init__((HOST, port), _Handler)

    @property
    def origins(self) -> tuple[str, ...]:
        """The addresses under which the page may be open, without a path."""
        return tuple(f"http://{name}:{self.server_port}" for name in NAMES)

    @property
    def address(self) -> str:
        """The address of the page, with the token that only its fragment has."""
        return f"{self.origins[0]}/#engine={self.token}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a page that was closed before its answer came."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Close the socket and end the engine's process."""
        super().server_close()
        self.engine.stop()


class _Handler(SimpleHTTPRequestHandler):
    """Answers one request."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, request: Any, client: Any, server: Server) -> None:
        self.extensions_map = self.extensions_map | TYPES
        super().__init__(request, client, server, directory=str(server.folder))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal is the user's."""

    def end_headers(self) -> None:
        """Add what holds for every answer."""
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def do_GET(self) -> None:  # the name is the library's
        """Answer with a file of the folder."""
        if self._is_ours():
            super().do_GET()

    def do_HEAD(self) -> None:
        """Answer as `GET`, without the file."""
        if self._is_ours():
            super().do_HEAD()

    def send_head(self) -> Any:
        """Answer with a file of the folder alone, wherever a link in it leads."""
        if self._is_inside():
            return super().send_head()
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def _is_inside(self) -> bool:
        folder = self.server.folder.resolve()
        try:
            path = Path(self.translate_path(self.path))
            files = [path.resolve(), (path / "index.html").resolve()]
        except (ValueError, OSError, RuntimeError):  # a NUL, or links in a circle
            return False
        return all(file.is_relative_to(folder) for file in files)

    def list_directory(self, path: Any) -> None:  # noqa: ARG002
        """Refuse to list a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Answer a request of the page to the engine, or stop its run."""
        if not self._is_ours() or not self._is_the_page():
            return
        path = urlsplit(self.path).path
        length = self.headers.get("Content-Length", "")
        most = len(str(4 * LONGEST))
        if not length.isdecimal() or int(length[: most + 1]) > 4 * LONGEST:
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))
        if path == "/engine":
            self._send(self.server.engine.ask(body.decode("utf-8", "replace")))
        elif path == "/stop":
            self.server.engine.stop()
            self._send(json.dumps({"ok": True}))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _is_ours(self) -> bool:
        """Say whether the request names this server; refuse it otherwise."""
        host = self.headers.get("Host", "")
        ours = [origin.partition("//")[2] for origin in self.server.origins]
        return host in ours or self._refuse()

    def _is_the_page(self) -> bool:
        """Say whether the page itself asks; refuse it otherwise."""
        origin = self.headers.get("Origin")
        token = self.headers.get(TOKEN, "").encode()
        right = secrets.compare_digest(token, self.server.token.encode())
        return (right and origin in self.server.origins) or self._refuse()

    def _refuse(self) -> bool:
        self.close_connection = True
        self.send_error(HTTPStatus.FORBIDDEN)
        return False

    def _send(self, text: str) -> None:
        data = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

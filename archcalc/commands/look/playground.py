"""`archcalc playground`: the page that edits a network, served on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.errors import UsageError

GET = (
    "unpack archcalc-playground.zip of a release, or run `node build.mjs` in "
    "docs/playground, and name the folder: archcalc playground --from FOLDER"
)


def playground(
    folder: Annotated[
        Path | None,
        Option(
            "--from",
            metavar="FOLDER",
            help="The folder of the page: an unpacked release archive or a build.",
        ),
    ] = None,
    port: Annotated[
        int, Option("--port", metavar="N", help="The port; 0 takes a free one.")
    ] = 0,
    browser: Annotated[
        bool, Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Serve the page that edits a network in the browser.

    It listens on 127.0.0.1 alone until Ctrl-C ends it. The figures are computed by
    this archcalc, and nothing is loaded from elsewhere.

    $ archcalc playground --from archcalc-playground
    $ archcalc playground --from build/playground --port 8000 --no-browser
    """
    found = _folder(folder)
    if not 0 <= port < 65536:
        raise UsageError.of("AC508", f"--port {port}: a port is 0 to 65535")
    from archcalc.playground.serving import Server

    try:
        server = Server(found, port)
    except OSError as error:
        message = f"cannot listen on port {port}: {error.strerror or error}"
        raise UsageError.of("AC508", message, help="leave --port out") from None
    with server:
        try:
            print("Ctrl-C ends it", file=sys.stderr, flush=True)
            print(f"serving {found} at {server.address}", flush=True)
            if browser:
                import webbrowser

                webbrowser.open(server.address)
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended", file=sys.stderr)


def _folder(given: Path | None) -> Path:
    """Return the folder of the page; raise `UsageError` AC539 where there is none."""
    if given is None:
        raise UsageError.of("AC539", "give the folder of the page", help=GET)
    if not (given / "index.html").is_file():
        message = f"{given} has no index.html, so it is not the folder of the page"
        raise UsageError.of("AC539", message, help=GET)
    return given

"""`archcalc new`: a spec to begin with."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

from archcalc.commands.completion import complete_networks
from archcalc.commands.declared import Argument, Option
from archcalc.errors import UsageError

SLUG = re.compile(r"[^\w.-]+")


def new(
    name: Annotated[str, Argument(metavar="NAME", help="The name of the network.")],
    begin_from: Annotated[
        str | None,
        Option(
            "--from",
            metavar="NET",
            help="Start from a copy of this network instead of the example.",
            autocompletion=complete_networks,
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        Option(
            "--folder",
            metavar="FOLDER",
            help="The folder for the file. Default: this one.",
        ),
    ] = None,
) -> None:
    """Write NAME.yaml, a spec to start from, with comments.

    Its first line tells your editor where the schema is. The editor can then complete
    keys and mark wrong ones.

    $ archcalc new my-net
    $ archcalc new my-net --from resnet18 --folder nets
    """
    from archcalc.checks.starter import copy_of, starter
    from archcalc.checks.update_expect import update_file
    from archcalc.language.schema import address
    from archcalc.limits import DEFAULT

    slug = SLUG.sub("-", Path(name).stem if name.endswith(".yaml") else name).strip(
        "-."
    )
    if not slug:
        raise UsageError.of("AC573", f"{name!r} cannot name a file")
    place = folder or Path()
    path, schema = place / f"{slug}.yaml", address(place)
    if path.exists():
        message = f"there is already a file {path}"
        raise UsageError.of("AC573", message, help="give another name, or remove it")
    text = (
        starter(slug, schema)
        if begin_from is None
        else copy_of(begin_from, slug, schema)
    )
    place.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    update_file(str(path), DEFAULT)
    print(f"wrote {path}", file=sys.stderr)

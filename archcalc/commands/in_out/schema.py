"""`archcalc schema`: the JSON Schema of the language, for editors."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import File
from archcalc.commands.output import write


def schema(
    path: Annotated[
        bool,
        Option("--path", help="Print the path of the schema in the installed package."),
    ] = False,
    output: File = None,
) -> None:
    """Print the JSON Schema of the spec language, for editors.

    $ archcalc schema --path
    $ archcalc schema -o archcalc.schema.json
    """
    from archcalc.language.schema import installed, schema_text

    write(str(installed()) if path else schema_text(), output)

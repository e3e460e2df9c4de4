"""`archcalc schema`: the JSON Schema of the language, for editors."""

from __future__ import annotations

from archcalc.commands.options import Output, write


def schema(output: Output = None) -> None:
    """Print the JSON Schema of the spec language, for editors.

    $ archcalc schema
    $ archcalc schema -o archcalc.schema.json
    """
    from archcalc.language.schema import schema_text

    write(schema_text(), output)

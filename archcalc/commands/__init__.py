"""Commands of the command line, one module each, in a folder for each purpose."""

GROUPS = {
    "look": "Look at a network",
    "explain": "Explain a figure",
    "bytes": "Count bytes",
    "search": "Search a design space",
    "check": "Check in CI",
    "in_out": "Write and convert specs",
}
"""The folders of commands, in the order of the help, with their headings."""
COMMANDS = {
    "table": "look.table",
    "compare": "look.compare",
    "draw": "look.draw",
    "plot": "look.plot",
    "deck": "look.deck",
    "report": "look.report",
    "playground": "look.playground",
    "list": "look.list_networks",
    "explain": "explain.explain",
    "conventions": "explain.conventions",
    "against": "explain.against",
    "reconcile": "explain.reconcile",
    "audit": "explain.audit",
    "quiz": "explain.quiz",
    "layers": "explain.layers",
    "help": "explain.help",
    "memory": "bytes.memory",
    "fit": "bytes.fit",
    "decode": "bytes.decode",
    "sweep": "search.sweep",
    "scale": "search.scale",
    "solve": "search.solve",
    "check": "check.check",
    "diff": "check.diff",
    "lock": "check.lock",
    "rule": "check.rule",
    "verify": "check.verify",
    "new": "in_out.new",
    "import": "in_out.import_model",
    "export": "in_out.export",
    "show": "in_out.show",
    "fmt": "in_out.fmt",
    "schema": "in_out.schema",
}
"""Every command with its module here, in the order of the help.

The function of a command has the name of its module.
"""
RENAMED = {"watch": ("check", "--watch")}
"""Commands of the version before that are part of another now, with what they mean."""


class Interrupted(Exception):
    """Ctrl-C in a command that typer called, which ends as it does in any other."""

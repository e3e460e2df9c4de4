"""Commands of the command line, one module each, in a folder for each purpose."""

COMMANDS = {
    "table": "look.table",
    "compare": "look.compare",
    "conventions": "explain.conventions",
    "explain": "explain.explain",
    "audit": "explain.audit",
    "reconcile": "explain.reconcile",
    "quiz": "explain.quiz",
    "memory": "bytes.memory",
    "fit": "bytes.fit",
    "sweep": "search.sweep",
    "scale": "search.scale",
    "solve": "search.solve",
    "report": "look.report",
    "draw": "look.draw",
    "plot": "look.plot",
    "list": "look.list_networks",
    "show": "look.show",
    "check": "check.check",
    "rule": "check.rule",
    "diff": "check.diff",
    "lock": "check.lock",
    "schema": "in_out.schema",
    "new": "in_out.new",
    "fmt": "in_out.fmt",
    "watch": "check.watch",
    "verify": "check.verify",
    "layers": "look.layers",
}
"""Every command with its module here, in the order of the help.

The function of a command has the name of its module.
"""


class Interrupted(Exception):
    """Ctrl-C in a command that typer called, which ends as it does in any other."""

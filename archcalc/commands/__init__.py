"""Commands of the command line, one module each."""

COMMANDS = {
    "table": "table:table",
    "compare": "compare:compare",
    "conventions": "conventions:conventions",
    "explain": "explain:explain",
    "audit": "audit:audit",
    "reconcile": "reconcile:reconcile",
    "quiz": "quiz:quiz",
    "memory": "memory:memory",
    "fit": "fit:fit",
    "sweep": "sweep:sweep",
    "scale": "scale:scale",
    "solve": "solve:solve",
    "report": "report:report",
    "draw": "draw:draw",
    "plot": "plot:plot",
    "list": "listing:list_networks",
    "show": "show:show",
    "check": "check:check",
    "rule": "rule:rule",
    "diff": "diff:diff",
    "lock": "lock:lock",
    "schema": "schema:schema",
    "new": "new:new",
    "fmt": "fmt:fmt",
    "watch": "watch:watch",
    "verify": "verify:verify",
    "layers": "layers:layers",
}
"""Every command with its module here and its function, in the order of the help."""


class Interrupted(Exception):
    """Ctrl-C in a command that typer called, which ends as it does in any other."""

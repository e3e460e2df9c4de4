"""What the page may ask: one function for each action, imported when it is asked.

To add an action, write `def NAME(asked: Asked) -> dict[str, Any]` in a module of this
folder and name it in `ACTIONS`. What it returns must be plain values for JSON.
"""

ACTIONS = {
    "shelf": "shelf",
    "source": "shelf",
    "schema": "shelf",
    "look": "look",
    "check": "checked",
    "read": "files",
    "draw": "picture",
    "explain": "row",
    "receptive": "row",
    "memory": "memory",
    "choices": "beside",
    "conventions": "beside",
    "compare": "beside",
    "reconcile": "beside",
    "quiz": "quizzes",
    "solution": "quizzes",
    "formats": "export",
    "export": "export",
    "lessons": "lessons",
    "lesson": "lessons",
}
"""The module in which the function of each action stands."""

"""What a rule is: its code, what it says, and an example of each side of it."""

from __future__ import annotations

from archcalc.records import dataclass

FRAME = "name: net\ninput: [3, 32, 32]\nlayers:\n"
COMMAND = "$ "
PYTHON = ">>> "


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, documented.

    `wrong` breaks it and `right` does not. An example is a spec, steps of one (it then
    begins with `- `), a command line (`$ archcalc …`) or Python (`>>> …`). `encoding`
    is that of the wrong file. `fixable`: `check --fix` can put it right.
    """

    code: str
    name: str
    says: str
    wrong: str
    right: str
    help: str = ""
    encoding: str = "utf-8"
    fixable: bool = False

    @property
    def severity(self) -> str:
        """`warning` for lint, else `error`."""
        return "warning" if self.code.startswith("AC4") else "error"


def is_file(example: str) -> bool:
    """Say whether an example is a spec, or steps of one."""
    return not example.startswith((COMMAND, PYTHON))


def as_file(example: str) -> str:
    """Return an example as a whole file: steps get a frame around them."""
    if not example.startswith("- "):
        return example
    steps = "".join(f"  {line}\n" for line in example.rstrip("\n").split("\n"))
    return FRAME + steps

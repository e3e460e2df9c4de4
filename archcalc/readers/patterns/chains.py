"""What patterns ask of operators: who reads them, and what is behind moves."""

from __future__ import annotations

from archcalc.readers.model import UNKNOWN, Model, Op

LAID_OUT = ("reshape", "transpose", "permute", "flatten")
MOVING = (*LAID_OUT, "slice", "split", "token")
LONGEST_CHAIN = 16


def alone(users: list[list[int]], index: int) -> int | None:
    """Return the one operator that reads an operator, None for others."""
    found = users[index]
    return found[0] if len(found) == 1 and found[0] >= 0 else None


def is_arithmetic(op: Op, *names: str) -> bool:
    """Say whether an operator is arithmetic of one of these names without a layer."""
    return op.kind == UNKNOWN and op.what in names and len(op.inputs) == 1


def through(
    model: Model, index: int, kinds: tuple[str, ...]
) -> tuple[int, float | None]:
    """Return the operator behind scales and, if asked for, moves of values.

    Also the product of the scales, None where one of them is not known.
    """
    factor: float | None = 1
    for _ in range(LONGEST_CHAIN):
        op = model.ops[index]
        if is_arithmetic(op, "Mul", "Div"):
            number = op.args.get("number")
            if factor is None or not isinstance(number, int | float) or not number:
                factor = None
            else:
                factor = factor * number if op.what == "Mul" else factor / number
        elif op.kind not in kinds:
            break
        index = op.inputs[0]
    return index, factor

"""Reading what holds steps: branches, residuals, stages, uses of blocks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from archcalc.errors import nearest
from archcalc.language.argument_reader import ArgumentReader, Problems, absent, quoted
from archcalc.language.steps import COMMON, FOLLOWERS, SHORTCUTS, Step
from archcalc.layers import CATALOGUE
from archcalc.sizes.expressions import Expression, parse
from archcalc.source.parser import Mapping, Scalar, Sequence, Value

ABSENT = ("none", "", "~", "null")


class StructureReader(ArgumentReader):
    """Reads structures; which params each block has is known before the first."""

    def __init__(self, problems: Problems, params: Iterable[str]) -> None:
        super().__init__(problems, params)
        self.block_params: dict[str, dict[str, bool]] = {}

    @abstractmethod
    def steps(self, value: Value, what: str) -> tuple[Step, ...]:
        """Read a list of steps; what is wrong goes to `problems`."""

    @abstractmethod
    def step(self, value: Value) -> Step | None:
        """Read one step, or note why it is none."""

    def branches(self, kind: str, key: Value, value: Value | None) -> dict[str, Any]:
        """Read what a layer joins: branches by name, or names of earlier steps."""
        if isinstance(value, Mapping) and value.items:
            read = ((k.text, self._branch(k, v)) for k, v in value.items)
            return {"branches": tuple(read)}
        if isinstance(value, Sequence) and value.items:
            return {"sources": self.references(value)}
        if value is None or not absent(value):
            self.problems.add(
                "AC145",
                f"{kind} joins branches: a mapping of names to steps, "
                "or a list of names",
                key if value is None else value,
            )
        return {}

    def _branch(self, key: Scalar, value: Value) -> tuple[Step, ...]:
        if isinstance(value, Scalar) and value.text == "identity":
            return ()
        return self.steps(value, f"branch {key.text}")

    def structure(
        self,
        kind: str,
        key: Scalar,
        principal: Value | None,
        given: dict[str, tuple[Scalar, Value]],
    ) -> dict[str, Any]:
        """Read a residual, stage, side head or use of a block."""
        if principal is None or (isinstance(principal, Scalar) and not principal.text):
            what = "the name of a block" if kind == "use" else "a list of steps"
            self.problems.add("AC146", f"{kind} needs {what}", key)
            return {}
        if kind == "use":
            return self._use(principal, given)
        own: dict[str, Any] = {"body": self.steps(principal, kind)}
        for word, (at, value) in given.items():
            if kind == "residual" and word == "shortcut":
                own["shortcut"] = self._shortcut(value)
            elif kind == "residual" and word in FOLLOWERS:
                own[word] = self.follower(word, value)
            else:
                known = (
                    ("shortcut", *FOLLOWERS, *COMMON) if kind == "residual" else COMMON
                )
                self.unknown_argument(kind, at, known)
        return own

    def _shortcut(self, value: Value) -> str | Expression | tuple[Step, ...]:
        """Read `shortcut:`, a word, a param that holds one, or steps."""
        if isinstance(value, Scalar):
            if value.text in SHORTCUTS:
                return value.text
            if value.text in self.scope:
                return parse(value.text)
            message = f"{quoted(value)} is not a shortcut: {', '.join(SHORTCUTS)}"
            self.problems.add("AC147", message, value, nearest(value.text, SHORTCUTS))
            return "identity"
        return self.steps(value, "shortcut")

    def _use(
        self, block: Value, given: dict[str, tuple[Scalar, Value]]
    ) -> dict[str, Any]:
        """Read `use:`; a param may hold the block's name."""
        if not isinstance(block, Scalar):
            self.problems.add("AC146", "use needs the name of a block", block)
            return {}
        args = {word: self.param(value) for word, (_, value) in given.items()}
        if block.text in self.block_params:
            self._check_params(block, given)
            return {"args": {"use": block.text, **args}}
        if block.text in self.scope:
            return {"args": {"use": parse(block.text), **args}}
        self.problems.add(
            "AC148",
            f"there is no block {quoted(block)}",
            block,
            nearest(block.text, self.block_params)
            or "blocks are declared under `blocks:`",
        )
        return {}

    def _check_params(
        self, block: Scalar, given: dict[str, tuple[Scalar, Value]]
    ) -> None:
        params = self.block_params[block.text]
        for word, (at, _) in given.items():
            if word not in params:
                self.unknown_argument(f"block {block.text}", at, (*params, *COMMON))
        missing = [p for p, required in params.items() if required and p not in given]
        if missing:
            message = f"block {block.text} needs {', '.join(missing)}"
            self.problems.add("AC149", message, block)

    def follower(self, word: str, value: Value) -> Any:
        """Read `norm:` or `act:`: "none", a step, or a param that names one."""
        if isinstance(value, Scalar):
            if value.text in ABSENT:
                return "none"
            if value.text in self.scope:
                return parse(value.text)
        step = self.step(value)
        if step is not None and (step.kind not in CATALOGUE or step.branches):
            self.problems.add("AC144", f"{step.kind} cannot stand as {word}", value)
        return step

"""Reading steps from YAML.

Names, kinds and constants are checked here; arithmetic stays an `Expression`, since
`cin` and the params of a block have values only when the network is expanded. What is
wrong goes to `Problems`, so that a file's mistakes are told together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.errors import nearest
from archcalc.language.argument_reader import Problems, absent, quoted
from archcalc.language.steps import (
    COMMON,
    CONDITION,
    FOLLOWERS,
    KINDS,
    REPEAT,
    STRUCTURES,
    USERS,
    Step,
    constant,
    settled,
    without_followers,
)
from archcalc.language.structure_reader import StructureReader
from archcalc.layers import CATALOGUE
from archcalc.layers.fields import WORD, FieldError
from archcalc.source.parser import Mapping, Scalar, Sequence, Value

ROLES_WITH_FOLLOWERS = ("matrix", "combine", "pool", "other")


class StepReader(StructureReader):
    """Reads steps; blocks and defaults are known before the first."""

    def __init__(self, problems: Problems, params: Iterable[str]) -> None:
        super().__init__(problems, params)
        self.defaults: dict[str, dict[str, Any]] = {}
        self.seen: dict[tuple[Any, ...], Step] = {}

    # -- whole lists -----------------------------------------------------------------

    def steps(self, value: Value, what: str) -> tuple[Step, ...]:
        """Read a list of steps; what is wrong goes to `problems`."""
        if isinstance(value, Scalar) and value.text and WORD.fullmatch(value.text):
            return (
                self._listed([value])
                if value.text in KINDS
                else self._not_steps(value, what)
            )
        if isinstance(value, Mapping) and what.startswith("branch"):
            return self._listed([value])
        if not isinstance(value, Sequence):
            return self._not_steps(value, what)
        if not value.items:
            self.problems.add("AC132", f"{what} needs at least one step", value)
        return self._listed(value.items)

    def _not_steps(self, value: Value, what: str) -> tuple[Step, ...]:
        help = (
            nearest(value.text, KINDS)
            if isinstance(value, Scalar) and value.text
            else None
        )
        self.problems.add(
            "AC131", f"{what} must be a list of steps, one `- ` each", value, help
        )
        return ()

    def _listed(self, items: Iterable[Value]) -> tuple[Step, ...]:
        read = (self.step(item) for item in items)
        return tuple(step for step in read if step is not None)

    def default(self, key: Scalar, value: Value) -> None:
        """Read the defaults of one kind; steps of that kind start from them."""
        if key.text not in USERS or not isinstance(value, Mapping):
            message = f"defaults are arguments of a kind of layer, not {quoted(key)}"
            self.problems.add("AC130", message, key, nearest(key.text, USERS))
            return
        given = {k.text: (k, v) for k, v in value.items}
        read = self._layer(key.text, key, None, given, partial=True)
        self.defaults[key.text] = {
            **read["args"],
            **{f: read[f] for f in FOLLOWERS if f in read},
        }

    # -- one step --------------------------------------------------------------------

    def step(self, value: Value) -> Step | None:
        """Read one step, or note why it is none."""
        if isinstance(value, Scalar):
            return self._word(value)
        if isinstance(value, Sequence):
            self.problems.add(
                "AC133", "a step is a word or a mapping, not a list", value
            )
            return None
        texts = _texts(value)
        if not texts:
            return self._mapping(value)
        keys = texts[::2]
        at = 2 * keys.index("name") if "name" in keys else len(texts)
        signature = (*texts[:at], *texts[at + 2 :])
        known = self.seen.get(signature)
        if known is not None:
            name = self.name(value.pairs[at + 1]) if at < len(texts) else None
            return known.again(value.pairs[2 * keys.index(known.kind)], name)
        step = self._mapping(value)
        if step is not None and constant(step):
            self.seen[signature] = step
        return step

    def _word(self, value: Scalar) -> Step | None:
        known = self.seen.get((value.text,))
        if known is not None:
            return known.again(value)
        if not value.text:
            self.problems.add("AC133", "an empty step", value)
            return None
        if value.text not in KINDS:
            self._unknown(value)
            return None
        step = self._filled(value.text, value, None, {})
        if step is not None and constant(step):
            self.seen[(value.text,)] = step
        return step

    def _unknown(self, key: Scalar) -> None:
        if key.text in self.block_params:
            help: str | None = f"a block is used as {{use: {key.text}}}"
        else:
            help = nearest(key.text, KINDS) or "`archcalc layers` lists every kind"
        self.problems.add("AC134", f"{quoted(key)} is not a kind of step", key, help)

    def _mapping(self, value: Mapping) -> Step | None:
        if not value.pairs:
            self.problems.add("AC133", "an empty step", value)
            return None
        kind = self._kind(value)
        if kind is None:
            return None
        given = {k.text: (k, v) for k, v in value.items}
        key, principal = given.pop(kind)
        return self._filled(kind, key, principal, given)

    def _kind(self, value: Mapping) -> str | None:
        """Return the one kind key of a step: the one whose arguments the others are."""
        keys: list[Scalar] = value.pairs[::2]
        found = [k for k in keys if k.text in KINDS]
        fits = [
            k for k in found if all(o is k or _takes(k.text, o.text) for o in found)
        ]
        if len(fits) == 1:
            return fits[0].text
        if found:
            names = " and ".join(k.text for k in found)
            self.problems.add(
                "AC135",
                f"two kinds in one step: {names}",
                found[1],
                "give each its own `- ` line",
            )
            return None
        keys = [k for k, _ in value.items if k.text not in (*COMMON, *FOLLOWERS)]
        if keys:
            self._unknown(keys[0])
        else:
            self.problems.add(
                "AC135", "a step needs one kind key, such as `conv: 64`", value
            )
        return None

    def _filled(
        self,
        kind: str,
        key: Scalar,
        principal: Value | None,
        given: dict[str, tuple[Scalar, Value]],
    ) -> Step | None:
        """Read every argument of a step whose kind is known."""
        before = self.problems.count
        defaults = self.defaults.get(kind, {})
        common = self._common(kind, {k: v for k, v in given.items() if k in COMMON})
        rest = {k: v for k, v in given.items() if k not in COMMON}
        if kind in STRUCTURES:
            own = self.structure(kind, key, principal, rest)
        else:
            own = self._layer(kind, key, principal, rest)
        args = {**defaults, **own.pop("args", {})}
        followers: dict[str, Any] = {}
        if kind != "use":  # a block may have params of these names
            usual = {f: args.pop(f, None) for f in FOLLOWERS}
            followers = {f: own.pop(f, None) or usual[f] for f in FOLLOWERS}
        joins = kind in CATALOGUE and CATALOGUE[kind].arity != 1
        if joins and self.problems.count == before:
            self._check_inputs(kind, key, own, common)
        if self.problems.count > before:
            return None
        step = Step(kind, key, args, **common, **own, **followers)
        return self._ready(step, key) if kind in CATALOGUE else step

    def _check_inputs(
        self, kind: str, key: Scalar, own: dict[str, Any], common: dict[str, Any]
    ) -> None:
        """Note where what joins tensors has none, too few, or two lists of them."""
        listed = [read["sources"] for read in (own, common) if "sources" in read]
        wanted = CATALOGUE[kind].arity
        count = len(own.get("branches") or (listed[0] if listed else ()))
        if len(listed) > 1:
            message = f"{kind} has a list of names, and `from` names others"
        elif not count or (wanted is not None and count != wanted):
            inputs = "branches, or names of steps" if wanted is None else "two inputs"
            message = f"{kind} joins {inputs}: {count or 'none'} is given"
        else:
            return
        self.problems.add("AC145", message, key)

    def _ready(self, step: Step, key: Scalar) -> Step | None:
        """Build the layer at once where no argument waits for a value."""
        if not (settled(step.args) and settled(step.first) and settled(step.last)):
            return step
        try:
            layer = CATALOGUE[step.kind](**step.args)
            for override in (step.first, step.last):
                CATALOGUE[step.kind](**{**step.args, **without_followers(override)})
        except FieldError as error:
            self.problems.add("AC140", f"{step.kind}: {error.message}", key, error.help)
            return None
        alone = not (step.sources or step.share or step.branches or step.first)
        once = step.repeat == 1 and not step.last and step.when is True
        plain = alone and once and layer.arity == 1
        return step._replace(layer=layer, plain=plain)

    # -- arguments -------------------------------------------------------------------

    def _common(
        self, kind: str, given: dict[str, tuple[Scalar, Value]]
    ) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for word, (_, value) in given.items():
            if word == "name":
                read["name"] = self.name(value)
            elif word == "from":
                read["sources"] = self.references(value)
            elif word == "share":
                read["share"] = next(iter(self.references(value)), None)
            elif word == "repeat":
                read["repeat"] = self.argument(REPEAT, value, "repeat")
            elif word == "when":
                read["when"] = self.argument(CONDITION, value, "when")
            elif word in ("first", "last"):
                read[word] = self._overrides(kind, value)
        return read

    def _overrides(self, kind: str, value: Value) -> dict[str, Any]:
        """Read `first:` and `last:`, arguments for one repetition."""
        if not isinstance(value, Mapping):
            self.problems.add(
                "AC138", "arguments for one repetition, as a mapping", value
            )
            return {}
        given = {k.text: (k, v) for k, v in value.items}
        if kind == "use":
            return {k: self.param(v) for k, (_, v) in given.items()}
        if kind not in CATALOGUE:
            self.problems.add("AC138", f"{kind} has no arguments to override", value)
            return {}
        own = self._layer(kind, value, None, given, partial=True)
        return {**own["args"], **{f: own[f] for f in FOLLOWERS if f in own}}

    def _layer(
        self,
        kind: str,
        key: Value,
        principal: Value | None,
        given: dict[str, tuple[Scalar, Value]],
        partial: bool = False,
    ) -> dict[str, Any]:
        """Read the arguments of a layer, and its branches where it joins tensors."""
        layer = CATALOGUE[kind]
        own: dict[str, Any] = {}
        if layer.arity != 1 and not partial:
            own = self.branches(kind, key, principal)
        elif principal is not None and not absent(principal):
            if layer.principal is None:
                self.problems.add("AC139", f"{kind} takes no value", principal)
            else:
                given = {layer.principal: (key, principal), **given}  # type: ignore[dict-item]  # only the value is read
        args = {}
        for word, (at, value) in given.items():
            if word in layer.fields:
                args[word] = self.argument(layer.fields[word], value, word)
            elif word in FOLLOWERS and layer.role in ROLES_WITH_FOLLOWERS:
                own[word] = self.follower(word, value)
            else:
                self.unknown_argument(kind, at, (*layer.fields, *FOLLOWERS, *COMMON))
        return {**own, "args": args}


def _takes(kind: str, key: str) -> bool:
    """Say whether `key`, a kind of its own, can be an argument of `kind`."""
    return kind == "use" or (kind in CATALOGUE and key in CATALOGUE[kind].fields)


def _texts(value: Mapping) -> list[str]:
    """Return keys and values in turn where all are unquoted texts, else nothing."""
    texts = []
    for part in value.pairs:
        if part.__class__ is not Scalar or part.quoted:
            return []
        texts.append(part.text)
    return texts

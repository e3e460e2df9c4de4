"""Reading steps from YAML.

Names, kinds and constants are checked here; arithmetic stays an `Expression`, since
`cin` and the params of a block have values only when the network is expanded. What is
wrong goes to `Problems`, so that a file's mistakes are told together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.errors import nearest
from archcalc.language.argument_reader import ArgumentReader, absent, quoted
from archcalc.language.input_reader import InputReader
from archcalc.language.lora_reader import LoraReader
from archcalc.language.steps import (
    BRANCHES,
    COMMON,
    CONDITION,
    FOLLOWERS,
    KINDS,
    REPEAT,
    ROLES_WITH_FOLLOWERS,
    SHORTCUTS,
    STRUCTURES,
    USERS,
    Step,
    as_follower,
    constant,
    kind_keys,
    refused,
    settled,
    takes,
    without_followers,
)
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer
from archcalc.layers.fields import FieldError, WholeField
from archcalc.layers.kinds import ARGUMENTS, PARTS
from archcalc.sizes.expressions import Expression, parse
from archcalc.source.parser import Mapping, Scalar, Sequence, Value

Given = dict[str, tuple[Scalar, Value]]
"""Arguments as written: each key with its place, and its value."""
ABSENT = ("none", "", "~", "null")
SIBLINGS = ARGUMENTS | PARTS | {*COMMON, *FOLLOWERS, BRANCHES, "shortcut"}
"""What may stand beside some kind."""
MOST_COMPARED = 8
"""With so many keys of a step, kinds are compared, to find the one that is meant."""


class StepReader:
    """Reads steps; defaults, and which params each block has, are known before them.

    `seen` has steps without arithmetic by their text, since most steps of a long file
    stand in it more than once.
    """

    def __init__(self, arguments: ArgumentReader) -> None:
        self.arguments = arguments
        self.problems = arguments.problems
        self.lora = LoraReader(arguments)
        self.block_params: dict[str, dict[str, bool]] = {}
        self.defaults: dict[str, dict[str, Any]] = {}
        self.seen: dict[tuple[Any, ...], Step] = {}

    @property
    def inputs(self) -> InputReader:
        """What reads inputs; it holds this reader, which therefore does not hold it.

        So what is read goes when it is no longer needed: of a shelf of files, one is
        there at a time.
        """
        return InputReader(self.arguments, self.steps)

    # -- whole lists -----------------------------------------------------------------

    def steps(self, value: Value, what: str) -> tuple[Step, ...]:
        """Read a list of steps, or one; what is wrong goes to `problems`."""
        one = isinstance(value, Scalar) and value.text in KINDS
        if one or (isinstance(value, Mapping) and what.startswith("branch")):
            return self._listed([value])
        if not isinstance(value, Sequence):
            known = isinstance(value, Scalar) and value.text
            help = nearest(known, KINDS) if known else None
            message = f"{what} must be a list of steps, one `- ` each"
            self.problems.add("AC131", message, value, help)
            return ()
        if not value.items:
            self.problems.add("AC132", f"{what} needs at least one step", value)
        return self._listed(value.items)

    def _listed(self, items: Iterable[Value]) -> tuple[Step, ...]:
        read = (self.step(item) for item in items)
        return tuple(step for step in read if step is not None)

    def default(self, key: Scalar, value: Value) -> None:
        """Read the defaults of one kind; steps of that kind start from them."""
        if key.text not in USERS or not isinstance(value, Mapping):
            message = f"defaults are arguments of a kind of layer, not {quoted(key)}"
            self.problems.add("AC130", message, key, nearest(key.text, USERS))
            return
        self.defaults[key.text] = self._some_arguments(key.text, key, value)

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
            name = self.arguments.name(value.pairs[at + 1]) if at < len(texts) else None
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

    def _unknown(self, key: Scalar, value: Value | None = None) -> None:
        from archcalc.language.foreign_words import kind_help, text_help

        numbered = key.text[-1:].isdigit() or not nearest(key.text, KINDS)
        if isinstance(value, Sequence) and numbered and not kind_help(key.text):
            help: str | None = f"a list of steps is {{name: {key.text}, stage: […]}}"
        elif key.text in self.block_params:
            help = f"a block is used as {{use: {key.text}}}"
        else:
            help = (
                text_help(key.text)
                or kind_help(key.text)
                or nearest(key.text, KINDS)
                or "`archcalc layers` lists all kinds"
            )
        self.problems.add("AC134", f"{quoted(key)} is not a kind of step", key, help)

    def _mapping(self, value: Mapping) -> Step | None:
        if not value.pairs:
            self.problems.add("AC133", "an empty step", value)
            return None
        kind = self._kind(value)
        if kind is None:
            return None
        given = _given(value)
        key, principal = given.pop(kind)
        return self._filled(kind, key, principal, given)

    def _kind(self, value: Mapping) -> str | None:
        """Return the one kind key of a step: what no sibling can be."""
        keys: list[Scalar] = value.pairs[::2]
        found, fits = kind_keys(keys)
        if len(fits) == 1:
            kind = fits[0].text
            if kind in ARGUMENTS:  # an argument, where another key can only be a kind
                foreign = _not_siblings(k for k in keys if not takes(kind, k.text))
                if foreign and not _meant_argument(foreign[0].text, kind):
                    self._unknown(foreign[0])
                    return None
            return kind
        if found:
            first, other = found[:2]
            names = " and ".join(k.text for k in found)
            help = as_follower(first.text, other.text)
            message = f"two kinds in one step: {names}"
            self.problems.add("AC135", message, other, help)
            return None
        unknown = _not_siblings(keys)
        if unknown:
            from archcalc.language.foreign_words import kind_help

            some = unknown[:MOST_COMPARED]
            near = (k for k in some if kind_help(k.text) or nearest(k.text, KINDS))
            key = next(near, unknown[0])
            self._unknown(key, value.get(key.text))
        else:
            message = "a step needs one kind key, such as `conv: 64`"
            held = any(key.text in ("layers", "steps") for key in keys)
            inside = "steps inside of a step are written `stage:`" if held else None
            self.problems.add("AC135", message, value, inside)
        return None

    def _filled(
        self,
        kind: str,
        key: Scalar,
        principal: Value | None,
        given: Given,
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
        if "lora" in given:
            own = self.lora.given(kind, key, given["lora"][1], own)
        joins = kind in CATALOGUE and CATALOGUE[kind].arity != 1
        if joins and self.problems.count == before:
            self.inputs.check(kind, key, own, common)
        if self.problems.count > before:
            return None
        step = Step(kind, key, args, **common, **own, **followers)
        return self._ready(step, key) if kind in CATALOGUE else step

    def _ready(self, step: Step, key: Scalar) -> Step | None:
        """Build the layer at once where no argument waits for a value."""
        if not (settled(step.args) and settled(step.first) and settled(step.last)):
            return step
        try:
            layer = CATALOGUE[step.kind](**step.args)
            for override in (step.first, step.last):
                CATALOGUE[step.kind](**{**step.args, **without_followers(override)})
        except FieldError as error:
            at = self.problems.source.key_beside(key, error.argument)
            self.problems.add("AC140", refused(step.kind, error), at, error.help)
            return None
        alone = not (step.sources or step.share or step.branches or step.first)
        alone = alone and not step.parts and step.frozen is None and not step.lora
        once = step.repeat == 1 and not step.last and step.when is True
        plain = alone and once and layer.arity == 1
        return step._replace(layer=layer, plain=plain)

    # -- arguments -------------------------------------------------------------------

    def _common(self, kind: str, given: Given) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for word, (_, value) in given.items():
            if word == "name":
                read["name"] = self.arguments.name(value)
            elif word == "from":
                read["sources"] = self.arguments.references(value)
            elif word == "share":
                read["share"] = next(iter(self.arguments.references(value)), None)
            elif word == "repeat":
                read["repeat"] = self.arguments.argument(REPEAT, value, "repeat")
            elif word in ("when", "frozen"):
                read[word] = self.arguments.argument(CONDITION, value, word)
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
        if kind == "use":
            return {k.text: self.arguments.param(v) for k, v in value.items}
        if kind not in CATALOGUE:
            self.problems.add("AC138", f"{kind} has no arguments to override", value)
            return {}
        return self._some_arguments(kind, value, value)

    def _some_arguments(self, kind: str, key: Value, value: Mapping) -> dict[str, Any]:
        """Read arguments of a layer, `norm` and `act` among them, none required."""
        own = self._layer(kind, key, None, _given(value), partial=True)
        return {**own.pop("args"), **own}

    def _layer(
        self,
        kind: str,
        key: Value,
        principal: Value | None,
        given: Given,
        partial: bool = False,
    ) -> dict[str, Any]:
        """Read the arguments of a layer, and its branches where it joins tensors."""
        layer = CATALOGUE[kind]
        own: dict[str, Any] = {}
        if layer.arity is None and BRANCHES in given and not partial:
            own = self.inputs.copies(kind, principal, given.pop(BRANCHES))
        elif layer.arity not in (0, 1) and not partial:
            own = self.inputs.branches(kind, key, principal)
        elif principal is not None and not absent(principal):
            given = {**self._in_value(layer, key, principal), **given}
        args: dict[str, Any] = {}
        if layer.named_inputs and not partial:
            own["parts"] = self.inputs.named(kind, key, given)
        for word, (at, value) in given.items():
            if word in layer.fields:
                args[word] = self.arguments.argument(layer.fields[word], value, word)
            elif word in FOLLOWERS and layer.role in ROLES_WITH_FOLLOWERS:
                own[word] = self.follower(word, value)
            else:
                self._refuse_argument(kind, at, value)
        return {**own, "args": args}

    def _in_value(self, layer: type[Layer], key: Value, value: Value) -> Given:
        """Return the arguments that stand in the value of a kind: mostly one."""
        if layer.arguments_in_value and isinstance(value, Mapping):
            return _given(value)
        if layer.principal is None:
            message = f"{layer.key} takes no value"
            self.problems.add("AC139", message, value, f"write {layer.key}")
            return {}
        if layer.role == "norm" and _is_size(layer, value):
            message = f"{layer.key} takes no size: it is that of what enters"
            self.problems.add("AC139", message, value, f"write {layer.key}")
            return {}
        return {layer.principal: (key, value)}  # type: ignore[dict-item]  # only the value is read

    def _refuse_argument(self, kind: str, key: Scalar, value: Value) -> None:
        """Note an argument that a layer does not take."""
        layer = CATALOGUE[kind]
        followed = layer.role in ROLES_WITH_FOLLOWERS
        if key.text in FOLLOWERS:
            what = value.text if isinstance(value, Scalar) and value.text else "relu"
            help = f"as a step of its own behind it: `- {what}`"
            message = f"{kind} has no argument {quoted(key)}"
            self.problems.add("AC141", message, key, help)
            return
        joins = (BRANCHES,) if layer.arity is None else layer.named_inputs
        followers = FOLLOWERS if followed else ()
        known = (*layer.fields, *joins, *followers, *COMMON)
        self.arguments.unknown_argument(kind, key, known)

    # -- structures and what follows a step -----------------------------------------

    def structure(
        self,
        kind: str,
        key: Scalar,
        principal: Value | None,
        given: Given,
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
                self.arguments.unknown_argument(kind, at, known)
        return own

    def _shortcut(self, value: Value) -> str | Expression | tuple[Step, ...]:
        """Read `shortcut:`, a word, a param that holds one, or steps."""
        if isinstance(value, Scalar):
            if value.text in SHORTCUTS:
                return value.text
            if value.text in self.arguments.scope:
                return parse(value.text)
            message = f"{quoted(value)} is not a shortcut: {', '.join(SHORTCUTS)}"
            self.problems.add("AC147", message, value, nearest(value.text, SHORTCUTS))
            return "identity"
        return self.steps(value, "shortcut")

    def _use(self, block: Value, given: Given) -> dict[str, Any]:
        """Read `use:`; a param may hold the block's name."""
        if not isinstance(block, Scalar):
            self.problems.add("AC146", "use needs the name of a block", block)
            return {}
        args = {
            word: self.arguments.param(value, steps=True)
            for word, (_, value) in given.items()
        }
        if block.text in self.block_params:
            self._check_params(block, given)
            return {"args": {"use": block.text, **args}}
        if block.text in self.arguments.scope:
            return {"args": {"use": parse(block.text), **args}}
        self.problems.add(
            "AC148",
            f"there is no block {quoted(block)}",
            block,
            nearest(block.text, self.block_params)
            or "blocks are declared under `blocks:`",
        )
        return {}

    def _check_params(self, block: Scalar, given: Given) -> None:
        params = self.block_params[block.text]
        for word, (at, _) in given.items():
            if word not in params:
                known = (*params, *COMMON)
                self.arguments.unknown_argument(f"block {block.text}", at, known)
        missing = [p for p, required in params.items() if required and p not in given]
        if missing:
            message = f"block {block.text} needs {', '.join(missing)}"
            self.problems.add("AC149", message, block)

    def follower(self, word: str, value: Value) -> Any:
        """Read `norm:` or `act:`: "none", a step, or a param that names one."""
        if isinstance(value, Scalar):
            if value.text in ABSENT:
                return "none"
            if value.text in self.arguments.scope:
                return parse(value.text)
            if word == "act" and value.text in ("linear", "true", "false"):
                help = "for no activation, leave act out or write act: none"
                message = f"act: {value.text} is not an activation"
                self.problems.add("AC144", message, value, help)
                return None
        step = self.step(value)
        if step is not None and (step.kind not in CATALOGUE or step.branches):
            self.problems.add("AC144", f"{step.kind} cannot stand as {word}", value)
        return step


def _given(value: Mapping) -> Given:
    """Return the values of a mapping by the texts of its keys, with the keys."""
    return {k.text: (k, v) for k, v in value.items}


def _meant_argument(word: str, kind: str) -> bool:
    """Say whether a word that is no argument of a kind means one of its arguments."""
    from archcalc.language.foreign_words import argument_help

    known = tuple(CATALOGUE[kind].fields)
    return bool(nearest(word, known) or argument_help(word, kind, known))


def _not_siblings(keys: Iterable[Scalar]) -> list[Scalar]:
    """Return the keys that are no argument of any kind."""
    return [key for key in keys if key.text not in SIBLINGS]


def _is_size(layer: type[Layer], principal: Value) -> bool:
    """Say whether a number was written where a layer takes none."""
    counted = isinstance(layer.fields[layer.principal or ""], WholeField)
    return isinstance(principal, Scalar) and principal.text.isdecimal() and not counted


def _texts(value: Mapping) -> list[str]:
    """Return keys and values in turn where all are unquoted texts, else nothing."""
    texts = []
    for part in value.pairs:
        if part.__class__ is not Scalar or part.quoted:
            return []
        texts.append(part.text)
    return texts

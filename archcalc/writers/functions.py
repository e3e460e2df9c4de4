"""Functions of the file: layers whose code takes more than one statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from archcalc.writers.language import Language
from archcalc.writers.names import Names, attribute
from archcalc.writers.parts import Class, Given, Part
from archcalc.writers.templates import Form, literal, put_in
from archcalc.writers.text import lines, source


class Functions:
    """The functions of a file: one for each layer that is written alike.

    Numbers that are equal in all its uses stand in the function, others are arguments.
    """

    def __init__(self, classes: list[Class], names: Names, language: Language) -> None:
        self.names = names
        self.language = language
        self.uses: dict[tuple[Form, int], list[list[Given]]] = {}
        self.hints: dict[tuple[Form, int], list[set[str]]] = {}
        self.made: dict[tuple[Form, int], Made] = {}
        self.keys: dict[tuple[Form, int], str] = {}
        for made in classes:
            for part in made.parts:
                if part.form is not None and has_steps(part.form):
                    key = part.form, len(part.inputs)
                    given = [made.given[place] for place in part.places]
                    self.uses.setdefault(key, []).append(given)
                    self.keys.setdefault(key, part.key)
                    hints = [made.hints[place] for place in part.places]
                    self.hints.setdefault(key, [set() for _ in hints])
                    for known, hint in zip(self.hints[key], hints, strict=True):
                        known.add(hint)

    def of(self, part: Part) -> Made:
        """Return the function that a part calls."""
        assert part.form is not None
        key = part.form, len(part.inputs)
        if key not in self.made:
            name = self.names.free(attribute(self.keys[key]))
            hints = [h.pop() if len(h) == 1 else "size" for h in self.hints[key]]
            uses = self.uses[key]
            inputs = len(part.inputs)
            self.made[key] = Made(name, part.form, inputs, uses, hints, self.language)
        return self.made[key]

    def lines(self) -> Iterator[list[str]]:
        """Yield the text of each function."""
        for made in self.made.values():
            yield list(made.lines())


def has_steps(form: Form) -> bool:
    """Say whether an expression needs more than one statement."""
    return not form.target and len(ast.parse(form.body).body) > 1


class Made:
    """One function: which values it takes, and its text."""

    def __init__(
        self,
        name: str,
        form: Form,
        inputs: int,
        uses: list[list[Given]],
        hints: list[str],
        language: Language,
    ) -> None:
        self.name, self.form, self.language = name, form, language
        tree = ast.parse(form.body)
        found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        names = Names((*(found - {"x"}), *language.names))
        self.inputs = [names.free("x") for _ in range(inputs)]
        read = [
            param
            for param, _ in form.held
            if f"p['{param}']" in form.body or f"p.{param}" in form.body
        ]
        self.params = {param: names.free(param) for param in read}
        self.training = names.free("training") if form.trains else None
        self.values: dict[int, str] = {}
        self.literals: dict[int, Given] = {}
        self.taken: dict[str, int] = {}
        known: dict[tuple[Given, ...], str] = {}
        for place in range(len(form.names) - sum(axes for _, axes in form.held)):
            if f"_{place}" not in found:  # of a buffer, not of the function
                continue
            column = tuple([use[place] for use in uses])
            if all(given == column[0] and given.argument is None for given in column):
                self.literals[place] = column[0]
                continue
            if column not in known:
                known[column] = names.free(attribute(hints[place]))
                self.taken[known[column]] = place
            self.values[place] = known[column]

    def lines(self) -> Iterator[str]:
        """Yield the text of the function."""
        tensor = self.language.tensor
        taken = [f"{name}: {tensor}" for name in (*self.inputs, *self.params.values())]
        taken += [f"{name}: int" for name in self.taken]
        if self.training is not None:
            taken.append(f"{self.training}: bool")
        yield from lines(f"def {self.name}({', '.join(taken)}) -> {tensor}:", 0)
        names: dict[str, ast.expr] = {
            "xs": ast.List([ast.Name(name) for name in self.inputs]),
            "p": ast.Dict(
                [ast.Constant(param) for param in self.params],
                [ast.Name(name) for name in self.params.values()],
            ),
        }
        if self.inputs:
            names["x"] = ast.Name(self.inputs[0])
        if self.training is not None:
            names["training"] = ast.Name(self.training)
        for place, given in self.literals.items():
            names[f"_{place}"] = literal(given.literal)
        for place, name in self.values.items():
            names[f"_{place}"] = ast.Name(name)
        for statement in put_in(self.form.body, names):
            for text in ast.unparse(statement).split("\n"):
                plain = text.lstrip()
                yield from lines(plain, 1 + (len(text) - len(plain)) // 4)

    def call(
        self, inputs: list[str], params: dict[str, str], values: dict[int, str]
    ) -> str:
        """Return the call of the function."""
        given = [*inputs, *(params[name] for name in self.params)]
        given += [f"{name}={values[at]}" for name, at in self.taken.items()]
        if self.training is not None:
            given.append(f"{self.training}={self.language.training}")
        return f"{self.name}({', '.join(given)})"


def inline(
    form: Form,
    inputs: list[str],
    params: dict[str, str],
    values: dict[int, str],
    training: str,
) -> str:
    """Return an expression of one statement with names put in."""
    names: dict[str, ast.expr] = {
        "xs": ast.List([_name(text) for text in inputs]),
        "p": ast.Dict(
            [ast.Constant(param) for param in params],
            [_name(text) for text in params.values()],
        ),
    }
    if training:
        names["training"] = _name(training)
    if inputs:
        names["x"] = _name(inputs[0])
    names.update((f"_{place}", _name(text)) for place, text in values.items())
    (statement,) = put_in(form.body, names)
    assert isinstance(statement, ast.Return)
    assert statement.value is not None
    return source(statement.value)


def around(code: str, text: str, values: dict[int, str]) -> str:
    """Return the code before or after a module, with what it stands for put in."""
    names = {f"_{place}": _name(value) for place, value in values.items()}
    if text:
        names["x"] = _name(text)
    (statement,) = put_in(code, names)
    assert isinstance(statement, ast.Expr)
    return source(statement.value)


def _name(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body

"""Records do what the library's dataclasses and named tuples do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import typing
from typing import Any, ClassVar

import pytest

from archcalc import records


@pytest.fixture(autouse=True, params=[0, records.FEW])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let records be made by a constructor of their own, and field by field."""
    monkeypatch.setattr(records, "FEW", request.param)


def both(make: Any) -> list[Any]:
    """Return what a function makes of the library's module and of ours."""
    library = type("library", (), {})
    library.dataclass = dataclasses.dataclass
    library.field = staticmethod(dataclasses.field)
    library.NamedTuple = typing.NamedTuple
    return [make(library), make(records)]


def plain(module: Any) -> Any:
    @module.dataclass
    class Kind:
        one: int
        many: list[int] = module.field(default_factory=list)
        shared: ClassVar[int] = 7
        last: str = "x"

    return Kind


def frozen(module: Any) -> Any:
    @module.dataclass(frozen=True, slots=True)
    class Kind:
        one: int
        many: tuple[int, ...] = ()
        last: str = module.field(default="x", compare=False, repr=False)

        def __post_init__(self) -> None:
            if self.one == 13:
                raise ValueError("13")

    return Kind


def derived(module: Any) -> Any:
    @module.dataclass(frozen=True)
    class Base:
        one: int
        many: tuple[int, ...] = ()

    @module.dataclass(frozen=True)
    class Kind(Base):
        last: str = "x"

    return Kind


def ordered(module: Any) -> Any:
    @module.dataclass(frozen=True, slots=True, order=True)
    class Kind:
        one: int
        many: tuple[int, ...] = ()
        last: str = "x"

    return Kind


def named(module: Any) -> Any:
    class Kind(module.NamedTuple):
        one: int
        many: tuple[int, ...] = ()
        last: str = "x"

    return Kind


KINDS = (plain, frozen, derived, ordered, named)
CALLS = [
    ((1,), {}),
    ((1, (2,)), {}),
    ((1,), {"last": "y"}),
    ((), {"many": (3,), "one": 2}),
    ((13,), {}),
    ((), {}),
    ((1, (2,), "x", 4), {}),
    ((1,), {"none": 1}),
    ((1,), {"one": 1}),
]


def said(act: Any, *given: Any, **words: Any) -> Any:
    """Return what comes out, or the kind of error."""
    try:
        return act(*given, **words)
    except (TypeError, ValueError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_records_are_made_as_in_the_library(make: Any) -> None:
    for given, words in CALLS:
        theirs, ours = (said(kind, *given, **words) for kind in both(make))
        assert repr(ours).replace("tuple", "") == repr(theirs).replace("tuple", "")


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_records_compare_as_in_the_library(make: Any) -> None:
    for act in (
        lambda a, b: a == b,
        lambda a, b: a < b,
        lambda a, b: a >= b,
        lambda a, b: hash(a) == hash(b),
        lambda a, b: len({a, b}),
        lambda a, b: a.__match_args__,
        lambda a, b: setattr(a, "one", 5),
        lambda a, b: delattr(a, "last"),
    ):
        for more in ({}, {"last": "z"}, {"one": 2}):
            results = []
            for kind in both(make):
                one, other = kind(1), kind(**{"one": 1, **more})
                results.append(said(act, one, other))
            theirs, ours = results
            same = ours == theirs
            assert same or issubclass(ours, theirs), (make.__name__, more)


def test_records_of_other_kinds_differ() -> None:
    assert frozen(records)(1) != frozen(records)(1)
    assert ordered(records)(1) != 1


@pytest.mark.parametrize("make", [plain, frozen, derived], ids=lambda m: m.__name__)
def test_the_library_knows_the_fields_of_records(make: Any) -> None:
    theirs, ours = both(make)
    names = [one.name for one in dataclasses.fields(theirs)]
    assert [one.name for one in dataclasses.fields(ours)] == names
    assert [one.name for one in records.fields(ours)] == names
    assert dataclasses.replace(ours(1), last="y") == ours(1, last="y")
    assert records.replace(ours(1), last="y").last == "y"
    assert [*inspect.signature(ours).parameters] == names


@records.dataclass(frozen=True, slots=True)
class Kept:
    one: int
    twice: int = records.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.one)


class Pair(records.NamedTuple):
    one: int
    other: int = 3


def test_records_are_pickled_and_copied() -> None:
    for value in (Kept(4), Pair(4)):
        for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
            assert again == value
    assert pickle.loads(pickle.dumps(Kept(4))).twice == 8
    assert records.replace(Kept(4), one=5).twice == 10
    with pytest.raises(TypeError, match="has no default"):
        records.field(default=1, init=False)


def test_named_tuples_have_the_methods_of_the_library() -> None:
    assert Pair(1)._asdict() == {"one": 1, "other": 3}
    assert Pair(1)._replace(other=4) == (1, 4)
    assert Pair._make([5, 6]).other == 6
    assert Pair._fields == ("one", "other")
    assert Pair._field_defaults == {"other": 3}
    with pytest.raises(TypeError):
        Pair._make([1])
    with pytest.raises(ValueError, match="third"):
        Pair(1)._replace(third=3)


def test_a_table_loads_nothing_that_writes_classes() -> None:
    """`dataclasses` brings `inspect`, and writes every class as text at its import."""
    code = (
        "import sys; sys.argv = ['archcalc', 'table', 'alexnet']\n"
        "from archcalc.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: print({'dataclasses', 'inspect'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "set()"

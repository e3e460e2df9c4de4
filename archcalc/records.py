"""Classes of named fields, as `dataclasses` and `typing` have them, made when used.

The library's own write methods as text, and compile it, when a class is defined: a
quarter of the time of a cold `archcalc table`, and most of these classes are never
used there. Here a class is only looked at when it is defined; its constructor is
written when many values are made. Type checkers see the library's own, and so do
`dataclasses.replace` and `fields` of other code.

>>> @dataclass(frozen=True, slots=True)
... class Point:
...     x: int
...     y: int = 0
>>> replace(Point(1), y=2), Point(1) == Point(1, 0)
(Point(x=1, y=2), True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import replace as replace
    from typing import NamedTuple as NamedTuple
else:
    from collections import _tuplegetter
    from contextlib import suppress
    from operator import attrgetter

    class _Field:
        """How one field is filled and compared."""

        __slots__ = ("compare", "default", "factory", "hash", "init", "name", "repr")

        def __init__(
            self, default, factory=None, compare=True, hash=None, repr=True, init=True
        ) -> None:
            self.init = init
            self.default = default
            self.factory = factory
            self.compare = compare
            self.hash = compare if hash is None else hash
            self.repr = repr

    FEW = 64
    """Values of a class that are made without a constructor of its own.

    To compile one takes as long as to fill a hundred values field by field.
    """
    _set = object.__setattr__
    NEEDED = object()
    """The default of a field that has none, and of one whose value is made."""

    def field(
        *,
        default=NEEDED,
        default_factory=None,
        compare=True,
        hash=None,
        repr=True,
        init=True,
    ):
        """Return what a field is beyond its annotation, as `dataclasses.field`."""
        if not init and not (default is NEEDED and default_factory is None):
            raise TypeError("a field that the constructor leaves out has no default")
        return _Field(default, default_factory, compare, hash, repr, init)

    def fields(record):
        """Return the fields of a record or of its class, as `dataclasses.fields`."""
        return tuple(record._fields_of.values())

    def replace(record, /, **changes):
        """Return a record with other values, as `dataclasses.replace`."""
        for name, one in record._fields_of.items():
            if one.init and name not in changes:
                changes[name] = getattr(record, name)
        return record.__class__(**changes)

    class _LibraryFields:
        """The fields as `dataclasses` knows them, for code that asks it."""

        __slots__ = ("known",)

        def __init__(self) -> None:
            self.known: dict[type, Any] = {}

        def __get__(self, _, cls):
            if cls not in self.known:
                self.known[cls] = self.of(cls)
            return self.known[cls]

        def of(self, cls):
            """Return the fields of a class that `dataclasses` makes of the same."""
            import dataclasses

            own = {
                name: dataclasses.field(
                    **({} if one.default is NEEDED else {"default": one.default}),
                    **({"default_factory": one.factory} if one.factory else {}),
                    compare=one.compare,
                    hash=one.hash,
                    repr=one.repr,
                    init=one.init,
                )
                for name, one in cls._fields_of.items()
            }
            hints = {n: a for c in cls.__mro__[::-1] for n, a in _hints(c).items()}
            shown = dataclasses.make_dataclass(
                cls.__name__, [(name, hints[name], one) for name, one in own.items()]
            )
            return shown.__dataclass_fields__

    class _Signature:
        """The signature of the constructor, for help and documentation."""

        def __get__(self, _, cls):
            from inspect import signature

            found = signature(_constructor(cls))
            return found.replace(parameters=list(found.parameters.values())[1:])

    def dataclass(
        cls=None, /, *, frozen=False, slots=False, eq=True, repr=True, order=False
    ):
        """Make a class of named fields, as `dataclasses.dataclass`."""
        if cls is None:
            return lambda cls: _record(cls, frozen, slots, eq, repr, order)
        return _record(cls, frozen, slots, eq, repr, order)

    def _define(text, scope) -> None:
        """Define a function; of text itself, `exec` would spoil the code of Ctrl-C."""
        exec(compile(text, "<record>", "exec"), scope)

    def _hints(cls) -> dict[str, str]:
        return vars(cls).get("__annotations__", {})

    def _record(cls, frozen, slots, eq, repr, order):
        known = {}
        for base in cls.__mro__[-1:0:-1]:
            known |= base.__dict__.get("_fields_of", {})
        space = cls.__dict__
        own = [n for n, hint in _hints(cls).items() if not hint.startswith("ClassVar")]
        for name in own:
            given = space.get(name, NEEDED)
            said = isinstance(given, _Field)
            one = known[name] = given if said else _Field(given)
            one.name = name
            if said and given.default is NEEDED:
                delattr(cls, name)
            elif said:
                setattr(cls, name, given.default)
        if slots:
            cls = _slotted(cls, own)
        _furnish(cls, known, frozen, slots, eq, repr, order)
        return cls

    def _furnish(cls, known, frozen, slots, eq, repr, order) -> None:
        """Give a class the methods of a record, where it has none of its own."""
        space = cls.__dict__
        cls._fields_of = known
        cls.__match_args__ = tuple(n for n, one in known.items() if one.init)
        cls.__dataclass_fields__ = _LibraryFields()
        cls.__signature__ = _Signature()
        cls._frozen = frozen
        if "__init__" not in space:
            cls.__init__ = _first_of(cls)
        if repr and "__repr__" not in space:
            cls.__repr__ = _repr
        if eq:
            cls._compared = _parts(n for n, one in known.items() if one.compare)
            if "__eq__" not in space:
                cls.__eq__ = _equal
            if space.get("__hash__") is None:
                cls._hashed = _parts(n for n, one in known.items() if one.hash)
                cls.__hash__ = _hash if frozen else None
        if order:
            cls.__lt__, cls.__le__, cls.__gt__, cls.__ge__ = _lt, _le, _gt, _ge
        if frozen:
            cls.__setattr__, cls.__delattr__ = _refuse, _refuse
            if slots and "__reduce__" not in space:
                cls.__getstate__, cls.__setstate__ = _state, _take_state

    def _slotted(cls, own):
        """Return the class again, with slots."""
        space = dict(cls.__dict__)
        for name in (*own, "__dict__", "__weakref__"):
            space.pop(name, None)
        space["__slots__"] = tuple(own)
        space["__qualname__"] = cls.__qualname__
        return type(cls)(cls.__name__, cls.__bases__, space)

    def _first_of(cls):
        """Return the constructor of the first values, which writes the usual one."""
        left = FEW

        def __init__(self, *given, **named):  # noqa: N807
            nonlocal left
            left -= 1
            if left < 0 or not _filled(self, cls, given, named):
                _constructor(cls)(self, *given, **named)
            elif hasattr(cls, "__post_init__"):
                self.__post_init__()

        __init__.waits = True
        return __init__

    def _filled(self, cls, given, named) -> bool:
        """Fill a record field by field; say whether each had a value, and one only."""
        left, used = iter(given), 0
        for name, one in cls._fields_of.items():
            if not one.init:
                continue
            value = next(left, NEEDED)
            if name in named:
                if value is not NEEDED:
                    return False
                value, used = named[name], used + 1
            elif value is NEEDED:
                value = one.factory() if one.factory else one.default
                if value is NEEDED:
                    return False
            _set(self, name, value)
        return used == len(named) and next(left, NEEDED) is NEEDED

    def _constructor(cls):
        """Return the constructor of a class, written now where it was not yet."""
        if not hasattr(cls.__init__, "waits"):
            return cls.__init__
        scope: dict[str, Any] = {"NEEDED": NEEDED, "_set": _set}
        line = "_set(self, {0!r}, {1})" if cls._frozen else "self.{0} = {1}"
        given, lines = [], []
        for name, one in cls._fields_of.items():
            value = name
            if not one.init:
                continue
            if one.factory:
                scope[f"_make_{name}"] = one.factory
                given.append(f"{name}=NEEDED")
                value = f"_make_{name}() if {name} is NEEDED else {name}"
            elif one.default is NEEDED:
                given.append(name)
            else:
                scope[f"_default_{name}"] = one.default
                given.append(f"{name}=_default_{name}")
            lines.append(line.format(name, value))
        if hasattr(cls, "__post_init__"):
            lines.append("self.__post_init__()")
        body = "\n  ".join(lines or ["pass"])
        _define(f"def __init__(self, {', '.join(given)}):\n  {body}", scope)
        made = scope["__init__"]
        made.__qualname__ = f"{cls.__qualname__}.__init__"
        made.__annotations__ = {n: a for n, a in _hints(cls).items() if n in given}
        owner = next(c for c in cls.__mro__ if "__init__" in c.__dict__)
        owner.__init__ = made
        return made

    def _parts(names):
        """Return a function of the values by which records are compared."""
        names = tuple(names)
        if not names:
            return staticmethod(lambda _: ())
        return attrgetter(*names)

    def _equal(self, other):
        if self.__class__ is not other.__class__:
            return NotImplemented
        return self._compared(self) == self._compared(other)

    def _hash(self) -> int:
        return hash(self._hashed(self))

    def _lt(self, other):
        if self.__class__ is not other.__class__:
            return NotImplemented
        return self._compared(self) < self._compared(other)

    def _le(self, other):
        return NotImplemented if (n := _lt(other, self)) is NotImplemented else not n

    def _gt(self, other):
        return _lt(other, self)

    def _ge(self, other):
        return NotImplemented if (n := _lt(self, other)) is NotImplemented else not n

    def _repr(self) -> str:
        shown = (n for n, one in self._fields_of.items() if one.repr)
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({values})"

    def _refuse(_self, name, *_) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot change field {name!r}")

    def _state(self):
        return [getattr(self, name) for name in self._fields_of]

    def _take_state(self, state) -> None:
        for name, value in zip(self._fields_of, state, strict=True):
            object.__setattr__(self, name, value)

    class _Fielded(tuple):
        """What every named tuple has."""

        __slots__ = ()
        _fields = ()
        _field_defaults = {}  # noqa: RUF012  # as in the library

        def __new__(cls, *given, **named):
            owner = next(c for c in cls.__mro__ if "_fields" in c.__dict__)
            names, known = owner._fields, owner._field_defaults
            owner._left -= 1
            if owner._left >= 0:
                rest = names[len(given) :]
                values = {**known, **named}
                if len(given) <= len(names) and {*rest} >= named.keys():
                    with suppress(KeyError):
                        return tuple.__new__(cls, (*given, *[values[n] for n in rest]))
            takes = ", ".join(f"{n}=_known[{n!r}]" if n in known else n for n in names)
            values = "".join(f"{name}, " for name in names)
            scope = {"_known": known, "_new": tuple.__new__}
            _define(f"def __new__(_cls, {takes}): return _new(_cls, ({values}))", scope)
            owner.__new__ = scope["__new__"]
            return owner.__new__(cls, *given, **named)

        @classmethod
        def _make(cls, values):
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"{len(cls._fields)} values wanted, {len(made)} given")
            return made

        def _replace(self, /, **changes):
            values = [
                changes.pop(n, old) for n, old in zip(self._fields, self, strict=True)
            ]
            if changes:
                raise ValueError(f"unexpected field names: {list(changes)}")
            return self._make(values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self):
            return tuple(self)

        def __repr__(self) -> str:
            values = ", ".join(
                f"{n}={v!r}" for n, v in zip(self._fields, self, strict=True)
            )
            return f"{self.__class__.__name__}({values})"

    class _NamedTuples(type):
        """Makes a named tuple of a class that is derived from `NamedTuple`."""

        def __new__(meta, name, bases, space):
            if not bases:
                return super().__new__(meta, name, bases, space)
            names = tuple(space.get("__annotations__", ()))
            space["_field_defaults"] = {n: space[n] for n in names if n in space}
            for at, one in enumerate(names):
                space[one] = _tuplegetter(at, "")
            space["_fields"] = space["__match_args__"] = names
            space["__slots__"], space["_left"] = (), FEW
            return type(name, (_Fielded,), space)

    class NamedTuple(metaclass=_NamedTuples):
        """A tuple whose parts have names, as `typing.NamedTuple`."""

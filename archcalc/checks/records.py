"""What files from outside the language hold: `[tool.archcalc]` and the lock file.

The models are pydantic's, whose import takes longer than most commands: import this
module only where such a file was found.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from archcalc.limits import Limits
from archcalc.records import fields

Texts = tuple[StrictStr, ...]
Word = Annotated[StrictStr, Field(min_length=1)]
Positive = Annotated[StrictInt, Field(gt=0)]
LIMITS = tuple(f.name for f in fields(Limits))
Limit = Literal[LIMITS]  # type: ignore[valid-type]  # a tuple of words
Size = StrictInt | StrictStr
Figure = Size | list[Size] | list[list[Size]]


class RecordError(ValueError):
    """Data that is no such record: where it is wrong, and what is needed there.

    `needed` is None for a key that there is not.
    """

    def __init__(self, where: str, needed: str | None) -> None:
        super().__init__(f"{where}: {needed}")
        self.where = where
        self.needed = needed


class Record(BaseModel):
    """A record of a file; the description of a field says what it must be."""

    @classmethod
    def read(cls, data: Any) -> Self:
        """Return the record in some data; raise `RecordError` for the first mistake."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise RecordError(where, None)
        key = str(first["loc"][0]) if first["loc"] else ""
        described = {f.alias or name: f for name, f in cls.model_fields.items()}
        said = described[key].description if key in described else None
        raise RecordError(where, said or first["msg"])


class ModelEntry(BaseModel):
    """A PyTorch module of `models`: its name, input sizes and arguments."""

    model_config = ConfigDict(extra="forbid")

    module: Word
    input: Word | dict[str, Word] | None = None
    args: dict[str, Any] = {}


class ProjectTable(Record):
    """The table `[tool.archcalc]`, as `project.Project` has it."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=lambda name: name.replace("_", "-")
    )

    paths: Texts = Field((), description="a list of paths")
    models: tuple[StrictStr | ModelEntry, ...] = Field(
        (), description='a list of paths, or of {module = "mine.py:Net", input = "8"}'
    )
    exclude: Texts = Field((), description="a list of patterns")
    select: Texts = Field((), description="a list of codes")
    ignore: Texts = Field((), description="a list of codes")
    strict: StrictBool = Field(False, description="true or false")
    channels: Positive = Field(1, description="a whole number")
    format: Word = Field("full", description="a word")
    lock_file: Word = Field("", description="a path")
    per_file_ignores: dict[str, Texts] = Field(
        {}, description="a table of patterns with lists of codes"
    )
    limits: dict[Limit, Positive] = Field(
        {}, description="a table of limits with whole numbers"
    )

    def given(self) -> dict[str, Any]:
        """Return what the table has, by the names of the fields."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class LockFile(Record):
    """A lock file: its version, and for each network its fingerprint and figures."""

    version: Literal[1] = Field(alias="archcalc-lock")
    networks: dict[str, dict[str, Figure]]

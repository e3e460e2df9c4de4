"""Things that show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

Bundle = Callable[[object, Iterable[str] | None, Iterable[str] | None], dict[str, str]]


class Shown:
    """Gives a notebook HTML, Markdown, LaTeX and plain text of what inherits it.

    `bundle` makes the texts; `archcalc/__init__.py` sets it, since it needs `render`.
    """

    __slots__ = ()
    bundle: ClassVar[Bundle]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'name', '')}>"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Return texts by MIME type, as IPython asks for them."""
        return Shown.bundle(self, include, exclude)

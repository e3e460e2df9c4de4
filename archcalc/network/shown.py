"""Things that show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterable


class Shown:
    """Gives a notebook HTML, Markdown, LaTeX and plain text of what inherits it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'name', '')}>"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Return texts by MIME type, as IPython asks for them."""
        from archcalc.render.notebook import bundle

        return bundle(self, include, exclude)

"""Things that show themselves: in a notebook, under `print`, in a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os


def _package() -> Any:
    """Return the package, which is there as soon as one of its modules is."""
    return sys.modules["archcalc"]


class Shown:
    """Gives what inherits it `print`, `text`, `save`, and its looks in a notebook.

    `_bundle` and `_write` of the package make the texts, since they need `render`.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'name', '')}>"

    def __str__(self) -> str:
        """Return it as the command line prints it, as wide as the terminal."""
        return str(_package()._bundle(self, ("text/plain",), None)["text/plain"])

    def text(self, format: str = "terminal", **options: Any) -> str:
        """Return it in a format: `terminal`, `markdown`, `csv`, `latex`, `html`, ….

        `options` are those of the format: `standalone=True` gives a whole LaTeX or HTML
        document, `width=80` sets the longest line of `terminal`. Raises `UsageError`
        AC530 for an unknown format, AC531 for an option that the format does not have.

        >>> import archcalc
        >>> report = archcalc.table("lenet5", columns="params")
        >>> print(report.text("csv").splitlines()[2])
        row,c1,c1,156
        """
        return str(_package()._write(self, format, None, options))

    def save(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write it to a file; the ending picks the format, as `-o` does.

        Raises `UsageError` AC530 for an ending that is no format, AC531 for an option
        that the format does not have, and `OSError` where the file cannot be written.
        """
        from pathlib import Path

        from archcalc.source.writing import write_text

        text = _package()._write(self, None, Path(path), options)
        write_text(path, text.rstrip("\n") + "\n")

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Return texts by MIME type, as IPython asks for them."""
        return dict(_package()._bundle(self, include, exclude))

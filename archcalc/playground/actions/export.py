"""The network in the formats that the command line writes."""

from __future__ import annotations

from typing import Any

from archcalc.errors import unknown
from archcalc.language.formatting import formatted
from archcalc.playground.asked import LIMITS, Asked
from archcalc.records import NamedTuple
from archcalc.render import render
from archcalc.render.drawing.pictures import draw
from archcalc.reports.table import DEFAULT_COLUMNS, table_report
from archcalc.writers import export as written


class Form(NamedTuple):
    """One format: what it is called, its files' ending, the type of its media."""

    title: str
    ending: str
    media: str


FORMS = {
    "yaml": Form("the spec, in canonical form", "yaml", "application/yaml"),
    "markdown": Form("the table in Markdown", "md", "text/markdown"),
    "csv": Form("the table as CSV", "csv", "text/csv"),
    "latex": Form("the table in LaTeX", "tex", "text/x-tex"),
    "json": Form("the table as JSON", "json", "application/json"),
    "svg": Form("the drawing as SVG", "svg", "image/svg+xml"),
    "volumes": Form("the drawing as volumes, SVG", "volumes.svg", "image/svg+xml"),
    "mermaid": Form("the drawing for Mermaid", "mmd", "text/plain"),
    "tikz": Form("the drawing for TikZ", "tikz", "text/x-tex"),
    "torch": Form("PyTorch code", "py", "text/x-python"),
    "keras": Form("Keras code", "keras.py", "text/x-python"),
    "jax": Form("JAX code (flax)", "jax.py", "text/x-python"),
}
CODE = ("torch", "keras", "jax")
DRAWN = {"svg": "blocks", "volumes": "volumes", "mermaid": "blocks", "tikz": "blocks"}


def formats(_: Asked) -> list[dict[str, str]]:
    """Return the formats of `export`, by key."""
    return [{"format": key, **form._asdict()} for key, form in FORMS.items()]


def export(asked: Asked) -> dict[str, Any]:
    """Return a file: its name, the type of its media, its text."""
    format = asked.of("format", str)
    if format not in FORMS:
        raise unknown("AC530", "export", format, FORMS, "formats")
    form = FORMS[format]
    stem = asked.name.replace("\\", "/").rpartition("/")[2].partition(".")[0] or "net"
    text = _text(asked, format).rstrip("\n") + "\n"
    return {"file": f"{stem}.{form.ending}", "media": form.media, "text": text}


def _text(asked: Asked, format: str) -> str:
    network = asked.network
    if format == "yaml":
        return formatted(asked.text, asked.name, LIMITS)
    if format in CODE:
        code = written(network, format)
        return code if isinstance(code, str) else ""
    if format in DRAWN:
        kind = format if format in ("mermaid", "tikz") else "svg"
        return draw(network, asked.analysis, DRAWN[format], kind)
    columns = DEFAULT_COLUMNS
    return render(table_report(network, asked.analysis, columns=columns), format)

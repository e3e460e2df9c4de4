"""How Sphinx builds the documentation: `sphinx-build -W docs build/site`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from archcalc.version import __version__  # noqa: E402

project = "archcalc"
author = "the authors of archcalc"
release = version = __version__
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "made_pages",
]
exclude_patterns = ["notebooks/**", "playground/**"]
default_role = "code"
suppress_warnings = ["misc.highlighting_failure"]  # rules show YAML that is wrong

myst_heading_anchors = 4

html_theme = "furo"
html_title = f"archcalc {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False

PLAYGROUND = ROOT / "build" / "playground"
"""Where `node docs/playground/build.mjs` writes the page that edits a network."""


def link_playground(
    _app: object, _name: str, _template: str, context: dict, _doctree: object
) -> None:
    """Link every page of the site to the playground, where it was built."""
    if (PLAYGROUND / "index.html").is_file():
        address = context["pathto"]("playground/index.html", 1)
        words = f'<a href="{address}">Try it in your browser: the playground</a>'
        context["theme_announcement"] = words


def publish_playground(app: object, error: Exception | None) -> None:
    """Put the page into the site as `playground/`, where it was built."""
    page = PLAYGROUND / "index.html"
    if error is None and app.builder.format == "html" and page.is_file():
        target = Path(app.outdir) / "playground"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(PLAYGROUND, target)


def setup(app: object) -> None:
    """Add what is done when the site is built."""
    app.connect("html-page-context", link_playground)
    app.connect("build-finished", publish_playground)

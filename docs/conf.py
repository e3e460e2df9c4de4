"""How Sphinx builds the documentation: `sphinx-build -W docs build/site`."""

from __future__ import annotations

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
exclude_patterns = ["notebooks/**"]
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

"""LaTeX documents, compiled and read back."""

from __future__ import annotations

import subprocess
from pathlib import Path

from programs import program


def compiled(tex: str, folder: Path) -> str:
    """Compile a document with pdfLaTeX; return the text of its pages."""
    pdflatex = program("pdflatex", "texlive-latex-recommended texlive-science lmodern")
    pdftotext = program("pdftotext", "poppler-utils")
    (folder / "page.tex").write_text(tex, encoding="utf-8")
    run = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(run, cwd=folder, capture_output=True, check=False)
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log
    read = [pdftotext, "-layout", "page.pdf", "-"]
    return subprocess.run(
        read, cwd=folder, capture_output=True, check=True
    ).stdout.decode()

"""PDF: one page as large as the picture, with text that can be read back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from commands import archcalc as run
from odd_texts import ODD
from programs import library, program
from report_examples import small

from archcalc.errors import clean
from archcalc.render import render


@pytest.fixture(autouse=True)
def _typst() -> None:
    library("typst", "pdf")


def read(path: Path) -> str:
    """Return the text of a PDF of one page."""
    pages, _, text = (
        subprocess.run(
            [program(name, "poppler-utils"), *options],
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
        for name, options in (
            ("pdfinfo", [str(path)]),
            ("pdffonts", [str(path)]),
            ("pdftotext", ["-layout", str(path), "-"]),
        )
    )
    assert "Pages:           1\n" in pages
    return text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("table lenet5", ("LeNet-5", "61,706", "conv 5×5")),
        ("compare vgg16 vgg19 --no-notes --max-rows 5", ("143,667,240", "… 7 more")),
        ("draw alexnet --style volumes", ("96×55×55", "conv5")),
        ("plot lenet5 --kind layers", ("params", "activations")),
        ("sweep efficientnet --over width=1:2 --plot macs,params", ("EfficientNet",)),
        (
            "sweep efficientnet --over width=1:2 --figures params",
            ("width", "5,288,548"),
        ),
    ],
)
def test_commands_write_pdf(
    words: str,
    shown: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paths = [tmp_path / name for name in ("one.pdf", "two.pdf")]
    for path in paths:
        done = run(capsys, monkeypatch, *words.split(), "-o", str(path))
        assert (done.code, done.out) == (0, "")
    assert paths[0].read_bytes() == paths[1].read_bytes()
    text = read(paths[0])
    assert [words for words in shown if words not in text] == []


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_text(name: str, tmp_path: Path) -> None:
    from archcalc.render.pdf import pdf

    path = tmp_path / "odd.pdf"
    path.write_bytes(pdf(render(small(ODD[name]), "svg")))
    text = read(path)
    if clean(ODD[name]).isascii():
        assert "".join(clean(ODD[name]).split()) in "".join(text.split())


def test_a_table_is_written_as_png(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library("resvg_py", "png")
    path = tmp_path / "table.png"
    assert run(capsys, monkeypatch, "table", "lenet5", "-o", str(path)).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")

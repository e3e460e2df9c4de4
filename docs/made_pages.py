"""Pages of the site that are made from the code while Sphinx builds it.

- `{archcalc-commands}`: every command, from what it declares.
- `{archcalc-figures}`: every figure, from the catalogue.
- `{archcalc-layers}`: every kind of layer, from its class.
- `{archcalc-python}`: the public names of Python, from their docstrings.
- `{archcalc-shelf}`: a gallery of the networks. Their pages and drawings are written to
  `docs/shelf/`, which is not kept in the repository.

What is kept there, such as the table of layers, is written by
`python tests/tools/documents.py`.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Iterator
from inspect import getdoc
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, get_args

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import archcalc
from archcalc.api.tables import table
from archcalc.catalogue import FIGURES
from archcalc.commands import COMMANDS, GROUPS
from archcalc.commands.helping import description, groups, usage
from archcalc.language.about import Task
from archcalc.language.library import shipped
from archcalc.language.steps import USERS
from archcalc.layers import CATALOGUE
from archcalc.network.network import Network
from archcalc.network.shelved import Shelved, family_of, networks, shelved
from archcalc.render import render
from archcalc.render.drawing.pictures import draw
from archcalc.reports.layers import argument_rows

ROOT = Path(__file__).parents[1]
FOLDER = "shelf"
PAGES = (
    *("reference/commands", "reference/figures", "reference/layers"),
    *("reference/python", "shelf"),
)
"""Pages with directives from here: they are read again at each build."""
STYLES = ("blocks", "volumes")


class Made(SphinxDirective):
    """A directive whose content is Markdown that is made here."""

    def run(self) -> list[nodes.Node]:
        """Return the made text, parsed as if it stood in the document."""
        text = "\n".join(self.lines())
        return self.parse_text_to_nodes(text, allow_section_headings=True)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text."""
        raise NotImplementedError


class MadeCommands(Made):
    """Every command with its arguments and options."""

    def lines(self) -> Iterator[str]:
        """Yield a section for each group, and in it one for each command."""
        for room, title in GROUPS.items():
            yield f"## {title}\n"
            for name, module in COMMANDS.items():
                if module.split(".")[0] == room:
                    yield from command_lines(name)


def command_lines(name: str) -> Iterator[str]:
    """Yield the section of a command."""
    told = description(name)
    yield f"### {name}\n"
    yield "```text"
    yield usage(name)
    yield "```\n"
    for paragraph in (told.summary, *told.details):
        yield f"{as_text(paragraph)}\n"
    yield "```sh"
    yield from told.examples
    yield "```\n"
    for title, rows in groups(name).items():
        yield f"| {title} | |"
        yield "|---|---|"
        for names, meaning in rows:
            yield f"| `{names}` | {as_text(meaning)} |"
        yield ""


def as_text(text: str) -> str:
    """Return words of the code as Markdown, on one line and in a cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


class MadePython(Made):
    """The public names of Python, from their docstrings."""

    def lines(self) -> Iterator[str]:
        """Yield functions, then what they return, then errors and warnings."""
        public = {name: getattr(archcalc, name) for name in archcalc.__all__}
        errors = {n for n, one in public.items() if _raised(one)}
        functions = {n for n, one in public.items() if not isinstance(one, type)}
        yield "## Functions\n"
        yield from documented(sorted(functions), "autofunction")
        yield "## Results\n"
        yield from documented(sorted(public.keys() - functions - errors), "autoclass")
        yield "## Errors and warnings\n"
        yield from documented(sorted(errors), "autoexception")


def documented(names: Iterable[str], directive: str) -> Iterator[str]:
    """Yield what reads the docstrings of some names, and of their members."""
    yield "```{eval-rst}"
    for name in names:
        yield f".. {directive}:: archcalc.{name}"
        if directive != "autofunction":
            yield "   :members:\n   :undoc-members:"
        yield ""
    yield "```\n"


def _raised(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, Exception)


class MadeLayers(Made):
    """Every kind of layer, from its class."""

    def lines(self) -> Iterator[str]:
        """Yield a section for each kind: its words, arguments and examples."""
        for key in sorted(USERS):
            layer = CATALOGUE[key]
            yield f"## {key}\n"
            for paragraph in (getdoc(layer) or "").split("\n\n"):
                yield as_text(paragraph).replace("\\|", "|") + "\n"
            if rows := argument_rows(layer):
                yield "| argument | default | what it is |"
                yield "|---|---|---|"
                for name, default, meaning in rows:
                    yield f"| `{name}` | {as_text(default)} | {as_text(meaning)} |"
                yield ""
            yield "```yaml"
            for example in map(str, layer.examples):
                step, _, sizes = example.partition(" @ ")
                yield f"- {step}{f'    # input {sizes}' if sizes else ''}"
            yield "```\n"


class MadeFigures(Made):
    """Every figure of the catalogue."""

    def lines(self) -> Iterator[str]:
        """Yield a table of the figures."""
        yield "| key | in tables | what it counts | in `expect` |"
        yield "|---|---|---|---|"
        for key, one in FIGURES.items():
            said = as_text(one.about or one.asserts)
            said = said[:1].upper() + said[1:]
            known = "yes" if one.asserts else ""
            yield f"| `{key}` | {one.title} | {said} | {known} |"


class MadeShelf(Made):
    """The gallery: the networks for each task, and the order of their pages."""

    def lines(self) -> Iterator[str]:
        """Yield a section for each task, then the parts that lectures show alone."""
        single = [one for one in shelved(False) if one.variant is None]
        for task in get_args(Task):
            if shown := [one for one in single if task in one.task]:
                yield f"## {task}\n"
                yield from gallery(shown)
        yield "## Parts of networks\n"
        yield from gallery(one for one in single if not one.task)
        yield "```{toctree}"
        yield ":hidden:\n"
        yield from (f"{one.name} <{FOLDER}/{one.name}>" for one in single)
        yield "```"


def gallery(shown: Iterable[Shelved]) -> Iterator[str]:
    """Yield the cards of networks by family, in each the oldest first."""
    ordered = sorted(shown, key=lambda one: (one.family, one.year or 0))
    for family, members in groupby(ordered, attrgetter("family")):
        yield f"```{{rubric}} {family}\n```\n"
        yield "```{raw} html"
        yield '<div class="shelf">'
        yield from map(card, members)
        yield "</div>"
        yield "```\n"


def card(one: Shelved) -> str:
    """Return the card of a network: its drawing, name and two figures."""
    name, title = html.escape(one.name), html.escape(one.title)
    of = ", ".join(str(word) for word in (*one.task, one.year) if word)
    return (
        f'<a class="card" href="{FOLDER}/{name}.html">'
        f'<img src="_images/{name}-{STYLES[-1]}.svg" alt="" loading="lazy">'
        f"<strong>{name}</strong><span>{title}</span>"
        f"<span>{html.escape(of)}</span>"
        f"<span>{short(one.params)} parameters, {short(one.macs)} MACs</span></a>"
    )


def short(count: int) -> str:
    """Return a count in three digits."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def page(network: Network) -> Iterator[str]:
    """Yield the lines of a network's page."""
    about = network.spec.about
    yield f"# {network.title}\n"
    paper = about.paper
    if paper is not None:
        said = (paper.authors, paper.title, paper.venue, paper.year)
        cited = ", ".join(as_text(str(part)) for part in said if part)
        yield f"{cited}.{f' <{paper.url}>' if paper.url else ''}\n"
    if about.notes:
        yield f"{as_text(about.notes)}\n"
    yield f"```bash\narchcalc table {network.name}\n```\n"
    if about.task:
        yield f"Made for: {', '.join(about.task)}. Family: {family_of(network)}.\n"
    if network.variants:
        listed = ", ".join(f"`{network.name}:{one}`" for one in network.variants)
        yield f"Variants: {listed}.\n"
    yield "## Layers\n"
    yield markdown_table(table(network, level="stages", columns="shape,params,macs"))
    yield "\n## Drawings\n"
    for style in reversed(STYLES):
        yield f"```{{image}} {network.name}-{style}.svg"
        yield f":alt: {network.title}, drawn as {style}"
        yield f":target: ../_images/{network.name}-{style}.svg\n```\n"
    yield "## Spec\n"
    spec = Path(os.path.relpath(shipped()[network.name], ROOT / "docs" / FOLDER))
    yield f"```{{literalinclude}} {spec.as_posix()}\n:language: yaml\n```"


def markdown_table(report: Any) -> str:
    """Return the table of a report in Markdown, without its title and notes."""
    text = render(report, "markdown")
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


def write_shelf(app: Sphinx) -> None:
    """Write the pages of the networks and their drawings, where they have changed."""
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    made = set()
    for network in networks(False):
        if network.variant is not None:
            continue
        analysis = network.analyze()
        texts = {f"{network.name}.md": "\n".join(page(network)) + "\n"}
        for style in STYLES:
            picture = draw(network, analysis, style)
            texts[f"{network.name}-{style}.svg"] = picture
        for name, text in texts.items():
            made.add(name)
            path = folder / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
    for path in folder.iterdir():
        if path.name not in made:
            path.unlink()


def made_pages(*_: Any) -> tuple[str, ...]:
    """Return the pages that Sphinx should read though their files have not changed."""
    return PAGES


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx what is here."""
    app.connect("builder-inited", write_shelf)
    app.connect("env-get-outdated", made_pages)
    app.add_directive("archcalc-commands", MadeCommands)
    app.add_directive("archcalc-figures", MadeFigures)
    app.add_directive("archcalc-layers", MadeLayers)
    app.add_directive("archcalc-python", MadePython)
    app.add_directive("archcalc-shelf", MadeShelf)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

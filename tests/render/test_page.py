"""The page in a real browser: figures, order, search, formulas, keys, both themes.

Nothing may be fetched and nothing logged; every test ends with that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from programs import library, program

from archcalc.errors import UsageError
from archcalc.figures.conventions import CONVENTIONS
from archcalc.network.network import Network, load, loads
from archcalc.render.page import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

NETWORKS = (
    "alexnet",
    "bottleneck-inception",
    "googlenet",
    "resnet50",
    "densenet121",
    "unet",
)
ODD = """\
name: odd
title: "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
input: [3, 8, 8]
layers:
- {name: "<b>&amp;", conv: 4}
"""


Opened = Callable[..., "Page"]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Return what opens a page of networks; the test fails on requests and messages."""
    heard: list[str] = []
    contexts = []

    def open_page(*networks: str | Network, width: int = 1400, **options: Any) -> Page:
        shown = [load(n) if isinstance(n, str) else n for n in networks]
        file = tmp_path / "page.html"
        file.write_text(page(shown), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, **options
        )
        context.set_default_timeout(120_000)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.on("dialog", lambda dialog: heard.append(dialog.message))
        tab.on("request", lambda asked: heard.append(asked.url))
        tab.goto(file.as_uri())
        heard.remove(file.as_uri())
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []


def column(tab: Page, title: str, pane: int = 0) -> int:
    """Return the place of a column."""
    heads = tab.locator(".pane").nth(pane).locator("thead th")
    titles = [re.sub(r" [▴▾]$", "", text) for text in heads.all_inner_texts()]
    return titles.index(title)


def total(tab: Page, title: str, pane: int = 0, kind: str = "total") -> str:
    """Return a figure of the last lines."""
    line = tab.locator(".pane").nth(pane).locator(f"tfoot tr.{kind}").locator("th, td")
    return line.nth(column(tab, title, pane)).inner_text()


def line(tab: Page, name: str, pane: int = 0) -> Locator:
    """Return the row of a layer by its name, as listed."""
    rows = tab.locator(".pane").nth(pane).locator("tbody tr")
    shown = re.compile(rf"^[▸▾]?{re.escape(name)}$")
    return rows.filter(has=tab.locator("th", has_text=shown)).first


def cell(tab: Page, name: str, title: str) -> str:
    """Return a figure of a layer."""
    return line(tab, name).locator("th, td").nth(column(tab, title)).inner_text()


# -- figures ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_every_convention_has_the_totals_of_the_command_line(
    opened: Opened, name: str
) -> None:
    tab = opened(name)
    for convention, one in CONVENTIONS.items():
        tab.select_option("#convention", convention)
        found = load(name).analyze(convention=convention).total
        heads = tab.locator("thead th").all_inner_texts()
        operations, params = heads[4], heads[3]
        shown = f"{found.operations:,}" if one.unit else "not counted"
        assert total(tab, operations) == shown
        expected = found.reported_params if one.counts_params else found.params
        assert total(tab, params) == f"{expected:,}"
        assert one.brief in tab.inner_text("#definition")


def test_the_known_totals(opened: Opened) -> None:
    tab = opened("vgg16")
    assert total(tab, "params") == "138,357,544"
    assert total(tab, "MACs") == "15,470,264,320"
    tab.select_option("#convention", "flops")
    assert total(tab, "FLOPs") == "30,972,237,166"


def test_batch_number_format_and_in_place(opened: Opened) -> None:
    tab = opened("resnet50")
    tab.fill("#batch", "32")
    tab.select_option("#dtype", "float16")
    tab.uncheck("#inplace")
    found = load("resnet50").analyze(batch=32, dtype="float16", inplace=False).total
    assert total(tab, "MACs") == f"{found.macs:,}"
    assert total(tab, "activations") == f"{found.activations:,}"
    assert total(tab, "bytes") == f"{found.activation_bytes / 10**9:.2f} GB"
    assert total(tab, "params") == f"{found.params:,}"
    tab.fill("#batch", "0")
    assert total(tab, "MACs") == f"{found.macs:,}"


def test_what_a_tool_counts_once_a_batch_is_not_multiplied(opened: Opened) -> None:
    tab = opened("hrnet-w18")
    tab.select_option("#convention", "ptflops")
    tab.fill("#batch", "8")
    found = load("hrnet-w18").analyze(batch=8, convention="ptflops").total
    assert total(tab, "ptflops MACs") == f"{found.operations:,}"


def test_figures_beyond_what_a_float_holds_are_exact(opened: Opened) -> None:
    tab = opened("vgg16")
    tab.fill("#batch", str(2**31))
    assert total(tab, "MACs") == f"{15_470_264_320 * 2**31:,}"


def test_heads_hold_the_sums_of_their_rows_and_side_heads_stand_apart(
    opened: Opened,
) -> None:
    tab = opened("googlenet")
    analysis = load("googlenet").analyze()
    stages = {row.name: row for row in analysis.stages}
    for name in ("3a", "4e", "head1"):
        assert cell(tab, name, "MACs") == f"{stages[name].macs:,}"
        assert cell(tab, name, "params") == f"{stages[name].params:,}"
    assert total(tab, "params", kind="aside") == f"{analysis.aux.params:,}"


def test_short_figures_are_those_of_the_command_line(opened: Opened) -> None:
    from archcalc.render.numbers import short, size

    tab = opened("resnet50")
    tab.select_option("#figures", "short")
    for row in load("resnet50").analyze().stages[:6]:
        assert cell(tab, row.name, "MACs") == short(row.macs)
        assert cell(tab, row.name, "bytes") == size(row.activation_bytes, brief=True)


# -- order, search, columns ------------------------------------------------------------


def test_sorting_goes_down_then_up_then_back(opened: Opened) -> None:
    tab = opened("vgg16")

    def first() -> str:
        return tab.locator("tbody tr th").first.inner_text()

    head = tab.get_by_role("button", name="params")
    before = tab.locator("tbody tr").count()
    head.click()
    assert first() == "fc6"
    assert tab.locator("th[aria-sort=descending]").inner_text() == "params ▾"
    assert tab.locator("tbody tr").count() == len(load("vgg16").analyze().rows)
    tab.get_by_role("button", name="params").click()
    assert first() == "input"
    tab.get_by_role("button", name="params").click()
    assert tab.locator("tbody tr").count() == before


def test_search_lists_and_sums_what_it_finds(opened: Opened) -> None:
    tab = opened("vgg16")
    tab.fill("#search", "CONV 3x3")
    rows = [r for r in load("vgg16").analyze().rows if "conv 3×3" in r.label]
    assert total(tab, "layer", kind="found") == f"{len(rows)} found"
    assert total(tab, "MACs", kind="found") == f"{sum(r.macs for r in rows):,}"
    assert tab.locator("tbody tr:not(.head)").count() == len(rows)
    assert tab.locator(".box.faded").count() > 0
    tab.fill("#search", "nothing like it")
    assert total(tab, "layer", kind="found") == "0 found"
    assert tab.locator("tbody tr").count() == 0


def test_columns_are_chosen(opened: Opened) -> None:
    tab = opened("alexnet")
    tab.click("#columns summary")
    tab.get_by_label("field").check()
    tab.get_by_label("activations").uncheck()
    assert cell(tab, "conv2", "field") == "51×51"
    assert "activations" not in tab.locator("thead th").all_inner_texts()


# -- groups, formulas, links -----------------------------------------------------------


def test_groups_open_and_close_in_table_and_drawing(opened: Opened) -> None:
    tab = opened("resnet50")
    assert tab.locator("[aria-label='Open conv2.1']").count() == 1
    tab.click("[aria-label='Open conv2.1']")
    assert line(tab, "shortcut.conv").count() == 1
    assert tab.locator(".frame[aria-label^='conv2.1,']").count() == 1
    tab.select_option("#level", label="stages")
    assert tab.locator("tbody tr").count() == len(load("resnet50").analyze().stages)
    tab.select_option("#level", label="layers")
    assert tab.locator("tbody tr:not(.head)").count() == len(
        load("resnet50").analyze().rows
    )


def test_equal_repetitions_are_one_box(opened: Opened) -> None:
    tab = opened("resnet152")
    assert "2–36 ×35" in tab.locator(".drawing").inner_text()


def test_pointing_at_a_row_shows_its_formulas_with_numbers(opened: Opened) -> None:
    tab = opened("alexnet")
    line(tab, "conv1").hover()
    told = tab.inner_text("#detail")
    assert "(227 + 2·0 − 11)/4 + 1 = 55" in told
    assert "55·55·96·11·11·3 = 105,415,200, 9.3% of the network" in told
    assert "3×227×227 → 96×55×55" in told
    assert tab.locator(".box.pointed").get_attribute("aria-label") == (
        "conv1, conv 11×11, 96, stride 4, relu, output 96×55×55"
    )
    tab.locator(".box[aria-label^='fc7,']").hover()
    assert "4096·4096" in tab.inner_text("#detail")
    assert tab.locator("tr.pointed th").inner_text() == "fc7"


def test_choosing_a_row_marks_the_drawing_and_the_other_way(opened: Opened) -> None:
    tab = opened("vgg16")
    line(tab, "conv4-2").click()
    box = tab.locator(".box.chosen")
    assert str(box.get_attribute("aria-label")).startswith("block4.conv4-2,")
    seen, frame = box.bounding_box(), tab.locator(".view").bounding_box()
    assert seen is not None
    assert frame is not None
    assert frame["y"] <= seen["y"] <= frame["y"] + frame["height"]
    tab.locator(".box[aria-label^='block4.conv4-3,']").click()
    assert tab.locator("tr.chosen th").inner_text() == "conv4-3"


def test_keys_walk_through_rows_and_groups(opened: Opened) -> None:
    tab = opened("resnet50")
    tab.locator("tbody tr[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        tab.keyboard.press(key)
    assert "conv2.1 " in tab.inner_text("#detail")
    assert line(tab, "shortcut.conv").count() == 1
    tab.keyboard.press("ArrowDown")
    assert "56·56·64·1·1·64" in tab.inner_text("#detail")
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    assert line(tab, "shortcut.conv").count() == 0


def test_keys_walk_through_the_drawing(opened: Opened) -> None:
    tab = opened("resnet50")
    tab.locator(".view [tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        tab.keyboard.press(key)
    assert tab.locator(".frame[aria-label^='conv2.1,']").count() == 1
    active = tab.evaluate("document.activeElement.getAttribute('aria-label')")
    assert active.startswith("conv2.1,")


def test_the_drawing_grows_and_fits(opened: Opened) -> None:
    tab = opened("resnet50")
    image = tab.locator(".view svg")
    begin = float(str(image.get_attribute("width")))
    tab.get_by_role("button", name="Zoom in").click()
    assert float(str(image.get_attribute("width"))) == pytest.approx(
        begin * 1.25, abs=1
    )
    tab.get_by_role("button", name="Fit the drawing").click()
    view = tab.locator(".view").bounding_box()
    assert view is not None
    assert float(str(image.get_attribute("height"))) <= view["height"]


OVERLAPS = """() => {
  const all = panes[0].drawing.layout.boxes;
  const apart = (a, b) => a.x + a.width <= b.x || b.x + b.width <= a.x
    || a.y + a.height <= b.y || b.y + b.height <= a.y;
  const bad = [];
  all.forEach((a, i) => all.slice(i + 1).forEach((b) => {
    if (!apart(a, b)) bad.push([a.lines.name, b.lines.name]);
  }));
  return bad;
}"""


@pytest.mark.parametrize("name", [*NETWORKS, "hrnet-w18", "amoebanet-a", "swin"])
def test_boxes_stand_apart_and_lines_have_places(opened: Opened, name: str) -> None:
    tab = opened(name)
    if tab.locator("#level").is_visible():
        tab.select_option("#level", label="layers")
    assert tab.evaluate(OVERLAPS) == []
    lines = tab.locator(".line").evaluate_all(
        "all => all.map(l => l.getAttribute('d'))"
    )
    assert lines
    assert not any("NaN" in line or "undefined" in line for line in lines)
    shown = {row.name for row in load(name).analyze().rows}
    marked = tab.evaluate("[...panes[0].drawing.layout.boxOf.keys()].length")
    assert marked >= len(shown)


# -- two networks ----------------------------------------------------------------------


def test_two_networks_side_by_side(opened: Opened) -> None:
    tab = opened("naive-inception", "bottleneck-inception")
    rows = tab.locator("#comparison tr").all_inner_texts()
    assert "MACs\t854,196,224\t271,351,808\t−582,844,416\t3.15×" in rows
    assert "activation bytes\t5.02 MB\t5.02 MB\t0 B\t1.00×" in rows
    assert total(tab, "difference", pane=1) == "−582,844,416"
    line(tab, "1x1.conv").hover()
    assert tab.locator("tr.pointed").count() == 2
    tab.select_option("#convention", "torch")
    assert "torch FLOPs\t1,708,392,448\t542,703,616" in tab.inner_text("#comparison")


# -- themes, phones, names, size -------------------------------------------------------


def background(tab: Page) -> str:
    return str(tab.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_light_and_dark(opened: Opened) -> None:
    light, dark = "rgb(255, 255, 255)", "rgb(13, 17, 23)"
    tab = opened("alexnet", color_scheme="dark")
    assert background(tab) == dark
    tab.select_option("#theme", "light")
    assert background(tab) == light
    tab = opened("alexnet", color_scheme="light")
    assert background(tab) == light
    tab.select_option("#theme", "dark")
    assert background(tab) == dark


@pytest.mark.parametrize("names", [("resnet50",), ("naive-inception", "alexnet")])
def test_a_phone_scrolls_no_way_but_down(
    opened: Opened, names: tuple[str, ...]
) -> None:
    tab = opened(*names, width=390)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.click("#settings > summary")
    tab.select_option("#convention", "flops")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_no_name_becomes_markup(opened: Opened) -> None:
    tab = opened(loads(ODD))
    assert "</script><script>alert(1)</script>" in tab.inner_text(".pane h2")
    assert tab.locator("tbody th").all_inner_texts() == ["input", "<b>&amp;"]
    assert tab.locator("main img, main b").count() == 0


def test_every_control_and_box_has_a_name(opened: Opened) -> None:
    tab = opened("googlenet")
    unnamed = tab.evaluate(
        "[...document.querySelectorAll('select,input,button,[role=button]')].filter("
        "e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).length"
    )
    assert unnamed == 0
    assert tab.locator("table caption").count() == 1


def test_the_page_of_a_deep_network_is_small() -> None:
    assert len(page([load("resnet152")]).encode()) < 1_000_000


def test_the_page_is_the_same_every_time_and_names_no_address() -> None:
    text = page([load("alexnet")])
    assert text == page([load("alexnet")])
    addresses = set(re.findall(r"https?://[\w./-]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text


def test_sizes_that_are_names_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        page([load("alexnet", input="3,H,H")])
    assert caught.value.problems[0].code == "AC534"


def test_browsers_are_there_in_ci() -> None:
    """The tests above skip where the browser is missing, but never in CI."""
    if os.environ.get("CI"):
        library("playwright", "page")
        program("chromium", "chromium")

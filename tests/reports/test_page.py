"""The page of a comparison, in a real browser: complete, self-contained, readable on a phone and in the dark."""

import re
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest

from verifier.analyses.compare import library, premiums
from verifier.analyses.frequencies import Frequencies
from verifier.evidence.comparison import Cell, Comparison, Row
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.language.errors import SpecError
from verifier.language.figure import Figure
from verifier.reports.charts import apart
from verifier.reports.page import letters, write_page

Q = Fraction
WIDTHS, MODES = (360, 1400), ("light", "dark")
OFTEN = Frequencies(tuple((Q(n, 10), Q(1, n**2)) for n in (1, 2, 3, 4, 6, 7)), "a table made for this test")
NAMES = (
    "close-out", "close-out-again", "fixed-spread", "auction-with-a-long-name", "delayed-oracle", "soft", "options-pair",
    "tranches", "rate-limited", "insured", "never-liquidated", "unsettled",
)  # fmt: skip


def cell(figure: Figure, number: int, safe: Finding, unsafe: Finding) -> Cell:
    """A number that differs from design to design; five coincide, the last but one and the last have none."""
    if number == len(NAMES) - 1:
        return Cell(figure, "unknown", why="the time for this claim is used up <&>")
    if number == len(NAMES) - 2 and figure.group != "lenders":
        return Cell(figure, "not applicable", why="nobody is ever liquidated in it")
    step = 0 if number in (0, 1, 3, 7, 9) else number
    size = figure.size or Q(1, 2)
    if figure.vary == "cap":
        value = max(Q(0), size - Q(5 + 3 * step, 60)) * Q(2, 3)
    elif figure.vary == "ratio":
        value = Q(6, 5) + Q(step, 13)
    else:
        value = Q(1) if number in (4, 6) else Q(step + 2, 15)
    return Cell(figure, "proved" if number == 5 else "exact", value, "", safe, None if number == 5 else unsafe)


@pytest.fixture(scope="session")
def made(settle: Callable[..., Finding]) -> Comparison:
    """Twelve designs' numbers; behind each are the same proof and the same run."""
    safe, unsafe = settle("aave-v3", "solvency"), settle("aave-v3", "solvency", shock="0.129")
    assert isinstance(safe.verdict, Proved) and isinstance(unsafe.verdict, Refuted)
    terms, figures = library({}, OFTEN)
    rows = []
    for number, name in enumerate(NAMES):
        cells = {figure.name: cell(figure, number, safe, unsafe) for figure in figures}
        rows.append(
            Row(
                name,
                f"The design {name}.",
                "as it is",
                "spot: the price",
                "keepers' cash",
                cells,
                tuple(premiums(cells, OFTEN.rows)),
            )
        )
    words = (f"{NAMES[2]} beside {NAMES[0]}: its lenders lose up to 3 % of their claim more at a drop of 50 %.",)
    return Comparison(terms, figures, tuple(rows), OFTEN.rows, OFTEN.source, words)


@pytest.fixture(scope="session")
def file(made: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(path, made)
    return path


@pytest.fixture(scope="module")
def browser(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium with the page open."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no Chromium here: apt-get install chromium chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for option in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "disable-dev-shm-usage",
        f"user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):  # fmt: skip
        options.add_argument(f"--{option}")
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    driver.get(file.as_uri())
    yield driver
    driver.quit()


def show(browser: Any, width: int = 1400, mode: str = "light") -> None:
    """The page at a width and in a mode."""
    device = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
    scheme = {"features": [{"name": "prefers-color-scheme", "value": mode}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)


def test_nothing_is_fetched(browser: Any, file: Path) -> None:
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"https?:|<script|@import|url\((?!#)", text)


@pytest.mark.parametrize("width", WIDTHS)
def test_only_tables_scroll_sideways(browser: Any, width: int) -> None:
    show(browser, width)
    assert browser.execute_script("""
        const page = document.documentElement;
        return [innerWidth, page.scrollWidth - page.clientWidth]""") == [width, 0]
    assert browser.execute_script("""
        const scroll = document.querySelector('.numbers').parentElement, first = scroll.querySelector('tbody th');
        const before = first.getBoundingClientRect().left;
        scroll.scrollLeft = 1000;
        const moved = scroll.scrollLeft, after = first.getBoundingClientRect().left;
        scroll.scrollLeft = 0;
        return (innerWidth > 600 || moved > 0) && before === after""")


def test_each_number_leads_to_what_carries_it(browser: Any, made: Comparison) -> None:
    show(browser)
    found = browser.execute_script("""
        return [...document.querySelectorAll('td a.number')].map(link => {
            const at = document.getElementById(link.hash.slice(1)), shown = query => {
                const part = at.querySelector(query);
                if (part?.closest('details')) part.closest('details').open = true;
                return part !== null && part.checkVisibility();
            };
            return [link.textContent, at.querySelector('.value').textContent, shown('.assumptions dt'), shown('table.run td'),
                    at.textContent];
        })""")
    kinds = len(made.rows[0].premiums)
    assert len(found) == len(made.rows) * (kinds + sum(figure.in_table for figure in made.figures))
    for number, value, assumptions, run, text in found:
        assert number.removeprefix("≤ ").removeprefix("≥ ") in value
        reason = any(why in text for why in ("is used up <&>", "is unknown", "ever liquidated"))
        assert "premium" in text or reason or (assumptions and (run or "on this side only" in text))


def test_what_carries_a_number_is_folded_away(file: Path, browser: Any) -> None:
    browser.get(file.as_uri())
    assert browser.execute_script("""
        const folded = [...document.querySelectorAll('details.evidence')];
        return folded.length > 0 && folded.every(part => !part.open && part.textContent.length > 100)""")


def test_assumptions_are_needed_only_where_that_was_worked_out(made: Comparison, tmp_path: Path) -> None:
    (first, *_), figure = made.rows, made.figures[0]
    cell = first.cells[figure.name]
    assert cell.safe is not None and cell.safe.explained and first.relies
    open_ = {figure.name: attrs.evolve(cell, safe=attrs.evolve(cell.safe, explained=False))}
    row = attrs.evolve(first, cells={name: attrs.evolve(c, safe=None) for name, c in first.cells.items()} | open_)
    write_page(tmp_path / "page.html", attrs.evolve(made, rows=(row,), words=()))
    text = (tmp_path / "page.html").read_text(encoding="utf-8")

    assert not row.relies and "Assumptions needed" not in text
    assert "Assumptions made (which of them the proof needs was not worked out)" in text


def test_every_link_and_label_has_its_end(browser: Any) -> None:
    assert not browser.execute_script("""
        const ids = [...document.querySelectorAll('[id]')].map(part => part.id);
        const wanted = [...document.querySelectorAll('a')].map(a => decodeURI(a.href?.baseVal ?? a.hash).slice(1));
        for (const part of document.querySelectorAll('[aria-labelledby]'))
            wanted.push(...part.getAttribute('aria-labelledby').split(' '));
        const twice = ids.filter((id, n) => ids.indexOf(id) !== n);
        return [...twice, ...wanted.filter(id => !ids.includes(id))]""")


def test_headings_come_in_order_and_tables_have_headers(browser: Any) -> None:
    levels = browser.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => +h.tagName[1])")
    assert levels.count(1) == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    assert browser.execute_script("""
        return [...document.querySelectorAll('table')].every(table =>
            table.querySelector('thead th[scope=col]') && !table.querySelector('thead td, th:not([scope])') &&
            [...table.querySelectorAll('tbody tr')].every(row => row.querySelectorAll('th[scope=row]').length === 1))""")


def test_pictures_speak_and_keep_their_texts_inside_and_apart(browser: Any) -> None:
    for width in WIDTHS:
        show(browser, width)
        wrong = browser.execute_script("""
            const wrong = [], near = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 &&
                                               a.top < b.bottom - 3 && b.top < a.bottom - 3;
            for (const svg of document.querySelectorAll('svg[role=img]')) {
                if (!svg.querySelector('title').textContent || !svg.querySelector('desc').textContent) wrong.push(svg.id);
                const box = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')];
                const boxes = texts.map(text => text.getBoundingClientRect());
                boxes.forEach((own, n) => {
                    if (own.left < box.left || own.right > box.right || own.top < box.top || own.bottom > box.bottom)
                        wrong.push(texts[n].textContent);
                    boxes.slice(0, n).forEach((other, m) => {
                        if (near(own, other)) wrong.push(texts[m].textContent + ' on ' + texts[n].textContent);
                    });
                    if (own.height < 9.5) wrong.push('small: ' + texts[n].textContent);
                });
            }
            return wrong""")
        assert not wrong


def test_each_design_is_in_each_picture(browser: Any, made: Comparison) -> None:
    told = browser.execute_script("return [...document.querySelectorAll('.keys')].map(keys => keys.textContent)")
    assert len(told) == 3
    assert all(row.design in keys for row in made.rows for keys in told)
    assert all("A close-out, B close-out-again, D auction" in keys for keys in told)


LUMINANCE = """
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(c => c / 255)
            .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const paper = part => {
        for (let at = part; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)') return colour;
        }
    };
    const worst = {};
    for (const part of document.querySelectorAll('body *')) {
        const own = [...part.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!own || !part.checkVisibility() || ['title', 'desc', 'style'].includes(part.tagName)) continue;
        const style = getComputedStyle(part), ink = part instanceof SVGElement ? style.fill : style.color;
        const [dark, bright] = [light(ink), light(paper(part))].sort((a, b) => a - b);
        const kind = part.tagName + '.' + part.getAttribute('class');
        worst[kind] = Math.min(worst[kind] ?? 21, (bright + .05) / (dark + .05));
    }
    return worst"""


@pytest.mark.parametrize("mode", MODES)
def test_text_stands_out(browser: Any, mode: str) -> None:
    show(browser, mode=mode)
    browser.execute_script("location.hash = 'A-solvent_drop'")  # a target is tinted
    worst = browser.execute_script(LUMINANCE)
    assert {"A.number exact", "A.number proved", "A.number unknown", "A.number not-applicable", "P.quiet"} <= set(worst)
    assert min(worst.values()) >= 4.5, worst


def test_the_dark_has_its_own_colours(browser: Any) -> None:
    asked = """return ['body', '.number.exact', 'svg .mark', 'svg .bar'].map(query => {
        const style = getComputedStyle(document.querySelector(query));
        return [style.color, style.backgroundColor, style.fill, style.stroke].join() })"""
    seen = []
    for mode in MODES:
        show(browser, mode=mode)
        seen.append(browser.execute_script(asked))
    assert all(light != dark for light, dark in zip(*seen, strict=True))


def test_the_environment_is_all_there(browser: Any, made: Comparison) -> None:
    text = browser.execute_script("return document.querySelector('#environment').parentElement.textContent").replace(
        "\u00a0", " "
    )
    assert all(term.name in text and term.sentence in text for term in made.environment)
    assert "--set" in text and "--frequencies" in text and made.source in text


def test_what_authors_write_is_text(file: Path) -> None:
    assert "is used up &lt;&amp;&gt;" in file.read_text(encoding="utf-8")


def test_the_same_comparison_makes_the_same_page(file: Path, made: Comparison, tmp_path: Path) -> None:
    write_page(tmp_path / "again.html", made)
    assert (tmp_path / "again.html").read_bytes() == file.read_bytes()


def test_a_comparison_that_was_interrupted_at_once_has_a_page(made: Comparison, tmp_path: Path) -> None:
    write_page(tmp_path / "none.html", attrs.evolve(made, rows=(), words=()))
    assert "a tick takes 60 seconds" in (tmp_path / "none.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_says_so(made: Comparison, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be written"):
        write_page(tmp_path / "nowhere" / "page.html", made)


def test_letters_of_neighbours_are_ranges() -> None:
    assert letters([0, 1, 2, 4, 26]) == "A–C E AA"
    assert letters([0, 1, 2, 4, 6, 7, 26]) == "A–C E +3"


def test_labels_are_moved_apart() -> None:
    moved = apart([50, 50, 51, 240, 240])
    assert all(after - before >= 13 for before, after in zip(moved, moved[1:])) and max(moved) <= 244

"""A comparison as one page that needs nothing else: tables, pictures, and behind each number what carries it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from string import ascii_uppercase

import verifier
from verifier.evidence.comparison import Cell, Comparison, Row
from verifier.evidence.record import record
from verifier.evidence.trace import exact
from verifier.evidence.verdict import Finding, reason, word
from verifier.language.errors import SpecError
from verifier.language.figure import Figure
from verifier.reports.charts import COLOURS, Axis, Bars, Chart, Dot, Line, bar_chart, key, line_chart
from verifier.reports.comparison import LEGEND, PREMIUM, Notes, groups, note_of, premium_text, text_of
from verifier.reports.numbers import readable
from verifier.reports.story import breach, open_parameters, story
from verifier.reports.terminal import under, verdict_text

KINDS = ("drop", "slide")


def write_page(path: Path, comparison: Comparison) -> None:
    """The page as a file. Raises SpecError."""
    try:
        path.write_text(page(comparison), encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{path} cannot be written: {error.strerror}") from None


def page(comparison: Comparison) -> str:
    """The page as text: the same for the same comparison."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("verifier", "reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    tools = (
        *(text_of, note_of, premium_text, exact, readable, percent, letter, place, sides, key),
        *(assumed, all_assumed, refutes, reason, under, verdict_text, record, story, breach, open_parameters),
    )
    text = made.get_template("page.html").render(
        comparison=comparison,
        groups=groups(comparison.figures),
        losses=[loss_chart(comparison, kind) for kind in KINDS],
        wicks=wick_chart(comparison),
        collateral=collateral_chart(comparison),
        notes=Notes(),
        legend=LEGEND,
        premium=PREMIUM,
        version=verifier.__version__,
        looks=range(COLOURS),
        **{tool.__name__: tool for tool in tools},
    )
    return text.replace(" %", "\u00a0%")  # no line breaks between a number and its sign


# Names and words.


def letter(number: int) -> str:
    """A design's letter on the page: A to Z, then AA to ZZ."""
    return ascii_uppercase[number % 26] * (number // 26 + 1)


def letters(numbers: Sequence[int]) -> str:
    """The letters of several designs, neighbours as ranges and of many the first: A–C E +4."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    texts = [f"{letter(run[0])}–{letter(run[-1])}" if len(run) > 2 else " ".join(map(letter, run)) for run in runs]
    if len(runs) > 3:
        texts = [*texts[:2], f"+{sum(map(len, runs[2:]))}"]
    return " ".join(texts)


def place(number: int, name: str) -> str:
    """Where the page has the details of a design's figure."""
    return f"{letter(number)}-{name}"


def percent(value: Fraction) -> str:
    """A share, exactly, in percent."""
    return f"{exact(100 * value)} %"


def assumed(finding: Finding, *, needed: bool) -> dict[str, str]:
    """The assumptions of a finding, with their sentences: those that its proof was found not to need, or the rest."""
    return {name: says for name, says, _ in finding.assumptions if (name not in finding.unused_assumptions) is needed}


def all_assumed(cell: Cell) -> dict[str, str]:
    """All that a number may rest on: by itself, and by its proof."""
    return dict(cell.assumed) | (assumed(cell.safe, needed=True) if cell.safe is not None else {})


def sides(cell: Cell) -> str:
    """On which sides a number was settled, after its value."""
    if cell.unsafe is not None and refutes(cell.unsafe):
        return "; refuted just beyond it" if cell.safe is None else "; proved, and refuted just beyond it"
    if cell.standing == "proved":
        return "; proved on this side only"
    return "" if cell.safe is None else "; proved, and nothing lies beyond it"


def refutes(finding: Finding) -> bool:
    """Whether it comes with a run that breaks the claim."""
    return word(finding.verdict) == "refuted"


# Pictures.


def lines(
    rows: Sequence[Row], figures: Sequence[Figure], at: Callable[[Figure, Fraction], tuple[float, float]]
) -> list[Line]:
    """The rows' lines through the figures; designs whose cells all coincide share one."""
    same: dict[tuple[object, ...], list[int]] = {}
    for number, row in enumerate(rows):
        cells = [row.cells[figure.name] for figure in figures]
        same.setdefault(tuple((cell.value, cell.standing) for cell in cells), []).append(number)
    made = []
    for numbers in same.values():
        first = numbers[0]
        cells = [rows[first].cells[figure.name] for figure in figures]
        names = tuple(f"{letter(n)} {rows[n].design}" for n in numbers)
        made.append(Line(letters(numbers), names, first, tuple(dot(cell, first, at) for cell in cells)))
    return made


def dot(cell: Cell, number: int, at: Callable[[Figure, Fraction], tuple[float, float]]) -> Dot | None:
    """A cell as a point; None where it has no number."""
    if cell.value is None:
        return None
    text = f"{text_of(cell)} ({cell.figure.title})"
    return Dot(*at(cell.figure, cell.value), text, f"#{place(number, cell.figure.name)}", cell.standing == "exact")


def marks(top: Fraction) -> list[Fraction]:
    """Round values from 0 up, at most six of them; the last is not below ``top``."""
    steps = (Fraction(step, 100) for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000))
    step = next(step for step in steps if 5 * step >= top)
    return [n * step for n in range(max(1, (top / step).__ceil__()) + 1)]


def axis(title: str, values: Sequence[Fraction], show: Callable[[Fraction], str]) -> Axis:
    """An axis from 0 to the last of the values, with a mark at each."""
    return Axis(title, tuple((float(value / values[-1]), show(value)) for value in values))


def of_prefix(comparison: Comparison, prefix: str) -> list[Figure]:
    """The figures of one curve, by the size of the shock."""
    found = [figure for figure in comparison.figures if figure.name.startswith(prefix) and figure.size is not None]
    return sorted(found, key=lambda figure: figure.size or 0)


def largest(comparison: Comparison, figures: Sequence[Figure]) -> Fraction:
    """The largest number in some columns."""
    return max(
        (row.cells[figure.name].value or Fraction(0) for row in comparison.rows for figure in figures),
        default=Fraction(0),
    )


def loss_chart(comparison: Comparison, kind: str) -> Chart:
    """Lenders' worst loss against the size of a shock; both kinds have the same axes."""
    both = [figure for each in KINDS for figure in of_prefix(comparison, f"lender_loss_{each}_")]
    high = marks(max(largest(comparison, both), Fraction(1, 10)))
    wide = marks(max((figure.size or Fraction(0) for figure in both), default=Fraction(1)))

    def at(figure: Figure, value: Fraction) -> tuple[float, float]:
        return float((figure.size or 0) / wide[-1]), float(value / high[-1])

    drawn = lines(comparison.rows, of_prefix(comparison, f"lender_loss_{kind}_"), at)
    title = f"Lenders' worst loss against the size of a {kind}"
    across, up = (
        axis(f"size of the {kind}", wide, percent),
        axis("worst loss, share of the lender's claim", high, percent),
    )
    return line_chart(f"loss-{kind}", title, across, up, drawn)


def wick_chart(comparison: Comparison) -> Chart:
    """The deepest wick survived against its duration, whose values stand evenly apart."""
    figures = of_prefix(comparison, "wick_")
    places = {figure.name: (n + 0.5) / len(figures) for n, figure in enumerate(figures)}
    drawn = lines(comparison.rows, figures, lambda figure, value: (places[figure.name], float(value)))
    ticks = tuple((places[figure.name], exact(figure.size or Fraction(0))) for figure in figures)
    depth = axis(
        "deepest wick survived, share of the price", marks(Fraction(1)), lambda x: "any" if x == 1 else percent(x)
    )
    title = "Deepest wick survived against its duration"
    return line_chart("wicks", title, Axis("duration in ticks", ticks), depth, drawn)


def collateral_chart(comparison: Comparison) -> Chart:
    """Collateral over debt asked for, a pair of bars a design."""
    figures = [figure for figure in comparison.figures if figure.name in {f"collateral_{kind}" for kind in KINDS}]
    wide = marks(largest(comparison, figures))
    rows = []
    for number, row in enumerate(comparison.rows):
        bars = []
        for figure in figures:
            cell = row.cells[figure.name]
            share = None if cell.value is None else float(cell.value / wide[-1])
            words = "not settled" if cell.standing == "unknown" else text_of(cell)
            bars.append((figure.name.removeprefix("collateral_"), share, words, f"#{place(number, figure.name)}"))
        rows.append(Bars(f"{letter(number)} {row.design}", tuple(bars)))
    return bar_chart("collateral", "Collateral over debt asked for", axis("collateral over debt", wide, exact), rows)

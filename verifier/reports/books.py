"""What a book of positions looks like: a table for a person, a JSON document, and a picture."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from rich import box
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from verifier.analyses.ledger import Ledger, Part
from verifier.evidence.trace import exact
from verifier.language.book import Tier
from verifier.language.errors import SpecError
from verifier.reports.document import VERSION
from verifier.reports.drawing import picture
from verifier.reports.numbers import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ONE = Fraction(1)
SICK, WELL, REST = "#c0392b", "#2f6da8", "#b5bec6"
SHOWN, FAR, MOST = Fraction(97, 100), Fraction(5), 60
"""A picture shows this share of the collateral, up to this health, in so many bars at most, and the rest as one."""
STEPS = tuple(Fraction(digit, 10**places) for places in (4, 3, 2, 1) for digit in (1, 2, 5))
"""How wide a bar may be."""


def parts(ledger: Ledger) -> dict[str, Part]:
    """The kinds of positions in a book, by what may happen to them."""
    return {
        "exposed": ledger.exposed,
        "unhealthy": ledger.unhealthy,
        "without_debt": ledger.without_debt,
        "without_collateral": ledger.without_collateral,
    }


KINDS = {
    "exposed": "can be sold",
    "unhealthy": "of these, health under 1 from the start: sold at a shock of 0",
    "without_debt": "owe nothing: never sold",
    "without_collateral": "owe, and hold nothing: nothing to sell",
}


def print_book(ledger: Ledger, tiers: Sequence[Tier], out: Console) -> None:
    """What the book has, then its tiers."""
    out.print(Text(f"{ledger.file} · positions: {readable(Fraction(ledger.positions))}", style="bold"))
    out.print(part_table(ledger))
    if tiers:
        out.print(tier_table(tiers))


def part_table(ledger: Ledger) -> Table:
    """How many positions of each kind there are, and what they hold and owe."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("positions", justify="right")
    table.add_column("")
    for heading in ("collateral", "debt") if ledger.price else ("collateral",):
        table.add_column(heading, justify="right")
    for kind, part in parts(ledger).items():
        if part.positions:
            amounts = [part.collateral] if part.debt is None else [part.collateral, part.debt]
            table.add_row(readable(Fraction(part.positions)), KINDS[kind], *map(readable, amounts))
    return table


def tier_table(tiers: Sequence[Tier]) -> Table:
    """One row a tier; the bar is the share of the collateral up to and with it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), expand=True)
    for heading in ("tier", "health from", "to", "positions", "collateral", "share", "up to here"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", ratio=1)
    ends = list(accumulate(tier.collateral for tier in tiers))
    for number, (tier, end) in enumerate(zip(tiers, ends, strict=True), 1):
        table.add_row(
            str(number),
            readable(tier.lo),
            "" if tier.is_class else readable(tier.hi),
            readable(Fraction(tier.positions)),
            readable(tier.collateral),
            percent(tier.collateral / ends[-1]),
            percent(end / ends[-1]),
            Bar(float(ends[-1]), 0, float(end)),
        )
    return table


def percent(share: Fraction) -> str:
    """A share in percent, to two decimals."""
    return f"{float(100 * share):.2f} %"


def book_document(ledger: Ledger, tiers: Sequence[Tier]) -> str:
    """The book as one JSON object; debts are in debt tokens, as in the file."""
    book: dict[str, Any] = {"file": ledger.file, "positions": ledger.positions}
    book |= {kind: part_data(part) for kind, part in parts(ledger).items()}
    book["tiers"] = [tier_data(tier, ledger.price) for tier in tiers]
    return json.dumps({"version": VERSION, "book": book}, indent=2, ensure_ascii=False)


def part_data(part: Part) -> dict[str, Any]:
    """A kind of positions; ``debt`` is null where the book does not say it."""
    debt = None if part.debt is None else exact(part.debt)
    return {"positions": part.positions, "collateral": exact(part.collateral), "debt": debt}


def tier_data(tier: Tier, price: Fraction | None) -> dict[str, Any]:
    """A tier, with its range of healths."""
    debt = None if tier.debt is None or price is None else tier.debt * price
    return {"lo": exact(tier.lo), "hi": exact(tier.hi), **part_data(Part(tier.positions, tier.collateral, debt))}


@attrs.frozen
class Bars:
    """Collateral by health, exactly: bars of one width, ``edges[0]`` to ``edges[1]`` and so on, and what is beyond."""

    edges: tuple[Fraction, ...]
    heights: tuple[Fraction, ...]
    beyond: Fraction

    @property
    def width(self) -> Fraction:
        """How much health a bar spans."""
        return self.edges[1] - self.edges[0]


def bars(ledger: Ledger) -> Bars:
    """The bars of a book that has something to sell; an edge of one lies at health 1."""
    count = len(ledger.order)
    low = min(ledger.health(0), ONE)
    last = ledger.health(bisect_left(range(count), SHOWN * ledger.held(count), 1, key=ledger.held) - 1)
    high = max(min(last, FAR), ONE)
    step = next(step for step in STEPS if (high - low) / step < MOST - 1)
    edges = tuple(ONE + number * step for number in range((low - ONE) // step, (high - ONE) // step + 2))
    held = [ledger.held(ledger.under(edge)) for edge in edges]
    return Bars(edges, tuple(end - before for before, end in pairwise(held)), ledger.held(count) - held[-1])


def draw_book(path: Path, ledger: Ledger) -> None:
    """A picture of the collateral by health, as PNG or SVG by the name. Raises SpecError."""
    if not ledger.order:
        raise SpecError(f"no position in {ledger.file} can be sold: there is nothing to draw")
    with picture(path) as figure:
        _draw(figure.subplots(), ledger)


def _draw(axes: Axes, ledger: Ledger) -> None:
    """The bars, what is beyond them, and the line at health 1."""
    drawn = bars(ledger)
    width, end = float(drawn.width), float(drawn.edges[-1])
    both = list(zip(map(float, drawn.edges), map(float, drawn.heights), strict=False))
    sick, well = [bar for bar in both if bar[0] < 1], [bar for bar in both if bar[0] >= 1]
    for chosen, colour, healths in ((sick, SICK, "under 1: sold at a shock of 0"), (well, WELL, "from 1 on")):
        if chosen:
            lows, heights = zip(*chosen, strict=True)
            axes.bar(lows, heights, width, align="edge", color=colour, label=f"health {healths}")
    ticks = {tick: f"{tick:g}" for tick in axes.get_xticks() if both[0][0] <= tick <= end}
    if drawn.beyond:
        axes.bar(
            end + 2 * width, float(drawn.beyond), 2 * width, color=REST, hatch="//", label=f"health from {end:g} on"
        )
        ticks[end + 2 * width] = "more"
    axes.axvline(1, color="black", linestyle="--", linewidth=1, label="health = 1")
    many, name = readable(Fraction(len(ledger.order))), Path(ledger.file).name
    axes.set_title(f"{name}: collateral by health (positions: {many})\n", loc="left", weight="bold")
    axes.set_xticks([*ticks], [*ticks.values()])
    axes.set_xlabel(f"health at the first price (a ratio; a bar is {readable(drawn.width)} wide)")
    axes.set_ylabel("collateral (tokens)")
    axes.yaxis.set_major_formatter(lambda value, _: readable(Fraction(f"{value:.9g}")))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    _mark_falls(axes, end)


def _mark_falls(axes: Axes, end: float) -> None:
    """An axis above: by how much the price falls before that health is 1. Marks that would touch are left out."""
    left, right = axes.get_xlim()
    marks: dict[float, str] = {}
    for percents in range(0, 100, 5):
        health = 100 / (100 - percents)
        if health <= end and health - max(marks, default=left - right) > (right - left) / 18:
            marks[health] = f"{percents} %"
    above = axes.secondary_xaxis("top")
    above.set_xticks([*marks], [*marks.values()])
    above.set_xlabel("fall of the price that brings this health to 1")

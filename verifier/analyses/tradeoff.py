"""What one design gives and takes beside another, in words that its numbers carry and no more.

A difference is told only where both numbers are exact: proved on their safe side, refuted just beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verifier.evidence.comparison import Cell, Row
from verifier.language.expr import decimal_text

LEAST = Fraction(1, 1000)
"""A smaller difference is none."""


def percent(value: Fraction, *, up: bool) -> str:
    """A share in percent, to two digits, on the side that stays true."""
    steps = (10**4 * value).__ceil__() if up else (10**4 * value).__floor__()
    return f"{decimal_text(Fraction(steps, 100))} %"


def tradeoffs(rows: Sequence[Row]) -> tuple[str, ...]:
    """Each design beside the first one."""
    return tuple(beside(row, rows[0]) for row in rows[1:])


def beside(row: Row, other: Row) -> str:
    """What one design gives and takes beside another."""
    told = [text for text in (wicks(row, other), *losses(row, other), *collateral(row, other)) if text]
    open_ = sum(not exact(cell) for cell in row.cells.values() if cell.standing != "not applicable")
    if not told:
        common = any(
            exact(cell) and exact(other.cells[name]) for name, cell in row.cells.items() if name in other.cells
        )
        told = ["no number that both have exactly differs" if common else "no number is known exactly of both"]
    if open_:
        told.append(f"{open_} of its numbers are known on one side only or not at all")
    return f"{row.design} beside {other.design}: " + "; ".join(told) + "."


def exact(cell: Cell) -> bool:
    return cell.standing == "exact" and cell.value is not None


def pair(row: Row, other: Row, name: str) -> tuple[Cell, Cell] | None:
    """The two cells of a figure that both have exactly, and in which they differ."""
    cells = row.cells.get(name), other.cells.get(name)
    if cells[0] is None or cells[1] is None or not (exact(cells[0]) and exact(cells[1])):
        return None
    return (cells[0], cells[1]) if abs(number(cells[0]) - number(cells[1])) >= LEAST else None


def number(cell: Cell) -> Fraction:
    assert cell.value is not None
    return cell.value


def wicks(row: Row, other: Row) -> str:
    """Which transients one lives through and the other does not."""
    better: list[str] = []
    worse: list[str] = []
    for name in (name for name in row.cells if name.startswith("wick_")):
        if (found := pair(row, other, name)) is None:
            continue
        ticks = name.removeprefix("wick_")
        mine, theirs = found
        depth = "any depth" if mine.always else percent(number(mine), up=False)
        limit = "any depth" if theirs.always else percent(number(theirs), up=False)
        side = better if number(mine) > number(theirs) else worse
        side.append(f"{ticks} tick{'s' if ticks != '1' else ''} of {depth} (there {limit})")
    parts = []
    if better:
        parts.append("it survives wicks of " + ", ".join(better))
    if worse:
        parts.append("it survives only wicks of " + ", ".join(worse))
    return "; ".join(parts)


def losses(row: Row, other: Row) -> list[str]:
    """Who loses more, and how much."""
    told = []
    for name, who in (
        ("lender_loss_drop_50", "its lenders lose up to {} of their claim {} at a drop of 50 %"),
        ("lender_loss_slide_50", "its lenders lose up to {} of their claim {} at a slide of 50 %"),
        ("borrower_drop", "its borrowers lose up to {} of their collateral {} at a drop of 30 %"),
        ("borrower_wick", "its borrowers lose up to {} of their collateral {} under a wick of 30 %"),
    ):
        if (found := pair(row, other, name)) is not None:
            gap = number(found[0]) - number(found[1])
            told.append(who.format(percent(abs(gap), up=True), "more" if gap > 0 else "less"))
    return told


def collateral(row: Row, other: Row) -> list[str]:
    """How much more collateral it asks for, for the same loss of lenders."""
    told = []
    for kind in ("drop", "slide"):
        if (found := pair(row, other, f"collateral_{kind}")) is not None:
            gap = number(found[0]) / number(found[1]) - 1
            word = "more" if gap > 0 else "less"
            much = f"up to {percent(abs(gap), up=True)} {word} collateral"
            told.append(f"it needs {much} for the same lender loss at a {kind} of 50 %")
    return told

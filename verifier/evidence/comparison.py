"""Designs side by side: numbers with both of their sides, and what each rests on."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import attrs

from verifier.evidence.bound import Bound
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.language.figure import Figure, Term

Standing = Literal["exact", "proved", "not applicable", "unknown"]
"""Proved on the safe side and refuted beside it; proved only; without a meaning; not settled."""


@attrs.frozen(eq=False)
class Cell:
    """One number of one design."""

    figure: Figure
    standing: Standing
    value: Fraction | None = None
    why: str = ""
    """Why there is no number, or why only one side of it."""
    safe: Finding | None = None
    unsafe: Finding | None = None
    bound: Bound | None = None
    """Where the number was searched for, and not stated by the author: how it was found."""
    assumed: Mapping[str, str] = {}
    """What a number without a proof rests on: names of assumptions, with their sentences."""

    @property
    def always(self) -> bool:
        """The property holds over the whole domain of the quantity."""
        return self.value is not None and self.value == self.figure.end and self.figure.holds == "up to"


@attrs.frozen(eq=False)
class Premium:
    """What covers a lender's proved worst losses a year, as a share of what is lent."""

    kind: str
    standing: Standing
    value: Fraction | None = None
    why: str = ""


@attrs.frozen(eq=False)
class Row:
    """One design's numbers."""

    design: str
    says: str
    position: str
    """How the book's position maps to it."""
    oracle: str
    """What it sees of the price; nothing where it looks at none."""
    capital: str
    """Whose capital it takes, in its author's words, if there are any."""
    cells: Mapping[str, Cell]
    premiums: tuple[Premium, ...]

    @property
    def settled(self) -> bool:
        """Whether there is any number of it."""
        return any(cell.value is not None for cell in self.cells.values())

    @property
    def relies(self) -> dict[str, str]:
        """The assumptions that the proofs of its numbers needed, with their sentences."""
        found: dict[str, str] = {}
        for cell in self.cells.values():
            found |= cell.assumed
            if cell.safe is not None and cell.safe.explained:
                needed = (a for a in cell.safe.assumptions if a[0] not in cell.safe.unused_assumptions)
                found |= {name: says for name, says, _ in needed}
        return found


@attrs.frozen(eq=False)
class Comparison:
    """Designs under one environment."""

    environment: tuple[Term, ...]
    figures: tuple[Figure, ...]
    rows: tuple[Row, ...]
    frequencies: tuple[tuple[Fraction, Fraction], ...]
    """Shock sizes, and how often a year each is reckoned with."""
    source: str
    """Where the frequencies are from."""
    words: tuple[str, ...] = ()

    @property
    def unexplained(self) -> list[Cell]:
        """Cells that are unknown."""
        return [cell for row in self.rows for cell in row.cells.values() if cell.standing == "unknown"]


def standing(safe: Finding | None, unsafe: Finding | None, *, closed: bool) -> Standing:
    """How well a number stands; ``closed`` where its domain ends there, so that there is no other side.

    A vacuous proof carries no number.
    """
    if safe is not None and not isinstance(safe.verdict, Proved):
        return "unknown"
    refuted = unsafe is not None and isinstance(unsafe.verdict, Refuted)
    if safe is None and not refuted:
        return "unknown"
    return "exact" if refuted or closed else "proved"

"""The tiers of a book of borrowers."""

from fractions import Fraction

import attrs

from verifier.language.expr import decimal_text


@attrs.frozen
class Tier:
    """Positions grouped by their health at the start, from ``lo`` to ``hi``, with what they hold in all.

    ``debt`` is what they owe in all at the first price, in units of collateral (debt tokens over the first price),
    where that is known; otherwise it is as much as their lowest health allows.
    """

    lo: Fraction
    hi: Fraction
    collateral: Fraction
    debt: Fraction | None = None
    positions: int = 1

    @property
    def is_class(self) -> bool:
        """Whether every position has the same health."""
        return self.lo == self.hi

    def __str__(self) -> str:
        health = decimal_text(self.lo) if self.is_class else f"{decimal_text(self.lo)} to {decimal_text(self.hi)}"
        owing = "" if self.debt is None else f" owing {decimal_text(self.debt)}"
        return f"{health}: {decimal_text(self.collateral)}{owing}"

"""The tiers of a book of borrowers."""

from fractions import Fraction

import attrs


@attrs.frozen
class Tier:
    """Positions grouped by their health at the start, from ``lo`` to ``hi``, with what they hold and owe in all."""

    lo: Fraction
    hi: Fraction
    collateral: Fraction
    debt: Fraction
    positions: int

    @property
    def is_class(self) -> bool:
        """Whether every position has the same health."""
        return self.lo == self.hi

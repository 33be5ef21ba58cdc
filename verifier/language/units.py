"""Units of measure: products of powers of base units, checked whenever terms are combined."""

from __future__ import annotations

import attrs


@attrs.frozen(cache_hash=True)
class Unit:
    """A product of powers of base units.

    ``decimals`` is the grid that a deployed contract keeps such a quantity on (18 for wei). It plays no part in what
    may be added to what; the fixed-point reading reads it.
    """

    powers: tuple[tuple[str, int], ...] = ()
    decimals: int | None = None

    def __mul__(self, other: Unit) -> Unit:
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0) + power
        return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)))

    def __truediv__(self, other: Unit) -> Unit:
        return self * Unit(tuple((name, -power) for name, power in other.powers))

    def fits(self, other: Unit | None) -> bool:
        """Whether quantities in both units may be added and compared; the grids they are kept on do not matter."""
        return other is not None and self.powers == other.powers

    def kept_to(self, decimals: int) -> Unit:
        """The same unit on another grid: ``PRICE.kept_to(8)``."""
        return attrs.evolve(self, decimals=decimals)

    def __str__(self) -> str:
        over = [name if power == 1 else f"{name}^{power}" for name, power in self.powers if power > 0]
        under = [name if power == -1 else f"{name}^{-power}" for name, power in self.powers if power < 0]
        top = "·".join(over) or ("1" if under else "ratio")
        return "/".join([top, *under])


RATIO = Unit()


def base(name: str, decimals: int | None = None) -> Unit:
    """A base unit, for instance ``base("ETH", decimals=18)``."""
    return Unit(((name, 1),), decimals)

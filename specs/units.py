"""The units that all bundled specs share: one collateral token, one debt token, time in ticks and in seconds."""

from fractions import Fraction
from typing import Annotated

from verifier.language import RATIO, SIGNED, Q, Real, amount, base, down

COLLATERAL = base("collateral", decimals=18)
DEBT = base("debt", decimals=6)
PRICE = (DEBT / COLLATERAL).kept_to(8)
TICKS = base("tick", decimals=0)
SECONDS = base("second", decimals=0)

Ratio = Annotated[Real, RATIO.kept_to(18)]
Collateral = Annotated[Real, COLLATERAL]
Debt = Annotated[Real, DEBT]
Price = Annotated[Real, PRICE]
Ticks = Annotated[Real, TICKS]
Seconds = Annotated[Real, SECONDS]
CollateralFlow = Annotated[Real, COLLATERAL, SIGNED]
DebtFlow = Annotated[Real, DEBT, SIGNED]

ROUNDED = down(amount(Q("0.5"), RATIO), 0) == 0
"""Whether this is the reading in whole units; a lemma about reals alone says nothing there."""


def exactly(*terms: Real) -> tuple[Fraction, ...] | None:
    """The parameters' numbers, if all of them have one."""
    numbers = tuple(term.leaf for term in terms if isinstance(term.leaf, Fraction))
    return numbers if len(numbers) == len(terms) else None

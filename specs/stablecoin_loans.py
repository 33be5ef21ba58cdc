"""Loans in a stablecoin that the protocol itself issues, and counts in 18 decimals.

Source: makerdao/dss fa4f6630, ``dai.sol``; liquity/dev 39f1f7f8, ``LUSDToken.sol``; liquity/bold 405f9122,
``BoldToken.sol``: each has 18 decimals.
"""

from typing import Annotated

from verifier.language import SIGNED, Real, Step, rule, state

from .loans import Loan
from .units import DEBT

Stablecoin = Annotated[Real, DEBT.kept_to(18)]
StablecoinFlow = Annotated[Real, DEBT.kept_to(18), SIGNED]


class StablecoinLoan(Loan):
    """A loan whose debt and accounts have 18 decimals."""

    debt: Stablecoin = state()
    deficit: Stablecoin = state(0, tally=True)

    owner_cash: StablecoinFlow = state(0, tally=True)
    liquidator_cash: StablecoinFlow = state(0, tally=True)
    pool_cash: StablecoinFlow = state(0, tally=True)

    @rule(by="owner")
    def borrow(self, drawn: Stablecoin) -> Step:
        """The owner draws debt, as far as the protocol lets it."""
        return super().borrow(drawn)

    @rule(by="owner")
    def repay(self, paid: Stablecoin) -> Step:
        """The owner pays debt back."""
        return super().repay(paid)
